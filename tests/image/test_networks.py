"""LeNet-5, VGG and ResNet: the published sizes, and what holds of any network."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from tsattn.image import VGG, LeNet5, OfImages, ResNet
from tsattn.image.backbones import BACKBONES
from tsattn.image.of_images import Flattened
from tsattn.image.resnet import ResidualImageBlock, Subsample, basic, bottleneck, project
from tsattn.image.slot import BLOCKS
from tsattn.nn import Dropout, bind, build
from tsattn.nn.rank import HeConv2d

small_resnet = partial(ResNet, 3, (8, 8), depths=(1, 2), widths=(4, 6), stem=4)
SMALL = {
    "lenet5": (partial(LeNet5, 3, (13, 17)), (13, 17)),
    "resnet": (small_resnet, (8, 8)),
    "resnet of bottlenecks": (partial(small_resnet, widths=(8, 12), layers=bottleneck, shortcut=project), (8, 8)),
}
ATTENTIONS = {"none": {}, **{name: {"attention": block, "placement": "full"} for name, block in BLOCKS.items()},
              "san-c before pooling": {"attention": BLOCKS["san-c"], "placement": "bottleneck"}}
every_network = pytest.mark.parametrize(("make", "size"), SMALL.values(), ids=SMALL)
every_attention = pytest.mark.parametrize("options", ATTENTIONS.values(), ids=ATTENTIONS)


def classifier(make, options, generator, n_classes=3):
    return build(lambda: OfImages(make(**options), n_classes), generator).double().eval()


@pytest.mark.parametrize(("name", "n_channels", "size", "n_weights"), [
    ("lenet5", 1, 28, 61706),  # LeCun et al.'s, with all channels read by the second convolution
    ("resnet20", 3, 32, 269722),  # He et al.: 0.27 million
    ("resnet18", 3, 32, 11173962),
    ("resnet50", 3, 32, 23520842),
    ("vgg16-plain", 3, 32, 10526538),
])
def test_the_published_sizes(name, n_channels, size, n_weights):
    with torch.device("meta"):
        network = OfImages(BACKBONES[name].make(n_channels, (size, size)), 10)
    assert sum(parameter.numel() for parameter in network.parameters()) == n_weights


@pytest.mark.parametrize(("name", "least"), [
    ("lenet5", 12), ("resnet20", 4), ("resnet18", 8), pytest.param("resnet50", 8, marks=pytest.mark.slow),
    ("vgg16", 32), pytest.param("vgg19", 32, marks=pytest.mark.slow)])
def test_p25_images_have_a_least_size(name, least):
    with torch.device("meta"):
        for size in ((least, least), (least, least + 3)):
            made = OfImages(BACKBONES[name].make(4, size), 2).eval()
            assert made(torch.empty(2, 1, 4, *size), lengths=torch.empty(2, dtype=torch.long)).shape == (2, 2)
        for size in ((1, 1), (1, 50), (least, least - 1)):
            with pytest.raises(ValueError, match=rf"needs images of at least {least} x {least} pixels, got {size[0]}"):
                BACKBONES[name].make(3, size)


@every_network
@every_attention
def test_a_batch_equals_its_images_one_by_one(make, size, options, draw, generator):
    network, x = classifier(make, options, generator), draw(3, 1, 3, *size)
    lengths = torch.ones(3, dtype=torch.long)
    logits = network(x, lengths=lengths)
    assert_close(logits, torch.cat([network(x[i : i + 1], lengths=lengths[:1]) for i in range(3)]), rtol=0, atol=1e-12)
    flat = Flattened(network, (3, *size))
    assert_close(flat(x.flatten(2), lengths=lengths), logits, rtol=0, atol=0)


@every_network
@every_attention
def test_gradient_reaches_every_parameter(make, size, options, draw, generator):
    network = classifier(make, options, generator).train()
    (network(draw(5, 1, 3, *size), lengths=torch.ones(5, dtype=torch.long)) * draw(5, 3)).sum().backward()
    without = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert not without
    moved = {}  # of a block's, at some place: a ReLU of few units may be shut at one
    for name, parameter in network.named_parameters():
        part = name.rpartition(".block.")[2]
        moved[part] = moved.get(part, False) or bool(parameter.grad.abs().max() > 1e-12)
    assert not [name for name, found in moved.items() if not found and not constant_under_a_norm(name)]


def constant_under_a_norm(name):
    """Biases that the mean of a batch takes off again: of BAM's last layers."""
    return name.endswith(("excitation.widen.bias", "convolutions.3.bias"))


