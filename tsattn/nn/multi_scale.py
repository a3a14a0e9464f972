"""Convolutions over time at a scale of its own for each head: what XM2A attends with.

Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, equation 7.4 and
table 7.1: head h = 1 ... H sees S_h = W_h * I, d kernels of length s_h. A *variant* is the function from h to its span:

    name       steps of the kernel   average before it   steps between the kernel's entries
    default    h                     -                   1
    msmsa      2h - 1                -                   1
    exp        2^(h-1)               -                   1
    pool       1                     h                   1
    exp-pool   1                     2^(h-1)             1
    hybrid     h                     ceil(2^(h-1) / h)   ceil(2^(h-1) / h)

The source does not say how the length stays: a window of s steps begins floor((s - 1) / 2) steps before its own, so
that an even one has its odd step behind. Kernels see zeros beyond both ends of a series; averages are of the steps that
the window has within it. Nor does it say how the hybrid's kernel follows its average: dilated by the same number of
steps is our reading, so that neighbouring entries share none of them and the head spans about 2^(h-1).
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import avg_pool1d, pad

from tsattn._checks import check_int
from tsattn.nn.mask import valid_steps
from tsattn.nn.padding import zero_padding

Activation = Callable[[Tensor], Tensor]


class Span(NamedTuple):
    """What one kernel sees: `width` entries, `dilation` steps apart, of averages over `pool` steps."""

    width: int
    pool: int = 1
    dilation: int = 1


Variant = Callable[[int], Span]


def growing(head: int) -> Span:
    """One step more than the head before: XM2A."""
    return Span(head)


def odd(head: int) -> Span:
    """Two steps more than the head before: XM2A-MSMSA."""
    return Span(2 * head - 1)


def doubling(head: int) -> Span:
    """Twice as many steps as the head before: XM2A-Exp."""
    return Span(2 ** (head - 1))


def pooled(head: int) -> Span:
    """The average of as many steps as `growing` sees: XM2A-Pool."""
    return Span(1, pool=head)


def doubling_pooled(head: int) -> Span:
    """The average of as many steps as `doubling` sees: XM2A-Exp-Pool."""
    return Span(1, pool=2 ** (head - 1))


def hybrid(head: int) -> Span:
    """About as many steps as `doubling` sees, in averages, with as many entries as `growing` has: XM2A-Hybrid."""
    pool = -(-(2 ** (head - 1)) // head)
    return Span(head, pool=pool, dilation=pool)


VARIANTS: dict[str, Variant] = {
    "default": growing, "msmsa": odd, "exp": doubling, "pool": pooled, "exp-pool": doubling_pooled, "hybrid": hybrid,
}


def _around(x: Float[Tensor, "b c t"], steps: int) -> Float[Tensor, "b c s"]:
    """Zeros at both ends, so that a window of `steps` leaves the length as it is."""
    before = (steps - 1) // 2
    return pad(x, (before, steps - 1 - before))


def moving_average(x: Float[Tensor, "b c t"], lengths: Int[Tensor, " b"], steps: int) -> Float[Tensor, "b c t"]:
    """Mean over a window of `steps`, of those within the series.

    Parameters
    ----------
    x : Tensor, (batch, channel, time)
        Zero beyond the lengths.
    lengths : Tensor of int64, (batch,)
        Steps of each series.
    steps : int
        Of the window, which begins floor((steps - 1) / 2) before its own step.

    Returns
    -------
    Tensor, (batch, channel, time)
        Zero beyond the lengths.

    Examples
    --------
    >>> import torch
    >>> moving_average(torch.tensor([[[2.0, 4.0, 9.0, 0.0]]]), torch.tensor([3]), 2)
    tensor([[[3.0000, 6.5000, 9.0000, 0.0000]]])
    """
    if steps == 1:
        return x
    valid = valid_steps(lengths, x.shape[-1]).unsqueeze(1).to(x.dtype)  # b 1 t
    seen = avg_pool1d(_around(valid, steps), steps, stride=1)
    return avg_pool1d(_around(x, steps), steps, stride=1) * (valid / seen.clamp(min=0.5 / steps))


class MultiScale(nn.Module):
    """A convolution for each head, at the head's own scale (equation 7.4).

    Parameters
    ----------
    n_inputs : int
        Channels in.
    n_heads, n_units : int
        Heads, and kernels of each.
    variant : callable, default=growing
        The `Span` of head 1, 2, ...; `VARIANTS` has the published ones by name.
    activation : callable, optional
        What follows the convolutions; nothing, as printed.

    Examples
    --------
    >>> import torch
    >>> scales = MultiScale(3, 4, 5, variant=doubling)
    >>> [tuple(convolution.weight.shape) for convolution in scales.convolutions]
    [(5, 3, 1), (5, 3, 2), (5, 3, 4), (5, 3, 8)]
    >>> scales(torch.zeros(2, 11, 3), torch.tensor([11, 4])).shape
    torch.Size([2, 4, 5, 11])
    """

    def __init__(
        self, n_inputs: int, n_heads: int, n_units: int, *, variant: Variant = growing,
        activation: Activation | None = None,
    ) -> None:
        super().__init__()
        check_int("n_units", n_units)
        self.spans = [variant(head) for head in range(1, check_int("n_heads", n_heads) + 1)]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(n_inputs, n_units, span.width, dilation=span.dilation) for span in self.spans
        )
        self.activation = activation

    def forward(self, x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b h u t"]:
        """Return S, (batch, head, unit, time). What it holds beyond the lengths is finite, and means nothing."""
        series = zero_padding(x, lengths).transpose(1, 2)
        scales = torch.stack([
            convolve(_around(moving_average(series, lengths, span.pool), (span.width - 1) * span.dilation + 1))
            for span, convolve in zip(self.spans, self.convolutions, strict=True)
        ], 1)
        return scales if self.activation is None else self.activation(scales)
