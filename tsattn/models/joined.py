"""Several inputs side by side: what reads one series reads a series and its saliency."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

# features, and the lengths there where a body leaves fewer steps
Found = Float[Tensor, "b t h"] | tuple[Float[Tensor, "b t h"], Int[Tensor, " b"]]


class Joined(nn.Module):
    """One body for several inputs, whose channels it sees beside each other, in their order.

    Parameters
    ----------
    body : nn.Module
        `body(x, lengths)` reads (batch, time, channels of all inputs together).

    Examples
    --------
    >>> import torch
    >>> from tsattn.models.xm2a import XM2A
    >>> body = Joined(XM2A(3 + 5, n_layers=1))
    >>> body(torch.zeros(2, 11, 3), torch.zeros(2, 11, 5), torch.tensor([11, 4])).shape
    torch.Size([2, 11, 8])
    """

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, *inputs_and_lengths: Tensor) -> Found:
        """Return what the body does; called with the inputs and, last, the lengths."""
        *inputs, lengths = inputs_and_lengths
        found: Found = self.body(torch.cat(inputs, -1), lengths)
        return found
