import pytest
import torch
from torch.testing import assert_close

from tsattn.nn.pooling import Attention, Last, MeanMax, largest_step, last_step, mean_step

X = torch.tensor([[[1.0, 8], [2, -5], [99, 99]], [[3, 1], [4, 1], [8, -2]]])
LENGTHS = torch.tensor([2, 3])
POOLINGS = [Last, MeanMax, Attention]


def test_poolings_by_hand():
    assert last_step(X, LENGTHS).tolist() == [[2, -5], [8, -2]]
    assert mean_step(X, LENGTHS).tolist() == [[1.5, 1.5], [5, 0]]
    assert largest_step(X, LENGTHS).tolist() == [[2, 8], [8, 1]]


def test_equal_scores_make_attention_a_mean():
    layer = Attention(2)
    torch.nn.init.zeros_(layer.score.weight)
    assert_close(layer(X, LENGTHS), mean_step(X, LENGTHS))


def test_attention_prefers_the_higher_score():
    layer = Attention(2)
    with torch.no_grad():
        layer.hidden.weight.copy_(torch.tensor([[0.0, 0], [0, 5]]))
        layer.hidden.bias.zero_()
        layer.score.weight.copy_(torch.tensor([[0.0, 40]]))  # tanh(5 * second feature) is +1 or -1
    assert_close(layer(X, LENGTHS), torch.tensor([[1.0, 8], [3.5, 1]]))
    assert_close(layer.weights(X, LENGTHS), torch.tensor([[1.0, 0, 0], [0.5, 0.5, 0]]))


def test_attention_weights_sum_to_one_and_are_zero_beyond_the_end(draw):
    weights = Attention(5).double().weights(draw(3, 7, 5), torch.tensor([7, 1, 4]))
    assert_close(weights.sum(-1), torch.ones(3, dtype=torch.float64))
    assert not weights[1, 1:].any()
    assert not weights[2, 4:].any()


@pytest.mark.parametrize("pooling", POOLINGS)
def test_p18_poolings_do_not_see_padding(pooling, draw):
    x, lengths = draw(3, 7, 5), torch.tensor([7, 1, 4])
    layer = pooling(5).double()
    pooled = layer(x, lengths)
    assert pooled.shape == (3, layer.n_features)
    beyond = (torch.arange(7) >= lengths[:, None])[..., None]
    for filler in (0.0, 1e6, torch.nan):
        assert_close(layer(x.masked_fill(beyond, filler), lengths), pooled, rtol=0, atol=0)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_p32_poolings_pass_gradcheck(pooling, draw):
    layer = pooling(3).double()
    lengths = torch.tensor([5, 2])
    assert torch.autograd.gradcheck(lambda x: layer(x, lengths), draw(2, 5, 3).requires_grad_())
