"""What the harness costs, and what a second worker gains: one suite, three runs.

Cells are fits of SDMA on the vowels that ship inside sktime. A process pays once for imports, for hashing the code, for
a small fit, after which nothing is compiled on the clock, and, at the first seed of an estimator, for the arrays behind
the report's pictures: the first run is of that cell alone, and the seconds of it that are neither fit nor prediction
are printed. The second run goes on in the same folder: printed is the share of its time that is not fits and
predictions (splits, hashes, rows, but no tables), and that of both runs. Then all cells again by two workers of one
thread, with the starting of their processes: how much faster they are than one. Times of one run each, side by side:
run it on a quiet machine.

usage: python benchmarks/harness_overhead.py [--seeds N]
"""

import argparse
import json
import os
import tempfile
import time

import torch

from tsattn.benchmark import Folder, run_suite
from tsattn.benchmark.suites import suite_named


def timed(suite, folder, jobs=1):
    """Wall time of a run, and of the fits and predictions that it did."""
    before = set(Folder(folder).manifest().values())
    start = time.perf_counter()
    keys = run_suite(suite, folder, jobs=jobs)
    wall = time.perf_counter() - start
    rows = [Folder(folder).read(key) for key in keys if key not in before]
    return wall, sum(row["fit_seconds"] + row["predict_seconds"] for row in rows)


def percent(wall, inside):
    """How much longer a run took than what was in it."""
    return round(100 * (wall / inside - 1), 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=6, help="cells of the suite")
    options = parser.parse_args()
    torch.set_num_threads(1)  # what workers have
    suite = suite_named("demo").only(["japanese_vowels"], ["sdma"], seeds=options.seeds)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        first, inside_first = timed(suite.only(seeds=1), one)
        rest, inside_rest = timed(suite, one)
        both, inside_both = timed(suite, two, jobs=2)
    print(json.dumps({
        "cells": options.seeds, "cores": len(os.sched_getaffinity(0)),
        "start_s": round(first - inside_first, 2), "later_overhead_percent": percent(rest, inside_rest),
        "one_worker_s": round(first + rest, 1), "fits_and_predictions_s": round(inside_first + inside_rest, 1),
        "overhead_percent": percent(first + rest, inside_first + inside_rest),
        "two_workers_s": round(both, 1), "fits_and_predictions_of_two_s": round(inside_both, 1),
        "two_workers_are_faster_by": round((first + rest) / both, 2),
    }))


if __name__ == "__main__":
    main()
