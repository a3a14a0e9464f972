"""Convolutions over time that do not see what lies beyond a series' end.

The block is that of Wang, Yan & Oates, "Time series classification from scratch with deep neural networks: a strong
baseline", IJCNN 2017: convolution, batch normalisation, ReLU. Differs: steps beyond a series' length enter neither a
convolution nor the statistics.
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from tsattn._checks import check_int
from tsattn.nn.padding import kept, valid_bits, zero_padding


def alone(total: Tensor) -> Tensor:
    """A sum over all processes that there are, where there is one."""
    return total


class Normalise(torch.autograd.Function):
    """Mean 0 and variance 1 over the valid steps of a batch, times `weight`, plus `bias`; its derivative by hand.

    With d = x - mean, r = (var + eps)^(-1/2), n the number of valid steps and g the gradient of the output w d r + b:

        dL/dx = w r (g - mean(g) - r^2 d mean(g d)),    dL/dw = r sum(g d),    dL/db = sum(g)

    all means and sums over the valid steps. Autograd would keep and pass over some ten tensors where this keeps one.
    Where a batch is shared out over processes, n counts all of it, and the layer's `over_all` makes sums of a share
    those of all; the gradients of w and b stay the share's, as those of all other weights.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, bits: Tensor, count: Tensor, layer: Any) -> Any:
        mean = layer.over_all(kept(x, bits).sum((0, 1))) / count
        centred = kept(x - mean, bits)
        var = layer.over_all(centred.square().sum((0, 1))) / count
        root = (var + layer.eps).rsqrt()
        ctx.save_for_backward(centred, weight, root, bits, count)
        ctx.mark_non_differentiable(mean, var)
        ctx.over_all = layer.over_all
        return kept(torch.addcmul(bias, centred, weight * root), bits), mean, var

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, *_: Any) -> Any:
        centred, weight, root, bits, count = ctx.saved_tensors
        gradient = kept(gradient, bits)
        total = gradient.sum((0, 1))
        along = (gradient * centred).sum((0, 1))
        change = torch.addcmul(gradient - ctx.over_all(total) / count, centred,
                               -root.square() * ctx.over_all(along) / count)
        return kept(change.mul_(weight * root), bits), root * along, total, None, None, None


class BatchNorm(nn.Module):
    """Batch normalisation over the valid steps of a batch of series.

    Ioffe & Szegedy, "Batch normalization", ICML 2015. Training uses the batch's own mean and variance and keeps a
    running mean of both; evaluation uses the running ones.

    Parameters
    ----------
    n_features : int
        Channels, each normalised by itself.
    momentum : float, default=0.1
        Weight of the newest batch in the running statistics.
    eps : float, default=1e-5
        Added to the variance.

    Attributes
    ----------
    over_all : callable
        Sum of a tensor over the processes that share a batch; the tensor itself, where there is one.
    """

    running_mean: Tensor
    running_var: Tensor
    over_all: Callable[[Tensor], Tensor] = staticmethod(alone)

    def __init__(self, n_features: int, *, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__()
        self.momentum, self.eps = momentum, eps
        self.weight = nn.Parameter(torch.ones(n_features))
        self.bias = nn.Parameter(torch.zeros(n_features))
        self.register_buffer("running_mean", torch.zeros(n_features))
        self.register_buffer("running_var", torch.ones(n_features))

    def reset(self, generator: torch.Generator) -> None:  # noqa: ARG002 - the protocol of all layers; none is drawn
        """Set the weights and the running statistics to those of the identity."""
        for tensor, value in ((self.weight, 1), (self.bias, 0), (self.running_mean, 0), (self.running_var, 1)):
            tensor.data.fill_(value)

    def forward(self, x: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t h"]:
        """Return the normalised features; zeros beyond the lengths."""
        if not self.training:
            scale = self.weight * (self.running_var + self.eps).rsqrt()
            return zero_padding((x - self.running_mean) * scale + self.bias, lengths)
        count, x = self.over_all(lengths.sum()), x.to(self.weight.dtype)  # sums in half precision are too coarse
        normalised: Tensor
        normalised, mean, var = Normalise.apply(x, self.weight, self.bias, valid_bits(x, lengths), count, self)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(var * count / (count - 1).clamp(min=1), self.momentum)
        return normalised


class Convolution(nn.Module):
    """Convolution over time, batch normalisation, ReLU if wanted; the length stays.

    Parameters
    ----------
    n_inputs, n_features : int
        Channels in and out.
    width : int, default=7
        Steps that the kernel spans, an odd number.
    dilation : int, default=1
        Steps between the kernel's entries.
    activation : bool, default=True
        Whether a ReLU follows.
    """

    def __init__(
        self, n_inputs: int, n_features: int, *, width: int = 7, dilation: int = 1, activation: bool = True
    ) -> None:
        super().__init__()
        if check_int("width", width) % 2 == 0:
            raise ValueError(f"width must be odd, so that the length stays, got {width}")
        reach = dilation * (width // 2)
        self.convolution = nn.Conv1d(n_inputs, n_features, width, padding=reach, dilation=dilation, bias=False)
        self.normalise = BatchNorm(n_features)
        self.activation = activation

    def forward(self, x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t h"]:
        """Return features at every step; zeros beyond the lengths."""
        features = self.convolution(zero_padding(x, lengths).transpose(1, 2)).transpose(1, 2)
        normalised: Tensor = self.normalise(features, lengths)
        return normalised.relu() if self.activation else normalised
