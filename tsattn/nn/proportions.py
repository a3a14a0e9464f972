"""How long random mixtures of a series' channels stand above thresholds: features that nothing is trained for.

Dempster, Petitjean & Webb, "ROCKET: exceptionally fast and accurate time series classification using random
convolutional kernels", Data Mining and Knowledge Discovery 2020, pool random convolutions to the proportion of their
positive values; thresholds at quantiles of the training series, and several to a kernel, are MiniRocket's (Dempster,
Schmidt & Webb, KDD 2021). With x_t the channels at step t, w_i a few random weights, b_ij the thresholds and T the
number of steps:

    p_ij = 1/T sum_t r((w_i . x_t - b_ij) / s),      r(u) = min(max(u + 1/2, 0), 1)

Differs: there is no kernel over time. The channels are meant to be those of a scale space, which has convolved each
series already; a mixture looks at a few of them, of whatever series and scale, at one moment. And a step is a ramp of
width s, so that a proportion has a slope, and what is read from it can be traced back to moments and channels.
"""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from tsattn._checks import check_int, check_positive
from tsattn._threads import over_rows
from tsattn.nn.mask import valid_steps

RANGE = (0.1, 0.9)  # of the quantiles that are thresholds
AT_ONCE = 2**24  # values of a mixture that are held together
WORTH_A_THREAD = 4_000_000  # products


