"""The ladder of scales: which sigma each level has, which kernel leads to it, and on which grid it lies.

Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 60(2), 2004, section 3; for series Candan
et al., "sDTW", PVLDB 5(11), 2012. Level s of octave o has sigma0 * 2^(o + s / S) in *input* samples, o = 0, 1, ...
It differs from a literal reading in one place: averaging pairs smooths too (variance 1/4), so the series is smoothed
to variance 4 sigma0^2 - 1/4 before it, and the next octave begins with exactly sigma0 in its own samples.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tsattn._checks import check_int, check_one_of, check_positive, plain
from tsattn.scalespace.gaussian import KERNELS, MODES, Taps, check_sigma, half_kernel

LEAST_SAMPLES = 8  # an octave with fewer has hardly an inside
MOST_OCTAVES = 32  # no series has more
MOST_SCALES = 100  # in an octave
REDUCERS = ("auto", "average", "decimate", None)


@dataclass(frozen=True)
class Rung:
    """One octave of a ladder, before any data."""

    index: int  # -1 is the doubled input
    sizes: tuple[int, ...]
    step: float  # sample i lies at i * step + offset in input samples
    offset: float
    sigmas: np.ndarray  # (S + 3,) in input samples
    taps: list[Taps]  # per level, half kernels; the first leads to level 0, [1.0] where it is already there
    reducer: Taps  # half kernel before averaging


def check_ladder_of_octaves(n_octaves: Any, scales_per_octave: Any = 3, sigma0: Any = 1.6) -> None:
    """Raise unless these parameters make a ladder."""
    if not isinstance(n_octaves, str) or n_octaves != "auto":
        check_int("n_octaves", n_octaves, maximum=MOST_OCTAVES)
    check_int("scales_per_octave", scales_per_octave, maximum=MOST_SCALES)
    check_sigma("sigma0", sigma0, zero=False)


@dataclass(frozen=True)
class Ladder:
    """The parameters of a scale space, checked; the names and defaults are those of `octaves`."""

    n_octaves: Any
    scales_per_octave: int
    sigma0: float
    mode: str
    kernel: str
    truncate: float
    reduce: str | None
    assumed_blur: float
    double: bool

    def __post_init__(self) -> None:
        check_ladder_of_octaves(self.n_octaves, self.scales_per_octave, self.sigma0)
        check_positive("assumed_blur", self.assumed_blur, zero=True)
        check_one_of("mode", self.mode, MODES)
        check_one_of("kernel", self.kernel, KERNELS)
        check_positive("truncate", self.truncate)
        check_one_of("reduce", self.reduce, REDUCERS)
        if self.assumed_blur * (2 if self.double else 1) > self.sigma0:
            raise ValueError(
                f"sigma0 must not be below the blur the input already has ({plain(self.assumed_blur)!r}, "
                f"twice that when doubled), got {plain(self.sigma0)!r}"
            )

    def reducer_for(self, n_axes: int) -> str | None:
        """The reducer that "auto" is: none below sigma0 = 1, where any aliases; else pairs, or Lowe's pixels."""
        if self.reduce != "auto":
            return self.reduce
        if self.sigma0 < 1:
            return None
        return "average" if n_axes == 1 else "decimate"

    def source(self) -> int:
        """The level that is smoothed further before pairs are averaged: the last below variance 4 sigma0^2 - 1/4."""
        variances = (self.sigma0 * 2.0 ** (np.arange(self.scales_per_octave) / self.scales_per_octave)) ** 2
        below = np.flatnonzero(variances <= 4 * self.sigma0**2 - 0.25)
        if not len(below):
            raise ValueError(f'reduce="average" needs sigma0 of at least 0.289, got {plain(self.sigma0)!r}; use '
                             "reduce=None")
        return int(below[-1])

    def rungs(self, sizes: tuple[int, ...]) -> list[Rung]:
        """The octaves that an input of these sizes has: each keeps at least 8 samples along every axis."""
        reduce, rungs = self.reducer_for(len(sizes)), []
        first = -1 if self.double else 0
        step = 2.0**first
        sizes = tuple(2 * n for n in sizes) if self.double else tuple(sizes)
        shrunk = min(sizes)  # what is left after reducing, whether or not it is done
        last = None if self.n_octaves == "auto" else first + self.n_octaves + (1 if self.double else 0)
        octave = first
        while min(sizes) >= LEAST_SAMPLES and (octave != last if last is not None else shrunk >= LEAST_SAMPLES):
            offset = ((step if reduce == "average" else 2.0**first) - 1) / 2  # decimating keeps the first sample
            rungs.append(self._rung(octave, sizes, step, offset, reduce, octave == first))
            octave, shrunk = octave + 1, shrunk // 2
            if reduce is not None:
                step *= 2
                sizes = tuple(n // 2 if reduce == "average" else (n + 1) // 2 for n in sizes)
        return rungs

    def _rung(
        self, octave: int, sizes: tuple[int, ...], step: float, offset: float, reduce: str | None, first: bool
    ) -> Rung:
        n = self.scales_per_octave
        sigmas = self.sigma0 * 2.0 ** (octave + np.arange(n + 3) / n)
        own = sigmas / step
        start = self.assumed_blur / step if first else own[0]
        steps = np.sqrt(np.maximum(np.diff(own**2, prepend=start**2), 0.0))
        reducer: Taps = np.ones(1)
        if reduce == "average":
            missing = 4 * self.sigma0**2 - 0.25 - own[self.source()] ** 2
            reducer = half_kernel(float(np.sqrt(missing)), self.kernel, self.truncate, sizes, self.mode)
        taps = [half_kernel(float(sigma), self.kernel, self.truncate, sizes, self.mode) for sigma in steps]
        return Rung(octave, sizes, step, offset, sigmas, taps, reducer)
