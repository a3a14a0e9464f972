"""Features as a ridge reads them: in float64, less their means, in units of their deviations.

Where there are more values than `WHOLE`, and more rows than columns, they are made anew from block to block, so that
beside the features themselves there is one block at a time.
"""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor

WHOLE = 2**27  # values held together, 1 GiB; constant, so that sums have the same bits on any machine
BLOCK = WHOLE // 8
COLUMNS = 256  # summed at a time: torch adds the rows of so many in the same order as of all
STILL = 1e-6  # standard deviation of a feature that counts as constant


def needed(n: int, p: int) -> float:
    """Bytes that features (n, p) of float32 and a ridge on them take, with what the smaller system is solved by."""
    some = max(24 * BLOCK, 8 * n * COLUMNS)
    in_float64 = 8 * n * p if n <= p else 24 * n * p if n * p <= WHOLE else some
    return float(4 * n * p + in_float64 + 24 * min(n, p) ** 2)


class Standardised:
    """Rows (n, p) that are read by their numbers, as `rows[some]`.

    Parameters
    ----------
    features : Tensor, (n, p)
        Left as they are.
    share : Tensor of float64, (n, 1)
        Of each row in the means; they sum to 1.

    Attributes
    ----------
    middle, size : Tensor of float64, (p,)
        What is subtracted, and what is divided by: the deviation times the root of p, or infinity where it is still.
    whole : Tensor of float64, (n, p), or None
        All rows, where they are few enough.
    """

    def __init__(self, features: Float[Tensor, "n p"], share: Float[Tensor, "n 1"]) -> None:
        self.features, self.shape = features, features.shape
        self.middle = self._over_columns(lambda part, _: part.mul_(share).sum(0))
        deviation = self._over_columns(lambda part, which: part.sub_(self.middle[which]).square_().mul_(share).sum(0))
        deviation = deviation.sqrt()
        self.size = torch.where(deviation > STILL, deviation * self.shape[1] ** 0.5, torch.inf)
        few = len(self) <= self.shape[1] or len(self) * self.shape[1] <= WHOLE
        self.whole = self._made(features) if few else None

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | Tensor) -> Float[Tensor, "m p"]:
        return self._made(self.features[rows]) if self.whole is None else self.whole[rows]

    def blocks(self) -> Iterator[slice]:
        """Which rows to read at a time."""
        step = max(1, len(self) if self.whole is not None else BLOCK // self.shape[1])
        return (slice(first, first + step) for first in range(0, len(self), step))

    def _made(self, features: Tensor) -> Tensor:
        return features.to(torch.float64, copy=True).sub_(self.middle).div_(self.size)

    def _over_columns(self, work: Callable[[Tensor, slice], Tensor]) -> Tensor:
        """What `work` makes of the features, some columns at a time, in float64."""
        parts = (slice(first, first + COLUMNS) for first in range(0, max(self.shape[1], 1), COLUMNS))
        return torch.cat([work(self.features[:, part].to(torch.float64, copy=True), part) for part in parts])
