"""Means, spreads and paired comparisons of rows; as much as the runs allow, and no more.

The spread is the standard deviation over seeds and folds (n - 1 in the denominator). Under an official split it is that
of training alone: the test part is the same in every run, and another test part would differ by more. For the same
reason seeds are no sample to test a difference on: folds are paired, each by its mean over seeds, and one test set is
not tested at all. Folds share training series, so that even their p is a rough one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr, wilcoxon

from tsattn.benchmark.scores import LOWER_IS_BETTER

ENOUGH = 6  # pairs of folds: with 5 the least two-sided p of a signed-rank test is 2 / 2^5 = 0.0625
Row = Mapping[str, Any]
Protocols = Mapping[tuple[str, str, int], Mapping[str, list[Row]]]  # rows by (task, split, folds), by estimator


@dataclass(frozen=True)
class Summary:
    """Mean and standard deviation of some runs; the spread is None for a single one."""

    mean: float
    sd: float | None
    n: int


def summary(values: Iterable[float | None]) -> Summary | None:
    """Of the values that are there; None if none is."""
    found = np.array([value for value in values if value is not None], dtype=float)
    if not len(found):
        return None
    return Summary(float(found.mean()), float(found.std(ddof=1)) if len(found) > 1 else None, len(found))


def protocol_of(row: Row) -> tuple[str, str, int]:
    """What may stand in one table: (task, kind of split, folds)."""
    return row["task"]["name"], row["split"]["kind"], row["split"]["folds"]


def by_protocol(rows: Iterable[Row]) -> Protocols:
    """Rows by protocol, then by estimator, in the order in which they first appear."""
    found: dict[tuple[str, str, int], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[protocol_of(row)][row["estimator"]["name"]].append(row)
    return {protocol: dict(estimators) for protocol, estimators in found.items()}


def compare(estimators: Mapping[str, list[Row]], reference: str, metric: str = "accuracy") -> pd.DataFrame:
    """Each estimator against the reference, fold by fold, on one protocol.

    A fold's difference is the mean over the seeds that both have; an estimator that no seed changes is compared with
    each of the other's seeds.

    Returns
    -------
    pd.DataFrame
        One row an estimator: "difference" (mean, estimator - reference), "relative" (the same, in parts of the
        reference's mean), "n_pairs" (folds), "better", "worse" (folds,
        from the estimator's side), "p" (two-sided Wilcoxon signed-rank), "p_holm" (Holm 1979, over the rows of this
        table). p is NaN where there are fewer than 6 pairs, and 1 where all are equal.
    """
    sign = -1 if metric in LOWER_IS_BETTER else 1
    table = []
    for name, rows in estimators.items():
        if name == reference:
            continue
        differences = _by_fold(rows, estimators.get(reference, []), metric)
        table.append({
            "estimator": name, "n_pairs": len(differences),
            "difference": differences.mean() if len(differences) else np.nan,
            "relative": _relative(differences, estimators.get(reference, []), metric),
            "better": int((sign * differences > 0).sum()), "worse": int((sign * differences < 0).sum()),
            "p": signed_rank(differences)})
    frame = pd.DataFrame(table, columns=["estimator", "n_pairs", "difference", "relative", "better", "worse", "p"])
    frame["p_holm"] = holm(frame["p"].to_numpy(float))
    return frame.set_index("estimator")


def _relative(differences: np.ndarray, reference: list[Row], metric: str) -> float:
    mean = summary((row["scores"] or {}).get(metric) for row in reference)
    return float(differences.mean() / mean.mean) if len(differences) and mean and mean.mean else np.nan


def _by_fold(rows: list[Row], reference: list[Row], metric: str) -> np.ndarray:
    """Estimator - reference, a mean over seeds for each fold that both have."""
    seeds = {row["seed"] for row in [*rows, *reference]}
    mine, theirs = _scores(rows, metric, seeds), _scores(reference, metric, seeds)
    found: dict[int, list[float]] = defaultdict(list)
    for fold, seed in sorted(mine.keys() & theirs.keys()):
        found[fold].append(mine[fold, seed] - theirs[fold, seed])
    return np.array([np.mean(differences) for differences in found.values()])


def _scores(rows: list[Row], metric: str, seeds: set[int]) -> dict[tuple[int, int], float]:
    found = {}
    for row in rows:
        value = (row["scores"] or {}).get(metric)
        if value is not None:
            own = [row["seed"]] if row["estimator"]["seeded"] else seeds
            found.update({(row["split"]["fold"], seed): value for seed in own})
    return found


def signed_rank(differences: np.ndarray) -> float:
    """Two-sided p of Wilcoxon's signed-rank test; NaN of fewer than 6 differences, 1 where all are 0."""
    if len(differences) < ENOUGH:
        return float("nan")
    if not differences.any():
        return 1.0
    return float(wilcoxon(differences).pvalue)


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's (1979) adjusted p, over those that are not NaN: the k-th least of m is multiplied by m - k + 1.

    Written out, for statsmodels' own collects the garbage of the whole process at each call: half a second beside
    10 000 rows.

    Examples
    --------
    >>> holm(np.array([0.04, 0.01, np.nan, 0.03])).tolist()
    [0.06, 0.03, nan, 0.06]
    """
    adjusted = np.full(len(p), np.nan)
    order = np.argsort(p, kind="stable")[: np.count_nonzero(~np.isnan(p))]  # NaN sorts last
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)).clip(max=1)
    return adjusted


def order_kept(estimators: Mapping[str, list[Row]]) -> tuple[int, float] | None:
    """How many estimators have a published score and one of ours, and Spearman's rank correlation of the two.

    None where there are fewer than five, or one side is the same for all.
    """
    ours, theirs = [], []
    for rows in estimators.values():
        own, printed = summary((row["scores"] or {}).get(published_as(rows)) for row in rows), published(rows)
        if own is not None and printed is not None:
            ours.append(own.mean)
            theirs.append(printed)
    if len(ours) < 5 or len(set(ours)) == 1 or len(set(theirs)) == 1:
        return None
    return len(ours), float(spearmanr(ours, theirs).statistic)


def published(rows: Sequence[Row]) -> float | None:
    """The score that an estimator's source prints for this task; None where it prints none."""
    value: float | None = rows[0]["estimator"].get("published")
    return value


