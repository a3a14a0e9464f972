"""What a forecaster's parameters say of windows, and the windows that are cut by it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tsattn._choices import LOSSES
from tsattn.training import Pinball
from tsattn.training.windows import Reading, Windows

AT_ONCE = 2**22  # numbers of windows that are cut together
SAID = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)  # of quantiles that a network learns; errors are ranked between them
FORECAST_LOSSES: dict[str, tuple[Callable[..., Tensor], tuple[float, ...]]] = {
    **{name: (loss, (0.5,)) for name, loss in LOSSES.items()}, "quantile": (Pinball(SAID), SAID),
}


@dataclass(frozen=True)
class Plan:
    """How to learn: what an estimator's parameters say, checked.

    Attributes
    ----------
    look_back, stride : int
        Steps of a window, and from a window to the next.
    ahead : tuple of int
        Steps after the last one known, increasing.
    exogenous : list
        Labels of the exogenous columns.
    n_known : int
        Of how many of them the future is read: all or none.
    independent : bool
        Whether each target is a series of its own.
    within : bool
        Whether the network reads each window in units of its own.
    kinds : tuple of str
        Linear maps to choose from, see `tsattn.nn.lag_ridge`; none for the last value.
    saliency : transformer or None
        Unfitted.
    loss : str
        Of `FORECAST_LOSSES`.
    levels : tuple of float, increasing
        Of the quantiles that the network says of each value; 0.5 alone stands for the one forecast that it makes else.
    per_epoch : int or None
        Most windows in an epoch.
    """

    look_back: int
    ahead: tuple[int, ...]
    exogenous: list[Any]
    n_known: int
    independent: bool
    within: bool
    kinds: tuple[str, ...]
    saliency: Any
    loss: str
    levels: tuple[float, ...]
    stride: int
    per_epoch: int | None

    @property
    def middle(self) -> int:
        """Which of the network's quantiles is the forecast."""
        return len(self.levels) // 2


@dataclass(frozen=True)
class Cutter:
    """Makes windows of the same rows."""

    rows: np.ndarray
    plan: Plan
    n_targets: int
    with_future: bool = True

    def __call__(self, starts: np.ndarray, read: Callable[[Tensor, Tensor], Reading]) -> Windows:
        """Return windows that begin at these rows."""
        plan = self.plan
        return Windows(self.rows, starts, plan.look_back, plan.ahead, n_targets=self.n_targets, n_known=plan.n_known,
                       read=read, with_future=self.with_future, per_epoch=plan.per_epoch)

    def parts(self, starts: np.ndarray, size: int | None = None) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield windows, what is known of their future, and their future; so many at a time, or what is not large."""
        windows = self(starts, _unread)
        size = size or max(1, AT_ONCE // (self.rows.shape[1] * (self.plan.look_back + self.plan.ahead[-1])))
        for positions in torch.arange(len(windows)).split(size):
            series, known, future = windows.cut(positions)
            assert future is not None
            yield series, known, future


def _unread(series: Tensor, known: Tensor) -> Reading:
    raise NotImplementedError("these windows are cut, not read")
