import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tests.reference import seq2seq as reference
from tsattn.nn.additive_attention import AdditiveAttention
from tsattn.nn.initialise import build

LENGTHS = torch.tensor([11, 4, 1])


@pytest.fixture
def attention(generator):
    return build(lambda: AdditiveAttention(3, 5, n_units=7), generator).double()


def test_p33_the_layer_equals_the_loop(attention, draw):
    state, features = draw(3, 3), draw(3, 11, 5)
    context, weights = attention(state, features, LENGTHS)
    w, u, v = (part.weight.detach().numpy() for part in (attention.state, attention.feature, attention.score))
    for i, length in enumerate(LENGTHS):
        expected, shares = reference.look(state[i].numpy(), features[i, :length].numpy(), w, u, v[0])
        np.testing.assert_allclose(context[i].detach(), expected, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(weights[i, :length].detach(), shares, rtol=1e-10, atol=1e-12)


def test_the_answer_by_hand():
    """v = ln 3 / 2, and W s + U h far to the one side, then to the other: exp(± ln 3 / 2) are as 3 to 1."""
    attention = AdditiveAttention(1, 1).double()
    for part, value in ((attention.state, 50.0), (attention.feature, 100.0), (attention.score, math.log(3) / 2)):
        nn.init.constant_(part.weight, value)
    state, features = torch.tensor([[1.0]]).double(), torch.tensor([[[1.0], [-1], [7]]]).double()
    context, weights = attention(state, features, torch.tensor([2]))
    assert_close(weights, torch.tensor([[0.75, 0.25, 0]]).double())
    assert_close(context, torch.tensor([[0.5]]).double())


def test_the_score_is_that_of_a_hyperbolic_tangent(attention, draw):
    """Weights of two steps are as exp(v . (tanh(W s + U h) - tanh(W s + U h')))."""
    state, features = draw(2, 3), draw(2, 2, 5)
    weights = attention(state, features, torch.tensor([2, 2]))[1]
    scores = attention.score((attention.state(state).unsqueeze(1) + attention.feature(features)).tanh()).squeeze(-1)
    assert_close(weights.log().diff(), scores.diff(), rtol=0, atol=1e-12)


def test_weights_sum_to_one_over_valid_steps_and_are_zero_beyond(attention, draw):
    weights = attention(draw(3, 3), draw(3, 11, 5), LENGTHS)[1]
    beyond = torch.arange(11) >= LENGTHS[:, None]
    assert_close(weights.sum(-1), torch.ones(3).double())
    assert (weights[~beyond] > 0).all()
    assert not weights[beyond].any()


def test_equal_features_are_looked_at_equally(attention, draw):
    features = draw(3, 1, 5).expand(-1, 11, -1)
    context, weights = attention(draw(3, 3), features, LENGTHS)
    assert_close(context, features[:, 0])
    assert_close(weights[1], torch.tensor([0.25] * 4 + [0] * 7).double())


def test_the_order_of_steps_is_not_seen(attention, draw):
    state, features, full = draw(2, 3), draw(2, 11, 5), torch.tensor([11, 11])
    context, weights = attention(state, features, full)
    order = torch.randperm(11, generator=torch.Generator().manual_seed(3))
    same, moved = attention(state, features[:, order], full)
    assert_close(same, context)
    assert_close(moved, weights[:, order])


def test_p18_padding_may_hold_anything_and_gets_no_gradient(attention, draw):
    state, features = draw(3, 3), draw(3, 11, 5)
    beyond = (torch.arange(11) >= LENGTHS[:, None])[..., None]
    expected = attention(state, features, LENGTHS)
    for filler in (0.0, 1e6, torch.nan):
        filled = features.masked_fill(beyond, filler).requires_grad_()
        context, weights = attention(state, filled, LENGTHS)
        assert torch.equal(context, expected[0])
        assert torch.equal(weights, expected[1])
        context.sum().backward()
        assert filled.grad.isfinite().all()
        assert not filled.grad.masked_fill(~beyond, 0).any()


def test_a_memory_serves_many_states(attention, draw):
    features = draw(3, 11, 5)
    memory = attention.memory(features, LENGTHS)
    for state in draw(7, 3, 3):
        for ours, expected in zip(attention.look(state, memory), attention(state, features, LENGTHS), strict=True):
            assert torch.equal(ours, expected)


def test_p32_gradcheck(attention, draw):
    lengths = torch.tensor([5, 2])
    parts = [draw(2, 3).requires_grad_(), draw(2, 5, 5).requires_grad_()]
    assert torch.autograd.gradcheck(lambda s, h: attention(s, h, lengths), parts)
    sum(part.square().sum() for part in attention(*parts, lengths)).backward()
    assert all(parameter.grad.any() for parameter in attention.parameters())


def test_extreme_scores_stay_finite(attention, draw):
    nn.init.constant_(attention.score.weight, 1e6)
    context, weights = attention(1e6 * draw(3, 3), 1e6 * draw(3, 11, 5), LENGTHS)
    assert context.isfinite().all()
    assert_close(weights.sum(-1), torch.ones(3).double())


@pytest.mark.parametrize("sizes", [{"n_states": 0}, {"n_features": 0}, {"n_units": 0}])
def test_sizes_are_at_least_one(sizes):
    with pytest.raises(ValueError, match=f"{next(iter(sizes))} must be an integer of at least 1, got 0"):
        AdditiveAttention(**{"n_states": 3, "n_features": 5, **sizes})


def test_the_hidden_layer_is_as_wide_as_the_state():
    assert [tuple(part.weight.shape) for part in AdditiveAttention(3, 5).children()] == [(3, 3), (3, 5), (1, 3)]
