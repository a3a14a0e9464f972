"""The one form of all blocks of attention: every block, around layers of every rank, in every network of series."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tsattn.classification import SDMAClassifier, XM2AClassifier
from tsattn.models.lstm_san import LSTMSAN
from tsattn.models.sdma import SDMA
from tsattn.models.xm2a import XM2A
from tsattn.nn import ATTENTION, Attended, ChannelsLast, build
from tsattn.nn.convolution import Convolution
from tsattn.nn.rank import same_size
from tsattn.nn.recurrent import LSTM, BidirectionalLSTM
from tsattn.training import Training

SPACES = {1: (11,), 2: (7, 11)}
LENGTHS = torch.tensor([11, 4, 1])
LAYERS = {"lstm": LSTM, "bilstm": BidirectionalLSTM, "convolution": partial(Convolution, width=3)}
every_block = pytest.mark.parametrize("name", ATTENTION)
every_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


@every_block
@pytest.mark.parametrize("ndim", SPACES)
def test_a_layer_of_any_rank_is_multiplied_by_its_weights(name, ndim, draw, generator):
    made = build(lambda: Attended(same_size(ndim, 3, 5), ATTENTION[name](5, ndim=ndim)), generator).double().eval()
    x = draw(3, 3, *SPACES[ndim])
    y, weights = made.layer(x), made.weights(x)
    assert weights.shape == y.shape == (3, 5, *SPACES[ndim])
    assert ((weights > 0) & (weights < 2)).all()
    assert_close(made(x), y * weights)
    made(x).square().sum().backward()
    assert all(parameter.grad.any() for parameter in made.parameters())


@every_block
@pytest.mark.parametrize("ndim", SPACES)
def test_p18_what_stands_where_nothing_is_valid_comes_out_as_zero(name, ndim, draw, generator):
    block = build(lambda: ATTENTION[name](5, ndim=ndim), generator).double().eval()
    x, context, valid = draw(2, 5, *SPACES[ndim]), draw(2, 3, *SPACES[ndim]), torch.ones(2, 1, *SPACES[ndim]) > 0
    valid[0, ..., 4:] = False
    found = block(x.masked_fill(~valid, torch.nan), context, valid)
    assert not found.masked_select(~valid).any()
    assert_close(found, block(x, context, valid), rtol=0, atol=0)


@every_block
@every_layer
def test_a_sequence_layer_is_multiplied_by_its_weights(name, layer, draw, generator):
    block = ATTENTION[name]
    made = build(lambda: ChannelsLast(3, 6, layer=layer, block=block), generator).double().eval()
    x = draw(3, 11, 3)
    expected, weights = made(x, LENGTHS), made.weights(x, LENGTHS)
    beyond = torch.arange(11) >= LENGTHS[:, None]
    assert_close(expected, (made.layer(x, LENGTHS) * weights).masked_fill(beyond.unsqueeze(2), 0))
    assert not expected[beyond].any()
    for filler in (1e6, torch.nan):
        filled = x.masked_fill(beyond.unsqueeze(2), filler).requires_grad_()
        output = made(filled, LENGTHS)
        assert_close(output, expected, rtol=0, atol=0)
        output.sum().backward()
        assert not filled.grad[beyond].any()
    for i, length in enumerate(LENGTHS):
        assert_close(made(x[i : i + 1, :length], LENGTHS[i : i + 1]), expected[i : i + 1, :length])


NETWORKS = {
    "sdma": lambda encoder: SDMA(3, 3, hidden=6, encoder=encoder, architecture="type1", n_layers=2),
    "xm2a": lambda encoder: XM2A(3, hidden=6, encoder=encoder, n_layers=1),
    "lstm": lambda encoder: LSTMSAN(3, hidden=6, attended=encoder, n_layers=2),
}


@every_block
@pytest.mark.parametrize("network", NETWORKS)
def test_networks_of_series_take_each_block(network, name, draw, generator):
    encoder = partial(ChannelsLast, block=ATTENTION[name])
    made = build(lambda: NETWORKS[network](encoder), generator).double().eval()
    x = draw(3, 11, 3)
    inputs = [x, draw(3, 11, 3)] if network == "sdma" else [x]
    found = made(*inputs, LENGTHS)
    found, lengths = found if isinstance(found, tuple) else (found, LENGTHS)
    assert any(isinstance(layer, ChannelsLast) for layer in made.modules())
    assert not found[torch.arange(found.shape[1]) >= lengths[:, None]].any()
    filled = [part.masked_fill((torch.arange(11) >= LENGTHS[:, None]).unsqueeze(2), torch.nan) for part in inputs]
    again = made(*filled, LENGTHS)
    assert_close(again[0] if isinstance(again, tuple) else again, found, rtol=0, atol=0)


@pytest.mark.parametrize("name", [pytest.param(name, marks=[] if name == "cbam" else [pytest.mark.slow])
                                  for name in ATTENTION])
@pytest.mark.parametrize("classifier", [SDMAClassifier, XM2AClassifier])
def test_an_estimator_takes_a_block_by_name(classifier, name, draw):
    X, y = draw(8, 2, 12).numpy(), [0, 1] * 4
    made = classifier(encoder=f"lstm-{name}", hidden_size=4, training=Training(epochs=1), random_state=0).fit(X, y)
    assert any(isinstance(layer, ChannelsLast) for layer in made.network_.modules())
    assert made.predict_proba(X).shape == (8, 2)


def test_what_is_no_block_is_refused_by_both_hosts():
    for host in (lambda: Attended(nn.Conv1d(3, 5, 3), nn.Conv1d(5, 5, 1)),
                 lambda: ChannelsLast(3, 5, block=lambda n: nn.Linear(n, n))):
        with pytest.raises(TypeError, match=r"must build a tsattn.nn.AttentionBlock, .* got (Conv1d|Linear)"):
            host()
