import numpy as np
import pytest
import torch
from torch.testing import assert_close

from tests.reference import scale_attention as reference
from tsattn.nn.attention import scale_space
from tsattn.nn.attention.scale_space import SANBlock, extremeness
from tsattn.nn.initialise import build

SPACES = {1: (11,), 2: (7, 11)}
both_ranks = pytest.mark.parametrize("ndim", SPACES)


@both_ranks
def test_extremeness_equals_the_loop_with_ties_borders_and_gaps(ndim, draw):
    x = (2 * draw(2, 3, *SPACES[ndim])).round()  # many ties
    valid = draw(2, 1, *SPACES[ndim]) > -0.5
    ours = extremeness(x, valid)
    for i, c in np.ndindex(2, 3):
        loop = reference.extremeness(x[i, c].numpy(), valid[i, 0].numpy())
        np.testing.assert_allclose(ours[i, c][valid[i, 0]], loop[valid[i, 0].numpy()], rtol=0, atol=1e-15)


def test_the_mask_by_hand():
    block = SANBlock(1, smoothing=False)
    y, previous = torch.tensor([[[4.0, 0, 2]]]), torch.tensor([[[0.0, 2, 1]], [[2.0, 2, 1]]]).reshape(1, 2, 3)
    # means 1, 2, 1; changes 3, 2, 1; shares 2/2, 2/3, 1/2
    assert_close(block(y, previous), y * torch.tensor([[[3.0, 4 / 3, 0.5]]]).sigmoid())


@both_ranks
@pytest.mark.parametrize("gaps", [False, True])
def test_features_may_be_added_to_what_is_masked_of_them(ndim, gaps, draw, generator):
    published, residual = (build(lambda form=form: SANBlock(3, ndim=ndim, residual=form),
                                 torch.Generator().manual_seed(5)).double() for form in (False, True))
    y, previous = draw(2, 3, *SPACES[ndim]), draw(2, 4, *SPACES[ndim])
    valid = draw(2, 1, *SPACES[ndim]) > 0 if gaps else None
    known = y if valid is None else y * valid
    assert_close(residual.mask(y, previous, valid), published.mask(y, previous, valid))
    assert_close(residual(y, previous, valid), known + published(y, previous, valid))


@both_ranks
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.slow
def test_gradients(ndim, dilation, draw, generator):
    block = build(lambda: SANBlock(3, ndim=ndim, dilation=dilation), generator).double()
    y, previous = draw(2, 3, *SPACES[ndim]).requires_grad_(), draw(2, 5, *SPACES[ndim]).requires_grad_()
    assert torch.autograd.gradcheck(block, (y, previous))
    block(y, previous).sum().backward()
    assert all(parameter.grad.any() for parameter in block.parameters())
    assert not extremeness(y, torch.ones_like(y[:, :1], dtype=torch.bool)).requires_grad


@pytest.mark.parametrize("extrema", [True, False])
def test_an_image_constant_along_rows_is_its_series(extrema, draw):
    y, previous = draw(2, 3, 11), draw(2, 5, 11)
    series = SANBlock(3, extrema=extrema, smoothing=False)(y, previous)
    wide = [x.unsqueeze(2).expand(-1, -1, 7, -1) for x in (y, previous)]
    image = SANBlock(3, ndim=2, extrema=extrema, smoothing=False)(*wide)
    assert_close(image, series.unsqueeze(2).expand(-1, -1, 7, -1))


@both_ranks
def test_what_is_not_valid_changes_nothing_and_gets_no_gradient(ndim, draw, generator):
    block = build(lambda: SANBlock(3, ndim=ndim), generator).double()
    valid = torch.ones(2, 1, *SPACES[ndim], dtype=torch.bool)
    valid[0, ..., 5:] = False
    y, previous = draw(2, 3, *SPACES[ndim]), draw(2, 5, *SPACES[ndim])
    expected = block(y, previous, valid)
    assert_close(expected[:1, ..., :5], block(y[:1, ..., :5], previous[:1, ..., :5]))
    filled = [x.masked_fill(~valid, torch.nan).requires_grad_() for x in (y, previous)]
    output = block(*filled, valid)
    assert_close(output, expected, rtol=0, atol=0)
    output.sum().backward()
    assert all(not x.grad.masked_fill(valid, 0).any() for x in filled)


@pytest.mark.parametrize(("ndim", "y", "previous"), [  # batches that differ are refused by annotations before, here
    (2, (2, 5, 7), (2, 5, 7)), (1, (2, 5, 7, 7), (2, 5, 7, 7)), (1, (2, 4, 7), (2, 5, 7)), (1, (2, 5, 7), (2, 5, 7, 1)),
])
def test_features_that_do_not_belong_together_are_refused(ndim, y, previous):
    with pytest.raises(ValueError, match=f"x must have {ndim + 2} axes and 5 channels, .* got .{y[0]}, {y[1]}, {y[2]}"):
        SANBlock(5, ndim=ndim)(torch.zeros(y), torch.zeros(previous))


def test_a_predecessor_that_is_smaller_is_not_stretched():
    with pytest.raises(ValueError, match=r"at least as large as the layer, got \(7,\) after \(3,\)"):
        SANBlock(5)(torch.zeros(2, 5, 7), torch.zeros(2, 5, 3))


def test_wrong_uses():
    with pytest.raises(ValueError, match="unknown ndim 3"):
        SANBlock(3, ndim=3)
    with pytest.raises(ValueError, match="width must be odd"):
        SANBlock(3, width=4)
    with pytest.raises(ValueError, match="as many channels, got 3 after 5"):
        SANBlock(3, channel_alignment=False)(torch.zeros(2, 3, 7), torch.zeros(2, 5, 7))


@both_ranks
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_what_is_compiled_counts_as_torch_does(ndim, dtype, draw, monkeypatch):
    x = (2 * draw(2, 3, *SPACES[ndim], dtype=torch.float32)).round().to(dtype)
    valid = draw(2, 1, *SPACES[ndim]) > -0.5
    found = extremeness(x, valid)
    assert found.dtype == dtype
    if ndim == 2:
        assert torch.equal(extremeness(x.mT, valid.mT), found.mT)  # whatever the layout
    monkeypatch.setattr(scale_space, "_not_above", scale_space._compared)  # as on other devices
    assert torch.equal(extremeness(x, valid), found)
