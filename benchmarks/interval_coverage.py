"""How much of what comes lies in intervals of 90 %: where they were measured, after it, and on the test part.

Run: TSATTN_DATA=folder python benchmarks/interval_coverage.py      (about ten minutes on one core)
Prints a row a task and form, in %, and appends it to benchmarks/results/interval_coverage.jsonl: on the windows that
the forecaster held out (the last fifth of its training rows), by which its intervals were set; on the official
validation months, which nothing was learned from, where there are some; and on the test part. All scored columns and
steps ahead count alike. Tasks and forms are those of suite `forecast`: sml2010 a step ahead, ETTh1 96 hours.
"""

import json
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

from tsattn.benchmark.forecast_forms import Network
from tsattn.benchmark.forecast_scores import interval_scores
from tsattn.benchmark.forecast_tasks import ETT_TEST, ETT_TRAIN, etth1, sml2010
from tsattn.benchmark.forecasting import EDGES, ForecastInfo

RESULTS = Path(__file__).parent / "results" / "interval_coverage.jsonl"
HELD = 0.2
FORMS = {"sdma": Network("SDMAForecaster"), "sdma-quantile": Network("SDMAForecaster", loss="quantile")}


def coverage(model, series):
    """The share within the intervals, and the number of windows."""
    low, high = (model.rolling(series.y, first=series.first, alpha=[edge]) for edge in EDGES)
    n_columns = len(series.y.columns)
    edges = (edge.to_numpy().reshape(-1, series.horizon, n_columns) for edge in (low, high))
    return interval_scores(series, *edges)["coverage"], len(series.cutoffs)


def held_out(series):
    """The last fifth of each stretch of training rows, as a series each."""
    train = series.train
    stretches = [part.droplevel(0) for _, part in train.groupby(level=0, sort=False)] \
        if isinstance(train.index, pd.MultiIndex) else [train]
    return [replace(series, y=part, first=len(part) - round(HELD * len(part))) for part in stretches]


def parts_of(task, series):
    """The windows of each part."""
    parts = {"held out": held_out(series)}
    if task == "etth1-96":
        parts["validation months"] = [replace(series, y=series.y.iloc[:ETT_TEST], first=ETT_TRAIN)]
    return parts | {"test": [series]}


def main():
    for task, series in (("sml2010", sml2010()), ("etth1-96", etth1(96))):
        info = ForecastInfo(task, len(series.train), series.train.shape[1], series.horizon, series.season,
                            series.places[0])
        for name, form in FORMS.items():
            began = time.perf_counter()
            model = form(0, info).fit(series.train, fh=range(1, series.horizon + 1))
            row = {"task": task, "form": name, "fit_seconds": round(time.perf_counter() - began, 1)}
            for part, several in parts_of(task, series).items():
                found = [coverage(model, one) for one in several]
                n = sum(count for _, count in found)
                row[part] = round(100 * sum(share * count for share, count in found) / n, 1)
            print(json.dumps(row), flush=True)
            with RESULTS.open("a") as file:
                file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
