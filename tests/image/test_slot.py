"""One place for attention of any kind: what a block sees, and where it stands."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tsattn.image import LeNet5, OfImages, Slots
from tsattn.image.backbones import BACKBONES
from tsattn.image.slot import BLOCKS, Masks
from tsattn.nn import CBAM, Attended, AttentionBlock, build

every_block = pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)


class Double(AttentionBlock):
    def weights(self, x, context=None, valid=None):
        assert context is None
        return torch.full((), 2.0, dtype=x.dtype)


class Before(AttentionBlock):
    """Sees what a layer reads, and nothing else."""

    context = "previous"

    def weights(self, x, context=None, valid=None):
        return context.mean(1, keepdim=True)


def test_a_block_sees_what_the_layer_reads_if_it_wants_to(draw):
    layer, x = nn.Conv2d(3, 5, 3, padding=1).double(), draw(2, 3, 7, 11)
    assert_close(Attended(layer, Double())(x), 2 * layer(x))
    attended = Attended(layer, Before())
    assert_close(attended(x), layer(x) * x.mean(1, keepdim=True))
    assert_close(attended.weights(x), x.mean(1, keepdim=True).expand(-1, 5, -1, -1))


@every_block
def test_attended_is_the_block_of_the_layer(block, draw, generator):
    made = build(lambda: Attended(nn.Conv2d(3, 5, 3, padding=1), block(5)), generator).double().eval()
    x = draw(2, 3, 7, 11)
    y = made.layer(x)
    assert_close(made(x), made.block(y, x))
    assert_close(made(x), y * made.weights(x))
    assert made.weights(x).shape == y.shape


def test_the_reduction_leaves_a_few_units():
    units = {n: BLOCKS["se"](n).excitation.narrow.out_features for n in (3, 6, 16, 64, 256)}
    assert units == {3: 3, 6: 6, 16: 4, 64: 4, 256: 16}


def places(network):
    return [name for name, layer in network.named_modules() if isinstance(layer, Attended)]


@pytest.mark.parametrize(("name", "size", "bottleneck", "n_full"), [
    ("lenet5", 28, "layers.0 layers.1", 2),
    ("vgg16", 32, "stages.0.1 stages.1.1 stages.2.2 stages.3.2 stages.4.2", 13),
    ("vgg19", 32, "stages.0.1 stages.1.1 stages.2.3 stages.3.3 stages.4.3", 16),
    ("vgg16-plain", 32, "stages.0.1 stages.1.1 stages.2.2 stages.3.2 stages.4.2", 13),
    ("resnet20", 32, "blocks.3 blocks.6 blocks.9", 19),
    ("resnet18", 32, "blocks.2 blocks.4 blocks.6 blocks.8", 17),
    pytest.param("resnet50", 32, "blocks.3 blocks.7 blocks.13 blocks.16", 49, marks=pytest.mark.slow),
])
def test_where_the_places_are(name, size, bottleneck, n_full):
    """Before each pooling, or at a stage's last block; or at every convolution."""
    with torch.device("meta"):
        made = {placement: BACKBONES[name].make(3, (size, size), attention=BLOCKS["se"], placement=placement)
                for placement in ("bottleneck", "full")}
        bare = BACKBONES[name].make(3, (size, size))
    assert places(made["bottleneck"]) == bottleneck.split()
    assert len(places(made["full"])) == n_full
    assert not places(bare)


def test_both_placements_of_lenet_are_one_and_need_the_image(draw, generator):
    made = [build(lambda placement=placement: LeNet5(attention=BLOCKS["san-c"], placement=placement),
                  torch.Generator().manual_seed(0)).double() for placement in ("bottleneck", "full")]
    x = draw(2, 1, 28, 28)
    assert torch.equal(made[0](x), made[1](x))
    first = made[0].layers[0]
    y = first.layer(x)
    assert_close(first(x), y * first.block.weights(y, x))


@pytest.mark.parametrize("placement", ["bottleneck", "full"])
def test_a_stage_of_vgg_pools_what_is_attended(placement, draw):
    network = BACKBONES["vgg16"].make(3, (32, 32), attention=lambda _: Double(), placement=placement).double().eval()
    bare = BACKBONES["vgg16"].make(3, (32, 32)).double().eval()
    weights = {name.replace(".layer.", "."): value for name, value in network.state_dict().items()}
    bare.load_state_dict(weights)
    x = draw(1, 3, 32, 32)
    once, twice = bare.stages[0](x), network.stages[0](x)
    if placement == "bottleneck":
        assert_close(twice, 2 * once)
    else:
        assert_close(twice, 4 * once)  # two layers without biases: what is twice as large comes out so


def test_masks_are_those_that_the_network_applied(draw, generator):
    network = build(lambda: OfImages(LeNet5(attention=BLOCKS["san-d"]), 3), generator).eval()
    x, lengths = draw(2, 1, 1, 28, 28, dtype=torch.float32), torch.ones(2, dtype=torch.long)
    first, second = network.body.layers
    assert_close(Masks(network)(x, lengths=lengths), first.weights(x[:, 0]))
    assert_close(Masks(network, 1)(x, lengths=lengths), second.weights(network.body.pool(first(x[:, 0]))))
    assert not first._forward_pre_hooks
    with pytest.raises(ValueError, match=r"one of the network's 2 places of attention, from 0, got 2"):
        Masks(network, 2)
    with pytest.raises(ValueError, match="has no attention"):
        Masks(OfImages(LeNet5(), 3))


def test_an_unknown_placement_is_refused():
    with pytest.raises(ValueError, match="unknown placement 'top'; choose one of 'bottleneck', 'full'"):
        Slots(partial(CBAM, ndim=2), "top")


@pytest.mark.parametrize("made", [nn.Conv2d(5, 5, 1), None, 3])
def test_what_is_no_block_is_refused(made):
    with pytest.raises(TypeError, match=f"must build a tsattn.nn.AttentionBlock, .* got {type(made).__name__}"):
        Slots(lambda _: made, "full")(nn.Conv2d(3, 5, 3), 5, "full")


class Pooled(AttentionBlock):
    def weights(self, x, context=None, valid=None):
        return x[..., ::2]


def test_weights_of_another_shape_are_refused(draw):
    attended = Attended(nn.Conv2d(3, 5, 3), Pooled()).double()
    for call in (attended, attended.weights):
        with pytest.raises(ValueError, match=r"features' shape, \(2, 5, 5, 9\), .* got \(2, 5, 5, 5\)"):
            call(draw(2, 3, 7, 11))

