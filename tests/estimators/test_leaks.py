"""P64: fitting, predicting, saving and loading again and again takes no more memory, files or threads.

By hand: `MALLOC_MMAP_THRESHOLD_=65536 pytest -m long tests/estimators/test_leaks.py -s`; TSATTN_CYCLES says how many
cycles, 10000 by default. Without this setting glibc takes larger and larger tensors from its heap, which then grows by
3 kB a cycle between holes of all sizes, while the bytes in use stay the same.
"""

import gc
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tsattn
from tsattn.classification import ImageClassifier, ScaleSpaceRidgeClassifier, SDMAClassifier
from tsattn.forecasting import SDMAForecaster
from tsattn.regression import SDMARegressor
from tsattn.training import Training
from tsattn.transformations import UVTFEvents, UVTFSaliency

TINY = Training(epochs=1)
CYCLES = int(os.environ.get("TSATTN_CYCLES", "10000"))
WARM = 0.3  # share of the cycles before memory is looked at: caches and the allocator's pools fill
KIB = 1024


def panel(rng):
    n, channels, steps = rng.integers(6, 16), rng.integers(1, 4), rng.integers(12, 50)
    return rng.normal(size=(n, channels, steps)), np.arange(n) % 2


def classified(made):
    def work(rng, path):
        X, y = panel(rng)
        fitted = made.clone().set_params(random_state=int(rng.integers(99))).fit(X, y)
        expected = fitted.predict(X)
        tsattn.save(fitted, path)
        assert np.array_equal(tsattn.load(path).predict(X), expected)
    return work


def transformed(made):
    def work(rng, path):
        X, _ = panel(rng)
        fitted = made.clone().fit(X)
        tsattn.save(fitted, path)
        assert len(tsattn.load(path).transform(X)) == len(fitted.transform(X))
    return work


def of_images(rng, path):
    size = int(rng.integers(12, 20))
    X, y = rng.integers(0, 255, (6, size, size), dtype=np.uint8), np.arange(6) % 2
    fitted = ImageClassifier(training=TINY, random_state=0).fit(X, y)
    tsattn.save(fitted, path)
    assert np.array_equal(tsattn.load(path).predict(X), fitted.predict(X))


def forecast(rng, path):
    y = pd.Series(rng.normal(size=int(rng.integers(40, 80))).cumsum())
    fitted = SDMAForecaster(look_back=12, hidden_size=3, training=TINY, random_state=0).fit(y, fh=[1, 2])
    tsattn.save(fitted, path)
    assert np.array_equal(tsattn.load(path).predict(), fitted.predict())


RIDGE = classified(ScaleSpaceRidgeClassifier(proportions=20))
SDMA = {"hidden_size": 3, "proportions": 7, "training": TINY}
KINDS = [RIDGE, transformed(UVTFSaliency()), RIDGE, transformed(UVTFEvents()), RIDGE,
         classified(SDMAClassifier(**SDMA)), RIDGE, classified(SDMARegressor(**SDMA)), RIDGE, of_images, RIDGE,
         forecast]


def used():
    """Bytes of memory, open files, threads."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    files, threads = (len(list(Path(f"/proc/self/{name}").iterdir())) for name in ("fd", "task"))
    return pages * os.sysconf("SC_PAGESIZE"), files, threads


def parts():
    """What memory is of, in KiB: our own, and files', torch's code above all, which the system drops and reads anew.

    oneDNN keeps the last 1024 convolutions by shape, which take hundreds of cycles to come together.
    """
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return {name: int(lines[name].split()[0]) for name in ("RssAnon", "RssFile")}


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.filterwarnings("ignore")
def test_p64_cycles_leave_nothing_behind(tmp_path):
    rng, seen = np.random.default_rng(0), []
    for number in range(CYCLES):
        KINDS[number % len(KINDS)](rng, tmp_path / "model.tsattn")
        if number % 24 == 23:
            gc.collect()
            seen.append((number, *used()))
            if number % 240 == 239:
                sys.stdout.write("{} cycles: {} bytes, {} files, {} threads; {}\n".format(*seen[-1], parts()))
    cycles, memory, files, threads = np.array(seen)[int(WARM * len(seen)) :].T
    slope = np.polyfit(cycles, memory, 1)[0]
    sys.stdout.write(f"{CYCLES} cycles: {slope:.0f} bytes a cycle, {set(files)} files, {set(threads)} threads\n")
    assert len(set(files)) == len(set(threads)) == 1
    assert slope < KIB
