"""Squeeze and excitation, and CBAM, which adds the largest values and the places to it."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tests.reference import channel_attention as reference
from tsattn.nn import CBAM, SqueezeExcitation, build, valid_steps

SPACES = {1: (11,), 2: (7, 11)}
both_ranks = pytest.mark.parametrize("ndim", SPACES)
BLOCKS = {
    "se": lambda ndim: SqueezeExcitation(5, reduction=2),
    "cbam": lambda ndim: CBAM(5, ndim=ndim, reduction=2),
    "narrow cbam": lambda ndim: CBAM(5, ndim=ndim, reduction=1, width=3),
}
every_block = pytest.mark.parametrize("make", BLOCKS.values(), ids=BLOCKS.keys())


@pytest.fixture
def some(generator):
    def some(ndim):
        """Places, the first of them valid in every sample."""
        valid = torch.rand(3, 1, *SPACES[ndim], generator=generator) > 0.3
        valid.view(3, -1)[:, 0] = True
        return valid

    return some


def weights_of(block):
    arrays = [block.excitation.narrow.weight.detach().numpy(), block.excitation.widen.weight.detach().numpy()]
    if isinstance(block, CBAM):
        arrays += [block.convolution.weight[0].detach().numpy(), block.convolution.bias.item()]
    return arrays


@every_block
@both_ranks
@pytest.mark.parametrize("masked", [True, False])
def test_p33_the_block_equals_the_loop(make, ndim, masked, draw, generator, some):
    block, x = build(lambda: make(ndim), generator).double(), draw(3, 5, *SPACES[ndim])
    valid = some(ndim)
    ours = block(x, valid=valid) if masked else block(x)
    loop = reference.cbam if isinstance(block, CBAM) else reference.squeeze_excitation
    for i in range(3):
        places = valid[i, 0].numpy() if masked else np.ones(SPACES[ndim], bool)
        expected = loop(x[i].numpy(), places, *weights_of(block))
        np.testing.assert_allclose(ours[i].detach(), expected, rtol=1e-9, atol=1e-12)


def test_squeeze_and_excitation_by_hand():
    block = SqueezeExcitation(2, reduction=2)  # one hidden unit
    block.excitation.narrow.weight.data = torch.tensor([[1.0, 2]])
    block.excitation.widen.weight.data = torch.tensor([[0.5], [-0.25]])
    x = torch.tensor([[[1.0, 3], [0, 4]], [[-1, -3], [0, 0]]])
    # means 2 and 2, hidden 6, excitation 3 and -1.5; means -2 and 0, hidden relu(-2)
    s = torch.tensor([[3.0, -1.5], [0, 0]]).sigmoid()
    assert_close(block(x), x * s.unsqueeze(-1))
    assert_close(block.weights(x), s.unsqueeze(-1))


def test_cbam_by_hand():
    block = CBAM(2, reduction=2, width=1)
    block.excitation.narrow.weight.data = torch.tensor([[1.0, 2]])
    block.excitation.widen.weight.data = torch.tensor([[0.5], [-0.25]])
    block.convolution.weight.data = torch.tensor([[[3.0], [-1]]])
    nn.init.constant_(block.convolution.bias, 0.5)
    x = torch.tensor([[[1.0, 3], [0, 4]]])
    # means 2 and 2, hidden 6; maxima 3 and 4, hidden 11; excitation of 17
    weighed = x * torch.tensor([[[8.5], [-4.25]]]).sigmoid()
    a, b = weighed[0]
    expected = weighed * (3 * (a + b) / 2 - torch.maximum(a, b) + 0.5).sigmoid()
    assert_close(block(x), expected)


@every_block
@both_ranks
def test_p18_what_is_not_valid_changes_nothing_and_gets_no_gradient(make, ndim, draw, generator, some):
    block, valid = build(lambda: make(ndim), generator).double(), some(ndim)
    x = draw(3, 5, *SPACES[ndim])
    expected = block(x, valid=valid)
    assert not expected.masked_fill(valid, 0).any()
    for filler in (0.0, 1e6, torch.nan):
        filled = x.masked_fill(~valid, filler).requires_grad_()
        output = block(filled, valid=valid)
        assert_close(output, expected, rtol=0, atol=0)
        output.sum().backward()
        assert filled.grad.isfinite().all()
        assert not filled.grad.masked_fill(valid, 0).any()


@every_block
def test_series_side_by_side_are_what_they_are_alone(make, draw, generator):
    block, lengths = build(lambda: make(1), generator).double(), torch.tensor([11, 4, 1])
    x = draw(3, 5, 11)
    together = block(x, valid=valid_steps(lengths, 11).unsqueeze(1))
    for i, length in enumerate(lengths):
        assert_close(together[i : i + 1, :, :length], block(x[i : i + 1, :, :length]), rtol=0, atol=1e-12)


@every_block
@both_ranks
def test_p32_gradcheck(make, ndim, draw, generator):
    block = build(lambda: make(ndim), generator).double()
    x = draw(2, 5, *SPACES[ndim])
    assert torch.autograd.gradcheck(block, x.requires_grad_())
    block(x).square().sum().backward()
    assert all(parameter.grad.any() for parameter in block.parameters())


@every_block
@both_ranks
def test_the_weights_lie_between_none_and_all(make, ndim, draw, generator):
    block, x = build(lambda: make(ndim), generator).double(), 10 * draw(3, 5, *SPACES[ndim])
    share = block(x) / x
    assert ((share > 0) & (share < 1)).all()


def test_channels_are_weighed_alike_in_any_order_of_places(draw, generator):
    block, x = build(lambda: SqueezeExcitation(5, reduction=2), generator).double(), draw(3, 5, 11)
    order = torch.randperm(11, generator=generator)
    assert_close(block(x[..., order]), block(x)[..., order])


def test_an_image_constant_along_rows_is_its_series(draw, generator):
    x, wide = draw(3, 5, 11), lambda y: y.unsqueeze(2).expand(-1, -1, 7, -1)
    squeeze = build(lambda: SqueezeExcitation(5, reduction=2), generator).double()
    assert_close(squeeze(wide(x)), wide(squeeze(x)))
    series, image = (build(lambda ndim=ndim: CBAM(5, ndim=ndim), generator).double() for ndim in (1, 2))
    image.excitation.load_state_dict(series.excitation.state_dict())
    nn.init.zeros_(image.convolution.weight)
    image.convolution.weight.data[:, :, 3] = series.convolution.weight  # the kernel's middle row
    image.convolution.bias.data = series.convolution.bias
    assert_close(image(wide(x)), wide(series(x)))


def test_sizes():
    assert SqueezeExcitation(64).excitation.narrow.weight.shape == (4, 64)
    assert SqueezeExcitation(7).excitation.widen.weight.shape == (7, 1)
    assert [tuple(parameter.shape) for parameter in CBAM(64, ndim=2).parameters()] == [
        (4, 64), (64, 4), (1, 2, 7, 7), (1,)]


@pytest.mark.parametrize(("make", "said"), [
    (lambda: SqueezeExcitation(0), "n_features must be an integer of at least 1, got 0"),
    (lambda: SqueezeExcitation(3, reduction=0), "reduction must be an integer of at least 1, got 0"),
    (lambda: CBAM(0), "n_features must be an integer of at least 1, got 0"),
    (lambda: CBAM(3, ndim=3), "unknown ndim 3; choose one of 1, 2"),
    (lambda: CBAM(3, width=4), "width must be odd, so that the size stays, got 4"),
])
def test_nonsense_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()
