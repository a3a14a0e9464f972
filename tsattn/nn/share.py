"""How much to keep of what a network adds to a simpler answer: what it is likely to be worth, by series held out."""

import torch
from jaxtyping import Float
from torch import Tensor

from tsattn.nn.ridge import PARTS

TINY = 1e-12  # sum of squares that stands for 0


def surely(missing: Float[Tensor, "n h q"], added: Float[Tensor, "n h q"], span: int = 1) -> Float[Tensor, " q"]:
    """The share of what is added that is likely to lessen what is missing: within [0, 1], a standard error below best.

    The best share is the least-squares coefficient sum(m a) / sum(a^2) over windows and steps. Its standard error is
    the jackknife's over blocks of neighbours (Künsch, "The jackknife and the bootstrap for general stationary
    observations", Annals of Statistics 1989), of `span` windows at least, for windows whose futures overlap miss alike.
    Where there are not two such blocks nothing is known of the error, and the share is 0.

    Examples
    --------
    >>> import torch
    >>> added = torch.tensor([1.0, -1.0, 2.0, 1.0]).view(4, 1, 1)
    >>> surely(0.5 * added, added), surely(0.5 * added, added, span=3)
    (tensor([0.5000]), tensor([0.]))
    """
    n_blocks = min(PARTS, len(added) // span)
    if n_blocks < 2:
        return torch.zeros_like(added[0, 0])
    with_it, of_it = ([part.sum((0, 1)) for part in product.tensor_split(n_blocks)]
                      for product in (missing * added, added.square()))
    over, under = torch.stack(with_it), torch.stack(of_it)
    without = (over.sum(0) - over) / (under.sum(0) - under).clamp_min(TINY)
    error = ((n_blocks - 1) * (without - without.mean(0)).square().mean(0)).sqrt()
    return (over.sum(0) / under.sum(0).clamp_min(TINY) - error).clamp(0, 1)
