import numpy as np
import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tests.reference import proportions as reference
from tsattn.nn import build
from tsattn.nn import proportions as module
from tsattn.nn.proportions import Proportions

LENGTHS = torch.tensor([17, 5, 1])
PATHS = {"compiled": Proportions.forward, "torch": lambda layer, x, lengths: layer.in_torch(x, lengths).flatten(1)}
every_path = pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)


def made(n_inputs=7, *, seed=3, **sizes):
    return build(lambda: Proportions(n_inputs, **{"n_mixtures": 11, "n_thresholds": 3, "n_mixed": 5} | sizes),
                 torch.Generator().manual_seed(seed))


@pytest.fixture
def settled(draw):
    layer = made().double()
    layer.settle(draw(101, 7))
    return layer


@pytest.fixture
def by_hand():
    layer = Proportions(2, n_mixtures=2, n_thresholds=3, n_mixed=2)
    layer.channels.copy_(torch.tensor([[1, 0], [0, 1]]))
    layer.weights.copy_(torch.tensor([[1.0, 0.0], [0.6, -0.8]]))
    layer.thresholds.copy_(torch.tensor([[1.5, 1.05, 9.0], [-2.4, 0.0, 1.0]]))
    return layer


@every_path
def test_shares_by_hand(path, by_hand):
    """A ramp of width 0.2: 1 stands a quarter of it below 1.05, and counts as a quarter; 0 on a threshold, as half."""
    x = torch.tensor([[[5.0, 0.0], [0.0, 1.0], [0.0, 2.0], [0.0, 3.0]]])
    second = [1 - 0.5 / 4, 1 / 4, 1 / 4]  # values 3, -0.8, -1.6, -2.4
    assert_close(path(by_hand, x, torch.tensor([4])), torch.tensor([[2 / 4, 2.25 / 4, 0, *second]]))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("width", [0.2, 1.7])
@every_path
def test_equals_the_loop(path, width, dtype, draw):
    layer = made(width=width).to(dtype)
    layer.settle(draw(101, 7, dtype=dtype))
    x = draw(3, 17, 7, dtype=dtype)
    kept = [part.double().numpy() for part in (layer.weights, layer.thresholds)]
    loop = [reference.proportions(series[:n].double().numpy(), layer.channels.numpy(), *kept, width).ravel()
            for series, n in zip(x, LENGTHS, strict=True)]
    assert len(np.unique(loop)) > 20
    assert_close(path(layer, x, LENGTHS).double(), torch.tensor(np.array(loop)), rtol=0,
                 atol=1e-12 if dtype == torch.float64 else 1e-5)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_of_another_precision_than_the_mixtures(dtype, draw):
    layer = made()
    layer.settle(draw(101, 7, dtype=torch.float32))
    x = draw(3, 17, 7, dtype=dtype)
    found = layer(x, LENGTHS)
    assert found.dtype == dtype
    assert_close(found, layer.in_torch(x, LENGTHS).flatten(1), rtol=0, atol=1e-5, check_dtype=False)


def test_few_mixtures_at_once_give_the_same(settled, draw, monkeypatch):
    x, steps, plain = draw(3, 17, 7), draw(101, 7), made().double()
    expected = settled.in_torch(x, LENGTHS)
    plain.settle(steps)
    monkeypatch.setattr(module, "AT_ONCE", 2 * 3 * 17)  # two mixtures, and one at a time of the 101 steps
    assert_close(settled.in_torch(x, LENGTHS), expected, rtol=0, atol=1e-12)
    again = made().double()
    again.settle(steps)
    assert_close(again.thresholds, plain.thresholds, rtol=0, atol=1e-12)


def away_from_kinks(layer, x):
    """Whether no step of a mixture stands at an end of a threshold's ramp, where there is no slope."""
    mixed = x @ layer._dense(slice(None))
    height = (mixed.unsqueeze(-1) - layer.thresholds) / layer.width
    return bool(((height.abs() - 0.5).abs() > 1e-4).all())


@every_path
def test_gradcheck(path, draw):
    layer = made(width=1.7).double()
    layer.settle(draw(101, 7))
    x = draw(3, 17, 7).requires_grad_()
    assert away_from_kinks(layer, x.detach())
    assert torch.autograd.gradcheck(lambda x: path(layer, x, LENGTHS), x, eps=1e-6)


