"""What lies beyond a series' end, in a batch of series of unequal lengths, is nothing: these functions keep it so.

Padding may hold anything, NaN too: it is replaced, never multiplied by zero (0 * NaN is NaN, in the gradient as well).
"""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tsattn.nn.mask import valid_steps

BITS = {2: torch.int16, 4: torch.int32, 8: torch.int64}  # by bytes of a value


def kept(x: Tensor, bits: Tensor) -> Tensor:
    """`x` where `bits` is all ones, and 0 where it is all zeros; NaN is replaced as well."""
    return (x.view(bits.dtype) & bits).view(x.dtype)


class Kept(torch.autograd.Function):
    """Values where `bits` is all ones, 0 where it is all zeros; the same of the gradient.

    A bitwise "and" replaces even NaN, and takes a sixth of the time of `masked_fill` with a mask that is broadcast.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, bits: Tensor) -> Tensor:
        ctx.save_for_backward(bits)
        return kept(x, bits)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return Kept.apply(gradient, *ctx.saved_tensors), None


def zero_padding(x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t c"]:
    """Replace every step at or beyond a series' length by zeros."""
    result: Tensor = Kept.apply(x, valid_bits(x, lengths))
    return result


def valid_bits(x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Int[Tensor, "b t 1"]:
    """All bits set at valid steps, none beyond, in integers as wide as the values of `x`; see `Kept`."""
    return -valid_steps(lengths, x.shape[1]).unsqueeze(-1).to(BITS[x.dtype.itemsize])


def reverse_steps(x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t c"]:
    """Turn each series round within its own length; the padding stays behind it."""
    steps = torch.arange(x.shape[1], device=x.device)  # t
    mirrored = lengths.unsqueeze(-1) - 1 - steps  # b t
    source = torch.where(mirrored < 0, steps, mirrored)
    return x.gather(1, source.unsqueeze(-1).expand_as(x))
