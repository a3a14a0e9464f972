"""Convolutions over time that do not see what lies beyond a series' end.

The block is that of Wang, Yan & Oates, "Time series classification from scratch with deep neural networks: a strong
baseline", IJCNN 2017: convolution, batch normalisation, ReLU. Differs: steps beyond a series' length enter neither a
convolution nor the statistics.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn._checks import check_int
from tsattn.nn.padding import zero_padding


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
    """

    running_mean: Tensor
    running_var: Tensor

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
        mean, var = self._statistics(x, lengths) if self.training else (self.running_mean, self.running_var)
        scale = self.weight * (var + self.eps).rsqrt()
        return zero_padding((x - mean) * scale + self.bias, lengths)

    def _statistics(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        count = lengths.sum()
        mean = zero_padding(x, lengths).sum((0, 1)) / count  # h
        var = zero_padding(x - mean, lengths).square().sum((0, 1)) / count  # h
        unbiased = var.detach() * count / (count - 1).clamp(min=1)
        self.running_mean.lerp_(mean.detach(), self.momentum)
        self.running_var.lerp_(unbiased, self.momentum)
        return mean, var


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
