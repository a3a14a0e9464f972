from functools import partial

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from tests.reference import lstm_san as reference
from tsattn.models.lstm_san import LSTMSAN
from tsattn.models.pooled import Pooled
from tsattn.nn import ChannelsLast, SANBlock
from tsattn.nn.glimpse import GlimpseLSTM
from tsattn.nn.initialise import build
from tsattn.nn.pooling import Attention, MeanMax
from tsattn.nn.recurrent import LSTM, BidirectionalLSTM
from tsattn.nn.residual import ResidualTrunk

LENGTHS = torch.tensor([13, 6, 1])
dilated = partial(ChannelsLast, block=partial(SANBlock, dilation=2))
both_ways = {"layer": BidirectionalLSTM, "attended": partial(ChannelsLast, block=SANBlock, layer=BidirectionalLSTM)}
CLASSIFIERS = {
    "published": ({}, {}),
    "bottleneck": ({"placement": "bottleneck", "attended": dilated}, {"pooling": MeanMax}),
    "none": ({"attended": None, "n_layers": 3}, {"pooling": MeanMax, "trunk": ResidualTrunk}),
    "glimpses": ({"attended": GlimpseLSTM, "n_layers": 2}, {"pooling": Attention}),
    "both ways": ({**both_ways, "n_layers": 1}, {"pooling": MeanMax}),
}
every_classifier = pytest.mark.parametrize("options", CLASSIFIERS.values(), ids=CLASSIFIERS.keys())


def classifier(options, generator, n_classes=3):
    body_options, head_options = options
    return build(lambda: Pooled(LSTMSAN(5, hidden=8, **body_options), 8, n_classes, **head_options), generator)


def weights_of(layer):
    """(of the LSTM, of the smoothing or None), as the loop takes them."""
    lstm, smoothing = (layer.layer, layer.block.smoothing) if isinstance(layer, ChannelsLast) else (layer, None)
    arrays = [[parameter.detach().numpy() for parameter in part.parameters()] for part in (lstm, smoothing) if part]
    return arrays[0], None if smoothing is None else arrays[1]


@pytest.mark.parametrize("placement", ["full", "bottleneck", "none"])
@pytest.mark.parametrize("dilation", [1, 2])
def test_p33_the_network_equals_the_loop(placement, dilation, draw, generator):
    options = ({"attended": None} if placement == "none" else
               {"placement": placement, "attended": partial(ChannelsLast, block=partial(SANBlock, dilation=dilation))})
    network = build(lambda: LSTMSAN(5, hidden=7, **options), generator).double()
    x = draw(3, 13, 5)
    features, lengths = network(x, LENGTHS)
    for i, length in enumerate(LENGTHS):
        loop = reference.stack(x[i, :length].numpy(), list(map(weights_of, network.layers)), dilation=dilation)
        assert lengths[i] == len(loop)
        np.testing.assert_allclose(features[i, : len(loop)].detach(), loop, rtol=1e-9, atol=1e-12)
        assert not features[i, len(loop) :].any()


@pytest.mark.parametrize(("placement", "attended"), [
    ("full", [True] * 5), ("bottleneck", [False, True, False, True, False])])
def test_which_layers_are_attended(placement, attended):
    network = LSTMSAN(5, hidden=7, n_layers=5, placement=placement)
    assert [isinstance(layer, ChannelsLast) for layer in network.layers] == attended
    assert [type(layer) for layer in LSTMSAN(5, n_layers=3, attended=None, placement=placement).layers] == [LSTM] * 3


def test_the_published_size():
    """Four LSTMs of 64 units on 62 channels, and a convolution of 3 steps after each."""
    network = LSTMSAN(62)
    recurrent = [4 * 64 * (inputs + 64 + 2) for inputs in (62, 64, 64, 64)]
    smoothing = 64 * (3 * 64 + 1)
    assert [sum(p.numel() for p in one.parameters()) for one in network.layers] == [n + smoothing for n in recurrent]
    assert network.n_features == 64


@pytest.mark.parametrize(("n_layers", "expected"), [(1, [13, 6, 1]), (2, [7, 3, 1]), (3, [7, 3, 1]), (4, [4, 2, 1])])
def test_steps_are_halved_after_every_second_layer(n_layers, expected, draw, generator):
    network = build(lambda: LSTMSAN(5, hidden=7, n_layers=n_layers), generator).double()
    features, lengths = network(draw(3, 13, 5), LENGTHS)
    assert lengths.tolist() == expected
    assert features.shape == (3, expected[0], 7)


@pytest.mark.parametrize(("options", "said"), [
    ({"n_channels": 0}, "n_channels must be an integer of at least 1, got 0"),
    ({"hidden": 0}, "hidden must be an integer of at least 1, got 0"),
    ({"n_layers": 0}, "n_layers must be an integer of at least 1, got 0"),
    ({"placement": "top"}, "unknown placement 'top'; choose one of 'full', 'bottleneck'"),
    ({"placement": "bottleneck", "n_layers": 1}, "before each pooling, and 1 layer has none; use placement='full'"),
])
def test_nonsense_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        LSTMSAN(**{"n_channels": 3, **options})


@every_classifier
def test_p18_padding_changes_no_logit(options, draw, generator):
    network = classifier(options, generator).double().eval()
    x = draw(3, 13, 5)
    beyond = (torch.arange(13) >= LENGTHS[:, None])[..., None]
    logits = network(x, lengths=LENGTHS)
    for filler in (0.0, 1e6, torch.nan):
        assert torch.equal(network(x.masked_fill(beyond, filler), lengths=LENGTHS), logits)
        longer = torch.cat([x, torch.full_like(x, filler)], 1)
        assert_close(network(longer, lengths=LENGTHS), logits, rtol=0, atol=1e-12)


@every_classifier
def test_a_batch_equals_its_series_one_by_one_in_any_order(options, draw, generator):
    network = classifier(options, generator).double().eval()
    x = draw(3, 13, 5)
    logits = network(x, lengths=LENGTHS)
    alone = [network(x[i : i + 1, :n], lengths=LENGTHS[i : i + 1]) for i, n in enumerate(LENGTHS)]
    assert_close(logits, torch.cat(alone), rtol=0, atol=1e-12)
    order = torch.tensor([2, 0, 1])
    assert_close(network(x[order], lengths=LENGTHS[order]), logits[order], rtol=0, atol=1e-12)


@every_classifier
def test_p32_gradcheck(options, draw, generator):
    network = classifier(options, generator).double().eval()
    lengths = torch.tensor([5, 2])
    assert torch.autograd.gradcheck(lambda x: network(x, lengths=lengths), draw(2, 5, 5).requires_grad_())


@every_classifier
def test_gradient_reaches_every_parameter(options, draw, generator):
    network = classifier(options, generator).double().eval()
    (network(draw(3, 13, 5), lengths=LENGTHS) * draw(3, 3)).sum().backward()
    assert not [name for name, parameter in network.named_parameters() if not parameter.grad.any()]


@every_classifier
@pytest.mark.slow
def test_eight_series_are_learned_by_heart(options, draw, generator):
    network = classifier(options, generator).eval()
    x = draw(8, 13, 5, dtype=torch.float32)
    lengths, target = torch.tensor([13, 4, 7, 9, 11, 5, 6, 3]), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    optimiser = torch.optim.Adam(network.parameters(), lr=0.03)
    for _ in range(150):
        optimiser.zero_grad()
        cross_entropy(network(x, lengths=lengths), target).backward()
        optimiser.step()
    assert network(x, lengths=lengths).argmax(-1).tolist() == target.tolist()
