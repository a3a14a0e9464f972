"""Networks are drawn from the generator handed in, all of them, and by the rules that are written down."""

import threading

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tsattn.nn import build

LAYERS = {
    "linear": lambda: nn.Linear(3, 5), "bilinear": lambda: nn.Bilinear(2, 3, 5),
    "convolutions": lambda: nn.Sequential(nn.Conv1d(2, 3, 5), nn.Conv2d(2, 3, 5), nn.Conv3d(2, 3, 2)),
    "recurrent": lambda: nn.Sequential(nn.LSTM(3, 5, num_layers=2, bidirectional=True), nn.GRU(3, 5), nn.RNN(3, 5)),
    "projected": lambda: nn.LSTM(3, 5, proj_size=2), "cell": lambda: nn.LSTMCell(3, 5),
    "attention": lambda: nn.MultiheadAttention(6, 2), "encoder": lambda: nn.TransformerEncoderLayer(4, 2),
    "embedding": lambda: nn.Embedding(3, 5), "transposed": lambda: nn.ConvTranspose1d(2, 3, 5),
}


class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.empty(7))
        self.register_buffer("window", torch.hann_window(5))

    def reset(self, generator):
        self.scale.normal_(generator=generator)


def weights(network):
    return [parameter.detach().flatten() for parameter in network.parameters()]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", LAYERS)
def test_the_generator_decides_and_the_global_one_is_left_alone(name):
    torch_state = torch.get_rng_state()
    one, same, other = (torch.cat(weights(build(LAYERS[name], generator(seed)))) for seed in [1, 1, 2])
    assert torch.equal(torch_state, torch.get_rng_state())
    assert torch.equal(one, same)
    drawn = one != other
    assert drawn.float().mean() > 0.4  # the rest are biases of zero and scales of one
    assert one.isfinite().all()


@pytest.mark.parametrize("name", LAYERS)
def test_the_global_generator_does_not_decide(name):
    results = []
    state = torch.get_rng_state()
    try:
        for seed in [1, 2]:
            torch.manual_seed(seed)
            results.append(torch.cat(weights(build(LAYERS[name], generator()))))
    finally:
        torch.set_rng_state(state)
    assert torch.equal(*results)


def test_threads_do_not_disturb_each_other():
    def make():
        return nn.Sequential(*[nn.Linear(20, 20) for _ in range(50)])

    alone, found = torch.cat(weights(build(make, generator()))), []
    threads = [threading.Thread(target=lambda: found.append(torch.cat(weights(build(make, generator())))))
               for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(torch.equal(alone, one) for one in found)


def test_torchs_layers_keep_torchs_rules():
    layer = build(lambda: nn.Linear(400, 100), generator())
    assert layer.weight.abs().max().item() == pytest.approx(1 / 20, rel=0.01)
    assert layer.weight.std().item() == pytest.approx(1 / 20 / 3**0.5, rel=0.02)
    norm = build(lambda: nn.BatchNorm1d(5), generator())
    assert norm.weight.tolist() == [1] * 5
    assert norm.running_var.tolist() == [1] * 5


@pytest.mark.parametrize(("make", "n_gates"), [
    (nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1), (nn.LSTMCell, 4), (nn.GRUCell, 3)])
def test_recurrent_weights(make, n_gates):
    weight_in, weight_hidden, *both_biases = build(lambda: make(7, 11), generator()).parameters()
    bound = (6 / (7 + 11)) ** 0.5  # Glorot, of one gate
    assert weight_in.abs().max().item() == pytest.approx(bound, rel=0.1)
    for gate in weight_hidden.split(11):
        assert_close(gate @ gate.T, torch.eye(11), atol=1e-5, rtol=0)
    assert len(weight_hidden) == 11 * n_gates
    biases = sum(both_biases)
    assert biases.tolist() == ([0.0] * 11 + [1.0] * 11 + [0.0] * 22 if n_gates == 4 else [0.0] * 11 * n_gates)


def test_a_layer_of_our_own_draws_its_parameters_and_keeps_its_buffers():
    network = build(lambda: nn.Sequential(Own(), nn.Linear(2, 3)), generator(1))
    assert torch.equal(network[0].window, torch.hann_window(5))
    assert network[0].scale.std() > 0.3
    assert not torch.equal(network[0].scale, build(Own, generator(2)).scale)


def test_an_unknown_layer_with_parameters_is_named():
    class Unknown(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.empty(2))

    with pytest.raises(TypeError, match=r"1\.0 \(Unknown\): it has parameters of its own and no method reset"):
        build(lambda: nn.Sequential(nn.Linear(2, 3), nn.Sequential(Unknown())), generator())


def test_a_constructor_that_cannot_be_turned_is_refused():
    with pytest.raises(TypeError, match="rand_like takes no generator"):
        build(lambda: nn.Parameter(torch.rand_like(torch.ones(2))), generator())


def test_the_network_trains_like_any_other():
    network = build(lambda: nn.Linear(2, 3), generator())
    assert all(parameter.requires_grad and parameter.is_leaf for parameter in network.parameters())
    network(torch.ones(1, 2)).sum().backward()
    assert network.weight.grad is not None