def test_the_slope_by_hand(by_hand):
    """One step on a ramp: 1 / width for each unit of the mixture, over the number of steps; none elsewhere."""
    x = torch.tensor([[[5.0, 0.0], [0.0, 1.0], [0.0, 2.0], [7.0, 7.0]]], requires_grad=True)
    by_hand(x, torch.tensor([3]))[0, 1].backward()
    assert_close(x.grad, torch.tensor([[[0.0, 0], [0, 1 / 0.2 / 3], [0, 0], [0, 0]]]))


def test_padding_and_company_change_no_bit(draw):
    layer = made()
    layer.settle(draw(101, 7, dtype=torch.float32))
    x, weight = draw(3, 17, 7, dtype=torch.float32), draw(33, dtype=torch.float32)

    def found(x, lengths):
        x = x.clone().requires_grad_()
        out = layer(x, lengths)
        return out.detach(), torch.autograd.grad((out @ weight).sum(), x)[0]

    shares, slopes = found(x, LENGTHS)
    valid = torch.arange(17) < LENGTHS[:, None]
    assert not slopes[~valid].any()
    for n_more, filler in [(0, 1e6), (1, torch.nan), (29, -torch.inf)]:
        padded = torch.full((3, 17 + n_more, 7), filler)
        padded[:, :17][valid] = x[valid]
        more_shares, more_slopes = found(padded, LENGTHS)
        assert torch.equal(more_shares, shares)
        assert torch.equal(more_slopes[:, :17], slopes)
        assert not more_slopes[:, 17:].any()
    for i, n in enumerate(LENGTHS):
        alone = found(x[i : i + 1, :n], LENGTHS[i : i + 1])
        assert torch.equal(alone[0][0], shares[i])
        assert torch.equal(alone[1][0], slopes[i, :n])


def test_padding_may_hold_anything_in_torch(settled, draw):
    x, valid = draw(3, 17, 7), torch.arange(17) < LENGTHS[:, None]
    plain = settled.in_torch(x, LENGTHS)
    assert torch.equal(settled.in_torch(x.masked_fill(~valid[..., None], torch.nan), LENGTHS), plain)


@every_path
def test_the_order_of_steps_does_not_matter(path, settled, generator, draw):
    x = draw(3, 17, 7)
    order = torch.randperm(17, generator=generator)
    lengths = torch.full((3,), 17)
    assert_close(path(settled, x[:, order], lengths), path(settled, x, lengths), rtol=0, atol=1e-12)


@every_path
def test_series_and_thresholds_may_be_shifted_together(path, settled, draw):
    x, shift = draw(3, 17, 7), draw(7)
    plain = path(settled, x, LENGTHS)
    settled.thresholds += (shift @ settled._dense(slice(None))).unsqueeze(-1)
    assert_close(path(settled, x + shift, LENGTHS), plain, rtol=0, atol=1e-12)


def test_shares_fall_from_1_to_0_as_thresholds_rise(settled, draw):
    x, last = draw(3, 17, 7), torch.ones(3, 33, dtype=torch.float64)
    settled.thresholds.sub_(50)
    assert torch.equal(settled(x, LENGTHS), last)
    for _ in range(100):
        settled.thresholds.add_(1)
        found = settled(x, LENGTHS)
        assert (found <= last + 1e-15).all()
        last = found
    assert not last.any()


def test_mixtures_are_of_a_few_different_channels_with_norm_1():
    layer = made(7, n_mixtures=997)
    assert layer.channels.shape == layer.weights.shape == (997, 5)
    assert all(len(set(row)) == 5 for row in layer.channels.tolist())
    assert set(layer.channels.flatten().tolist()) == set(range(7))
    counts = torch.bincount((layer.weights != 0).sum(1), minlength=6)
    assert counts[0] == 0
    assert ((counts[1:] > 997 / 5 - 60) & (counts[1:] < 997 / 5 + 60)).all()  # about five standard deviations
    assert_close(layer.weights.norm(dim=1), torch.ones(997))
    assert 0.1 <= layer.levels.min() < 0.11
    assert 0.89 < layer.levels.max() < 0.9