@every_network
@pytest.mark.slow
def test_p32_gradcheck(make, size, draw, generator):
    network = classifier(make, ATTENTIONS["san-c"], generator)
    x = draw(1, 1, 3, *size).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: network(x, lengths=torch.ones(1, dtype=torch.long)), x, fast_mode=True)


@every_network
@pytest.mark.slow
def test_eight_images_are_learned_by_heart(make, size, draw, generator):
    network = classifier(make, ATTENTIONS["san-d"], generator).train()
    x, target = draw(8, 1, 3, *size), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(100):
        optimiser.zero_grad()
        cross_entropy(network(x, lengths=torch.ones(8, dtype=torch.long)), target).backward()
        optimiser.step()
    assert network(x, lengths=torch.ones(8, dtype=torch.long)).argmax(-1).tolist() == target.tolist()


def test_weights_come_from_the_generator_alone():
    before = torch.get_rng_state()
    states = [build(small_resnet, torch.Generator().manual_seed(seed)).state_dict() for seed in (1, 1, 2)]
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not torch.equal(*(state["blocks.0.convolution.weight"] for state in states[1:]))


def test_a_convolution_begins_as_he_has_it(generator):
    layer = build(lambda: HeConv2d(40, 60, 3), generator)
    assert float(layer.weight.detach().var()) == pytest.approx(2 / (40 * 9), rel=0.05)
    assert not layer.bias.any()


def test_dropout_draws_from_what_it_is_bound_to(draw):
    network = build(lambda: VGG(3), torch.Generator().manual_seed(0)).train()
    assert [layer.p for layer in network.modules() if isinstance(layer, Dropout)] == [0.5]
    x, before, said = draw(2, 3, 32, 32, dtype=torch.float32), torch.get_rng_state(), []
    for seed in (1, 1, 2):
        bind(network, torch.Generator().manual_seed(seed))
        said.append(network(x))
    assert torch.equal(said[0], said[1])
    assert not torch.equal(said[1], said[2])
    assert torch.equal(torch.get_rng_state(), before)


def test_published_vgg_has_pointwise_layers_and_no_norm():
    with torch.device("meta"):
        plain, normed = (BACKBONES[name].make(3, (32, 32)) for name in ("vgg16-plain", "vgg16"))
    widths = [[layer.kernel_size[0] for layer in network.modules() if isinstance(layer, nn.Conv2d)]
              for network in (plain, normed)]
    assert [number for number, width in enumerate(widths[0], 1) if width == 1] == [7, 10, 13]  # as the source counts
    assert set(widths[1]) == {3}
    norms = [sum(isinstance(layer, nn.BatchNorm2d) for layer in network.modules()) for network in (plain, normed)]
    assert norms == [0, 13]


