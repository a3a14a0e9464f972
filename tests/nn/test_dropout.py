"""Dropout draws from its own generator, and from nothing else."""

import pytest
import torch
from torch import nn

from tsattn.nn import Dropout, Stochastic, bind


def bound(layer, seed=0):
    bind(layer, torch.Generator().manual_seed(seed))
    return layer


def test_the_rest_is_scaled_so_that_the_mean_stays():
    x = torch.ones(200, 50, 10)
    y = bound(Dropout(0.2))(x)
    assert y.unique().tolist() == [0.0, 1.25]
    assert y.mean().item() == pytest.approx(1.0, abs=0.01)


def test_whole_channels_fall_together():
    x = torch.rand(7, 11, 13) + 1
    y = bound(Dropout(0.5, channelwise=True))(x)
    fallen = (y == 0).all(1)
    assert torch.equal(y, torch.where(fallen[:, None], 0.0, 2 * x))
    assert fallen.any()
    assert not fallen.all()
    assert len({tuple(row) for row in fallen.tolist()}) > 1  # each series its own


@pytest.mark.parametrize("layer", [Dropout(0.0), Dropout(0.5).eval()])
def test_nothing_falls_without_chance_or_without_training(layer):
    x = torch.rand(3, 5)
    assert layer(x) is x


def test_the_gradient_falls_where_the_value_fell():
    x = torch.ones(100, requires_grad=True)
    y = bound(Dropout(0.5))(x)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())


def test_the_generator_decides_and_the_global_one_is_left_alone():
    before = torch.get_rng_state()
    x = torch.ones(50)
    one, same, other = (bound(Dropout(0.5), seed)(x) for seed in [1, 1, 2])
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(before, torch.get_rng_state())


def test_training_without_a_generator_says_the_cure():
    with pytest.raises(RuntimeError, match=r"has no generator: call tsattn.nn.bind\(network, generator\)"):
        Dropout(0.5)(torch.ones(3))


def test_binding_reaches_every_layer_and_lets_go():
    network = nn.Sequential(Dropout(0.1), nn.Sequential(nn.Linear(2, 2), Dropout(0.2)))
    generator = torch.Generator()
    bind(network, generator)
    drawing = [module for module in network.modules() if isinstance(module, Stochastic)]
    assert [module.generator for module in drawing] == [generator, generator]
    bind(network, None)
    assert [module.generator for module in drawing] == [None, None]


@pytest.mark.parametrize("layer", [
    nn.Dropout(0.1), nn.Dropout1d(0.1), nn.AlphaDropout(0.1), nn.LSTM(2, 3, num_layers=2, dropout=0.1),
    nn.MultiheadAttention(4, 2, dropout=0.1), nn.RReLU()])
def test_layers_that_draw_globally_are_named(layer):
    with pytest.raises(TypeError, match=rf"inner\.0 \({type(layer).__name__}\) draws from torch's global generator"):
        bind(nn.ModuleDict({"inner": nn.Sequential(layer)}), torch.Generator())


@pytest.mark.parametrize(("layer", "width", "n_inputs"), [
    (nn.Dropout(0.0), 3, 1), (nn.LSTM(2, 3, num_layers=2), 2, 1), (nn.MultiheadAttention(4, 2), 4, 3),
    (nn.ReLU(), 3, 1)])
def test_layers_that_could_draw_and_do_not_pass_and_rightly(layer, width, n_inputs):
    bind(layer.train(), torch.Generator())
    before = torch.get_rng_state()
    layer(*[torch.ones(5, 3, width)] * n_inputs)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("p", [-0.1, 1.0])
def test_chances_outside_are_refused(p):
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\)"):
        Dropout(p)
