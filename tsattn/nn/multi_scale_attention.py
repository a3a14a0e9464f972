"""XM2A's layer: attention heads at scales of their own, which talk to each other.

Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, equations 7.4-7.11;
it names no other publication of this chapter. For heads h = 1 ... H:

    S_h = W_h * I                             at the head's own scale (7.4; see `multi_scale`)
    q_h, k_h                                  means of S_h over time and over units (7.5-7.6; see `talk`)
    Y_h = norm(sum_g softmax(q_h k_g^T) . V_h),      V_h = S_h                 (7.8-7.10)
    out = concat_h(Y_h) W_O                   as wide as I (7.11)

V_h does not depend on g, so that the masks are summed first and H^2 of them never exist: see `cross_talk`.

Differs: means, softmax and norms are over valid steps. A mask over T steps has entries around 1/T, whose squares fall
below what layer normalisation adds to its variance where series are long, so each mask is multiplied by the number of
entries that share its weight; `rescale=False` is the printed form. Where each series has mean zero and nothing follows
the convolution, a query is hardly more than the convolution's bias, the same for every series: standardise over the
training set instead, or give an `activation`.
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from tsattn._checks import check_int
from tsattn.nn.convolution import BatchNorm
from tsattn.nn.mask import valid_steps
from tsattn.nn.multi_scale import Activation, MultiScale, Variant, growing
from tsattn.nn.padding import zero_padding
from tsattn.nn.talk import OVER_TIME, SCALE_TALK, Descriptor, SoftmaxAxis, Talk, average

Norm = Callable[[int, int], nn.Module]
LEAST = 0.01  # of the series' mean square: the least variance that a norm divides by, so that it gains 10 at most


class LayerNorm(nn.Module):
    """Mean 0 and variance 1 over the units of each head and step, with weights and biases of each head's own.

    Ba, Kiros & Hinton, "Layer normalization", 2016. Differs: a variance below a hundredth of the series' mean square
    counts as that. Steps whose units hardly differ would else be blown up with their rounding, which training carries
    on: series that lie 1e9 times their spread from 0 led to other answers.

    Parameters
    ----------
    n_heads, n_units : int
        Heads, and units of each.
    eps : float, default=1e-5
        Added to the variance.
    """

    def __init__(self, n_heads: int, n_units: int, *, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(n_heads, n_units))
        self.bias = nn.Parameter(torch.zeros(n_heads, n_units))

    def reset(self, generator: torch.Generator) -> None:  # noqa: ARG002 - the protocol of all layers; none is drawn
        """Set the weights to 1 and the biases to 0."""
        self.weight.data.fill_(1)
        self.bias.data.zero_()

    def forward(
        self, x: Float[Tensor, "b t h u"], lengths: Int[Tensor, " b"]
    ) -> Float[Tensor, "b t h u"]:
        """Return the normalised features."""
        valid = valid_steps(lengths, x.shape[1])[..., None, None]
        floor = LEAST * x.masked_fill(~valid, 0).square().sum((1, 2, 3)) / (lengths * x.shape[2:].numel())
        floor = floor[:, None, None, None]
        variance, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
        normalised = torch.where(variance < floor, (x - mean) * (floor + self.eps).rsqrt(),
                                 layer_norm(x, x.shape[-1:], eps=self.eps))
        return torch.addcmul(self.bias, normalised, self.weight)


class HeadBatchNorm(BatchNorm):
    """Batch normalisation of each unit of each head, over the valid steps of a batch.

    Parameters
    ----------
    n_heads, n_units : int
        Heads, and units of each.
    """

    def __init__(self, n_heads: int, n_units: int) -> None:
        super().__init__(n_heads * n_units)

    def forward(self, x: Float[Tensor, "b t h u"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t h u"]:
        """Return the normalised features; zeros beyond the lengths."""
        return super().forward(x.flatten(2), lengths).view(x.shape)


class NoNorm(nn.Module):
    """The features as they are.

    Parameters
    ----------
    n_heads, n_units : int
        Heads, and units of each; not read.
    """

    def __init__(self, n_heads: int, n_units: int) -> None:  # noqa: ARG002 - one signature for all norms
        super().__init__()

    def forward(
        self, x: Float[Tensor, "b t h u"], lengths: Int[Tensor, " b"]  # noqa: ARG002
    ) -> Float[Tensor, "b t h u"]:
        """Return `x`."""
        return x


NORMS: dict[str, Norm] = {"layer": LayerNorm, "batch": HeadBatchNorm, "none": NoNorm}


class _StepsFirst(torch.autograd.Function):
    """From (b, h, u, t) to (b, t, h, u), copied; the gradient back, copied as well.

    Autograd would hand the gradient on in the order of its input, and each layer before would stride through it: a
    whole training step took an eighth longer.
    """

    @staticmethod
    def forward(ctx: Any, x: Float[Tensor, "b h u t"]) -> Float[Tensor, "b t h u"]:  # noqa: ARG004
        return x.permute(0, 3, 1, 2).contiguous()

    @staticmethod
    def backward(ctx: Any, gradient: Float[Tensor, "b t h u"]) -> Float[Tensor, "b h u t"]:  # noqa: ARG004
        return gradient.permute(0, 2, 3, 1).contiguous()


class MultiScaleAttention(nn.Module):
    """One layer of XM2A; channels, time and batch stay.

    Time grows with batch x heads^2 x units x time, memory with batch x heads x units x time.

    Parameters
    ----------
    n_channels : int
        Channels in and out.
    n_heads, n_units : int, default=8, 64
        Heads, and units of each; as published.
    variant : callable, default=growing
        The scale of each head; `tsattn.nn.multi_scale.VARIANTS` has the published ones by name.
    activation : callable, optional
        What follows the convolutions; nothing, as printed.
    descriptor : callable, default=average
        Queries and keys of features; `tsattn.nn.talk.DESCRIPTORS`.
    talk : Talk, default=SCALE_TALK
        Which queries meet which keys; `tsattn.nn.talk.TALKS`.
    softmax_axis : SoftmaxAxis, default=OVER_TIME
        Along which axis masks sum to 1; `tsattn.nn.talk.SOFTMAX_AXES`.
    norm : callable, default=LayerNorm
        `norm(n_heads, n_units)` builds the layer that follows the sum over masks; `NORMS`.
    rescale : bool, default=True
        Whether the mean entry of each mask is 1; False: the sum of its entries, as printed.
    separate_values : bool, default=False
        Whether values have convolutions of their own, of the same scales.

    Raises
    ------
    ValueError
        Separate values are asked for, and the talk is the input's, which has one value of its own for all heads.

    References
    ----------
    Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, equations
    7.4-7.11.

    Examples
    --------
    >>> import torch
    >>> from tsattn.nn.multi_scale import VARIANTS
    >>> layer = MultiScaleAttention(3, n_heads=5, n_units=7, variant=VARIANTS["hybrid"], activation=torch.relu)
    >>> layer(torch.zeros(2, 11, 3), torch.tensor([11, 4])).shape
    torch.Size([2, 11, 3])
    """

    def __init__(
        self,
        n_channels: int,
        *,
        n_heads: int = 8,
        n_units: int = 64,
        variant: Variant = growing,
        activation: Activation | None = None,
        descriptor: Descriptor = average,
        talk: Talk = SCALE_TALK,
        softmax_axis: SoftmaxAxis = OVER_TIME,
        norm: Norm = LayerNorm,
        rescale: bool = True,
        separate_values: bool = False,
    ) -> None:
        super().__init__()
        if separate_values and talk.describes_value:
            raise ValueError("separate_values must be False where heads talk with the input, which has one value for "
                             "all of them already, got True")
        self.scales = MultiScale(check_int("n_channels", n_channels), n_heads, n_units, variant=variant,
                                 activation=activation)
        # the first head of every variant has one step: with the input's talk, the value is a linear map of each step
        n_values = 1 if talk.describes_value else n_heads if separate_values else 0
        self.values = None if not n_values else MultiScale(n_channels, n_values, n_units, variant=variant,
                                                           activation=activation)
        self.descriptor, self.talk, self.softmax_axis, self.rescale = descriptor, talk, softmax_axis, rescale
        self.norm = norm(n_heads, n_units)
        self.output = nn.Linear(n_heads * n_units, n_channels, bias=False)

    def masks_and_value(
        self, x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]
    ) -> tuple[Float[Tensor, "b h u t"], Float[Tensor, "b v u t"]]:
        """Return the sum of each head's masks, and what they attend: a value for each head, or one for all."""
        scales = self.scales(x, lengths)
        value = scales if self.values is None else self.values(x, lengths)
        heads = self.descriptor(scales, lengths)
        described = self.descriptor(value, lengths) if self.talk.describes_value else heads
        masks = self.talk.masks(heads, described, self.softmax_axis, lengths)
        if self.rescale:
            masks = masks.mul_(self.softmax_axis.size(heads.query, lengths)[:, None, None, None])
        return masks, value

    def forward(self, x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t c"]:
        """Return features as wide as `x` at every step; zeros beyond the lengths."""
        masks, value = self.masks_and_value(x, lengths)
        attended: Tensor = _StepsFirst.apply(masks * value)  # b t h u
        return zero_padding(self.output(self.norm(attended, lengths).flatten(2)), lengths)
