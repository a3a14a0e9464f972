"""Keypoints as columns: equal-length arrays, one frame (input samples), an offset per series."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tsattn.scalespace._arrays import is_torch

if TYPE_CHECKING:
    import pandas as pd

BUMP, DIP = 1, -1
Columns = TypeVar("Columns", bound="Keypoints")


@dataclass(frozen=True, eq=False)
class Keypoints:
    """Extrema of a difference-of-Gaussians pyramid, in units of input samples.

    Sorted by (series, octave, scale, position). Those of the series that is the i-th of the flattened leading axes
    are ``[offsets[i]:offsets[i + 1]]``. NumPy arrays, or torch tensors on the device of the input.

    Attributes
    ----------
    position : (n, axes) float64, in input samples
    sigma : (n,) float64, in input samples: ``sigma0 * 2^(octave + scale / S)``, the lower of the two scales that the
        difference lies between, fractional if refined
    octave : (n,) int64
    scale : (n,) int64, 1..S, the level of the difference
    value : (n,) float, the difference of Gaussians, in the type of the input: negative on a bump
    polarity : (n,) int8, +1 for a bump, -1 for a dip
    offsets : (series + 1,) int64

    Examples
    --------
    A flat series has none, and keeps its place:

    >>> import numpy as np
    >>> from tsattn.scalespace import detect
    >>> t = np.arange(101)
    >>> x = np.stack([np.exp(-0.5 * ((t - 50) / 2) ** 2), np.zeros(101), np.exp(-0.5 * ((t - 40) / 2) ** 2)])
    >>> found = detect(x, polarity="bump")
    >>> found.position[:, 0].tolist(), found.series.tolist(), found.offsets.tolist()
    ([50.0, 40.0], [0, 2], [0, 1, 1, 2])
    >>> found.take(found.position[:, 0] < 45).offsets.tolist()
    [0, 0, 0, 1]
    """

    position: Any
    sigma: Any
    octave: Any
    scale: Any
    value: Any
    polarity: Any
    offsets: Any

    def __len__(self) -> int:
        return int(self.sigma.shape[0])

    @property
    def n_series(self) -> int:
        """How many series were searched, those without keypoints too."""
        return int(self.offsets.shape[0]) - 1

    @property
    def series(self) -> Any:
        """The series of each keypoint, (n,) int64."""
        if is_torch(self.offsets):
            import torch

            numbers = torch.arange(self.n_series, device=self.offsets.device)
            return numbers.repeat_interleave(self.offsets.diff())
        return np.repeat(np.arange(self.n_series), np.diff(self.offsets))

    def take(self: Columns, mask: Any) -> Columns:
        """Keep the keypoints where the boolean `mask` (n,) holds; the series stay.

        Raises
        ------
        ValueError
            If mask is not boolean with one entry a keypoint.
        """
        if tuple(mask.shape) != (len(self),) or str(mask.dtype).rpartition(".")[2] != "bool":
            raise ValueError(f"mask must be boolean of shape ({len(self)},), got {mask.dtype} of {tuple(mask.shape)}")
        ends = mask.cumsum(0)
        if is_torch(mask):
            import torch

            kept = torch.cat([ends.new_zeros(1), ends])[self.offsets]
        else:
            kept = np.concatenate([[0], ends])[self.offsets]
        columns = {f.name: getattr(self, f.name)[mask] for f in fields(self) if f.name != "offsets"}
        return type(self)(**columns, offsets=kept)

    def to_numpy(self: Columns) -> Columns:
        """The same columns as NumPy arrays."""
        if not is_torch(self.offsets):
            return self
        return type(self)(**{f.name: getattr(self, f.name).detach().cpu().numpy() for f in fields(self)})

    def to_frame(self) -> "pd.DataFrame":
        """One row a keypoint: series, position (one column an axis, named position_0, ... if several), sigma, ..."""
        import pandas as pd

        flat = self.to_numpy()
        columns = {"series": flat.series}
        for f in fields(flat):
            column = getattr(flat, f.name)
            if f.name == "position":
                names = ["position"] if column.shape[1] == 1 else [f"position_{k}" for k in range(column.shape[1])]
                columns.update(zip(names, column.T, strict=True))
            elif f.name != "offsets":
                columns[f.name] = column
        return pd.DataFrame(columns)
