"""How long importing takes, beside the libraries that it stands on. Each figure is the median of fresh interpreters."""

import statistics
import subprocess
import sys

REPEATS = 7
STATEMENTS = {
    "import tsattn": ("", "import tsattn"),
    "SDMAClassifier, after torch and sktime": (
        "import torch; from sktime.classification.base import BaseClassifier",
        "from tsattn.classification import SDMAClassifier",
    ),
    "torch and sktime themselves": ("", "import torch; from sktime.classification.base import BaseClassifier"),
}


def seconds(before: str, statement: str) -> float:
    code = f"{before}\nimport time; start = time.perf_counter()\n{statement}\nprint(time.perf_counter() - start)"
    out = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    return float(out.stdout.strip().splitlines()[-1])


def main() -> None:
    for name, (before, statement) in STATEMENTS.items():
        seconds(before, statement)  # the disk's cache is warm after the first
        times = [seconds(before, statement) for _ in range(REPEATS)]
        print(f"{name:42s} {statistics.median(times):6.3f} s  ({min(times):.3f} to {max(times):.3f})")


if __name__ == "__main__":
    main()
