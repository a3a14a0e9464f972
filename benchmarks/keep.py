"""Keep the rows of a run among those of the repository, in place of older ones of the same cells.

    python benchmarks/keep.py runs/clean clean        # a folder of `tsattn bench`, and the name under results/

Failed rows stay behind, and so do cells that the suite has no longer. What the manifest says of the suite is taken from
the run where nothing was there before.
"""

import sys
from pathlib import Path

from tsattn.benchmark import Folder
from tsattn.benchmark.cell import printed, slot_of
from tsattn.benchmark.suites import suite_named

RESULTS = Path(__file__).parent / "results"


def keep(run: Path, results: Path) -> int:
    """Copy the rows that stand for a run's cells; drop those of `results` that no cell stands for. How many came."""
    source, place = Folder(run, make=False), Folder(results)
    if not source.manifest() or any((results / "rows").iterdir()) != bool(place.manifest()):
        raise ValueError(f"{run} and {results} must each have the manifest of its rows, or none can be told apart")
    about = place.about() or source.about()
    suite = suite_named(about["suite"])
    about = about | {"seeds": suite.seeds}  # as many as it asks for now
    order = {slot_of(cell): number for number, cell in enumerate(suite.cells())}
    come = {row["slot"]: row for row in source.current()[0] if row["status"] == "done" and row["slot"] in order}
    entries = {entry.name: entry for entry in suite.entries}
    for row in come.values():
        # what a source prints is no part of a run: it is what the suite says now
        said = row["estimator"] | printed(entries[row["estimator"]["name"]], row["task"]["name"])
        if place.read(row["key"]) is None or said != row["estimator"]:
            place.write({name: part for name, part in row.items() if name != "digest"} | {"estimator": said})
    slots = {**place.manifest(), **{slot: row["key"] for slot, row in come.items()}}
    (results / "manifest.json").unlink(missing_ok=True)  # it would keep the order in which cells came
    place.note([(slot, slots[slot]) for slot in sorted(order.keys() & slots, key=order.get)], about)
    kept = set(place.manifest().values())
    for path in (results / "rows").glob("*.json"):
        if path.stem not in kept:
            path.unlink()
    for name in ("claims", "pictures"):  # of a run, not of results
        for path in (results / name).glob("*"):
            path.unlink()
        (results / name).rmdir()
    return len(come)


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    n = keep(Path(sys.argv[1]), RESULTS / sys.argv[2])
    print(f"{n} rows kept")


if __name__ == "__main__":
    main()
