"""Integrated gradients, against answers known by hand and the laws of Sundararajan, Taly & Yan, ICML 2017."""

import numpy as np
import pytest
import torch
from torch import nn

from tsattn import _relevance
from tsattn._relevance import Following, attribution, integrated_gradients, margin, relevance
from tsattn.nn.mask import valid_steps
from tsattn.training import Sequences

LENGTHS = [2, 5, 3]


class Weighted(nn.Module):
    """Outputs are weighted sums over the real steps: what a value adds is its weight times itself."""

    def __init__(self, *weights):
        super().__init__()
        self.weights = [torch.tensor(w) for w in weights]  # of each input: (channel, output)

    def forward(self, *inputs, lengths):
        valid = valid_steps(lengths, inputs[0].shape[1]).unsqueeze(-1)
        return sum((x * valid).sum(1) @ w for x, w in zip(inputs, self.weights, strict=True))


def panel(rng, *widths):
    rows = sum(LENGTHS)
    return [rng.normal(size=(rows, width)).astype(np.float32) for width in widths]


def by_series(rows):
    return np.split(rows, np.cumsum(LENGTHS)[:-1])


def test_the_margin_by_hand():
    outputs = torch.tensor([[1.0, 4.0, 9.0], [5.0, 0.0, 7.0]])
    assert margin(outputs, torch.tensor([2, 0])).tolist() == [9 - 2.5, 5 - 3.5]
    assert margin(outputs[:, :2], torch.tensor([0, 1])).tolist() == [-3, -5]
    assert margin(outputs[:, :1], torch.tensor([0, 0])).tolist() == [1, 5]


def test_a_product_is_shared_out_by_hand():
    x, y = torch.tensor([[2.0]], dtype=torch.double), torch.tensor([[3.0]], dtype=torch.double)
    of_x, of_y = integrated_gradients(lambda x, y: (x * y**2).sum(1), [x, y], [0 * x, 0 * y])
    # along (2a, 3a) the slopes are 9 a^2 and 12 a^2; the midpoint rule falls short of 1/3 by 1/(12 n^2)
    third = 1 / 3 - 1 / (12 * 32**2)
    torch.testing.assert_close([of_x.item(), of_y.item()], [2 * 9 * third, 3 * 12 * third])


def test_parts_sum_to_the_change():
    generator = torch.Generator().manual_seed(3)
    x, y, x0, y0 = (torch.randn(7, 5, generator=generator, dtype=torch.double) for _ in range(4))

    def score(x, y):
        return torch.tanh(x * y).sum(1) + x[:, 0].sigmoid() * y[:, 1]

    parts = integrated_gradients(score, [x, y], [x0, y0])
    torch.testing.assert_close(sum(part.sum(1) for part in parts), score(x, y) - score(x0, y0), rtol=0, atol=0.02)


