"""How much of what comes lies in intervals of 90 %, on rows that nothing was learned from: validation rows, then test.

Run: TSATTN_DATA=folder python benchmarks/interval_coverage.py      (about ten minutes on one core)
Prints a row a task and form, in %, and writes them to benchmarks/results/interval_coverage.jsonl. Tasks and forms are
those of suite `forecast`: sml2010 a step ahead, ETTh1 96 hours. Of ETTh1 the validation rows are the official months
between training and test. sml2010 has none: for the validation figure alone, the last fifth of the training rows is
kept from a forecaster of its own. All scored columns and steps ahead count alike.
"""

import json
import time
from dataclasses import replace
from pathlib import Path

from tsattn.benchmark.forecast_forms import Network
from tsattn.benchmark.forecast_scores import interval_scores
from tsattn.benchmark.forecast_tasks import ETT_TEST, ETT_TRAIN, etth1, sml2010
from tsattn.benchmark.forecasting import EDGES, ForecastInfo

RESULTS = Path(__file__).parent / "results" / "interval_coverage.jsonl"
KEPT = 0.2
FORMS = {"sdma": Network("SDMAForecaster"), "sdma-quantile": Network("SDMAForecaster", loss="quantile")}


def fitted(form, task, series):
    """A forecaster of this form that has learned the training rows."""
    info = ForecastInfo(task, len(series.train), series.train.shape[1], series.horizon, series.season, series.places[0])
    return form(0, info).fit(series.train, fh=range(1, series.horizon + 1))


def coverage(model, series):
    """The share of what comes that lies in the intervals, in %."""
    shape = -1, series.horizon, len(series.y.columns)
    edges = (model.rolling(series.y, first=series.first, alpha=[edge]).to_numpy().reshape(shape) for edge in EDGES)
    return round(100 * interval_scores(series, *edges)["coverage"], 1)


def house():
    """sml2010 without the last fifth of its training rows, which are forecast."""
    whole = sml2010()
    n_kept = round(KEPT * len(whole.train))
    last = whole.train.loc[whole.train.index[-1][0]]
    return replace(whole, train=whole.train.iloc[:-n_kept], y=last, first=len(last) - n_kept)


def transformer():
    """ETTh1's validation months."""
    whole = etth1(96)
    return replace(whole, y=whole.y.iloc[:ETT_TEST], first=ETT_TRAIN)


def main():
    rows = []
    for task, whole, validation in (("sml2010", sml2010(), house()), ("etth1-96", etth1(96), transformer())):
        for name, form in FORMS.items():
            began = time.perf_counter()
            model = fitted(form, task, whole)
            earlier = model if validation.train.equals(whole.train) else fitted(form, task, validation)
            rows.append({"task": task, "form": name, "validation": coverage(earlier, validation),
                         "test": coverage(model, whole), "seconds": round(time.perf_counter() - began, 1)})
            print(json.dumps(rows[-1]), flush=True)
    RESULTS.write_text("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
