from functools import partial

import numpy as np
import pytest
import torch
from jaxtyping import TypeCheckError
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from tests.reference import sdma as reference
from tsattn.models.pooled import Pooled
from tsattn.models.sdma import ARCHITECTURES, SDMA
from tsattn.nn.convolution import Convolution
from tsattn.nn.dropout import bind
from tsattn.nn.initialise import build
from tsattn.nn.mutual_attention import mutual_gate, one_way_gate, sum_gate
from tsattn.nn.pooling import Attention, Last, MeanMax
from tsattn.nn.recurrent import BidirectionalLSTM
from tsattn.nn.sequence import Chain

LENGTHS = torch.tensor([11, 4, 1])
every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)
both_gates = pytest.mark.parametrize("gate", [mutual_gate, one_way_gate])
conv_lstm = partial(Chain, encoders=(partial(Convolution, width=5), BidirectionalLSTM))
CLASSIFIERS = {
    "published": ({}, {}),
    "type1": ({"architecture": "type1", "n_layers": 2}, {}),
    "type2": ({"architecture": "type2", "n_layers": 2, "encoder": BidirectionalLSTM}, {"pooling": MeanMax}),
    "convolutional": ({"hidden": 12, "encoder": conv_lstm, "gate": sum_gate}, {"pooling": Attention, "dropout": 0.2}),
}
every_classifier = pytest.mark.parametrize("options", CLASSIFIERS.values(), ids=CLASSIFIERS.keys())


def weights_of(layer):
    return [getattr(layer.cell, f"{name}_l0").detach().numpy() for name in
            ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]


def classifier(options, generator, n_classes=3):
    body_options, head_options = options

    def make():
        body = SDMA(3, 5, **body_options)
        return Pooled(body, body.n_features, n_classes, **head_options)

    return build(make, generator)


@every_architecture
@both_gates
def test_p33_the_network_equals_the_loop(architecture, gate, draw, generator):
    network = build(lambda: SDMA(3, 5, architecture=architecture, gate=gate, n_layers=3), generator).double()
    x, saliency = draw(3, 11, 3), draw(3, 11, 5)
    features = network(x, saliency, LENGTHS)
    layers = [(weights_of(block.data), weights_of(block.saliency)) for block in network.blocks]
    for i, length in enumerate(LENGTHS):
        loop = reference.sdma(x[i, :length].numpy(), saliency[i, :length].numpy(), layers,
                              architecture=architecture, mutual=gate is mutual_gate)
        np.testing.assert_allclose(features[i, :length].detach(), loop, rtol=1e-9, atol=1e-12)


def test_hidden_size_is_twice_the_channels():
    assert SDMA(7, 5).n_features == 14
    assert SDMA(7, 5)(torch.zeros(2, 3, 7), torch.zeros(2, 3, 5), torch.tensor([3, 2])).shape == (2, 3, 14)


@pytest.mark.parametrize(("architecture", "inputs"), [
    ("single", [(3, 5)]), ("type1", [(3, 5), (6, 6), (6, 6)]), ("type2", [(3, 5), (6, 5), (6, 5)]),
])
def test_what_the_blocks_read(architecture, inputs):
    blocks = SDMA(3, 5, architecture=architecture, n_layers=3).blocks
    assert [(block.data.cell.input_size, block.saliency.cell.input_size) for block in blocks] == inputs


def test_the_branches_have_weights_of_their_own():
    block = SDMA(3, 3).blocks[0]
    shared = {id(parameter) for parameter in block.data.parameters()} & set(map(id, block.saliency.parameters()))
    assert not shared


def test_an_unknown_architecture_lists_the_known_ones():
    with pytest.raises(ValueError, match="unknown architecture 'type3'; choose one of 'single', 'type1', 'type2'"):
        SDMA(3, 3, architecture="type3")


@every_classifier
def test_p18_padding_changes_no_logit(options, draw, generator):
    network = classifier(options, generator).double().eval()
    x, saliency = draw(3, 11, 3), draw(3, 11, 5)
    beyond = (torch.arange(11) >= LENGTHS[:, None])[..., None]
    logits = network(x, saliency, lengths=LENGTHS)
    for filler in (0.0, 1e6, torch.nan):
        refilled = [series.masked_fill(beyond, filler) for series in (x, saliency)]
        assert_close(network(*refilled, lengths=LENGTHS), logits, rtol=0, atol=0)
        longer = [torch.cat([series, torch.full_like(series, filler)], 1) for series in (x, saliency)]
        assert_close(network(*longer, lengths=LENGTHS), logits, rtol=0, atol=1e-12)


@every_classifier
def test_a_batch_equals_its_series_one_by_one(options, draw, generator):
    network = classifier(options, generator).double().eval()
    x, saliency = draw(3, 11, 3), draw(3, 11, 5)
    alone = [network(x[i : i + 1, :n], saliency[i : i + 1, :n], lengths=LENGTHS[i : i + 1])
             for i, n in enumerate(LENGTHS)]
    assert_close(network(x, saliency, lengths=LENGTHS), torch.cat(alone), rtol=0, atol=1e-12)


@every_classifier
def test_gradient_reaches_every_parameter(options, draw, generator):
    network = classifier(options, generator).double()
    bind(network, generator)
    (network(draw(3, 11, 3), draw(3, 11, 5), lengths=LENGTHS) * draw(3, 3)).sum().backward()
    dead = [name for name, parameter in network.named_parameters()
            if parameter.grad is None or not parameter.grad.any()]
    assert not dead


@every_classifier
@pytest.mark.slow
def test_eight_series_are_learned_by_heart(options, draw, generator):
    network = classifier(options, generator)
    bind(network, generator)
    x, saliency = draw(8, 11, 3, dtype=torch.float32), draw(8, 11, 5, dtype=torch.float32)
    lengths, target = torch.tensor([11, 4, 7, 9, 11, 5, 6, 3]), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    optimiser = torch.optim.Adam(network.parameters(), lr=0.03)
    for _ in range(150):
        optimiser.zero_grad()
        cross_entropy(network(x, saliency, lengths=lengths), target).backward()
        optimiser.step()
    assert network.eval()(x, saliency, lengths=lengths).argmax(-1).tolist() == target.tolist()


def test_the_published_head_reads_each_series_own_last_step(draw, generator):
    network = classifier(({}, {"pooling": Last}), generator).double().eval()
    x, saliency = draw(3, 11, 3), draw(3, 11, 5)
    features = network.body(x, saliency, LENGTHS)
    last = torch.stack([features[i, n - 1] for i, n in enumerate(LENGTHS)])
    assert_close(network(x, saliency, lengths=LENGTHS), network.head(last))


def test_shapes_are_checked_in_tests():
    with pytest.raises(TypeCheckError):
        SDMA(3, 5)(torch.zeros(2, 7, 3), torch.zeros(2, 6, 5), torch.tensor([7, 7]))
