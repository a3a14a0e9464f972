import numpy as np
import pytest
import torch
from torch.testing import assert_close

from tests.reference import racknet as reference
from tsattn.design import Architecture, ImageRackNetwork, Layer, RackNetwork, SeriesRackNetwork
from tsattn.design.network import halved
from tsattn.design.recurrent import RecurrentRack, most_similar, resized
from tsattn.nn import bind, build

SPACES = {1: (11,), 2: (7, 11)}
RACKS = ((Layer(5), Layer(5), Layer(7)), (Layer(3, edge=5), Layer(2)), (Layer(4),))
both_ranks = pytest.mark.parametrize("ndim", SPACES)
either = pytest.mark.parametrize("recurrent", [False, True], ids=["plain", "recurrent"])
normed = pytest.mark.parametrize("normalise", [False, True], ids=["bare", "normed"])


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(7)


@pytest.fixture
def draw(generator):
    return lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)


def made(generator, ndim, dropout=0.0, pooling="average", racks=RACKS, **options):
    architecture = Architecture(racks, pooling, dropout, ndim)
    return build(lambda: RackNetwork(architecture, 2, **options), generator).double()


def with_biases(module, draw):
    """The module, its biases drawn: they begin at 0."""
    for name, parameter in module.named_parameters():
        if name.endswith("bias"):
            parameter.data.copy_(draw(*parameter.shape))
    return module


def lengths_of(ndim):
    return torch.tensor([11, 6, 1]) if ndim == 1 else None


def whole(ndim):
    return torch.tensor([11]) if ndim == 1 else None


@both_ranks
@either
@normed
def test_gradient_reaches_every_parameter(ndim, recurrent, normalise, generator, draw):
    network = made(generator, ndim, recurrent=recurrent, normalise=normalise, dropout=0.25)
    bind(network, generator)
    features, _ = network(draw(3, 2, *SPACES[ndim]), lengths_of(ndim))
    (features * draw(*features.shape)).sum().backward()
    assert all(parameter.grad.any() for parameter in network.parameters())


