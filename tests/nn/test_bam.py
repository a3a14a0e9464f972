import numpy as np
import pytest
import torch
from torch.testing import assert_close

from tests.reference import bam as reference
from tsattn.nn import BAM, build
from tsattn.nn.rank import same_size

SPACES = {1: (11,), 2: (5, 7)}
both_ranks = pytest.mark.parametrize("ndim", SPACES)


def made(ndim, generator, **options):
    return build(lambda: BAM(5, ndim=ndim, reduction=2, **options), generator).double()


def pairs(layers):
    return [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in layers]


@both_ranks
@pytest.mark.parametrize("masked", [True, False])
def test_p33_the_block_equals_the_loop(ndim, masked, draw, generator):
    block, x = made(ndim, generator, dilation=2), draw(3, 5, *SPACES[ndim])
    valid = torch.rand(3, 1, *SPACES[ndim], generator=generator) > 0.3
    places = valid if masked else torch.ones_like(valid)
    ours = block(x, valid=valid) if masked else block(x)
    expected = reference.bam(x.numpy(), places[:, 0].numpy(), pairs([block.excitation.narrow, block.excitation.widen]),
                             pairs(block.convolutions), 2)
    np.testing.assert_allclose(ours.detach(), expected, rtol=1e-9, atol=1e-12)


def test_the_mask_by_hand():
    block = BAM(2, reduction=2).eval()
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.zero_()
        for part in (block.normalise_channels, block.normalise_places):
            part.weight.fill_(1 + part.eps)  # the running variance is 1
            part.weight.sqrt_()
        block.excitation.widen.bias.copy_(torch.tensor([1.0, -2]))
        block.convolutions[3].bias.fill_(0.5)
    x = torch.tensor([[[1.0, 3], [0, 4]]])
    assert_close(block.weights(x), 1 + torch.tensor([[[1.5], [-1.5]]]).sigmoid().expand(1, 2, 2))
    assert_close(block(x), x * block.weights(x))


@both_ranks
def test_what_is_not_valid_changes_nothing_and_gets_no_gradient(ndim, draw, generator):
    block = made(ndim, generator).eval()
    valid = torch.ones(2, 1, *SPACES[ndim], dtype=torch.bool)
    valid[0, ..., 4:] = False
    x = draw(2, 5, *SPACES[ndim])
    expected = block(x, valid=valid)
    assert_close(expected[:1, ..., :4], block(x[:1, ..., :4]))
    filled = x.masked_fill(~valid, torch.nan).requires_grad_()
    found = block(filled, valid=valid)
    assert_close(found, expected)
    found.sum().backward()
    assert not filled.grad[~valid.expand_as(x)].any()


@both_ranks
def test_p32_gradcheck(ndim, draw, generator):
    block = made(ndim, generator).eval()
    assert torch.autograd.gradcheck(block, draw(2, 5, *[3] * ndim).requires_grad_())


def test_an_image_of_one_row_is_its_series(draw, generator):
    series = made(1, generator).eval()
    image = BAM(5, ndim=2, reduction=2).double().eval()
    state = {name: value.unsqueeze(2) if value.ndim == 3 else value for name, value in series.state_dict().items()}
    for name in ("convolutions.1.weight", "convolutions.2.weight"):  # the middle row of a square kernel
        state[name] = torch.nn.functional.pad(state[name], (0, 0, 1, 1))
    image.load_state_dict(state)
    x = draw(2, 5, 11)
    assert_close(image(x.unsqueeze(2)).squeeze(2), series(x))


@pytest.mark.parametrize(("options", "said"), [
    ({"ndim": 3}, "unknown ndim 3; choose one of 1, 2"),
    ({"reduction": 0}, "reduction must be an integer of at least 1, got 0"),
    ({"dilation": 0}, "dilation must be an integer of at least 1, got 0"),
])
def test_nonsense_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        BAM(5, **options)
    with pytest.raises(ValueError, match="width must be odd, so that the size stays, got 2"):
        same_size(1, 3, 5, width=2)