def test_a_linear_network_by_hand():
    rng = np.random.default_rng(5)
    rows, w = panel(rng, 3), rng.normal(size=(3, 2)).astype(np.float32)
    found = relevance(Weighted(w), Sequences(rows, LENGTHS), 3)
    for x, ours in zip(by_series(rows[0]), by_series(found), strict=True):
        first, second = x.sum(0) @ w
        slope = w[:, 0] - w[:, 1] if first > second else w[:, 1] - w[:, 0]
        speaks = np.zeros_like(x)
        for t, v in np.ndindex(*x.shape):
            speaks[t, v] = max(x[t, v] * slope[v], 0)
        np.testing.assert_allclose(ours, speaks / speaks.sum(), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_value_is_explained_by_what_moved_it_to_where_it_is(sign):
    """Up or down from what the network says of the mean series, wherever that lies."""
    class Shifted(Weighted):
        def forward(self, *inputs, lengths):
            return super().forward(*inputs, lengths=lengths) + 100 * sign

    rows = [np.array([[2.0], [-1.0], [3.0], [-5.0], [1.0], [1.0]], np.float32)]
    network, data = Shifted(np.array([[-1.0 * sign]], np.float32)), Sequences(rows, [4, 2])
    found = attribution(network, data, 1)[:, 0]
    np.testing.assert_allclose(found, [-2, 1, -3, 5, 1, 1])  # the sums are -1 and 2: moved by the negative, by both
    np.testing.assert_allclose(relevance(network, data, 1)[:, 0], [0, 1 / 6, 0, 5 / 6, 0.5, 0.5])


def test_other_inputs_move_along_but_are_not_shown():
    class Product(nn.Module):
        def forward(self, x, s, lengths):
            assert lengths.tolist() == [2]
            return (x * (s + torch.tensor([[1.0], [0.0]]))).sum(1)

    x, s = np.array([[1.0], [1.0]], np.float32), np.array([[0.0], [1.0]], np.float32)
    # the second step's slope is s, 1/2 on the average of the path, and 1 if the saliency stayed where it is
    np.testing.assert_allclose(relevance(Product(), Sequences([x, s], [2]), 1)[:, 0], [2 / 3, 1 / 3])


def test_channels_beyond_the_columns_stay_as_they_are():
    class Switched(nn.Module):
        def forward(self, x, lengths):
            assert lengths.tolist() == [3]
            value, observed = x[..., :1], x[..., 1:]
            return (value * (observed == 1)).sum(1)  # a halved mark would switch the value off

    x = np.array([[2.0, 1.0], [5.0, 0.0], [6.0, 1.0]], np.float32)
    np.testing.assert_allclose(relevance(Switched(), Sequences([x], [3]), 1)[:, 0], [0.25, 0, 0.75])


def test_where_nothing_speaks_for_the_output_all_count_alike():
    rows = [np.zeros((sum(LENGTHS), 2), np.float32)]
    found = by_series(relevance(Weighted(np.eye(2, dtype=np.float32)), Sequences(rows, LENGTHS), 2))
    for ours, length in zip(found, LENGTHS, strict=True):
        np.testing.assert_allclose(ours, np.full((length, 2), 1 / (2 * length)))


@pytest.mark.parametrize("at_once", [1, 2, 64])
def test_batches_do_not_matter(at_once, monkeypatch):
    rng = np.random.default_rng(7)
    data = Sequences(panel(rng, 3, 2), LENGTHS)
    network = Weighted(rng.normal(size=(3, 4)).astype(np.float32), rng.normal(size=(2, 4)).astype(np.float32))
    together = relevance(network, data, 3)
    monkeypatch.setattr(_relevance, "EXPLAINED_AT_ONCE", at_once)
    np.testing.assert_allclose(relevance(network, data, 3), together, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose([part.sum() for part in by_series(together)], 1)


def test_with_an_input_that_follows_a_linear_network_is_explained_whole():
    rng = np.random.default_rng(11)
    (x,), mix = panel(rng, 3), rng.normal(size=(3, 2))
    w, v = (rng.normal(size=(n, 2)).astype(np.float32) for n in (3, 2))
    start = rng.normal(size=(3, 2)).astype(np.float32)
    instance = np.repeat(np.arange(3), LENGTHS)
    data = Sequences([x, x @ mix + start[instance]], LENGTHS)
    network = Weighted(w, v)
    added = attribution(network, data, 3, Following(torch.from_numpy(start), lambda slopes: slopes @ mix.T))
    for i, (ours, series) in enumerate(zip(by_series(added), by_series(x), strict=True)):
        at_x, at_zero = series.sum(0) @ w + (series @ mix + start[i]).sum(0) @ v, LENGTHS[i] * start[i] @ v
        chosen = int(at_x.argmax())
        sign = np.array([1, -1]) if chosen == 0 else np.array([-1, 1])
        np.testing.assert_allclose(ours.sum(), (at_x - at_zero) @ sign, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(ours, series * (w @ sign + mix @ v @ sign), rtol=1e-4, atol=1e-5)