@both_ranks
@either
def test_places_are_halved_between_racks_and_round_up(ndim, recurrent, generator, draw):
    network = made(generator, ndim, recurrent=recurrent).eval()
    features, left = network(draw(3, 2, *SPACES[ndim]), lengths_of(ndim))
    assert features.shape == (3, 4, *(-(-n // 4) for n in SPACES[ndim]))
    assert left is None if ndim == 2 else left.tolist() == [3, 2, 1]


@both_ranks
@pytest.mark.parametrize("pooling", ["average", "max"])
def test_the_plain_network_equals_the_loop(ndim, pooling, generator, draw):
    network = with_biases(made(generator, ndim, pooling=pooling), draw).eval()
    x = draw(1, 2, *SPACES[ndim])
    by_hand = x[0].numpy()
    for number, rack in enumerate(network.racks):
        by_hand = reference.halved(by_hand, pooling) if number else by_hand
        for layer in rack.convolutions:
            weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
            by_hand = np.maximum(reference.convolution(by_hand, weight, bias), 0)
    found, _ = network(x, whole(ndim))
    np.testing.assert_allclose(found[0].detach(), by_hand, rtol=0, atol=1e-12)


@both_ranks
def test_the_recurrent_rack_equals_the_loop(ndim, generator, draw):
    rack = build(lambda: RecurrentRack(2, (Layer(5), Layer(5), Layer(7, 5), Layer(3)), ndim=ndim, normalise=False),
                 generator).double()
    with_biases(rack, draw)
    u = draw(1, 2, *SPACES[ndim])
    x = np.zeros((0, *SPACES[ndim]))
    kernels = rack.feed[0].weight.detach().numpy()
    own = [None, None, rack.feed[1].weight, rack.feed[2].weight]
    for t, layer in enumerate(rack.layers):
        if own[t] is not None:
            middle = (slice(None), slice(None), *[slice(1, -1)] * ndim)
            kernels = np.pad(kernels, [(0, 0)] * 2 + [(1, 1)] * ndim) if layer.edge == 5 else kernels[middle]
            kernels = kernels[reference.most_similar(kernels, own[t].detach().numpy())]
        first = np.zeros(len(kernels)) if t else rack.feed[0].bias.detach().numpy()
        drive = reference.convolution(u[0].numpy(), kernels, first)
        if t:
            back = rack.back[t - 1]
            drive += reference.convolution(x, back.weight.detach().numpy(), back.bias.detach().numpy())
        x = np.maximum(drive, 0)
    np.testing.assert_allclose(rack(u, whole(ndim))[0].detach(), x, rtol=0, atol=1e-12)


def test_equal_layers_are_liang_and_hus_iterations(generator, draw):
    rack = build(lambda: RecurrentRack(2, (Layer(5),) * 4, ndim=1, normalise=False), generator).double()
    assert len(rack.feed) == len(rack.back) == 1  # one W and one R for all of them
    rack.back[0].bias = with_biases(rack.feed[0], draw).bias  # theirs is one, of all iterations
    u, lengths = draw(3, 2, 11), torch.tensor([11, 11, 11])
    x = rack.feed[0](u).relu()
    for _ in range(3):
        x = (rack.feed[0](u) + rack.back[0](x) - rack.back[0].bias[:, None]).relu()
    assert_close(rack(u, lengths), x)


def test_the_map_is_found_anew_and_gradients_follow_it(generator, draw):
    rack = build(lambda: RecurrentRack(2, (Layer(3), Layer(2)), ndim=1, normalise=False), generator).double()
    first, own = (convolution.weight for convolution in rack.feed)
    u, lengths = draw(1, 2, 11), torch.tensor([11])
    with torch.no_grad():
        own.copy_(2 * first[[2, 0]])
    before = rack(u, lengths)
    with torch.no_grad():
        own.copy_(own.flip(0))  # nothing but the map changes
        rack.back[0].weight.copy_(rack.back[0].weight.flip(0))
    assert_close(rack(u, lengths), before.flip(1))
    rack.zero_grad()
    with torch.no_grad():
        rack.back[0].weight.zero_()  # what comes of the first iteration is not read any more
    rack(u, lengths)[:, 1].sum().backward()  # its kernel 1 now stands for the first one's 2
    assert [bool(kernel.any()) for kernel in first.grad] == [False, False, True]
    assert [bool(kernel.any()) for kernel in own.grad] == [False, True]
    assert_close(own.grad[1], first.grad[2])


def test_the_most_similar_kernel_is_that_of_the_largest_cosine(draw):
    upstream, own = draw(5, 2, 3), draw(7, 2, 3)
    assert most_similar(upstream, own).tolist() == reference.most_similar(upstream.numpy(), own.numpy())
    assert most_similar(100 * upstream, own).tolist() == most_similar(upstream, own).tolist()


@both_ranks
def test_kernels_are_resized_about_their_middle(ndim, draw):
    kernels = draw(2, 3, *[3] * ndim)
    wider = resized(kernels, 5)
    assert wider.shape == (2, 3, *[5] * ndim)
    assert_close(resized(wider, 3), kernels)
    assert_close(wider.sum(), kernels.sum())
    assert resized(kernels, 3) is kernels


@either
@normed
@pytest.mark.parametrize("pooling", ["average", "max"])
@pytest.mark.parametrize("beyond", [7.0, 1e6, float("nan")])
def test_padding_changes_nothing(recurrent, normalise, pooling, beyond, generator, draw):
    architecture = Architecture(RACKS, pooling, 0.0, 1)
    network = build(lambda: SeriesRackNetwork(architecture, 2, recurrent=recurrent, normalise=normalise),
                    generator).double()
    x, lengths = draw(3, 11, 2), torch.tensor([11, 6, 1])
    wide = torch.full((3, 16, 2), beyond, dtype=torch.float64)
    for i, length in enumerate(lengths):
        wide[i, :length] = x[i, :length]
    for mode in (True, False):
        network.train(mode)
        narrow, left = network(x, lengths)
        features, same_left = network(wide, lengths)
        assert_close(features[:, : narrow.shape[1]], narrow)
        assert not features[:, narrow.shape[1] :].any()
        assert left.tolist() == same_left.tolist() == [3, 2, 1]
    alone, _ = network(x[1:2, :6], lengths[1:2])
    assert_close(alone[0], narrow[1, :2])


@both_ranks
@pytest.mark.parametrize("pooling", ["average", "max"])
def test_an_odd_one_out_is_kept(ndim, pooling):
    x = torch.arange(1.0, 6.0).expand(1, 1, *[1] * (ndim - 1), 5)
    found, _ = halved(x, torch.tensor([5]) if ndim == 1 else None, pooling)
    assert found.flatten().tolist() == ([1.5, 3.5, 5] if pooling == "average" else [2, 4, 5])


def test_an_image_of_one_row_is_a_series(generator, draw):
    """Where kernels are 0 but for their middle row."""
    series = made(generator, 1)
    image = made(generator, 2)
    with torch.no_grad():
        for one, other in zip(series.parameters(), image.parameters(), strict=True):
            if other.ndim == 4:
                other.zero_()
                other[:, :, other.shape[2] // 2] = one
    x = draw(3, 2, 11)
    found, _ = series.eval()(x, torch.tensor([11, 11, 11]))
    assert_close(image.eval()(x.unsqueeze(2), None)[0].squeeze(2), found)


def test_dropout_leaves_whole_kernels_out(generator, draw):
    network = made(generator, 2, dropout=0.5, racks=((Layer(64),),))
    bind(network, generator)
    x = draw(1, 2, 7, 11)
    features, _ = network(x, None)
    out = (features == 0).flatten(2).all(2)
    plain, _ = network.eval()(x, None)
    assert 16 < out.sum() < 48
    assert not (plain == 0).flatten(2).all(2).any()
    assert_close(features[~out], 2 * plain[~out])


def test_kernels_are_dropped_after_each_rack(generator, draw):
    network = made(generator, 2, dropout=0.5, racks=((Layer(64),), (Layer(48),)))
    bind(network, generator)
    read = []
    network.racks[1].register_forward_pre_hook(lambda _, given: read.append(given[0]))
    features, _ = network(draw(1, 2, 7, 11), None)
    for x in (read[0], features):
        out = (x == 0).flatten(2).all(2)
        assert x.shape[1] / 4 < out.sum() < 3 * x.shape[1] / 4


def test_variance_outlasts_a_dozen_layers(generator, draw):
    network = made(generator, 1, racks=((Layer(48),) * 12,)).eval()
    features, _ = network(draw(9, 2, 101), torch.full((9,), 101))
    assert 0.05 < features.square().mean() < 20  # torch's own rule leaves 1e-6 of it


def test_a_seed_says_all_weights(draw):
    architecture = Architecture(RACKS, ndim=1)
    one, other = (build(lambda: SeriesRackNetwork(architecture, 2, recurrent=True), torch.Generator().manual_seed(3))
                  for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_features_of_images_are_side_by_side(generator):
    network = build(lambda: ImageRackNetwork(Architecture(RACKS), 3, (13, 17)), generator).eval()
    assert network(torch.zeros(2, 3, 13, 17)).shape == (2, network.n_features)
    assert network.n_features == 4 * 4 * 5


def test_the_rank_is_checked():
    with pytest.raises(ValueError, match="an architecture for series has ndim=1, got ndim=2"):
        SeriesRackNetwork(Architecture(RACKS), 2)
    with pytest.raises(ValueError, match="an architecture for images has ndim=2, got ndim=1"):
        ImageRackNetwork(Architecture(RACKS, ndim=1), 2, (7, 11))
