import pytest
import torch
from torch.testing import assert_close

from tsattn.nn.padding import reverse_steps, zero_padding


def test_steps_beyond_the_length_become_zero_even_if_they_were_nan():
    x = torch.full((2, 3, 5), torch.nan)
    x[0, :2], x[1, :3] = 7, 11
    assert_close(zero_padding(x, torch.tensor([2, 3])).sum(-1), torch.tensor([[35.0, 35, 0], [55, 55, 55]]))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_valid_steps_stay_to_the_last_bit(draw, dtype):
    x, lengths = draw(3, 7, 2).to(dtype).transpose(0, 1)[:, ::2].transpose(0, 1), torch.tensor([1, 7])
    cut = zero_padding(x, lengths)
    assert cut.dtype == dtype
    assert torch.equal(cut[0, :1], x[0, :1])
    assert torch.equal(cut[1], x[1])
    assert not cut[0, 1:].any()


def test_the_gradient_has_a_gradient(draw):
    x, lengths = draw(2, 3, 2).requires_grad_(), torch.tensor([1, 3])
    assert torch.autograd.gradgradcheck(lambda x: zero_padding(x, lengths) ** 3, (x,))


def test_no_gradient_comes_from_padding():
    x = torch.full((1, 3, 1), torch.nan, requires_grad=True)
    zero_padding(x, torch.tensor([2])).sum().backward()
    assert x.grad.flatten().tolist() == [1, 1, 0]


def test_each_series_turns_round_within_its_own_length():
    x = torch.arange(10.0).reshape(2, 5, 1)
    expected = [[2, 1, 0, 3, 4], [9, 8, 7, 6, 5]]
    assert reverse_steps(x, torch.tensor([3, 5])).squeeze(-1).tolist() == expected


def test_turning_round_twice_changes_nothing(draw):
    x, lengths = draw(3, 7, 2), torch.tensor([1, 4, 7])
    assert_close(reverse_steps(reverse_steps(x, lengths), lengths), x, rtol=0, atol=0)