def test_few_channels_are_all_that_is_mixed(draw):
    layer = made(2)
    assert layer.channels.shape == (11, 2)
    layer.settle(draw(53, 2, dtype=torch.float32))
    assert layer(draw(3, 17, 2, dtype=torch.float32), LENGTHS).shape == (3, 33)


def test_thresholds_are_quantiles_of_the_mixtures(draw):
    layer, steps = made().double(), draw(101, 7)
    layer.settle(steps)
    for i in range(11):
        mixed = [float(sum(w * step[c] for c, w in zip(layer.channels[i], layer.weights[i], strict=True)))
                 for step in steps]
        expected = [reference.quantile(mixed, float(level)) for level in layer.levels[i]]
        np.testing.assert_allclose(layer.thresholds[i], expected, rtol=0, atol=1e-12)


def test_the_seed_makes_the_mixtures(draw):
    steps = draw(101, 7, dtype=torch.float32)

    def state(seed):
        layer = made(seed=seed)
        layer.settle(steps)
        return layer.state_dict()

    one, same, other = state(3), state(3), state(5)
    assert list(one) == ["channels", "weights", "levels", "thresholds"]
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not any(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("channel", [-1, 7, 2**62])
@pytest.mark.parametrize("assign", [True, False])
def test_channels_that_are_not_there_are_refused_before_they_are_read(channel, assign):
    network = nn.Sequential(nn.Identity(), made())
    state = {name: value.clone() for name, value in network.state_dict().items()}
    state["1.channels"][10, 4] = channel
    with pytest.raises(ValueError, match="mixtures must be of channels 0 to 6"):
        network.load_state_dict(state, assign=assign)


def test_threads_change_no_bit(draw, monkeypatch):
    layer = made()
    layer.settle(draw(101, 7, dtype=torch.float32))
    x, lengths = draw(13, 17, 7, dtype=torch.float32), torch.arange(5, 18)
    ranges, over_rows = [], module.over_rows

    def watched(work, *arguments, **options):
        results = over_rows(lambda *part: ranges.append(part) or work(*part), *arguments, **options)
        ranges.sort()
        return results

    monkeypatch.setattr(module, "over_rows", watched)
    monkeypatch.setattr(module, "WORTH_A_THREAD", 1)
    found, before = [], torch.get_num_threads()
    try:
        for n_threads in (1, 2):
            torch.set_num_threads(n_threads)
            ranges.clear()
            leaf = x.clone().requires_grad_()
            out = layer(leaf, lengths)
            out.square().sum().backward()
            found.append((out.detach(), leaf.grad, len(ranges)))
    finally:
        torch.set_num_threads(before)
    (one, one_slope, few), (two, two_slope, many) = found
    assert (few, many) == (2, 16)  # parts, forward and backward
    assert torch.equal(one, two)
    assert torch.equal(one_slope, two_slope)


@pytest.mark.parametrize(("sizes", "said"), [
    ({"n_inputs": 0}, "n_inputs must be an integer of at least 1, got 0"),
    ({"n_mixtures": 0}, "n_mixtures must be an integer of at least 1, got 0"),
    ({"n_thresholds": 0}, "n_thresholds must be an integer of at least 1, got 0"),
    ({"n_mixed": 0}, "n_mixed must be an integer of at least 1, got 0"),
    ({"width": 0.0}, "width must be"),
])
def test_sizes_are_above_0(sizes, said):
    with pytest.raises(ValueError, match=said):
        Proportions(**{"n_inputs": 3, **sizes})


@pytest.mark.parametrize(("x", "lengths", "said"), [
    (torch.zeros(2, 5, 2), [5, 5], "series must have 3 channels, as the layer was made for, got 2"),
    (torch.zeros(2, 5, 3), [5, 6], r"lengths must be from 1 to the 5 steps that there are, got \[5, 6\]"),
    (torch.zeros(2, 5, 3), [0, 5], r"lengths must be from 1 to the 5 steps that there are, got \[0, 5\]"),
])
def test_compiled_code_never_looks_outside_its_arrays(x, lengths, said):
    with pytest.raises(ValueError, match=said):
        Proportions(3, n_mixtures=5)(x, torch.tensor(lengths))