class Proportions(nn.Module):
    """Shares of a series' steps at which random mixtures of its channels stand above thresholds.

    The mixtures are drawn with the weights of a network; :meth:`settle` takes the thresholds from training series.
    Nothing is trained. The features of a series depend neither on its batch mates nor on what stands beyond its end.

    Parameters
    ----------
    n_inputs : int
        Channels; about of one scale, as standardised ones are.
    n_mixtures : int, default=2500
        Mixtures, each of 1 to `n_mixed` different channels; its weights are normal, with squares that sum to 1.
    n_thresholds : int, default=4
        Thresholds of each mixture, at random quantiles from 0.1 to 0.9 of its values.
    n_mixed : int, default=8
        Most channels in a mixture.
    width : float, default=0.2
        Of the ramp that a step is smoothed to, in units of the channels.

    Attributes
    ----------
    n_features : int
        `n_mixtures * n_thresholds`.

    Raises
    ------
    ValueError
        A parameter is not above 0.

    Examples
    --------
    >>> import torch
    >>> from tsattn.nn import build
    >>> layer = build(lambda: Proportions(3, n_mixtures=5), torch.Generator().manual_seed(0))
    >>> layer.settle(torch.randn(100, 3))
    >>> layer(torch.zeros(2, 11, 3), torch.tensor([11, 4])).shape
    torch.Size([2, 20])
    """

    channels: Tensor
    weights: Tensor
    levels: Tensor
    thresholds: Tensor

    def __init__(
        self, n_inputs: int, *, n_mixtures: int = 2500, n_thresholds: int = 4, n_mixed: int = 8, width: float = 0.2
    ) -> None:
        super().__init__()
        self.n_inputs = check_int("n_inputs", n_inputs)
        shape = check_int("n_mixtures", n_mixtures), check_int("n_thresholds", n_thresholds)
        n_mixed = min(check_int("n_mixed", n_mixed), n_inputs)
        self.width = check_positive("width", width)
        self.n_features = shape[0] * shape[1]
        self.register_buffer("channels", torch.zeros(shape[0], n_mixed, dtype=torch.int64))
        self.register_buffer("weights", torch.zeros(shape[0], n_mixed))
        self.register_buffer("levels", torch.zeros(shape))
        self.register_buffer("thresholds", torch.zeros(shape))
        self.register_load_state_dict_post_hook(_check_channels)

    def reset(self, generator: torch.Generator) -> None:
        """Draw the mixtures and the quantiles that their thresholds will be at."""
        n, n_mixed = self.channels.shape
        order = torch.rand(n, self.n_inputs, generator=generator, dtype=torch.float32).argsort(1)
        self.channels.copy_(order[:, :n_mixed])
        mixed = torch.randint(1, n_mixed + 1, (n, 1), generator=generator)
        weights = torch.randn(n, n_mixed, generator=generator, dtype=torch.float32) * (torch.arange(n_mixed) < mixed)
        self.weights.copy_(weights / weights.norm(dim=1, keepdim=True))
        self.levels.uniform_(*RANGE, generator=generator)
        self.thresholds.zero_()

    @torch.no_grad()
    def settle(self, steps: Float[Tensor, "n c"]) -> None:
        """Put the thresholds at quantiles of the mixtures' values at these steps of training series."""
        at_once = max(AT_ONCE // len(steps), 1)
        for first in range(0, len(self.channels), at_once):
            part = slice(first, first + at_once)
            ordered = (steps @ self._dense(part)).sort(0).values.T  # mixture, step
            place = (self.levels[part] * (len(steps) - 1)).round().long()
            self.thresholds[part] = ordered.gather(1, place)

    def forward(self, x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b f"]:
        """Return the shares, each in [0, 1]: all thresholds of the first mixture, then of the second, ..."""
        found: Tensor
        if x.device.type == "cpu" and x.dtype in (torch.float32, torch.float64):
            found = _Compiled.apply(x, lengths, self)
        else:
            found = self.in_torch(x, lengths)
        return found.flatten(1)

    def in_torch(self, x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b m k"]:
        """Return the shares by torch alone, for devices: as many mixtures at once as memory should hold."""
        valid = valid_steps(lengths, x.shape[1]).unsqueeze(-1)
        x = x.masked_fill(~valid, 0)
        at_once = max(AT_ONCE // x[..., 0].numel(), 1)
        parts = []
        for first in range(0, len(self.channels), at_once):
            part = slice(first, first + at_once)
            mixed = x @ self._dense(part).to(x.dtype)  # b t m
            above = [((mixed - threshold) / self.width + 0.5).clamp(0, 1).masked_fill(~valid, 0).sum(1)
                     for threshold in self.thresholds[part].T]
            parts.append(torch.stack(above, -1) / lengths[:, None, None])
        return torch.cat(parts, 1)

    def _dense(self, part: slice) -> Float[Tensor, "c m"]:
        """The weights of some mixtures, a column each."""
        weights = self.weights[part]
        return weights.new_zeros(len(weights), self.n_inputs).scatter_(1, self.channels[part], weights).T


def _check_channels(layer: Any, *_: Any) -> None:
    """Compiled code trusts these numbers, and they may come from a file: of a model, or of a training's progress."""
    if bool(((layer.channels < 0) | (layer.channels >= layer.n_inputs)).any()):
        raise ValueError(f"mixtures must be of channels 0 to {layer.n_inputs - 1}, got channels "
                         f"{int(layer.channels.min())} to {int(layer.channels.max())}")


def _check_series(layer: Proportions, x: Tensor, lengths: Tensor) -> None:
    """Compiled code does not look where an array ends."""
    if x.shape[2] != layer.n_inputs:
        raise ValueError(f"series must have {layer.n_inputs} channels, as the layer was made for, got {x.shape[2]}")
    if bool(((lengths < 1) | (lengths > x.shape[1])).any()):
        raise ValueError(f"lengths must be from 1 to the {x.shape[1]} steps that there are, got {lengths.tolist()}")


class _Compiled(torch.autograd.Function):
    """The shares, (batch, mixture, threshold), by the compiled kernels; only the series are kept for the gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, lengths: Tensor, layer: Proportions) -> Tensor:
        ctx.save_for_backward(x, lengths)
        ctx.layer = layer
        out = x.new_empty(len(x), *layer.thresholds.shape)
        _over_series("proportions", x, lengths, layer, out.numpy())
        return out

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        x, lengths = ctx.saved_tensors
        out = x.new_zeros(x.transpose(1, 2).shape)
        _over_series("slopes", x, lengths, ctx.layer, gradient.contiguous().numpy(), out.numpy())
        return out.transpose(1, 2), None, None


def _over_series(name: str, x: Tensor, lengths: Tensor, layer: Proportions, *arrays: np.ndarray) -> None:
    """Run a kernel over a batch, its series shared out among threads."""
    from tsattn.nn import _proportions_kernel as kernels  # here, as numba takes a while to import

    _check_channels(layer)
    _check_series(layer, x, lengths)
    series, steps = x.detach().transpose(1, 2).contiguous().numpy(), lengths.numpy()
    scaled = ((part.detach().to(x.dtype) / layer.width).numpy() for part in (layer.weights, layer.thresholds))
    mixtures, kernel = (layer.channels.numpy(), *scaled), getattr(kernels, name)
    over_rows(lambda first, last: kernel(series, steps, mixtures, *arrays, first, last),
              len(x), int(steps.sum()) * layer.channels.numel(), threads=torch.get_num_threads(), worth=WORTH_A_THREAD)
