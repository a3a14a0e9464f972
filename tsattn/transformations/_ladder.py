"""A ladder of scales chosen from training data."""

from dataclasses import replace

import numpy as np

from tsattn._panel import Panel
from tsattn.scalespace import bands

FLAT = (0.7, 1.1, 1.8, 2.8)  # the ladder, after 0, that white noise gets
FINEST = 0.5        # below half a sample a discrete Gaussian hardly smooths
RUNG = 2**0.25      # between the scales at which energy is measured
WIDEST = 1 / 8      # of the median length: a wider Gaussian sees little but the border
LEAST_RATIO = 1.3   # between neighbouring scales: closer ones make bands of the same content
ROUNDING = 1e-24    # share of a constant's sum of squares that smoothing leaves by rounding, at most
N_SERIES = 512      # measured at most, evenly spaced over the training data


def choose_ladder(panel: Panel) -> tuple[float, ...]:
    """Choose 0 and four scales, in samples, by where the variates have their energy.

    The energy of each variate, as the sum of squares of its difference-of-Gaussians bands, is measured in narrow bands
    from half a sample to an eighth of the median length; every variate counts alike. White noise, whose spectrum is
    flat, is the reference: each scale chosen leaves as large a share of the data's energy finer than itself as 0.7,
    1.1, 1.8 and 2.8 leave of white noise. So white noise gets these scales back, smooth data get coarser ones, and no
    band is mostly rounding or sensor noise, which a network that standardises its channels would amplify.

    Returns
    -------
    tuple of five floats
        Increasing, from 0, each at least 1.3 times the one before; ``(0, 0.7, 1.1, 1.8, 2.8)`` where all series are
        constant.
    """
    widest = max(WIDEST * float(np.median(panel.lengths)), FLAT[-1])
    rungs = FINEST * RUNG ** np.arange(np.ceil(np.log(widest / FINEST) / np.log(RUNG)) + 1)
    sigmas = np.concatenate([[0.0], rungs])
    power = np.frexp(np.abs(panel.values).max(axis=0))[1]  # squares neither overflow nor vanish, and keep their bits
    panel = replace(panel, values=np.ldexp(panel.values, -power))
    energy = _energy(panel, sigmas)
    total = energy.sum(axis=1, keepdims=True)
    moving = total[:, 0] > ROUNDING * np.square(panel.values).sum(axis=0)
    if not moving.any():
        return (0.0, *FLAT)
    # cumulative shares: of the energy finer than each rung
    found = np.cumsum((energy[moving] / total[moving]).mean(axis=0))
    flat = np.cumsum(_flat_energy(sigmas))
    shares = np.interp(np.log(FLAT), np.log(rungs), flat / flat[-1])
    scales = np.exp(np.interp(shares, found, np.log(rungs)))
    return (0.0, *(float(f"{scale:.3g}") for scale in _apart(scales)))


def _apart(scales: np.ndarray) -> np.ndarray:
    """Scales at least LEAST_RATIO apart, moved down from the coarsest, then up from the finest allowed."""
    steps = LEAST_RATIO ** np.arange(len(scales))
    down = np.minimum.accumulate((scales / steps)[::-1])[::-1] * steps
    return np.maximum.accumulate(np.maximum(down / steps, FINEST)) * steps


def _energy(panel: Panel, sigmas: np.ndarray) -> np.ndarray:
    """Sum of squares of each band over all samples: (columns, bands)."""
    chosen = np.zeros(panel.n, dtype=bool)
    chosen[np.unique(np.linspace(0, panel.n - 1, min(panel.n, N_SERIES)).astype(int))] = True
    energy = np.zeros((len(panel.columns), len(sigmas) - 1))
    for positions, _ in panel.by_length():
        kept = positions[chosen[positions]]
        if len(kept):
            energy += np.square(bands(panel.stack(kept), sigmas)).sum(axis=(0, 3))
    return energy


def _flat_energy(sigmas: np.ndarray) -> np.ndarray:
    """What white noise of variance 1 has in each band: the sum of squares of the band's response to an impulse."""
    reach = int(np.ceil(6 * sigmas[-1]))
    impulse = np.zeros(2 * reach + 1)
    impulse[reach] = 1
    return np.square(bands(impulse, sigmas)).sum(axis=-1)
