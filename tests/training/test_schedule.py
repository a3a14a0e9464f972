"""Learning rates by their closed form, and what the optimisers decay."""

import math

import pytest
import torch
from torch import nn

from tsattn.training.schedule import OPTIMIZERS, SCHEDULES, constant, cosine, make_optimizer, one_cycle


def test_one_cycle_begins_peaks_and_ends():
    assert one_cycle(0.0, 0.3) == pytest.approx(0.04)
    assert one_cycle(0.15, 0.3) == pytest.approx((0.04 + 1) / 2)
    assert one_cycle(0.3, 0.3) == 1.0
    assert one_cycle(0.65, 0.3) == pytest.approx((1 + 1e-4) / 2)
    assert one_cycle(1.0, 0.3) == pytest.approx(1e-4)


def test_cosine_by_hand():
    assert cosine(0.0, 0.2) == pytest.approx(0.04)
    assert cosine(0.1, 0.2) == pytest.approx(0.52)
    assert cosine(0.2, 0.2) == 1.0
    assert cosine(0.4, 0.2) == pytest.approx((1 + math.cos(math.pi / 4)) / 2)
    assert cosine(1.0, 0.0) == pytest.approx(0.0, abs=1e-12)


def test_constant_is_constant():
    assert {constant(step / 7, 0.3) for step in range(8)} == {1.0}


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("warmup", [0.0, 0.3])
def test_rates_rise_to_one_and_fall(name, warmup):
    rates = [SCHEDULES[name](step / 100, warmup) for step in range(101)]
    peak = rates.index(1.0)
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert min(rates) >= 0


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_biases_and_scales_do_not_decay(name):
    network = nn.Sequential(nn.Linear(3, 5), nn.LayerNorm(5))
    optimizer = make_optimizer(name, network, 0.1, 0.5)
    decays = {id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    assert decays[id(network[0].weight)] == 0.5
    assert [decays[id(p)] for p in [network[0].bias, *network[1].parameters()]] == [0, 0, 0]


def test_frozen_weights_are_left_out():
    network = nn.Linear(3, 5)
    network.weight.requires_grad_(False)
    optimizer = make_optimizer("adamw", network, 0.1, 0.5)
    assert [p.shape for group in optimizer.param_groups for p in group["params"]] == [torch.Size([5])]


def test_rmsprop_by_hand():
    """The mean square starts at 0: after a slope of 2 it is 0.1 * 4, and the step lr * 2 / (sqrt(0.4) + 1e-7)."""
    network = nn.Linear(1, 1, bias=False)
    before = network.weight.item()
    optimizer = make_optimizer("rmsprop", network, 0.01, 0.0)
    network.weight.grad = torch.tensor([[2.0]])
    optimizer.step()
    assert before - network.weight.item() == pytest.approx(0.01 * 2 / (math.sqrt(0.4) + 1e-7), rel=1e-4)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_there_may_be_nothing_to_train(name):
    optimizer = make_optimizer(name, nn.Linear(3, 5).requires_grad_(False), 0.1, 0.5)
    assert not any(group["params"] for group in optimizer.param_groups)
