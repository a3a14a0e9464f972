import numpy as np
import torch
from torch import nn
from torch.testing import assert_close

from tests.reference import lstm_san as reference
from tsattn.nn.glimpse import GlimpseLSTM
from tsattn.nn.initialise import build
from tsattn.nn.recurrent import LSTM


def test_p33_the_layer_equals_the_loop(draw, generator):
    layer = build(lambda: GlimpseLSTM(3, 7), generator).double()
    x, lengths = draw(3, 11, 3), [11, 4, 1]
    ours = layer(x, torch.tensor(lengths)).detach()
    weights = [parameter.detach().numpy() for parameter in layer.cell.parameters()]
    glimpse = [parameter.detach().numpy() for parameter in layer.glimpse.parameters()]
    for i, length in enumerate(lengths):
        loop = reference.glimpse_lstm(x[i, :length].numpy(), weights, glimpse)
        np.testing.assert_allclose(ours[i, :length], loop, rtol=1e-10, atol=1e-12)


def test_an_eye_wide_open_is_an_lstm_and_a_closed_one_is_blind(draw, generator):
    layer, plain = (build(lambda make=make: make(3, 7), generator).double() for make in (GlimpseLSTM, LSTM))
    for own, other in zip(layer.cell.parameters(), plain.cell.parameters(), strict=True):
        own.data.copy_(other)
    x, lengths = draw(2, 11, 3), torch.tensor([11, 5])
    nn.init.zeros_(layer.glimpse.weight)
    nn.init.constant_(layer.glimpse.bias, 40.0)
    assert_close(layer(x, lengths), plain(x, lengths), rtol=0, atol=1e-12)
    nn.init.constant_(layer.glimpse.bias, -40.0)
    assert_close(layer(x, lengths), layer(0 * x, lengths), rtol=0, atol=1e-12)


def test_what_is_looked_at_follows_from_the_step_before():
    """One unit whose state has the sign of what it read; a positive state shuts the eye, a negative one opens it."""
    layer = GlimpseLSTM(1, 1).double()
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    layer.cell.weight_ih.data[2] = 1.0  # of the cell's new value
    nn.init.constant_(layer.glimpse.weight, -1e6)
    x = torch.tensor([[9.0, 3], [9, -5], [-9, 3], [-9, -5]], dtype=torch.float64).unsqueeze(-1)
    first, second = layer(x, torch.tensor([2, 2, 2, 2])).squeeze(-1).unbind(1)
    assert (first.sign() == torch.tensor([1, 1, -1, -1])).all()
    assert second[0] == second[1]
    assert second[2] > second[3] + 0.1
