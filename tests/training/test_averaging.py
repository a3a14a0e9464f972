"""Averages of weights, worked out by hand, statistics of batch normalisation among them."""

import pytest
import torch
from torch import nn

from tsattn.training.averaging import Average


def network_at(value):
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    put(network, value)
    return network


@torch.no_grad()
def put(network, value):
    for tensor in network.state_dict().values():
        tensor.fill_(value)


def values_of(network):
    return {round(float(value), 5) for tensor in network.state_dict().values() if tensor.is_floating_point()
            for value in tensor.flatten()}


def test_moving_average_by_hand():
    """Shares of the new: 1 - min(0.5, (1 + n) / (10 + n)), so 0.9, then 1 - 2 / 11."""
    network = network_at(0.0)
    average = Average(network, 0.5)
    put(network, 1.0)
    average.after_step()
    put(network, 2.0)
    average.after_step()
    expected = 0.9 + (2 - 0.9) * (1 - 2 / 11)
    with average.in_place():
        assert values_of(network) == {round(expected, 5)}
    assert values_of(network) == {2.0}


def test_a_long_moving_average_forgets_by_its_decay():
    network = network_at(0.0)
    average = Average(network, 0.5)
    for _ in range(50):
        average.after_step()
    put(network, 8.0)
    average.after_step()
    with average.in_place():
        assert values_of(network) == {4.0}


def test_tail_is_the_mean_of_the_last_quarter():
    network = network_at(0.0)
    average = Average(network, "tail")
    for epoch in range(8):
        put(network, float(epoch))
        average.after_step()
        average.after_epoch(epoch, 8)
    with average.in_place():
        assert values_of(network) == {6.5}
    assert values_of(network) == {7.0}


@pytest.mark.parametrize("kind", [None, "tail", 0.9])
def test_before_any_update_the_weights_are_the_networks_own(kind):
    network = network_at(3.0)
    with Average(network, kind).in_place():
        assert values_of(network) == {3.0}


def test_no_average_costs_nothing():
    average = Average(network_at(1.0), None)
    average.after_step()
    average.after_epoch(7, 8)
    assert average.count == 0
    assert average.values == {}


def test_the_networks_own_weights_come_back_after_an_error():
    network = network_at(0.0)
    average = Average(network, 0.5)
    put(network, 1.0)
    average.after_step()
    with pytest.raises(RuntimeError), average.in_place():
        raise RuntimeError
    assert values_of(network) == {1.0}
