"""How long the report of many rows takes: reading and checking every file, tables, tests, pictures, one document.

The rows are made in a temporary folder, after those of results/clean: ten times tenfold cross-validation of data sets
in turn like AUSLAN, HDM05 and the spoken digits, with the estimators and histories that were measured there, the labels
and predictions of a fold's series, and scores that differ by a little. Times are those of one call, the first of its
process, on one thread, without imports; beside them stands how long a plain json.loads of the same files takes, the
least that reading them can take.

usage: python benchmarks/report_speed.py [--rows N] >> benchmarks/results/report_speed.jsonl
"""

import argparse
import json
import tempfile
import time
from itertools import count, product
from pathlib import Path

import numpy as np

from tsattn.benchmark.folder import Folder
from tsattn.benchmark.report import page

PATTERN = Path(__file__).parent / "results" / "clean"
FOLDS, SEEDS = 10, 10
SPREAD = 0.01  # standard deviation of scores about the pattern's


def many_rows(n):
    """Yield n rows: data set by data set, those of its pattern's estimators, folds and seeds."""
    kinds = {}
    for row in Folder(PATTERN, make=False).current()[0]:
        kinds.setdefault(row["task"]["name"], {}).setdefault(row["estimator"]["name"], []).append(row)
    rng, made = np.random.default_rng(0), 0
    for place in count():
        name, estimators = list(kinds.items())[place % len(kinds)]
        for seed, fold, own in product(range(SEEDS), range(FOLDS), estimators.values()):
            if made == n:
                return
            yield changed(own[seed % len(own)], f"{name}-{place}", fold, seed, rng) | {"key": f"{made:032x}"}
            made += 1


def changed(row, task, fold, seed, rng):
    """The row as of another data set, fold and seed."""
    scores = {name: None if value is None else float(np.clip(value + SPREAD * rng.standard_normal(), 0, 1))
              for name, value in row["scores"].items()}
    whole = row["task"]["n_train"] + row["task"]["n_test"]
    n_test = min(whole // FOLDS, row["task"]["n_test"])
    return {name: part for name, part in row.items() if name != "digest"} | {
        "slot": f"{task}/cv/{FOLDS}/{fold}/{row['estimator']['name']}/{seed}", "seed": seed, "scores": scores,
        "task": row["task"] | {"name": task, "n_train": whole - n_test, "n_test": n_test},
        "true": row["true"][:n_test], "predicted": row["predicted"][:n_test],
        "split": {"kind": "cv", "folds": FOLDS, "fold": fold},
        "fit_seconds": float(row["fit_seconds"] * np.exp(0.1 * rng.standard_normal()))}


def fill(path, n):
    """A folder of n rows, as a run leaves it."""
    place, slots = Folder(path), []
    for row in many_rows(n):
        place.write(row)
        slots.append((row["slot"], row["key"]))
    place.note(slots, {"suite": "many", "title": "Many rows", "reference": "sdma", "seeds": SEEDS, "command": ""})
    return place


def timed(work):
    """What the work returns, and its wall-clock and processor time in seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, {"wall_s": round(time.perf_counter() - wall, 2), "cpu_s": round(time.process_time() - processor, 2)}


def measure(n):
    """One row of results."""
    with tempfile.TemporaryDirectory() as path:
        place = fill(path, n)
        files = sorted((place.path / "rows").iterdir())
        size = sum(file.stat().st_size for file in files)
        (rows, remarks), load = timed(place.current)
        text, render = timed(lambda: page(rows, place, remarks, None))
        del rows
        _, least = timed(lambda: [json.loads(file.read_bytes())["key"] for file in files])
    return {"rows": n, "mb": round(size / 1e6, 1), "report_mb": round(len(text) / 1e6, 2), "load": load,
            "render": render, "both": {name: round(load[name] + render[name], 2) for name in load},
            "json_loads": least}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000)
    print(json.dumps(measure(parser.parse_args().rows)), flush=True)


if __name__ == "__main__":
    main()
