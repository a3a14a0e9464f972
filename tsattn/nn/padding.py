"""What lies beyond a series' end, in a batch of series of unequal lengths, is nothing: these functions keep it so.

Padding may hold anything, NaN too: it is replaced, never multiplied by zero (0 * NaN is NaN, in the gradient as well).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tsattn.nn.mask import valid_steps


def zero_padding(x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t c"]:
    """Replace every step at or beyond a series' length by zeros."""
    return x.masked_fill(~valid_steps(lengths, x.shape[1]).unsqueeze(-1), 0)


def reverse_steps(x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t c"]:
    """Turn each series round within its own length; the padding stays behind it."""
    steps = torch.arange(x.shape[1], device=x.device)  # t
    mirrored = lengths.unsqueeze(-1) - 1 - steps  # b t
    source = torch.where(mirrored < 0, steps, mirrored)
    return x.gather(1, source.unsqueeze(-1).expand_as(x))
