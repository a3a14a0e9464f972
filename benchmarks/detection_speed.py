"""How fast keypoints are found, against the same search written with SciPy and NumPy, and against find_peaks_cwt.

Both sides find extrema of 3 octaves of 3 scales, sigma0 = 1.6, on float32 random walks. The other side smooths each
level with scipy.ndimage.gaussian_filter1d from the one before, averages pairs for the next octave, and compares
shifted slices of the differences, all series at once, which is how one would write it, and again 64 series at a time,
which is kinder to the caches. Times of one row are taken in turn, the best of a few rounds. Also printed: memory beyond
input and output, how time grows with the number of samples, and what share of the processor's products smoothing alone
needs: one for each pair of taps, against a loop of fused products over numbers in the first cache, on every core.

usage: python benchmarks/detection_speed.py [--rounds N] [--small]
"""

import argparse
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from numba import njit
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks_cwt

from tsattn.benchmark.machine import PeakMemory
from tsattn.scalespace import Keypoints, detect

SHAPES = [(11408, 1000), (56430, 64), (64, 100_000)]
OCTAVES, SCALES, SIGMA0, CONTRAST = 3, 3, 1.6, 0.005


def straightforward(x, rows):
    """(series, octave, scale, position) of the extrema; `rows` series at a time."""
    found = []
    for first in range(0, len(x), rows):
        base = x[first : first + rows]
        for octave in range(OCTAVES):
            levels, base = pyramid(base, SIGMA0 if octave == 0 else 0.0)
            series, scale, at = np.nonzero(extrema(np.diff(levels, axis=1)))
            position = (at + 1) * 2**octave + (2**octave - 1) / 2
            found.append(np.stack([series + first, np.full(len(at), octave), scale + 1, position]))
    return np.concatenate(found, 1)


def pyramid(base, first):
    """The levels of one octave, (series, S + 3, T), and the next one's input."""
    levels = [gaussian_filter1d(base, first) if first else base]
    for s in range(1, SCALES + 3):
        before, after = SIGMA0 * 2 ** ((s - 1) / SCALES), SIGMA0 * 2 ** (s / SCALES)
        levels.append(gaussian_filter1d(levels[-1], (after**2 - before**2) ** 0.5))
    even = base.shape[1] // 2 * 2
    missing = (4 * SIGMA0**2 - 0.25 - (SIGMA0 * 2 ** ((SCALES - 1) / SCALES)) ** 2) ** 0.5
    ready = gaussian_filter1d(levels[SCALES - 1], missing)
    return np.stack(levels, 1), (ready[:, 0:even:2] + ready[:, 1:even:2]) / 2


def extrema(dogs):
    """Which inner samples of (series, S + 2, T) exceed all eight neighbours, or fall below them."""
    middle = dogs[:, 1:-1, 1:-1]
    high, low = middle >= CONTRAST, middle <= -CONTRAST
    for s in range(3):
        for t in range(3):
            if (s, t) != (1, 1):
                other = dogs[:, s : s + SCALES, t : t + middle.shape[2]]
                high &= middle > other
                low &= middle < other
    return high | low


@njit(nogil=True, error_model="numpy", fastmath={"contract"})
def products(x, y, times):
    """16 fused products for each number of x, `times` over; the sums of one number wait for each other, of 16 not."""
    for _ in range(times):
        for i in range(x.size):
            total = x[i]
            for _ in range(16):
                total = total * x[i] + x[i]
            y[i] = total


def peak():
    """Fused products a second that all cores do together, if each does what one can."""
    x, times = np.full(2048, 0.3, np.float32), 2000
    products(x, np.empty_like(x), 1)
    cores = len(os.sched_getaffinity(0))
    return cores * 16 * x.size * times / seconds(lambda: products(x, np.empty_like(x), times), 10)


