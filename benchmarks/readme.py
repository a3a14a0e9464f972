"""Write the tables of README.md and docs/results.md from the rows under benchmarks/results; --check only compares.

    python benchmarks/readme.py [--check]

A table stands between `<!-- table: NAME -->` and `<!-- end -->`: that of a folder of rows, or of NAME.jsonl, what a
script measured, a line a row. In a folder, rows of one of our own estimators that were computed by different code are
refused.
"""

import json
import re
import sys
from pathlib import Path

from tsattn.benchmark import Folder
from tsattn.benchmark.mixtures import states_of_code
from tsattn.benchmark.stats import by_protocol
from tsattn.benchmark.tables import tables
from tsattn.benchmark.text import document, markdown

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
COST = ["fit s", "predict s", "peak MB", "parameters", "runs"]
CLASSES = ["estimator", "accuracy %", "log loss"]
INTERVALS = ["covered of 90 %", "interval score"]
COLUMNS = {  # of a suite's tables; others show accuracies
    "forecast": ["estimator", "MAE", "MSE", *INTERVALS, *COST],
    "m4": ["estimator", "sMAPE %", "MASE", "OWA", *INTERVALS, *COST],
    "regression": ["estimator", "MAE", "RMSE", "R²", *COST],
    "san-regression": ["estimator", "MAE", "published MAE", "RMSE", "R²", *COST],
    "san-placement": [*CLASSES, "published log loss", *COST],
    **{name: [*CLASSES, "published %", *COST] for name in (
        "sdma-paper", "sdma-saliency", "xm2a-ablation", "san-images", "san-images-resnet", "racknet-images",
        "racknet-rcnn")},
}
LINES = {  # of what a script measured: how many columns say of what, and how all are headed
    "racknet_stages": (1, {
        "data": "data", "n": "training", "n_features": "features", "features": "finding and describing",
        "entropy": "entropy", "mixture": "mixtures", "clustering": "clusters", "whole": "whole", "layers": "layers"}),
    "interval_coverage": (2, {
        "set": "data", "form": "forecaster", "values": "values", "covered of 90 %": "covered of 90 %, %",
        "covered of 80 %": "covered of 80 %, %", "score": "interval score", "cpu seconds": "CPU s"}),
    "cnn_step_time": (2, {
        "network": "network", "placement": "placement", "step_s": "no attention, s", "se": "SE", "cbam": "CBAM",
        "bam": "BAM", "san-c": "SAN-c", "san-d": "SAN-d"}),
}
FILES = ("README.md", "docs/results.md")
PLACE = re.compile(r"(<!-- table: ([\w-]+) -->\n).*?(<!-- end -->)", re.S)


def with_tables(text: str) -> str:
    """A text with the tables that the rows give now."""
    return PLACE.sub(lambda found: f"{found[1]}{table(found[2])}\n{found[3]}", text)


def table(name: str) -> str:
    """The tables of that name, as Markdown."""
    return of_lines(name) if name in LINES else of_folder(name)


def of_lines(name: str) -> str:
    """What a script measured; of what it measured twice, the latest."""
    n_keys, heads = LINES[name]
    rows = map(json.loads, (RESULTS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())
    latest = {tuple(row[column] for column in heads)[:n_keys]: row for row in rows}
    first = next(iter(latest.values()))
    rule = ["---" if isinstance(first[column], str) else "---:" for column in heads]
    lines = [list(heads.values()), rule, *([as_text(row[column]) for column in heads] for row in latest.values())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_text(value: str | float) -> str:
    """A word as it is, a count in whole, another number to two places."""
    return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


def of_folder(name: str) -> str:
    """The tables of a folder of rows."""
    refuse_mixed_code(RESULTS / name)
    place = Folder(RESULTS / name, make=False)
    rows, remarks = place.current()
    if remarks:
        sys.exit(f"{name}: {'; '.join(remarks)}")
    made = tables(rows, about=place.about())
    across = [markdown(one) for one in made if one.title.startswith("across")]
    return "\n".join([document(made, COLUMNS.get(name, [*CLASSES, *COST])), *across]).strip()


def refuse_mixed_code(folder: Path) -> None:
    """Raise SystemExit if one table would show rows of our estimators by different code."""
    rows, _ = Folder(folder, make=False).current()
    for (task, split, _), estimators in by_protocol(rows).items():
        ours = [row for own in estimators.values() for row in own if row["estimator"]["ours"]]
        if found := states_of_code(ours):
            sys.exit(f"{task}, {split} split: {found[0]} Compute them again, then write the table")


def main() -> None:
    stale = []
    for name in FILES:
        file = ROOT / name
        text = file.read_text(encoding="utf-8")
        current = with_tables(text)
        if current != text:
            stale.append(name)
            if "--check" not in sys.argv:
                file.write_text(current, encoding="utf-8")
    if "--check" in sys.argv:
        sys.exit(f"{' and '.join(stale)}: not what the rows give; run python benchmarks/readme.py" if stale else 0)


if __name__ == "__main__":
    main()
