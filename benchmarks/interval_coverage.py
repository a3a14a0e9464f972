"""How much of what comes lies in intervals of 80 and of 90 %, on eleven sets of series, beside exponential smoothing.

Run: TSATTN_DATA=folder python benchmarks/interval_coverage.py [SET ...]      (about ten minutes on one core)
Prints a row a set and forecaster, and writes them to benchmarks/results/interval_coverage.jsonl; sets that stand there
are kept, unless they are named. Forecasts are rolled: each reads what lies before its cutoff alone. The default
`SDMAForecaster` learns once, from what lies before the first cutoff, the small single series anew at each. Beside it
statsmodels' `ETSModel` is fitted anew at each cutoff, to the last 400 steps at most, in the form of the least AICc at
the first one: additive errors, with or without a damped trend and a season.

The interval score of 90 % is its width, and 20 times what a value lies outside, in units of the mean absolute seasonal
difference before the first cutoff (as M4's MSIS); less is better. Days that nn5 lacks are not scored, and ETS reads
lines across them.
"""

import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sktime.datasets import load_airline, load_longley, load_lynx, load_shampoo_sales
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from tsattn.benchmark.forecast_tasks import ETT_TEST
from tsattn.datasets import load_ett, load_m4, load_sml2010
from tsattn.forecasting import SDMAForecaster

RESULTS = Path(__file__).parent / "results" / "interval_coverage.jsonl"
EDGES = [0.05, 0.1, 0.9, 0.95]
SERIES = 40  # of a set, the first
MEMORY = 400  # steps that ETS learns from
FORMS = [(trend, seasonal) for trend in (None, "add") for seasonal in (None, "add")]


@dataclass(frozen=True)
class One:
    """A series, where the first forecast of it is made, and from where on by how many steps the others."""

    values: np.ndarray
    first: int
    step: int

    def cutoffs(self, horizon: int) -> range:
        return range(self.first, len(self.values) - horizon + 1, self.step)


