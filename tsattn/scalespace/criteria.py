"""Which extrema of the difference-of-Gaussians pyramid count, and when the fit of one is settled.

Lowe, IJCV 2004, sections 4 and 4.1.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tsattn._checks import check_one_of, check_positive

POLARITIES = ("both", "bump", "dip")
MOST_MOVES = 5  # of a fit, before it counts as unsettled
FAR = 0.6  # samples that a fit must lie away to move; at half of one, neighbours point to each other for ever


@dataclass(frozen=True)
class Criteria:
    """Which extrema count, checked; the names are those of `detect`."""

    threshold: float
    contrast: float
    polarity: str
    refine: bool
    edge_ratio: float | None

    def __post_init__(self) -> None:
        for name in ("threshold", "contrast"):  # floats, as another type would be compiled for anew
            object.__setattr__(self, name, check_positive(name, getattr(self, name), zero=True))
        check_one_of("polarity", self.polarity, POLARITIES)
        if self.edge_ratio is not None and check_positive("edge_ratio", self.edge_ratio) < 1:
            raise ValueError(f"edge_ratio must be at least 1, got {self.edge_ratio!r}")

    def bounds(self, dtype: Any) -> np.ndarray:
        """What a difference must lie beyond to count: a bump's below the first, a dip's above the second."""
        least = np.array([0.0 if self.refine else self.contrast], dtype)
        below = np.nextafter(least, np.zeros(1, dtype))[0]  # at least this is above that; zero is never an extremum
        beyond = [-np.inf if self.polarity == "dip" else -below, np.inf if self.polarity == "bump" else below]
        return np.array(beyond, dtype)

    def edge_limit(self, n_axes: int) -> float:
        """The largest Tr^2 / Det that is not an edge; 0 where there is no test, as on series."""
        if n_axes != 2 or self.edge_ratio is None:
            return 0.0
        return (self.edge_ratio + 1) ** 2 / self.edge_ratio
