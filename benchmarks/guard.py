"""Compare a folder of results with an earlier one: alarm where accuracy fell or fits became slower.

    tsattn bench --suite clean --only auslan --only spoken_arabic_digits --estimator sdma --seeds 5 --output runs/guard
    python benchmarks/guard.py runs/guard [benchmarks/results/clean]

Of each data set and estimator that both have, the means over the seeds that both have are compared: an accuracy that is
more than half a point lower is an alarm, and so are fits that take more than a tenth longer. Times are compared only
where the processor and the number of threads and jobs are the same. The exit code is 1 after an alarm, and 2 where the
folders have nothing in common.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tsattn.benchmark import Folder

BEFORE = Path(__file__).parent / "results" / "clean"
POINTS = 0.5
SLOWER = 1.1
MACHINE = ("cpu", "cores", "torch_threads", "jobs", "gpu")


def finished(folder: Path) -> dict[tuple[Any, ...], dict[Any, dict[str, Any]]]:
    """Rows that are done, by data set, estimator and split, and within these by seed and fold."""
    found: dict[tuple[Any, ...], dict[Any, dict[str, Any]]] = defaultdict(dict)
    for row in Folder(folder, make=False).current()[0]:
        if row["status"] == "done" and "accuracy" in row["scores"]:
            cell = row["task"]["name"], row["estimator"]["name"], row["split"]["kind"]
            found[cell][row["seed"], row["split"]["fold"]] = row
    return found


def compare(now: Path, before: Path = BEFORE) -> Iterator[tuple[bool, str]]:
    """Whether it is an alarm, and what is to be said, of each data set and estimator that both folders have."""
    new, old = finished(now), finished(before)
    for cell in sorted(new.keys() & old.keys()):
        runs = sorted(new[cell].keys() & old[cell].keys())
        if not runs:
            continue
        pairs = [(new[cell][run], old[cell][run]) for run in runs]
        points = 100 * float(np.mean([ours["scores"]["accuracy"] - theirs["scores"]["accuracy"]
                                      for ours, theirs in pairs]))
        times = float(np.sum([ours["fit_seconds"] for ours, _ in pairs]) /
                      np.sum([theirs["fit_seconds"] for _, theirs in pairs]))
        alike = all(ours["hardware"].get(part) == theirs["hardware"].get(part)
                    for ours, theirs in pairs for part in MACHINE)
        said = f"{times:.2f} x the fit time" if alike else "times of another machine"
        yield (points < -POINTS or (alike and times > SLOWER),
               f"{', '.join(cell)}: {points:+.2f} points, {said}, {len(pairs)} runs")


def main(arguments: list[str]) -> int:
    """Print a line a data set and estimator; the exit code."""
    lines = list(compare(*map(Path, arguments)))
    for alarm, text in lines:
        print("ALARM" if alarm else "fine ", text)
    if not lines:
        print("the folders have no data set and estimator in common", file=sys.stderr)
    return 2 if not lines else int(any(alarm for alarm, _ in lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
