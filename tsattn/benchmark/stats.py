"""Means, spreads and paired comparisons of rows; as much as the runs allow, and no more.

The spread is the standard deviation over seeds and folds (n - 1 in the denominator). Under an official split it is that
of training alone: the test part is the same in every run, and another test part would differ by more.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon
from statsmodels.stats.multitest import multipletests

from tsattn.benchmark.scores import LOWER_IS_BETTER

ENOUGH = 6  # pairs: with 5 the least two-sided p of a signed-rank test is 2 / 2^5 = 0.0625
Row = Mapping[str, Any]


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


def by_protocol(rows: Iterable[Row]) -> dict[tuple[str, str, int], dict[str, list[Row]]]:
    """Rows by protocol, then by estimator, in the order in which they first appear."""
    found: dict[tuple[str, str, int], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[protocol_of(row)][row["estimator"]["name"]].append(row)
    return {protocol: dict(estimators) for protocol, estimators in found.items()}


def compare(estimators: Mapping[str, list[Row]], reference: str, metric: str = "accuracy") -> pd.DataFrame:
    """Each estimator against the reference, paired by fold and seed, on one protocol.

    An estimator that no seed changes is paired with each of the reference's seeds.

    Returns
    -------
    pd.DataFrame
        One row an estimator: "difference" (mean, estimator - reference), "n_pairs", "better", "worse" (pairs, from the
        estimator's side), "p" (two-sided Wilcoxon signed-rank), "p_holm" (Holm 1979, over the rows of this table). p
        is NaN where there are fewer than 6 pairs, and 1 where all are equal.
    """
    sign = -1 if metric in LOWER_IS_BETTER else 1
    table = []
    for name, rows in estimators.items():
        if name == reference:
            continue
        pairs = _pairs(rows, estimators.get(reference, []), metric)
        differences = np.array([ours - theirs for ours, theirs in pairs])
        table.append({
            "estimator": name, "n_pairs": len(pairs),
            "difference": differences.mean() if len(pairs) else np.nan,
            "better": int((sign * differences > 0).sum()), "worse": int((sign * differences < 0).sum()),
            "p": _signed_rank(differences)})
    frame = pd.DataFrame(table, columns=["estimator", "n_pairs", "difference", "better", "worse", "p"])
    frame["p_holm"] = _holm(frame["p"].to_numpy(float))
    return frame.set_index("estimator")


def _pairs(rows: list[Row], reference: list[Row], metric: str) -> list[tuple[float, float]]:
    """(estimator, reference) scores of the same fold and seed."""
    seeds = {row["seed"] for row in [*rows, *reference]}
    mine, theirs = _scores(rows, metric, seeds), _scores(reference, metric, seeds)
    return [(mine[place], theirs[place]) for place in sorted(mine.keys() & theirs.keys())]


def _scores(rows: list[Row], metric: str, seeds: set[int]) -> dict[tuple[int, int], float]:
    found = {}
    for row in rows:
        value = (row["scores"] or {}).get(metric)
        if value is not None:
            own = [row["seed"]] if row["estimator"]["seeded"] else seeds
            found.update({(row["split"]["fold"], seed): value for seed in own})
    return found


def _signed_rank(differences: np.ndarray) -> float:
    if len(differences) < ENOUGH:
        return float("nan")
    if not differences.any():
        return 1.0
    return float(wilcoxon(differences).pvalue)


def _holm(p: np.ndarray) -> np.ndarray:
    adjusted, known = np.full(len(p), np.nan), ~np.isnan(p)
    if known.any():
        adjusted[known] = multipletests(p[known], method="holm")[1]
    return adjusted


def verdicts(differences: pd.DataFrame, reference: str) -> list[str]:
    """The comparisons in words, for people; what cannot be tested is said once."""
    lines = [f"{name} against {reference}: {comparison.better:.0f} better, {comparison.worse:.0f} worse of "
             f"{comparison.n_pairs:.0f} pairs, p = {comparison.p_holm:.3g} (Wilcoxon signed-rank, Holm)"
             for name, comparison in differences[differences["n_pairs"] >= ENOUGH].iterrows()]
    few = [f"{name} ({comparison.n_pairs:.0f})"
           for name, comparison in differences[differences["n_pairs"] < ENOUGH].iterrows()]
    if few:
        lines.append(f"too few pairs of runs to test against {reference} (a test needs {ENOUGH}): {', '.join(few)}")
    return lines
