"""What the package is made of: `python benchmarks/structure.py`.

Files and lines; circles of imports; and through how many files of the package a small `fit`, `predict` and forecast
pass, counted by a profiler.
"""

import argparse
import ast
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import tsattn
from tsattn.classification import SDMAClassifier
from tsattn.forecasting import SDMAForecaster
from tsattn.training import Training

PACKAGE = Path(tsattn.__file__).parent


def passed(call: Callable[[], Any]) -> set[Path]:
    """The files of the package whose functions a call enters."""
    found: set[str] = set()

    def note(frame: Any, event: str, _argument: Any) -> None:
        if event == "call":
            found.add(frame.f_code.co_filename)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type] # None takes it away
    return {path for path in map(Path, found) if PACKAGE in path.parents}


def imported(path: Path) -> set[Path]:
    """The files of the package that a file imports, wherever the import stands in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        for name in [f"{node.module}.{alias.name}" for alias in node.names] if isinstance(node, ast.ImportFrom) else []:
            parts = name.split(".")
            if parts[0] == PACKAGE.name:
                places = [PACKAGE.joinpath(*parts[1:end]) for end in (len(parts), len(parts) - 1)]
                files = [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")]
                found.add(next(file for file in files if file.is_file()))
    return found - {path}


def in_circles(graph: dict[Path, set[Path]]) -> set[Path]:
    """What is left when files that import nothing that is left, or that nothing left imports, are taken out."""
    left = dict(graph)
    while True:
        used = set().union(*left.values()) if left else set()
        ends = [path for path, others in left.items() if not others & set(left) or path not in used]
        if not ends:
            return set(left)
        for path in ends:
            del left[path]


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    files = sorted(PACKAGE.rglob("*.py"))
    lines = {path: len(path.read_text().splitlines()) for path in files}
    draw, training = np.random.default_rng(0), Training(epochs=1)
    X, y = draw.normal(size=(20, 2, 30)), np.arange(20) % 2
    series = pd.Series(draw.normal(size=80).cumsum())
    classifier = SDMAClassifier(hidden_size=4, proportions=10, training=training, random_state=0)
    forecaster = SDMAForecaster(look_back=8, hidden_size=4, training=training, random_state=0)
    fit = passed(lambda: classifier.fit(X, y))
    steps = {"fit": fit, "predict": passed(lambda: classifier.predict(X)),
             "fit of a forecaster": passed(lambda: forecaster.fit(series, fh=[1, 2])),
             "forecast": passed(forecaster.predict)}
    print(f"files {len(files)}, lines {sum(lines.values())}, longest {max(lines.values())}, "
          f"in circles of imports {len(in_circles({path: imported(path) for path in files}))}")
    print("files passed: " + ", ".join(f"{name} {len(found)}" for name, found in steps.items()))


if __name__ == "__main__":
    main()