@dataclass(frozen=True)
class Set:
    """Series that are forecast alike."""

    season: int
    horizon: int
    series: list[One]
    anew: bool = False  # whether ours learns anew at each cutoff, from that series alone

    @property
    def look_back(self) -> int:
        """Two seasons or eight steps, at most 96, and no more than leave two windows of the shortest series."""
        shortest = min(one.first for one in self.series)
        return max(2, min(96, max(8, 2 * self.season), (shortest - self.horizon) // 2))


def small(load: Callable[[], object], season: int, horizon: int, n_cutoffs: int) -> Set:
    values = np.ravel(np.asarray(load(), dtype=float))
    return Set(season, horizon, [One(values, len(values) - horizon - (n_cutoffs - 1) * 2, 2)], anew=True)


def panel(name: str, season: int, horizon: int) -> list[Set]:
    """Half the horizon of the competition, so that two forecasts of it lie in the test part."""
    frame = pd.read_csv(Path(os.environ["TSATTN_DATA"]) / "forecast" / f"{name}.csv.gz")
    half = horizon // 2
    series = [One(part["y"].to_numpy(float), int((part["part"] == "train").sum()), half)
              for _, part in list(frame.groupby("unique_id"))[:SERIES]]
    return [Set(season, half, series)]


def m4(frequency: str, season: int, horizon: int) -> list[Set]:
    train, test = (load_m4(frequency, part)["value"] for part in ("train", "test"))
    names = train.index.get_level_values(0).unique()[:SERIES]
    return [Set(season, horizon // 2, [One(np.concatenate([train[name], test[name]])[-1000:],
                                           min(len(train[name]), 1000 - len(test[name])), horizon // 2)
                                       for name in names])]


def transformer() -> list[Set]:
    """The test months after the last 2000 hours before them, a day ahead, twelve times, seven columns."""
    rows = load_ett().iloc[ETT_TEST - 2000 : ETT_TEST + 12 * 120]
    return [Set(24, 24, [One(rows[column].to_numpy(float), 2000, 120) for column in rows])]


def house() -> list[Set]:
    """A quarter of an hour ahead, from each row of the test part of the second segment."""
    segments = [frame["Temperature_Comedor_Sensor"].to_numpy(float)
                for frame in load_sml2010(return_type="df-list", regular=True)]
    first = 3600 - len(segments[0])
    return [Set(1, 1, [One(segments[0], len(segments[0]), 1), One(segments[1], first, 1)])]


SETS: dict[str, Callable[[], list[Set]]] = {
    "airline, lynx, longley, shampoo": lambda: [
        small(load_airline, 12, 12, 8), small(load_lynx, 1, 6, 12), small(load_shampoo_sales, 1, 6, 8),
        small(lambda: load_longley()[0], 1, 2, 4)],
    "m4 hourly": lambda: m4("hourly", 24, 48), "m4 weekly": lambda: m4("weekly", 1, 13),
    "etth1": transformer, "sml2010": house,
    "m3 monthly": lambda: panel("m3_monthly", 12, 18), "tourism quarterly": lambda: panel("tourism_quarterly", 4, 8),
    "hospital": lambda: panel("hospital", 12, 12), "carparts": lambda: panel("carparts", 12, 12),
    "nn5 daily": lambda: panel("nn5_daily", 7, 56), "m1 quarterly": lambda: panel("m1_quarterly", 4, 8),
}


def ours(given: Set) -> Iterator[tuple[int, int, np.ndarray]]:
    """Series, cutoff and quantiles, (horizon, edges)."""
    ahead = range(1, given.horizon + 1)

    def forecaster() -> SDMAForecaster:
        return SDMAForecaster(look_back=given.look_back, random_state=0)

    if given.anew:
        for k, one in enumerate(given.series):
            for cutoff in one.cutoffs(given.horizon):
                y = pd.Series(one.values[:cutoff])
                yield k, cutoff, forecaster().fit(y, fh=ahead).predict_quantiles(alpha=EDGES).to_numpy()
        return
    frames = {f"s{k:03}": pd.DataFrame({"y": one.values[: one.first]}) for k, one in enumerate(given.series)}
    model = forecaster().fit(pd.concat(frames, names=["series", "time"]), fh=ahead)
    for k, one in enumerate(given.series):
        cutoffs = one.cutoffs(given.horizon)
        if len(cutoffs):
            found = model.rolling(pd.DataFrame({"y": one.values}), first=one.first, step=one.step, alpha=EDGES)
            yield from zip([k] * len(cutoffs), cutoffs, found.to_numpy().reshape(len(cutoffs), given.horizon, -1),
                           strict=True)


def smoothed(given: Set) -> Iterator[tuple[int, int, np.ndarray]]:
    """The same of exponential smoothing."""
    for k, one in enumerate(given.series):
        form = None
        for cutoff in one.cutoffs(given.horizon):
            y = pd.Series(one.values[max(0, cutoff - MEMORY) : cutoff]).interpolate(limit_direction="both")
            seasons = given.season > 1 and len(y) >= 2 * given.season + 4
            tried = [form] if form else [each for each in FORMS if seasons or each[1] is None]
            fits = {each: ETSModel(y, error="add", trend=each[0], damped_trend=each[0] is not None, seasonal=each[1],
                                   seasonal_periods=given.season if each[1] else None,
                                   initialization_method="heuristic" if len(y) >= 10 else "estimated"
                                   ).fit(disp=False) for each in tried}
            form = min(fits, key=lambda each: fits[each].aicc)
            told = fits[form].get_prediction(start=len(y), end=len(y) + given.horizon - 1)
            low, high = (told.pred_int(alpha).to_numpy() for alpha in (0.1, 0.2))
            yield k, cutoff, np.column_stack([low[:, 0], high[:, 0], high[:, 1], low[:, 1]])


def judged(sets: list[Set], forecaster: Callable[[Set], Iterator[tuple[int, int, np.ndarray]]]) -> dict[str, float]:
    """Coverage and interval scores over all values that are forecast."""
    inside, scores = [], []
    for given in sets:
        for k, cutoff, quantiles in forecaster(given):
            one = given.series[k]
            truth = one.values[cutoff : cutoff + given.horizon]
            known = ~np.isnan(truth)
            truth, (low, lower, higher, high) = truth[known], quantiles[known].T
            past = one.values[: one.first]
            unit = np.nanmean(np.abs(past[given.season :] - past[: -given.season])) or 1
            inside.append(np.column_stack([(low <= truth) & (truth <= high), (lower <= truth) & (truth <= higher)]))
            outside = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
            scores.append((high - low + 20 * outside) / unit)
    covered = 100 * np.concatenate(inside).mean(axis=0)
    return {"values": sum(map(len, scores)), "covered of 90 %": round(float(covered[0]), 1),
            "covered of 80 %": round(float(covered[1]), 1), "score": round(float(np.concatenate(scores).mean()), 3)}


def main(names: list[str]) -> None:
    kept = [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []
    kept = [row for row in kept if row["set"] in SETS and row["set"] not in names]
    for name, make in SETS.items():
        for form, forecaster in (("sdma", ours), ("ets", smoothed)):
            if (name, form) in {(row["set"], row["form"]) for row in kept}:
                continue
            began = time.process_time()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of fits that have not converged
                row = {"set": name, "form": form, **judged(make(), forecaster)}
            row["cpu seconds"] = round(time.process_time() - began, 1)
            print(json.dumps(row), flush=True)
            kept.append(row)
            kept.sort(key=lambda row: (list(SETS).index(row["set"]), row["form"]))
            RESULTS.write_text("".join(json.dumps(row) + "\n" for row in kept))
    ours_of, ets_of = ({row["set"]: row for row in kept if row["form"] == form} for form in ("sdma", "ets"))
    fine = sum(85 <= row["covered of 90 %"] <= 95 for row in ours_of.values())
    better = sum(ours_of[name]["score"] <= ets_of[name]["score"] for name in ours_of)
    print(f"85 to 95 % covered of 90 % on {fine} of {len(ours_of)} sets; a score no worse than ETS' on {better}")


if __name__ == "__main__":
    main(sys.argv[1:])
