import math

import pytest
import torch
from torch.autograd import gradcheck
from torch.testing import assert_close

from tests.reference import cross_talk as reference
from tsattn.nn.cross_talk import cross_talk

TYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)  # compiled, and through torch
BOUND = {torch.float32: 2e-6, torch.float64: 1e-12}  # of the largest entry of a row


def worst_row(ours, exact):
    """The greatest error of a row, as a part of that row's largest entry."""
    exact = torch.as_tensor(exact)
    return ((ours.double() - exact).abs().amax(-1) / exact.abs().amax(-1)).max().item()


def gradients(query, key, mask, grad):
    query, key = query.clone().requires_grad_(), key.clone().requires_grad_()
    cross_talk(query, key, mask).backward(grad)
    return query.grad, key.grad


def holes(generator, batch, n_steps):
    """Valid steps anywhere, one at least in each series."""
    mask = torch.rand(batch, n_steps, generator=generator) < 0.6
    mask[:, n_steps // 2] = True
    return mask


@TYPES
def test_by_hand(dtype):
    """At query ln 2 the key heads (0, 1, 2) and (0, 0, -1) weigh 1 : 2 : 4 and 2 : 2 : 1; at query 0, all alike."""
    key = torch.tensor([[[0, 1, 2], [0, 0, -1]]], dtype=dtype)
    query = torch.tensor([[[math.log(2)], [0]]], dtype=dtype)
    expected = [[[[1 / 7 + 2 / 5, 2 / 7 + 2 / 5, 4 / 7 + 1 / 5]], [[2 / 3, 2 / 3, 2 / 3]]]]
    assert_close(cross_talk(query, key), torch.tensor(expected, dtype=dtype))


@TYPES
def test_gradients_by_hand(dtype):
    """One head, keys 0 and 1, query ln 3: weights 1/4, 3/4. Of the second: 3/16 by its logit, -3/16 by the other."""
    query = torch.tensor([[[math.log(3)]]], dtype=dtype)
    by_query, by_key = gradients(query, torch.tensor([[[0, 1]]], dtype=dtype), None,
                                 torch.tensor([[[[0, 1]]]], dtype=dtype))
    assert_close(by_query, torch.full_like(by_query, 3 / 16))
    assert_close(by_key, torch.tensor([[[-1, 1]]], dtype=dtype) * math.log(3) * 3 / 16)


@TYPES
@pytest.mark.parametrize("spread", [0.1, 1, 3, 30])
def test_equals_the_loops(spread, dtype, draw, generator):
    query, key = draw(2, 3, 5, dtype=dtype) * spread, draw(2, 7, 71, dtype=dtype) * spread
    mask = holes(generator, 2, 71)
    ours = cross_talk(query, key, mask)
    assert ours.dtype == dtype
    assert worst_row(ours, reference.cross_talk(query, key, mask)) < BOUND[dtype]


@TYPES
@pytest.mark.parametrize("spread", [0.1, 1, 3, 10])
def test_gradients_equal_the_loops(spread, dtype, draw, generator):
    query, key, grad = (draw(*shape, dtype=dtype) for shape in ((2, 3, 5), (2, 7, 23), (2, 3, 5, 23)))
    query, key, mask = query * spread, key * spread, holes(generator, 2, 23)
    exact = reference.gradients(query, key, mask, grad)
    for gradient, right in zip(gradients(query, key, mask, grad), exact, strict=True):
        assert gradient.dtype == dtype
        assert worst_row(gradient, right) < 5 * BOUND[dtype]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision_is_rounded_float32(dtype, draw):
    query, key = draw(2, 3, 5, dtype=dtype), draw(2, 7, 11, dtype=dtype)
    ours = cross_talk(query, key)
    assert ours.dtype == dtype
    assert torch.equal(ours, cross_talk(query.float(), key.float()).to(dtype))


@pytest.mark.parametrize("spread", [1, 3])
def test_the_compiled_path_at_full_size_is_within_a_hundred_thousandth(spread, draw):
    query, key = draw(1, 8, 64, dtype=torch.float32) * spread, draw(1, 8, 1009, dtype=torch.float32) * spread
    grad = draw(1, 8, 64, 1009, dtype=torch.float32)
    assert worst_row(cross_talk(query, key), cross_talk(query.double(), key.double())) < 1e-6
    exact = gradients(query.double(), key.double(), None, grad.double())
    for gradient, right in zip(gradients(query, key, None, grad), exact, strict=True):
        assert worst_row(gradient, right) < 1e-5


def test_gradcheck(draw, generator):
    query, key = draw(2, 2, 3).requires_grad_(), draw(2, 3, 7).requires_grad_()
    assert gradcheck(cross_talk, (query, key))
    mask = holes(generator, 2, 7)
    assert gradcheck(lambda q, k: cross_talk(q, k, mask), (query, key))
    assert gradcheck(lambda q, k: cross_talk(q * 3, k * 3, torch.tensor([7, 4])), (query, key))


def test_a_second_derivative_is_refused(draw):
    query, key = draw(1, 2, 3).requires_grad_(), draw(1, 2, 5)
    (slope,) = torch.autograd.grad(cross_talk(query, key).square().sum(), query, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.sum().backward()


@TYPES
def test_rows_sum_to_the_number_of_key_heads(dtype, draw):
    masks = cross_talk(draw(2, 3, 5, dtype=dtype), draw(2, 7, 101, dtype=dtype), torch.tensor([101, 13]))
    assert_close(masks.sum(-1), torch.full((2, 3, 5), 7, dtype=dtype))
    assert (masks[1, ..., 13:] == 0).all()
    assert (masks[1, ..., :13] > 0).all()


@TYPES
def test_one_step_takes_all(dtype, draw):
    query, key = draw(2, 3, 5, dtype=dtype), draw(2, 7, 1, dtype=dtype)
    assert torch.equal(cross_talk(query, key), torch.full((2, 3, 5, 1), 7, dtype=dtype))
    assert all(not gradient.any() for gradient in gradients(query, key, None, torch.ones(2, 3, 5, 1, dtype=dtype)))


@TYPES
def test_permuted_steps_and_key_heads(dtype, draw, generator):
    query, key = draw(2, 3, 5, dtype=dtype), draw(2, 7, 37, dtype=dtype)
    steps, heads = torch.randperm(37, generator=generator), torch.randperm(7, generator=generator)
    assert_close(cross_talk(query, key[..., steps]), cross_talk(query, key)[..., steps])
    assert_close(cross_talk(query, key[:, heads]), cross_talk(query, key))


@TYPES
def test_a_constant_added_to_a_key_head_changes_nothing(dtype, draw):
    query, key = draw(2, 3, 5, dtype=dtype), draw(2, 7, 37, dtype=dtype)
    key = (key * 1024).round() / 1024  # so that the sums with the constants are exact
    shifted = key + torch.arange(7, dtype=dtype).mul(100)[:, None]
    assert torch.equal(cross_talk(query, shifted), cross_talk(query, key))


@TYPES
def test_turned_signs_cancel(dtype, draw):
    query, key = draw(2, 3, 5, dtype=dtype), draw(2, 7, 37, dtype=dtype)
    assert_close(cross_talk(-query, -key), cross_talk(query, key))


@TYPES
def test_what_stands_beyond_the_end_changes_nothing(dtype, draw, generator):
    query, key, grad = (draw(*shape, dtype=dtype) for shape in ((3, 2, 5), (3, 7, 53), (3, 2, 5, 53)))
    for mask in (torch.tensor([53, 17, 31]), holes(generator, 3, 53)):
        valid = mask if mask.ndim == 2 else torch.arange(53) < mask[:, None]
        other = key.masked_fill(~valid[:, None], math.nan)
        assert torch.equal(cross_talk(query, other, mask), cross_talk(query, key, mask))
        noise = grad.masked_fill(~valid[:, None, None], math.nan)
        for with_noise, without in zip(gradients(query, other, mask, noise), gradients(query, key, mask, grad),
                                       strict=True):
            assert torch.equal(with_noise, without)


@TYPES
def test_one_by_one_equals_batched(dtype, draw):
    query, key, grad = (draw(*shape, dtype=dtype) for shape in ((5, 3, 4), (5, 7, 97), (5, 3, 4, 97)))
    lengths = torch.tensor([97, 13, 50, 1, 64])
    masks, (by_query, by_key) = cross_talk(query, key, lengths), gradients(query, key, lengths, grad)
    same = torch.equal if dtype == torch.float32 else torch.allclose  # the compiled sums know nothing of the padding
    for b, n in enumerate(lengths.tolist()):
        alone = query[b : b + 1], key[b : b + 1, :, :n]
        slope_q, slope_k = gradients(*alone, None, grad[b : b + 1, ..., :n])
        assert same(cross_talk(*alone), masks[b : b + 1, ..., :n])
        assert same(slope_q, by_query[b : b + 1])
        assert same(slope_k, by_key[b : b + 1, :, :n])


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("batch", [1, 5])
def test_the_number_of_threads_changes_no_bit(batch, draw, threads):
    query, key, grad = (draw(*s, dtype=torch.float32) for s in ((batch, 3, 31), (batch, 7, 997), (batch, 3, 31, 997)))
    results = []
    for count in (1, 2, 3):
        threads(count)
        results.append((cross_talk(query, key), *gradients(query, key, None, grad)))
    for one, other in zip(results[0] * 2, results[1] + results[2], strict=True):
        assert torch.equal(one, other)


@TYPES
def test_a_mask_of_a_prefix_equals_its_length(dtype, draw):
    query, key, lengths = draw(2, 3, 5, dtype=dtype), draw(2, 7, 11, dtype=dtype), torch.tensor([11, 4])
    mask = torch.arange(11) < lengths[:, None]
    assert torch.equal(cross_talk(query, key, mask), cross_talk(query, key, lengths))


@TYPES
def test_large_logits_choose_the_largest_key(dtype):
    key = torch.tensor([[[0.0, 1.0, 0.5]]], dtype=dtype)
    masks = cross_talk(torch.tensor([[[1e30, -1e30, 1e-30]]], dtype=dtype), key)
    assert_close(masks[0, 0], torch.tensor([[0, 1, 0], [1, 0, 0], [1 / 3, 1 / 3, 1 / 3]], dtype=dtype))


@TYPES
def test_nan_spreads_through_its_row_or_its_sample_and_no_further(dtype, draw):
    query, key = draw(2, 3, 5, dtype=dtype), draw(2, 7, 11, dtype=dtype)
    query[0, 1, 2] = math.nan
    lost = cross_talk(query, key).isnan()
    assert lost[0, 1, 2].all()
    assert lost.sum() == 11
    key[1, 3, 4] = math.nan
    lost = cross_talk(query, key, torch.tensor([11, 6])).isnan()
    assert lost[1, ..., :6].all()
    assert lost.sum() == 11 + 3 * 5 * 6


@TYPES
def test_strides_do_not_matter(dtype, draw):
    query, key, grad = (draw(*shape, dtype=dtype) for shape in ((5, 3, 2), (11, 2, 7), (11, 2, 3, 5)))
    query, key, grad = query.permute(2, 1, 0), key.permute(1, 2, 0), grad.permute(1, 2, 3, 0)
    assert_close(cross_talk(query, key), cross_talk(query.contiguous(), key.contiguous()))
    straight = gradients(query.contiguous(), key.contiguous(), None, grad.contiguous())
    assert_close(gradients(query, key, None, grad), straight)


@TYPES
def test_an_empty_batch(dtype):
    assert cross_talk(torch.zeros(0, 3, 5, dtype=dtype), torch.zeros(0, 7, 11, dtype=dtype)).shape == (0, 3, 5, 11)


@pytest.mark.parametrize(("query", "key", "mask", "error", "message"), [
    ((2, 3, 5), (3, 7, 11), None, ValueError, "of one batch, got (2, 3, 5) and (3, 7, 11)"),
    ((3, 5), (2, 7, 11), None, ValueError, "query must be (batch, heads, units)"),
    ((2, 3, 5), (2, 7, 0), None, ValueError, "at least one valid step, number 0 has none"),
    ((2, 3, 5), (2, 7, 11), torch.tensor([3, 0]), ValueError, "at least one valid step, number 1 has none"),
    ((2, 3, 5), (2, 7, 11), torch.tensor([3, 12]), ValueError, "2 numbers of at most 11 steps, got [3, 12]"),
    ((2, 3, 5), (2, 7, 11), torch.tensor([3]), ValueError, "2 numbers of at most 11 steps, got [3]"),
    ((2, 3, 5), (2, 7, 11), torch.ones(11, 2, dtype=torch.bool), ValueError, "(batch, time) = (2, 11), got (11, 2)"),
    ((2, 3, 5), (2, 7, 11), torch.ones(2, 11), TypeError, "(bool) or count them (integers), got torch.float32"),
], ids=lambda value: value.__name__ if isinstance(value, type) else None)
def test_refused(query, key, mask, error, message):
    with pytest.raises(error) as caught:
        cross_talk(torch.zeros(query), torch.zeros(key), mask)
    assert message in str(caught.value)


def test_mixed_types_are_refused():
    with pytest.raises(TypeError, match=r"one floating type, got torch.float32 and torch.float64"):
        cross_talk(torch.zeros(2, 3, 5), torch.zeros(2, 7, 11).double())
    with pytest.raises(TypeError, match="one floating type"):
        cross_talk(torch.zeros(2, 3, 5).long(), torch.zeros(2, 7, 11).long())


def test_memory_is_that_of_the_result(draw):
    """What autograd keeps between the passes: the query, the key and the lengths, whatever the number of heads."""
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda x: kept.append(x.numel()) or x, lambda x: x):
        cross_talk(draw(2, 3, 5).requires_grad_(), draw(2, 7, 101).requires_grad_())
    assert sum(kept) == 2 * 3 * 5 + 2 * 7 * 101 + 2
