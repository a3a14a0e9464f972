from functools import partial

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from tests.reference import xm2a as reference
from tsattn.models.joined import Joined
from tsattn.models.pooled import Pooled
from tsattn.models.xm2a import XM2A
from tsattn.nn.initialise import build
from tsattn.nn.multi_scale import VARIANTS
from tsattn.nn.multi_scale_attention import HeadBatchNorm, MultiScaleAttention, NoNorm
from tsattn.nn.pooling import MeanMax
from tsattn.nn.recurrent import LSTM
from tsattn.nn.talk import DESCRIPTORS, TALKS

LENGTHS = torch.tensor([11, 4, 1])
CLASSIFIERS = {
    "published": ({}, {}),
    "residual": ({"residual": True, "n_layers": 3}, {"variant": VARIANTS["hybrid"], "activation": torch.relu}),
    "input": ({"n_layers": 2}, {"talk": TALKS["input"], "norm": HeadBatchNorm}),
    "self": ({"n_layers": 2}, {"talk": TALKS["self"], "norm": NoNorm, "descriptor": DESCRIPTORS["max"],
                               "separate_values": True}),
}
every_classifier = pytest.mark.parametrize("options", CLASSIFIERS.values(), ids=CLASSIFIERS.keys())


def classifier(options, generator, n_classes=3):
    body_options, layer_options = options
    layer = partial(MultiScaleAttention, n_heads=3, n_units=7, **layer_options)
    return build(lambda: Pooled(XM2A(5, layer=layer, **body_options), 5, n_classes, pooling=MeanMax), generator)


@pytest.mark.parametrize("residual", [False, True])
def test_p33_the_network_equals_the_loop(residual, generator, draw):
    layer = partial(MultiScaleAttention, n_heads=3, n_units=2)
    network = build(lambda: XM2A(5, n_layers=3, layer=layer, residual=residual), generator).double()
    x = draw(3, 11, 5).masked_fill((torch.arange(11) >= LENGTHS[:, None])[..., None], torch.nan)
    features = network(x, LENGTHS).detach().numpy()
    expected = [x[i, :n].numpy() for i, n in enumerate(LENGTHS)]
    for one in network.layers:
        kernels = [(c.weight.detach().numpy(), c.bias.detach().numpy()) for c in one.scales.convolutions]
        out = reference.layer(expected, kernels, [], one.output.weight.detach().numpy(), weight=np.ones((3, 2)),
                              bias=np.zeros((3, 2)), variant="default", talk="scale", descriptor="average")
        expected = [a + b for a, b in zip(expected, out, strict=True)] if residual else out
    for ours, loop in zip(features, expected, strict=True):
        np.testing.assert_allclose(ours[: len(loop)], loop, rtol=1e-8, atol=1e-10)
        assert not ours[len(loop) :].any()


def test_the_published_size():
    """A layer on 13 channels: kernels 64 x 13 x (1 + ... + 8) and biases, norms, and W_O from 8 x 64 to 13."""
    network = XM2A(13)
    layer = 64 * 13 * 36 + 8 * 64 + 2 * 8 * 64 + 8 * 64 * 13
    assert [sum(p.numel() for p in one.parameters()) for one in network.layers] == [layer] * 6
    assert network.n_features == 13


@pytest.mark.parametrize("sizes", [{"n_channels": 0}, {"n_layers": 0}])
def test_sizes_are_at_least_one(sizes):
    with pytest.raises(ValueError, match=f"{next(iter(sizes))} must be an integer of at least 1, got 0"):
        XM2A(**{"n_channels": 3, **sizes})


@every_classifier
def test_p18_padding_changes_no_logit(options, draw, generator):
    network = classifier(options, generator).double().eval()
    x = draw(3, 11, 5)
    beyond = (torch.arange(11) >= LENGTHS[:, None])[..., None]
    logits = network(x, lengths=LENGTHS)
    for filler in (0.0, 1e6, torch.nan):
        assert torch.equal(network(x.masked_fill(beyond, filler), lengths=LENGTHS), logits)
        longer = torch.cat([x, torch.full_like(x, filler)], 1)
        assert_close(network(longer, lengths=LENGTHS), logits, rtol=0, atol=1e-11)


@every_classifier
def test_a_batch_equals_its_series_one_by_one(options, draw, generator):
    network = classifier(options, generator).double().eval()
    x = draw(3, 11, 5)
    alone = [network(x[i : i + 1, :n], lengths=LENGTHS[i : i + 1]) for i, n in enumerate(LENGTHS)]
    assert_close(network(x, lengths=LENGTHS), torch.cat(alone), rtol=0, atol=1e-11)


@every_classifier
def test_gradient_reaches_every_parameter(options, draw, generator):
    network = classifier(options, generator).double()
    (network(draw(3, 11, 5), lengths=LENGTHS) * draw(3, 3)).sum().backward()
    assert not [name for name, parameter in network.named_parameters() if not parameter.grad.any()]


@every_classifier
@pytest.mark.slow
def test_eight_series_are_learned_by_heart(options, draw, generator):
    network = classifier(options, generator)
    x = draw(8, 11, 5, dtype=torch.float32)
    lengths, target = torch.tensor([11, 4, 7, 9, 11, 5, 6, 3]), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(150):
        optimiser.zero_grad()
        cross_entropy(network(x, lengths=lengths), target).backward()
        optimiser.step()
    assert network.eval()(x, lengths=lengths).argmax(-1).tolist() == target.tolist()


def test_an_encoder_brings_the_channels_to_the_features_wanted(generator, draw):
    made = partial(XM2A, n_layers=2, layer=partial(MultiScaleAttention, n_heads=2, n_units=3))
    network = build(lambda: made(5, hidden=7, encoder=LSTM), generator).double()
    x = draw(3, 11, 5)
    assert network.n_features == 7
    assert torch.equal(network(x, LENGTHS), network.layers[1](network.layers[0](network.encoder(x, LENGTHS), LENGTHS),
                                                              LENGTHS))
    assert made(5, encoder=LSTM).n_features == 5
    with pytest.raises(ValueError, match="hidden must be the number of channels, 5, where no encoder comes first"):
        made(5, hidden=7)


def test_joined_inputs_stand_beside_each_other_in_order(draw):
    a, b = draw(3, 11, 2), draw(3, 11, 5)
    joined = Joined(XM2A(7, n_layers=1)).double()
    assert torch.equal(joined(a, b, LENGTHS), joined.body(torch.cat([a, b], -1), LENGTHS))
