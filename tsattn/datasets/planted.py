"""Noise with known events, to measure against the truth what a saliency map or an attention map shows.

An event at t of scale sigma and amplitude a, on one variate, adds a exp(-(u - t)^2 / (2 sigma^2)) at step u. The class
of a series decides the variate and the sign of its telling events; distractors have the same shape and tell nothing.
"""

import csv
from typing import Any

import numpy as np

from tsattn._checks import check_int, check_positive
from tsattn.datasets._containers import Labelled
from tsattn.datasets._text import parse_table
from tsattn.datasets.shipped import shipped

MARGIN = 3  # sigmas from an event's centre to either end of the series
TRUTH = ["instance", "variate", "t", "sigma", "amplitude", "telling"]
SERIES, EVENTS = "planted_events/example.csv", "planted_events/example_truth.csv"


def make_planted_events(n_series: int = 100, n_steps: int = 101, n_channels: int = 3, *, n_classes: int = 2,
                        n_events: int = 1, n_distractors: int = 0, sigma: tuple[float, float] = (2.0, 5.0),
                        amplitude: float = 3.0, noise: float = 1.0, return_type: str | None = None,
                        random_state: int | np.random.Generator | None = None) -> tuple[Any, np.ndarray, Any]:
    """Make labelled series of white noise with events whose places are known.

    Class c has its telling events on variate c mod `n_channels`: bumps where c < `n_channels`, else dips. The classes
    are as equal in number as can be, in random order. Distractors lie on any variate, up or down.

    Parameters
    ----------
    n_series, n_steps, n_channels : int
        Sizes; `n_steps` must hold six of the largest sigma.
    n_classes : int, default=2
        At most twice `n_channels`.
    n_events : int, default=1
        Telling events a series. Places are independent and uniform, so that events may overlap.
    n_distractors : int, default=0
        Further events a series.
    sigma : (float, float), default=(2.0, 5.0)
        Least and largest scale in steps; drawn uniformly in the logarithm.
    amplitude : float, default=3.0
        Height of the events.
    noise : float, default=1.0
        Standard deviation of the noise; 0 for none.
    return_type : {"pd-multiindex", "numpy3D", "df-list", "nested_univ"}, default="pd-multiindex"
        Container of X.
    random_state : int, numpy Generator or None
        The only source of randomness.

    Returns
    -------
    X : container of `return_type`
        Variates "x0", "x1", ...; ids "p0000", "p0001", ...
    y : ndarray of str, shape (n_series,)
        "0", "1", ...
    truth : pandas DataFrame
        A row an event: `instance`, `variate` (its name), `t` (real, in steps), `sigma` (steps), `amplitude` (negative
        for a dip), `telling` (False for a distractor); sorted by instance, telling events first.

    Raises
    ------
    ValueError, TypeError
        A size is no positive integer, or the sizes do not fit each other.

    Examples
    --------
    >>> from tsattn.datasets import make_planted_events
    >>> X, y, truth = make_planted_events(7, 61, 2, noise=0.5, random_state=3)
    >>> X.shape, len(y), list(truth)
    ((427, 2), 7, ['instance', 'variate', 't', 'sigma', 'amplitude', 'telling'])
    """
    import pandas as pd

    _check_sizes(n_series, n_steps, n_channels, n_classes, n_events, n_distractors, sigma)
    check_positive("amplitude", amplitude)
    check_positive("noise", noise, zero=True)
    generator = np.random.default_rng(random_state)
    classes = generator.permutation(np.arange(n_series) % n_classes)
    telling = np.tile(np.arange(n_events + n_distractors) < n_events, n_series)
    owner = np.repeat(np.arange(n_series), n_events + n_distractors)
    kind = np.where(telling, classes[owner], generator.integers(0, 2 * n_channels, len(owner)))
    variate, height = kind % n_channels, np.where(kind < n_channels, amplitude, -amplitude)
    scale = np.exp(generator.uniform(np.log(sigma[0]), np.log(sigma[1]), len(owner)))
    place = generator.uniform(MARGIN * scale, n_steps - 1 - MARGIN * scale)
    values = noise * generator.standard_normal((n_series, n_steps, n_channels))
    bumps = height[:, None] * np.exp(-0.5 * ((np.arange(n_steps) - place[:, None]) / scale[:, None]) ** 2)
    np.add.at(values.transpose(0, 2, 1), (owner, variate), bumps)
    columns = [f"x{channel}" for channel in range(n_channels)]
    width = max(4, len(str(n_series - 1)))
    ids = [f"p{number:0{width}d}" for number in range(n_series)]
    series = Labelled(ids, values.reshape(-1, n_channels), np.full(n_series, n_steps), columns, classes.astype(str))
    truth = pd.DataFrame(dict(zip(TRUTH, (
        np.array(ids)[owner], np.array(columns)[variate], place, scale, height, telling), strict=True)))
    X, y = series.deliver(True, return_type)
    return X, y, truth


def load_planted_events(return_type: str | None = None) -> tuple[Any, np.ndarray, Any]:
    """Load the example that comes with the package: 20 series, 2 variates, 61 steps, 2 classes, and their 40 events.

    It is `make_planted_events(20, 61, 2, n_distractors=1, random_state=7)`, rounded to four decimals. Nothing is
    downloaded.

    Parameters
    ----------
    return_type : {"pd-multiindex", "numpy3D", "df-list", "nested_univ"}, default="pd-multiindex"
        Container of X.

    Returns
    -------
    X, y, truth
        As of `make_planted_events`.

    Examples
    --------
    >>> from tsattn.datasets import load_planted_events
    >>> X, y, truth = load_planted_events("numpy3D")
    >>> X.shape, len(truth)
    ((20, 2, 61), 40)
    """
    import pandas as pd

    rows = _rows(SERIES)
    columns = rows[0][3:]
    keys = [(row[0], row[2]) for row in rows[1:]]
    labels = dict(keys)
    lines = [" ".join(row[3:]) for row in rows[1:]]
    values = parse_table(lines, list(range(2, len(rows) + 1)), len(columns), SERIES)
    lengths = np.array([sum(key[0] == instance for key in keys) for instance in labels])
    series = Labelled(list(labels), values, lengths, columns, np.array(list(labels.values())))
    events = _rows(EVENTS)
    truth = pd.DataFrame(events[1:], columns=events[0])
    truth = truth.astype({"t": float, "sigma": float, "amplitude": float}).assign(telling=truth["telling"] == "True")
    X, y = series.deliver(True, return_type)
    return X, y, truth


def _rows(path: str) -> list[list[str]]:
    with shipped(path).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _check_sizes(n_series: int, n_steps: int, n_channels: int, n_classes: int, n_events: int, n_distractors: int,
                 sigma: tuple[float, float]) -> None:
    sizes = {"n_series": n_series, "n_steps": n_steps, "n_channels": n_channels, "n_classes": n_classes}
    for name, value in sizes.items():
        check_int(name, value)
    check_int("n_events", n_events, minimum=0)
    check_int("n_distractors", n_distractors, minimum=0)
    if n_classes > 2 * n_channels:
        raise ValueError(f"n_classes must be at most twice n_channels, got {n_classes} and {n_channels}")
    least, largest = (check_positive("sigma", value) for value in sigma)
    if least > largest:
        raise ValueError(f"sigma must be (least, largest), got {sigma!r}")
    if n_steps - 1 < 2 * MARGIN * largest:
        raise ValueError(f"n_steps must be above {2 * MARGIN * largest:g}, six of the largest sigma, got {n_steps}")
