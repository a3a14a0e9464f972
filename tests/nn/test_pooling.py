from functools import partial

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from tsattn.nn.pooling import Attention, Flatten, Last, MeanMax, at_places, largest_step, last_step, mean_step

X = torch.tensor([[[1.0, 8], [2, -5], [99, 99]], [[3, 1], [4, 1], [8, -2]]])
LENGTHS = torch.tensor([2, 3])
POOLINGS = [Last, MeanMax, Attention, partial(Flatten, n_steps=6)]


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


def test_places_by_hand():
    assert at_places(X, LENGTHS, 3).tolist() == [[[1, 8], [1.5, 1.5], [2, -5]], [[3, 1], [4, 1], [8, -2]]]
    assert at_places(X, torch.tensor([1, 3]), 2).tolist() == [[[1, 8], [1, 8]], [[3, 1], [8, -2]]]


def test_places_as_numpy_has_them(draw):
    x, lengths = draw(4, 9, 3), torch.tensor([9, 1, 2, 6])
    found = at_places(x, lengths, 7)
    for series, length, places in zip(x, lengths.tolist(), found, strict=True):
        for feature in range(3):
            expected = np.interp(np.linspace(0, length - 1, 7), np.arange(length), series[:length, feature].numpy())
            assert places[:, feature].numpy() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n", [2, 45, 50, 97])
def test_as_many_places_as_steps_are_the_steps(n):
    x = torch.arange(3.0 * n * 2).view(3, n, 2)
    assert torch.equal(Flatten(2, n_steps=n)(x, torch.full((3,), n)), x.flatten(1))


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
