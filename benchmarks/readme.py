"""Write the README's table from the rows under benchmarks/results/clean; with --check, only say whether it is current.

    python benchmarks/readme.py [--check]

Rows of our own estimators that were computed by different code are refused: a table is of one state of it.
"""

import re
import subprocess
import sys
from pathlib import Path

from tsattn.benchmark import Folder
from tsattn.benchmark.mixtures import states_of_code
from tsattn.benchmark.stats import by_protocol

ROOT = Path(__file__).parents[1]
ROWS = ROOT / "benchmarks" / "results" / "clean"
COLUMNS = ["estimator", "accuracy %", "log loss", "fit s", "predict s", "peak MB", "parameters", "runs"]
PLACE = re.compile(r"(<!-- table: clean -->\n).*?(<!-- end -->)", re.S)


def with_table(readme: str) -> str:
    """The README's text with the table that the rows give now."""
    options = [option for column in COLUMNS for option in ("--column", column)]
    command = [sys.executable, "-m", "tsattn", "table", str(ROWS), *options]
    table = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return PLACE.sub(lambda found: f"{found[1]}{table.strip()}\n{found[2]}", readme)


def refuse_mixed_code(folder: Path) -> None:
    """Raise SystemExit if one table would show rows of our estimators by different code."""
    rows, _ = Folder(folder, make=False).current()
    for (task, split, _), estimators in by_protocol(rows).items():
        ours = [row for own in estimators.values() for row in own if row["estimator"]["ours"]]
        if found := states_of_code(ours):
            sys.exit(f"{task}, {split} split: {found[0]} Compute them again, then write the table")


def main() -> None:
    refuse_mixed_code(ROWS)
    file = ROOT / "README.md"
    text = file.read_text(encoding="utf-8")
    current = with_table(text)
    if "--check" in sys.argv:
        sys.exit(0 if current == text else "README.md is not what the rows give: run python benchmarks/readme.py")
    file.write_text(current, encoding="utf-8")


if __name__ == "__main__":
    main()
