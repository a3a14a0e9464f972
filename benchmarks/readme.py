"""Write the README's table from the rows under benchmarks/results/clean; with --check, only say whether it is current.

    python benchmarks/readme.py [--check]
"""

import re
import subprocess
import sys
from pathlib import Path

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


def main() -> None:
    file = ROOT / "README.md"
    text = file.read_text(encoding="utf-8")
    current = with_table(text)
    if "--check" in sys.argv:
        sys.exit(0 if current == text else "README.md is not what the rows give: run python benchmarks/readme.py")
    file.write_text(current, encoding="utf-8")


if __name__ == "__main__":
    main()