def of_fours(y, merge):
    """Fours of neighbouring pixels as one; a last row or column alone is left out."""
    height, width = (length // 2 * 2 for length in y.shape[2:])
    corners = torch.stack([y[:, :, i:height:2, j:width:2] for i in (0, 1) for j in (0, 1)])
    return merge(corners)


def test_lenet_layer_by_layer(draw, generator):
    network, x = build(lambda: LeNet5(3, (13, 17)), generator).double(), draw(2, 3, 13, 17)
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    y = x
    for layer, padding in zip(convolutions, (2, 0), strict=True):
        y = nn.functional.conv2d(y, layer.weight, layer.bias, padding=padding).tanh()
        y = of_fours(y, lambda corners: corners.mean(0))
    y = y.flatten(1)
    for layer in (layer for layer in network.modules() if isinstance(layer, nn.Linear)):
        y = (y @ layer.weight.T + layer.bias).tanh()
    assert y.shape == (2, 84)
    assert_close(network(x), y)


def test_a_stage_of_vgg_layer_by_layer(draw, generator):
    stage, y = build(lambda: VGG(3, norm=False), generator).double().stages[0], draw(1, 3, 32, 34)
    expected = y
    for layer in (layer for layer in stage.modules() if isinstance(layer, nn.Conv2d)):
        expected = nn.functional.conv2d(expected, layer.weight, layer.bias, padding=1).relu()
    assert_close(stage(y), of_fours(expected, lambda corners: corners.amax(0)))


def test_a_shortcut_without_weights_by_hand():
    x = torch.arange(12.0).view(1, 1, 3, 4)
    found = Subsample(1, 2, stride=2)(x)
    assert found.tolist() == [[[[0, 2], [8, 10]], [[0, 0], [0, 0]]]]


@pytest.mark.parametrize("layers", [basic, bottleneck])
def test_a_block_is_its_shortcut_where_its_layers_say_nothing(layers, draw):
    block = ResidualImageBlock(8, 8, layers=layers).eval()
    nn.init.zeros_(block.layers[-1].convolution.weight)
    x = draw(2, 8, 5, 7, dtype=torch.float32)
    assert_close(block(x), x.relu())


def normed(layer, x, stride):
    """A convolution and its batch normalisation in evaluation, without activation."""
    weight, norm = layer.convolution.weight, layer.normalise
    y = nn.functional.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)
    mean, variance, factor, level = (part.view(1, -1, 1, 1) for part in (
        norm.running_mean, norm.running_var, norm.weight, norm.bias))
    return (y - mean) / (variance + 1e-5).sqrt() * factor + level


@pytest.mark.parametrize(("layers", "shortcut"), [(basic, Subsample), (basic, project), (bottleneck, project)])
def test_resnet_layer_by_layer(layers, shortcut, draw, generator):
    network = build(partial(small_resnet, widths=(8, 12), layers=layers, shortcut=shortcut), generator).double().eval()
    for norm in (module for module in network.modules() if isinstance(module, nn.BatchNorm2d)):
        for part in (norm.running_mean, norm.weight.data, norm.bias.data):
            part.copy_(draw(*part.shape))
        norm.running_var.copy_(draw(*norm.running_var.shape).square() + 0.5)
    x = draw(2, 3, 8, 8)
    y, sizes = normed(network.blocks[0], x, 1).relu(), []
    for block, stride in zip(network.blocks[1:], (1, 2, 1), strict=True):
        beside, strides = y, (stride, 1) if layers is basic else (1, stride, 1)
        for number, (layer, step) in enumerate(zip(block.layers, strides, strict=True), 1):
            beside = normed(layer, beside, step)
            beside = beside.relu() if number < len(strides) else beside
        if isinstance(block.shortcut, nn.Identity):
            past = y
        elif shortcut is project:
            past = normed(block.shortcut, y, stride)
        else:
            past = torch.zeros_like(beside)
            past[:, : y.shape[1]] = y[:, :, ::stride, ::stride]
        y = (past + beside).relu()
        sizes.append(tuple(y.shape[1:]))
    assert sizes == [(8, 8, 8), (12, 4, 4), (12, 4, 4)]
    assert_close(network(x), y.mean((2, 3)))


def test_the_dense_layers_of_vgg_by_hand(draw, generator):
    network = build(lambda: VGG(3), generator).double().eval()
    y = x = draw(2, 3, 32, 32)
    for stage in network.stages:
        y = stage(y)
    y = y.mean((2, 3))
    for layer in (layer for layer in network.dense if isinstance(layer, nn.Linear)):
        y = (y @ layer.weight.T + layer.bias).relu()
    assert_close(network(x), y)


def test_features_are_dropped_before_the_last_layer_in_training_alone(draw, generator):
    network = build(lambda: OfImages(LeNet5(1), 3, dropout=0.5), generator).double()
    bind(network, generator)
    x, read = draw(4, 1, 1, 28, 28), []
    network.head.register_forward_pre_hook(lambda _, given: read.append(given[0]))
    for mode in (True, False):
        network.train(mode)(x, lengths=torch.ones(4, dtype=torch.long))
    kept = read[0] != 0
    assert 0.3 < kept.double().mean() < 0.7
    assert_close(read[0][kept], 2 * read[1][kept])
    assert_close(read[1], network.body(x[:, 0]))
