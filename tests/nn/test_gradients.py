"""The gradient of every layer that is our own, by finite differences, at ten random shapes each."""

from functools import partial

import pytest
import torch
from torch.autograd import gradcheck

from tsattn.design.network import Rack
from tsattn.design.plan import Layer
from tsattn.design.recurrent import RecurrentRack
from tsattn.nn import BAM, CBAM, SqueezeExcitation, build
from tsattn.nn.additive_attention import AdditiveAttention
from tsattn.nn.attention.scale_space import SANBlock
from tsattn.nn.convolution import Convolution
from tsattn.nn.cross_talk import cross_talk
from tsattn.nn.glimpse import GlimpseLSTM
from tsattn.nn.multi_scale_attention import MultiScaleAttention
from tsattn.nn.mutual_attention import MutualAttention
from tsattn.nn.pooling import Attention, Last, MeanMax
from tsattn.nn.recurrent import LSTM, BidirectionalLSTM
from tsattn.nn.residual import ResidualTrunk

LAYERS = (Layer(2), Layer(2), Layer(3))


def of_series(make):
    """What is called with series (batch, time, channel) and their lengths."""
    def problem(draw, size, generator):
        n, steps, channels = size
        layer = build(lambda: make(channels), generator).double().eval()
        lengths = torch.randint(1, steps + 1, (n,), generator=generator)
        lengths[0] = steps
        return lambda x: layer(x, lengths), [draw(*size)]
    return problem


def of_rack(make):
    """What is called with features (batch, channel, time) and lengths."""
    def problem(draw, size, generator):
        called, (x,) = of_series(make)(draw, size, generator)
        return called, [x.mT.contiguous()]
    return problem


def of_space(make, ndim):
    """What is called with features (batch, channel, space...)."""
    def problem(draw, size, generator):
        n, steps, channels = size
        block = build(lambda: make(channels, ndim), generator).double().eval()
        return block, [draw(n, channels, *[steps] * ndim)]
    return problem


def mutual(draw, size, generator):
    n, steps, channels = size
    block = build(lambda: MutualAttention(channels, 2, 3), generator).double()
    lengths = torch.full((n,), steps)
    return lambda a, b: tuple(block(a, b, lengths)), [draw(*size), draw(n, steps, 2)]


def additive(draw, size, generator):
    n, _, channels = size
    layer = build(lambda: AdditiveAttention(3, channels, n_units=2), generator).double()
    lengths = torch.full((n,), size[1])
    return lambda state, x: layer(state, x, lengths), [draw(n, 3), draw(*size)]


def talk(draw, size, generator):
    n, steps, channels = size
    return cross_talk, [draw(n, channels, 3), draw(n, channels, steps)]


def scales(draw, size, generator, ndim):
    n, steps, channels = size
    block = build(lambda: SANBlock(channels, ndim=ndim), generator).double()
    return block, [draw(n, channels, *[steps] * ndim), draw(n, 2, *[steps] * ndim)]


OURS = {
    "mutual attention": mutual, "additive attention": additive, "cross-talk": talk,
    "san of series": partial(scales, ndim=1), "san of images": partial(scales, ndim=2),
    "multi-scale attention": of_series(lambda c: MultiScaleAttention(c, n_heads=2, n_units=2)),
    "glimpses": of_series(lambda c: GlimpseLSTM(c, 3)), "lstm": of_series(lambda c: LSTM(c, 3)),
    "both ways": of_series(lambda c: BidirectionalLSTM(c, 4)), "convolution": of_series(lambda c: Convolution(c, 3)),
    "residual": of_series(lambda c: ResidualTrunk(c, dilations=(1, 2))),
    "last": of_series(Last), "mean and largest": of_series(MeanMax), "attention": of_series(Attention),
    "rack": of_rack(lambda c: Rack(c, LAYERS, ndim=1, normalise=True)),
    "recurrent rack": of_rack(lambda c: RecurrentRack(c, LAYERS, ndim=1, normalise=True)),
    **{f"{name} of rank {ndim}": of_space(make, ndim) for ndim in (1, 2) for name, make in {
        "se": lambda c, _: SqueezeExcitation(c, reduction=1),
        "cbam": lambda c, ndim: CBAM(c, ndim=ndim, reduction=1, width=3),
        "bam": lambda c, ndim: BAM(c, ndim=ndim, reduction=1)}.items()},
}


@pytest.mark.long
@pytest.mark.parametrize("problem", OURS.values(), ids=OURS)
def test_p32_gradcheck(problem, draw):
    for seed in range(10):
        generator = torch.Generator().manual_seed(seed)
        size = torch.randint(1, 5, (3,), generator=generator).tolist()
        function, inputs = problem(draw, size, generator)
        assert gradcheck(function, [one.requires_grad_() for one in inputs], eps=1e-6, atol=1e-5, rtol=1e-3)