def published_as(rows: Sequence[Row]) -> str:
    """Which score that is."""
    return str(rows[0]["estimator"].get("published_as", "accuracy"))


def signed(value: float, digits: int = 1) -> str:
    """A number with its sign, a minus as it is printed.

    Examples
    --------
    >>> signed(-1.25, 2)
    '−1.25'
    """
    return f"{value:+.{digits}f}".replace("-", "−")


def verdicts(differences: pd.DataFrame, reference: str, *, one_test_set: int | None = None,
             things: str = "series") -> list[str]:
    """The comparisons of accuracies in words, for people; what cannot be tested is said once.

    `one_test_set` is the number of its series, or of other `things`, where all runs share one; differences are then
    said in these.
    """
    if one_test_set is not None:
        series = [f"{name} {signed(comparison.difference * one_test_set)}"
                  for name, comparison in differences[differences["n_pairs"] > 0].iterrows()]
        return [f"against {reference}, a mean over runs, of {one_test_set} test {things}: {', '.join(series)}; "
                "one test set: no test"] if series else []
    lines = [f"{name} against {reference}: {comparison.better:.0f} better, {comparison.worse:.0f} worse of "
             f"{comparison.n_pairs:.0f} folds, p = {comparison.p_holm:.3g} (Wilcoxon signed-rank, Holm)"
             for name, comparison in differences[differences["n_pairs"] >= ENOUGH].iterrows()]
    few = [f"{name} ({comparison.n_pairs:.0f})"
           for name, comparison in differences[differences["n_pairs"] < ENOUGH].iterrows()]
    if few:
        lines.append(f"too few folds to test against {reference} (a test needs {ENOUGH}): {', '.join(few)}")
    return lines
