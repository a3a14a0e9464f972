import numpy as np
import pytest
import torch
from torch.testing import assert_close

from tests.reference import xm2a as reference
from tsattn.nn.initialise import build
from tsattn.nn.multi_scale import VARIANTS, MultiScale, Span, moving_average

LENGTHS = torch.tensor([13, 5, 1])
every_variant = pytest.mark.parametrize("variant", VARIANTS)


@pytest.mark.parametrize(("variant", "kernels", "scales"), [
    ("default", [1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 7, 8]),
    ("msmsa", [1, 3, 5, 7, 9, 11, 13, 15], [1, 3, 5, 7, 9, 11, 13, 15]),
    ("exp", [1, 2, 4, 8, 16, 32, 64, 128], [1, 2, 4, 8, 16, 32, 64, 128]),
    ("pool", [1] * 8, [1, 2, 3, 4, 5, 6, 7, 8]),
    ("exp-pool", [1] * 8, [1, 2, 4, 8, 16, 32, 64, 128]),
    ("hybrid", [1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 6, 8, 20, 36, 70, 128]),
])
def test_parameters_and_steps_of_each_kernel(variant, kernels, scales):
    """The published table; the hybrid's ceil(2^(h-1) / h) is 1, 1, 2, 2, 4, 6, 10, 16, times h."""
    layer = MultiScale(5, 8, 7, variant=VARIANTS[variant])
    assert [convolution.weight.numel() for convolution in layer.convolutions] == [5 * 7 * n for n in kernels]
    assert [s.pool + (s.width - 1) * s.dilation for s in layer.spans] == scales


def test_moving_averages_by_hand():
    x = torch.tensor([[[2.0, 4, 9, 1]], [[3, 5, 0, 0]]])
    lengths = torch.tensor([4, 2])
    assert_close(moving_average(x, lengths, 2), torch.tensor([[[3, 6.5, 5, 1]], [[4, 5, 0, 0]]]))
    assert_close(moving_average(x, lengths, 3), torch.tensor([[[3, 5, 14 / 3, 5]], [[4, 4, 0, 0]]]))
    assert_close(moving_average(x, lengths, 9), torch.tensor([[[4.0, 4, 4, 4]], [[4, 4, 0, 0]]]))


def test_an_even_kernel_has_its_odd_step_behind():
    layer = MultiScale(1, 2, 1)
    with torch.no_grad():
        for convolution in layer.convolutions:
            convolution.bias.zero_()
        layer.convolutions[1].weight.copy_(torch.tensor([[[1, 10]]]))
        assert layer(torch.tensor([[[1.0], [2], [3]]]), torch.tensor([3]))[0, 1, 0].tolist() == [21, 32, 3]


@every_variant
def test_equals_the_loop(variant, generator, draw):
    layer = build(lambda: MultiScale(3, 5, 2, variant=VARIANTS[variant], activation=torch.tanh), generator).double()
    x = draw(3, 13, 3)
    scales = layer(x, LENGTHS).detach()
    for i, n in enumerate(LENGTHS):
        for h, convolution in enumerate(layer.convolutions):
            weights = (parameter.detach().numpy() for parameter in (convolution.weight, convolution.bias))
            loop = np.tanh(reference.scale(x[i, :n].numpy(), *weights, variant, h + 1))
            np.testing.assert_allclose(scales[i, h, :, :n].T, loop, rtol=1e-10, atol=1e-12)


@every_variant
def test_padding_may_hold_anything(variant, generator, draw):
    layer = build(lambda: MultiScale(3, 5, 2, variant=VARIANTS[variant]), generator).double()
    x, valid = draw(3, 13, 3), torch.arange(13) < LENGTHS[:, None]
    plain = layer(x, LENGTHS)
    for filler in (1e6, torch.nan):
        assert torch.equal(layer(x.masked_fill(~valid[..., None], filler), LENGTHS), plain)
    assert plain.isfinite().all()


def test_scales_move_with_the_series(generator, draw):
    """Where a window meets no end, what it sees does not depend on where it stands."""
    layer = build(lambda: MultiScale(3, 4, 2, variant=VARIANTS["hybrid"]), generator).double()
    x = draw(1, 41, 3)
    here, there = layer(x, torch.tensor([41])), layer(x.roll(7, 1), torch.tensor([41]))
    assert_close(here[..., 9:25], there[..., 16:32])


def test_a_variant_is_any_function(generator, draw):
    """Three entries, as many steps apart as the head's number: 1 + 1 + 1 steps around, then 2 + 1 + 2."""
    layer = MultiScale(1, 2, 1, variant=lambda head: Span(3, dilation=head))
    with torch.no_grad():
        for convolution in layer.convolutions:
            convolution.bias.zero_()
            convolution.weight.fill_(1)
        scales = layer(torch.tensor([[[1.0], [10], [100], [1000]]]), torch.tensor([4]))
    assert scales[0, :, 0].tolist() == [[11, 111, 1110, 1100], [101, 1010, 101, 1010]]


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0)])
def test_heads_and_units_are_at_least_one(sizes):
    with pytest.raises(ValueError, match="must be an integer of at least 1, got 0"):
        MultiScale(3, *sizes)
