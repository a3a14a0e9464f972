"""What every sequence layer promises, and what each computes."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.testing import assert_close

from tests.reference import sdma as reference
from tsattn.nn.convolution import BatchNorm, Convolution
from tsattn.nn.glimpse import GlimpseLSTM
from tsattn.nn.initialise import build
from tsattn.nn.recurrent import LSTM, BidirectionalLSTM
from tsattn.nn.sequence import Chain

ENCODERS = {
    "lstm": LSTM,
    "bidirectional": BidirectionalLSTM,
    "glimpse": GlimpseLSTM,
    "glimpses both ways": partial(BidirectionalLSTM, layer=GlimpseLSTM),
    "convolution": partial(Convolution, width=3, dilation=2),
    "chain": partial(Chain, encoders=(partial(Convolution, width=5), BidirectionalLSTM, LSTM)),
}
every_encoder = pytest.mark.parametrize("encoder", ENCODERS.values(), ids=ENCODERS.keys())
LENGTHS = torch.tensor([13, 5, 1])


@pytest.fixture(params=[True, False], ids=["training", "predicting"])
def training(request):
    return request.param


def layer_of(encoder, generator, training=False):
    return build(lambda: encoder(3, 8), generator).double().train(training)


@every_encoder
def test_p18_padding_may_hold_anything(encoder, training, draw, generator):
    x = draw(3, 13, 3)
    layer = layer_of(encoder, generator, training)
    valid = torch.arange(13) < LENGTHS[:, None]
    plain = layer(x, LENGTHS)
    for filler in (0.0, 1e6, torch.nan):
        assert_close(layer(x.masked_fill(~valid[..., None], filler), LENGTHS), plain, rtol=0, atol=0)
    assert not plain[~valid].any()


@every_encoder
def test_p18_more_padding_changes_nothing(encoder, training, draw, generator):
    x = draw(3, 13, 3)
    layer = layer_of(encoder, generator, training)
    longer = torch.cat([x, draw(3, 4, 3)], 1)
    assert_close(layer(longer, LENGTHS)[:, :13], layer(x, LENGTHS), rtol=0, atol=1e-12)


@every_encoder
def test_a_batch_equals_its_series_one_by_one(encoder, draw, generator):
    x = draw(3, 13, 3)
    layer = layer_of(encoder, generator)
    together = layer(x, LENGTHS)
    for i, length in enumerate(LENGTHS):
        alone = layer(x[i : i + 1, :length], LENGTHS[i : i + 1])
        assert_close(together[i : i + 1, :length], alone, rtol=0, atol=1e-12)


@every_encoder
def test_p32_layers_pass_gradcheck(encoder, draw, generator):
    layer = layer_of(encoder, generator)
    lengths = torch.tensor([5, 2])
    assert torch.autograd.gradcheck(lambda x: layer(x, lengths), draw(2, 5, 3).requires_grad_())


@every_encoder
def test_gradient_reaches_every_parameter(encoder, draw, generator):
    layer = layer_of(encoder, generator, training=True)
    (layer(draw(3, 13, 3), LENGTHS) * draw(3, 13, 8)).sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in layer.parameters())


def test_the_second_direction_reads_from_each_series_own_end(draw, generator):
    layer = layer_of(BidirectionalLSTM, generator)
    x = draw(3, 13, 3)
    features = layer(x, LENGTHS)
    for i, length in enumerate(LENGTHS):
        mirrored = layer.backwards(x[i : i + 1, :length].flip(1), LENGTHS[i : i + 1]).flip(1)
        assert_close(features[i : i + 1, :length, 4:], mirrored, rtol=0, atol=1e-12)


def test_both_directions_share_the_features():
    with pytest.raises(ValueError, match="must be even, half for each direction, got 7"):
        BidirectionalLSTM(3, 7)


@pytest.mark.parametrize("dilation", [1, 2])
def test_p33_convolution_equals_the_loop(dilation, draw, generator):
    layer = build(lambda: Convolution(3, 5, width=3, dilation=dilation), generator).double()
    layer.normalise = PassThrough()
    x = draw(2, 11, 3)
    ours = layer(x, torch.tensor([11, 4]))
    kernel = layer.convolution.weight.detach().numpy()
    for i, length in enumerate([11, 4]):
        loop = reference.convolution(x[i, :length].numpy(), kernel, dilation)
        np.testing.assert_allclose(ours[i, :length].detach(), np.maximum(loop, 0), rtol=1e-10, atol=1e-12)


class PassThrough(nn.Module):
    def forward(self, x, lengths):
        return x


def test_an_even_kernel_is_refused():
    with pytest.raises(ValueError, match="width must be odd, so that the length stays, got 4"):
        Convolution(3, 5, width=4)


def test_batch_norm_takes_its_statistics_from_valid_steps(draw):
    x, lengths = draw(2, 5, 3), torch.tensor([5, 2])
    norm = BatchNorm(3).double()
    rows = torch.cat([x[0], x[1, :2]])
    y = norm(x, lengths)
    expected = (rows - rows.mean(0)) / (rows.var(0, correction=0) + 1e-5).sqrt()
    assert_close(torch.cat([y[0], y[1, :2]]), expected)
    assert_close(norm.running_mean, 0.1 * rows.mean(0))
    assert_close(norm.running_var, 0.9 + 0.1 * rows.var(0))


def test_batch_norm_equals_torch_where_nothing_is_padded(draw):
    norm, torchs = BatchNorm(3).double(), nn.BatchNorm1d(3).double()
    lengths = torch.full((4,), 7)
    for _ in range(3):
        x = draw(4, 7, 3)
        assert_close(norm(x, lengths), torchs(x.transpose(1, 2)).transpose(1, 2))
    norm.eval(), torchs.eval()
    assert_close(norm(x, lengths), torchs(x.transpose(1, 2)).transpose(1, 2))


def test_batch_norm_has_the_derivative_of_what_it_computes(draw):
    norm, lengths = BatchNorm(3).double(), torch.tensor([5, 2, 4])
    x, weight, bias = (values.requires_grad_() for values in (draw(3, 5, 3), draw(3), draw(3)))

    def normalised(x, weight, bias):
        return functional_call(norm, {"weight": weight, "bias": bias}, (x, lengths))

    assert torch.autograd.gradcheck(normalised, (x, weight, bias))


def test_batch_norm_learns_nothing_from_padding(draw):
    norm, x = BatchNorm(3).double(), draw(2, 5, 3)
    x[1, 2:] = torch.nan
    x.requires_grad_()
    (norm(x, torch.tensor([5, 2])) ** 2 * draw(2, 5, 3)).sum().backward()
    assert x.grad.isfinite().all()
    assert not x.grad[1, 2:].any()
    assert x.grad[1, :2].all()
    assert norm.weight.grad.isfinite().all()
    assert norm.running_var.isfinite().all()


def test_batch_norm_measures_half_precision_in_single(draw):
    norm, lengths = BatchNorm(3), torch.tensor([5, 2])
    x = (draw(2, 5, 3) + 100).bfloat16()
    assert_close(norm(x, lengths), BatchNorm(3)(x.float(), lengths), rtol=0, atol=0)


def test_batch_norm_of_one_step_is_finite(draw):
    norm = BatchNorm(3).double()
    assert not norm(draw(1, 1, 3), torch.tensor([1])).any()
    assert norm.running_var.tolist() == [0.9] * 3