def products_of_a_sample():
    """How many products smoothing needs for each input sample: the centre and each pair of taps, in every octave."""
    total = 0.0
    for octave in range(OCTAVES):
        sigmas = [SIGMA0] if octave == 0 else []
        sigmas += [SIGMA0 * 2 ** (s / SCALES) * (2 ** (2 / SCALES) - 1) ** 0.5 for s in range(SCALES + 2)]
        if octave < OCTAVES - 1:
            sigmas.append((4 * SIGMA0**2 - 0.25 - (SIGMA0 * 2 ** ((SCALES - 1) / SCALES)) ** 2) ** 0.5)
        total += sum(1 + np.ceil(4 * sigma) for sigma in sigmas) / 2**octave
    return total


def walks(shape, seed=0):
    steps = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
    return steps.cumsum(-1, dtype=np.float32)


def seconds(work, rounds):
    """Wall time of each of a few calls, the best."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def extra_memory(work):
    """Most memory held during `work` beyond what was held before it and its result, in bytes."""
    with PeakMemory() as memory:
        result = work()
    return max((memory.taken["peak_mb"] - memory.taken["before_mb"]) * 2**20 - result_bytes(result), 0)


def extra_memory_alone(shape):
    """The same in a process of its own: one that has done it before has kept the memory, and shows no growth."""
    x = walks(shape)
    detect(x[:2])
    return extra_memory(lambda: detect(x))


def result_bytes(found: Keypoints) -> int:
    return sum(getattr(found, name).nbytes for name in Keypoints.__dataclass_fields__)


def compare(shape, rounds):
    """One row: both sides in turn, and whether they find about the same."""
    x = walks(shape)
    detect(x[:2])
    whole = blocks = ours = float("inf")
    for _ in range(rounds):
        ours = min(ours, seconds(lambda: detect(x), 2))
        whole = min(whole, seconds(lambda: straightforward(x, len(x)), 1))
        blocks = min(blocks, seconds(lambda: straightforward(x, 64), 1))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        extra = alone.submit(extra_memory_alone, shape).result()
    count, same = len(detect(x)), straightforward(x[:50], 50).shape[1]
    return {
        "shape": list(shape),
        "ours_s": round(ours, 4),
        "scipy_s": round(whole, 3),
        "ratio": round(whole / ours, 1),
        "scipy_in_blocks_s": round(blocks, 3),
        "ratio_in_blocks": round(blocks / ours, 1),
        "ours_msamples_s": round(x.size / ours / 1e6, 1),
        "share_of_peak": round(products_of_a_sample() * x.size / ours / peak(), 3),
        "keypoints": count,
        "keypoints_of_50": [len(detect(x[:50])), same],
        "extra_mib": round(extra / 2**20, 1),
    }


def compare_peaks(rounds):
    """find_peaks_cwt on one series of 20 000 samples, with the nine widths that the pyramid has."""
    x = walks((20_000,))
    widths = SIGMA0 * 2 ** (np.arange(1, OCTAVES * SCALES + 1) / SCALES)
    detect(x)
    ours, other = seconds(lambda: detect(x), 5 * rounds), seconds(lambda: find_peaks_cwt(x, widths), 1)
    return {"find_peaks_cwt_s": round(other, 3), "ours_s": round(ours, 5), "ratio": round(other / ours)}


def growth(rounds):
    """Nanoseconds a sample for series of growing number and of growing length."""
    rows = {}
    for shape in [(500, 1000), (2000, 1000), (8000, 1000), (8, 62_500), (8, 250_000), (8, 1_000_000)]:
        x = walks(shape)
        rows["x".join(map(str, shape))] = round(seconds(lambda x=x: detect(x), 2 * rounds) / x.size * 1e9, 2)
    return {"ns_per_sample": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="a twentieth of the series, to see that it runs")
    options = parser.parse_args()
    for n, t in SHAPES:
        print(json.dumps(compare((max(n // 20, 2) if options.small else n, t), options.rounds)), flush=True)
    print(json.dumps(compare_peaks(options.rounds)), flush=True)
    if not options.small:
        print(json.dumps(growth(options.rounds)), flush=True)


if __name__ == "__main__":
    main()
