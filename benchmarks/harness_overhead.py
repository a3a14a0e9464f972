"""What the harness costs, and what a second worker gains: one suite, three runs.

Cells are fits of SDMA on the vowels that ship inside sktime. Printed: the share of the first run's time that is not
fits and predictions (data, splits, hashes, rows, warming up, but no tables), and by how much two workers of one thread
are faster than one worker of one thread, with the starting of their processes. Times of one run each, side by side:
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


def timed(suite, jobs):
    """Wall time of a whole run, and of the fits and predictions in it."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        keys = run_suite(suite, folder, jobs=jobs)
        wall = time.perf_counter() - start
        rows = [Folder(folder).read(key) for key in keys]
    return wall, sum(row["fit_seconds"] + row["predict_seconds"] for row in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=4, help="cells of the suite")
    options = parser.parse_args()
    torch.set_num_threads(1)  # what workers have
    suite = suite_named("demo").only(["japanese_vowels"], ["sdma"], seeds=options.seeds)
    wall, inside = timed(suite, 1)
    two, inside_two = timed(suite, 2)
    print(json.dumps({
        "cells": options.seeds, "cores": len(os.sched_getaffinity(0)),
        "one_worker_s": round(wall, 1), "fits_and_predictions_s": round(inside, 1),
        "overhead_percent": round(100 * (wall / inside - 1), 2),
        "two_workers_s": round(two, 1), "fits_and_predictions_of_two_s": round(inside_two, 1),
        "two_workers_are_faster_by": round(wall / two, 2),
    }))


if __name__ == "__main__":
    main()
