"""Which steps of a padded batch are real, and which lie about a place in a series."""

import torch
from torch import Tensor


def valid_steps(lengths: Tensor, n_steps: int) -> Tensor:
    """Mark the steps that stand before each series' end.

    Parameters
    ----------
    lengths : Tensor of int64, (batch,)
        Steps of each series.
    n_steps : int
        Steps of the padded batch.

    Returns
    -------
    Tensor of bool, (batch, n_steps)

    Examples
    --------
    >>> import torch
    >>> valid_steps(torch.tensor([1, 3]), 3)
    tensor([[ True, False, False],
            [ True,  True,  True]])
    """
    return torch.arange(n_steps, device=lengths.device) < lengths.unsqueeze(-1)


def around(position: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Say between which steps of a series a position lies, and where between them.

    Parameters
    ----------
    position : Tensor of floats, (batch, places)
        In steps; one outside a series is put at its end.
    lengths : Tensor of int64, (batch,)
        Steps of each series.

    Returns
    -------
    before, after : Tensor of int64, (batch, places)
        The same step, where there is none behind it.
    between : Tensor, (batch, places)
        From 0 at `before` up to 1 at `after`.

    Examples
    --------
    >>> import torch
    >>> around(torch.tensor([[0.25, 9.0]]), torch.tensor([3]))
    (tensor([[0, 2]]), tensor([[1, 2]]), tensor([[0.2500, 0.0000]]))
    """
    last = lengths.unsqueeze(-1) - 1
    position = position.clamp_min(0).minimum(last.to(position.dtype))
    before = position.long()
    return before, (before + 1).minimum(last), position - before
