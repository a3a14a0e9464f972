"""Which steps of a padded batch are real."""

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
