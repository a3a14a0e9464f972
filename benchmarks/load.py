"""What large inputs cost: seconds, and the most memory at one time, each case in a process of its own.

    python benchmarks/load.py                         # all cases; each row is appended to results/load.jsonl
    python benchmarks/load.py many long --of ScaleSpaceRidgeClassifier --limit 300 --most 6

Cases are of (series, channels, steps): `many` (100000, 3, 50), `long` one series of (3, 1000000), which classifiers
predict that were fitted to short ones, `wide` (100, 1000, 50), `classes` 200 classes of 2 series each, (400, 3, 50),
and `half` and `whole`, (1500, 3, 50) and (3000, 3, 50). A forecaster learns one series of 1000000 steps.

The ridge has 500 `proportions` for `many` series, 2500 else. A row has the CPU seconds of fit and of predict (or
transform), on one thread; the most memory above that of the process with its imports and its data, in MiB; and what
`ScaleSpaceRidgeClassifier` documents. A case that takes longer than the limit, in seconds, is stopped, one that takes
more GiB than `--most` fails, and the row says so.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).parent / "results" / "load.jsonl"
MIB = 2**20
SHAPES = {"many": (100_000, 3, 50), "long": (1, 3, 1_000_000), "wide": (100, 1000, 50), "classes": (400, 3, 50),
          "half": (1500, 3, 50), "whole": (3000, 3, 50)}
CLASSES = {"classes": 200}
CLASSIFIERS = ("ScaleSpaceRidgeClassifier", "SDMAClassifier")
TRANSFORMERS = ("ScaleSpaceChannels", "UVTFSaliency", "UVTFEvents")
FORECASTERS = ("SDMAForecaster",)
EPOCHS = 2
PROPORTIONS = {"many": 500}
DEFAULT = 2500
GIB = 2**30


def made(name, case):
    """An unfitted estimator with its defaults, but for few epochs, and a smaller ridge for the most series."""
    from tsattn import classification, forecasting, transformations
    from tsattn.training import Training

    cls = next(getattr(room, name) for room in (classification, forecasting, transformations) if hasattr(room, name))
    trained = "training" in cls.get_param_names()
    options = {"random_state": 0, "training": Training(epochs=EPOCHS)} if trained else {}
    if "proportions" in cls.get_param_names():
        options["proportions"] = PROPORTIONS.get(case, DEFAULT)
    return cls(**options)


def series(case):
    """Smoothed noise of the case's shape, whose level says the class; and the classes."""
    n, channels, steps = SHAPES[case]
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, channels, steps), dtype=np.float32)
    X[..., 1:] += X[..., :-1]
    y = np.arange(n) % CLASSES.get(case, 2)
    X[:, 0] += y[:, None]
    return X, y


def documented(name, case):
    """MiB by the formula in the class's notes; None for other classes, and where other series are learned."""
    if name != "ScaleSpaceRidgeClassifier" or case == "long":
        return None
    n, channels, steps = SHAPES[case]
    p = 4 * PROPORTIONS.get(case, DEFAULT)
    held = 12 * n * p if n <= p else 28 * n * p if n * p <= 2**27 else 4 * n * p + max(400e6, 2048 * n)
    return round(max(held + 24 * min(n, p) ** 2 + 200 * n * channels * steps, 2e8) / MIB)


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def one(name, case, most):
    """Print the row of a case, measured in this process."""
    import torch

    resource.setrlimit(resource.RLIMIT_DATA, (int(most * GIB),) * 2)
    torch.set_num_threads(1)
    estimator, (X, y) = made(name, case), series(case)
    short = series("classes")
    if name in CLASSIFIERS:  # compiled, and imported
        estimator.clone().set_params(proportions=5).fit(short[0][:400], short[1][:400] % 2)
    elif name in TRANSFORMERS:
        estimator.clone().fit_transform(short[0][:20])
    before, began = peak(), time.process_time()
    if name in FORECASTERS:
        import pandas as pd

        estimator.fit(pd.Series(X[0, 0]), fh=[1, 2, 3])
        ask = estimator.predict
    elif name in TRANSFORMERS:
        estimator.fit(X)
        ask = lambda: estimator.transform(X)  # noqa: E731
    else:
        estimator.fit(*(short if case == "long" else (X, y)))
        ask = lambda: estimator.predict(X)  # noqa: E731
    fitted = time.process_time()
    after_fit = peak()
    ask()
    print(json.dumps({
        "case": case, "shape": SHAPES[case], "estimator": name, "fit_s": round(fitted - began, 1),
        "predict_s": round(time.process_time() - fitted, 1), "input_mib": round(X.nbytes / MIB),
        "before_mib": round(before / MIB), "fit_mib": round((after_fit - before) / MIB),
        "peak_mib": round((peak() - before) / MIB), "documented_mib": documented(name, case)}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", choices=[*SHAPES, []])
    parser.add_argument("--of", nargs="*", default=[*CLASSIFIERS, *TRANSFORMERS, *FORECASTERS])
    parser.add_argument("--limit", type=int, default=1800)
    parser.add_argument("--most", type=float, default=8)
    parser.add_argument("--one", action="store_true")
    asked = parser.parse_args()
    cases = asked.cases or [*SHAPES]
    if asked.one:
        one(asked.of[0], cases[0], asked.most)
        return
    for case in cases:
        for name in asked.of:
            if name in FORECASTERS and case != "long":
                continue
            command = [sys.executable, "-W", "ignore", __file__, case, "--of", name, "--one", "--most", str(asked.most)]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=asked.limit, check=False)
                line = done.stdout.strip() or json.dumps(
                    {"case": case, "estimator": name, "failed": (done.stderr.strip().splitlines() or [""])[-1][-300:]})
            except subprocess.TimeoutExpired:
                line = json.dumps({"case": case, "estimator": name, "stopped_after_s": asked.limit})
            print(line, flush=True)
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


if __name__ == "__main__":
    main()
