"""Comparisons over several data sets, each of which counts once: by the mean of its runs.

Demšar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7, 2006. With k estimators on N data
sets, r_ij the rank of estimator j on data set i (1 the best, ties share their mean) and R_j its mean over data sets:

    Friedman    chi² = 12 N / (k (k + 1)) (sum_j R_j² - k (k + 1)² / 4) / (1 - sum over ties (t³ - t) / (N (k³ - k)))
    Nemenyi     two estimators differ where |R_i - R_j| > CD = q sqrt(k (k + 1) / (6 N))

q is the 0.95 quantile of the studentised range of k groups and infinitely many degrees of freedom, over sqrt(2). Ranks
are taken within data sets, so that these tests are paired. Two estimators are compared by Wilcoxon's signed-rank test
of the data sets' differences, with Holm's correction, where there are enough data sets for it to decide.

A Bayesian sign test (Benavoli, Corani, Demšar & Zaffalon, "Time for a change", JMLR 18, 2017) asks which is the most
frequent outcome among data sets: an estimator better than another, practically equal, or worse. Of the shares of the
three outcomes there is a Dirichlet posterior, over the counts of the data sets with one more, a prior's, that counts as
practically equal; the test gives the posterior probability of each that its share is the largest.

Errors have a unit in each data set; they are compared by logarithms of their ratios, in which twice as much and half as
much weigh the same. Of forecasts there is no board: horizons and samples of one series are no data sets of their own.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import friedmanchisquare, studentized_range

from tsattn.benchmark.data import SINGLE
from tsattn.benchmark.scores import MEASURES, Measure, kind_name, leading
from tsattn.benchmark.stats import ENOUGH, Row, holm, protocol_of, signed, signed_rank

LEVEL = 0.05
OUTCOMES = ("mostly_better", "mostly_alike", "mostly_worse")
DRAWS = 9999  # of the bootstrap
MANY_DRAWS = 100_000  # of a posterior: shares to a few thousandths
ALIKE = 0.01  # differences that are practically none: a point of accuracy, or a hundredth of an error
DIGITS = 12  # of scores: means of the same numbers in another order tie
SPLITS = {"official": "official splits", "cv": "cross-validation", "validation": "validation inside training parts",
          "paper": "the papers' splits"}


@dataclass(frozen=True)
class Board:
    """The scores of estimators that have run on all of some data sets.

    Attributes
    ----------
    metric : str
        The score that leads, and by which ranks are taken.
    measure : Measure
    split : str
        Its kind.
    scores : DataFrame
        A row a data set, a column an estimator: means over folds and seeds.
    folds : DataFrame
        The same with a row a (data set, fold): means over seeds.
    ours : list of str
        Estimators of this package.
    left_out : list of str
        Estimators that lack a fold of a data set: a mean over other folds would not compare.

    Examples
    --------
    >>> scores = pd.DataFrame({"a": [0.9, 0.8, 0.7], "b": [0.8, 0.8, 0.6]}, index=["x", "y", "z"])
    >>> board = Board("accuracy", MEASURES["classification"]["accuracy"], "official", scores, scores, [], [])
    >>> board.ranks.round(3).to_dict()
    {'a': 1.167, 'b': 1.833}
    """

    metric: str
    measure: Measure
    split: str
    scores: pd.DataFrame
    folds: pd.DataFrame
    ours: list[str]
    left_out: list[str]

    @property
    def ranks(self) -> pd.Series:
        """Mean ranks, 1 the best, in the order of the columns."""
        return self.scores.rank(axis=1, ascending=self.measure.lower).mean()


def boards(rows: Iterable[Row]) -> list[Board]:
    """A board for each kind of split and leading score that two data sets and two estimators share."""
    grouped: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["split"]["kind"], kind_name(row["task"]), leading(row["task"])].append(row)
    made = (_board(split, kind, metric, some) for (split, kind, metric), some in grouped.items()
            if kind != "forecasting")
    return [board for board in made if min(board.scores.shape) > 1]


def _board(split: str, kind: str, metric: str, rows: Sequence[Row]) -> Board:
    found = pd.DataFrame([{"task": protocol_of(row), "fold": row["split"]["fold"],
                           "estimator": row["estimator"]["name"], "score": (row["scores"] or {}).get(metric)}
                          for row in rows]).astype({"score": float})
    names = found["estimator"].unique()
    table = found.pivot_table("score", ["task", "fold"], "estimator", sort=False)
    table = table.reindex(columns=[name for name in names if name in table]).round(DIGITS)
    scores = table.groupby(level="task", sort=False).mean().round(DIGITS)
    whole = [name for name in table if table[name].notna().all()]
    ours = list(dict.fromkeys(row["estimator"]["name"] for row in rows if row["estimator"]["ours"]))
    return Board(metric, MEASURES[kind][metric], split, scores[whole], table[whole], ours,
                 [name for name in names if name not in whole])


def friedman(scores: pd.DataFrame) -> tuple[float, float] | None:
    """Friedman's chi² and its p, that all estimators are alike; None of fewer than three of them.

    Examples
    --------
    >>> friedman(pd.DataFrame({"a": [3, 3, 3], "b": [2, 2, 2], "c": [1, 1, 1]}))[0]
    6.0
    """
    if scores.shape[1] < 3:
        return None
    if (scores.nunique(axis=1) == 1).all():  # all alike everywhere: 0 / 0
        return 0.0, 1.0
    found = friedmanchisquare(*(scores[name] for name in scores))
    return float(found.statistic), float(found.pvalue)


def critical_difference(n_estimators: int, n_datasets: int, level: float = LEVEL) -> float:
    """Nemenyi's: mean ranks that are further apart differ at this level.

    Examples
    --------
    >>> round(critical_difference(4, 14), 2)  # Demšar's own example
    1.25
    """
    q = studentized_range.ppf(1 - level, n_estimators, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(n_estimators * (n_estimators + 1) / (6 * n_datasets)))


def cliques(ranks: pd.Series, difference: float) -> list[list[str]]:
    """Groups of estimators whose mean ranks differ by at most so much, each as large as can be, from the best rank on.

    Examples
    --------
    >>> cliques(pd.Series({"a": 1.0, "b": 1.5, "c": 2.2, "d": 4.0}), 0.8)
    [['a', 'b'], ['b', 'c']]
    """
    ordered = ranks.sort_values(kind="stable")
    found: list[list[str]] = []
    for place, rank in enumerate(ordered):
        group = list(ordered.index[place:][ordered.iloc[place:] <= rank + difference])
        if len(group) > 1 and not (found and set(group) <= set(found[-1])):
            found.append(group)
    return found


def against(board: Board, reference: str) -> pd.DataFrame:
    """Each estimator against the reference, data set by data set.

    Returns
    -------
    DataFrame
        One row an estimator: "difference", the mean over data sets of estimator - reference, or, of errors, the
        geometric mean of estimator / reference, less 1; "low" and "high", a 95 % bootstrap interval of it, NaN of fewer
        than 6 data sets; "better", "equal", "worse", from the estimator's side; "p" and "p_holm" as of
        `tsattn.benchmark.stats.compare`; "mostly_better", "mostly_alike" and "mostly_worse" as of `sign_test`. NaN
        where an error is 0.
    """
    frame = differences(board, board.scores, reference)
    sign = -1 if board.measure.lower else 1
    table = []
    for name, column in frame.items():
        apart = sign * (board.scores[name] - board.scores[reference])
        low, high = _interval(column.to_numpy())
        table.append({"estimator": name, "difference": _back(board, column.mean()), "low": _back(board, low),
                      "high": _back(board, high), "better": int((apart > 0).sum()), "equal": int((apart == 0).sum()),
                      "worse": int((apart < 0).sum()), "p": signed_rank(column.to_numpy()),
                      **dict(zip(OUTCOMES, sign_test(sign * column.to_numpy()), strict=True))})
    found = pd.DataFrame(table, columns=["estimator", "difference", "low", "high", "better", "equal", "worse", "p",
                                         *OUTCOMES])
    found["p_holm"] = holm(found["p"].to_numpy(float))
    return found.set_index("estimator")


def differences(board: Board, scores: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Estimators' scores less the reference's; of errors, the logarithm of their ratio, NaN where one is 0."""
    others, own = scores.drop(columns=reference), scores[reference]
    if not board.measure.relative:
        return others.sub(own, axis=0)
    ratio = others.div(own, axis=0)
    return ratio.where((ratio > 0) & np.isfinite(ratio)).apply(np.log)


def _back(board: Board, value: float) -> float:
    """From a logarithm of ratios, a part of the reference; other differences as they are."""
    return float(np.expm1(value)) if board.measure.relative else float(value)


def _interval(values: np.ndarray) -> tuple[float, float]:
    return bootstrap(values) if len(values) >= ENOUGH and np.isfinite(values).all() else (np.nan, np.nan)


def bootstrap(values: np.ndarray, level: float = LEVEL) -> tuple[float, float]:
    """A percentile interval of the mean: of paired differences, a paired one. The same values give the same interval.

    Efron & Tibshirani, "An introduction to the bootstrap", 1993.
    """
    draws = np.random.default_rng(0).integers(len(values), size=(DRAWS, len(values)))
    low, high = np.quantile(values[draws].mean(axis=1), [level / 2, 1 - level / 2])
    return float(low), float(high)


def sign_test(gains: np.ndarray) -> tuple[float, float, float]:
    """Of gains on data sets: how probable it is that a gain, none to speak of, or a loss is the most frequent.

    NaN of fewer than 6 data sets, or of an unknown gain.

    Examples
    --------
    >>> [round(share, 2) for share in sign_test(np.array([0.05, 0.04, 0.001, 0.06, 0.02, 0.03]))]
    [0.89, 0.11, 0.0]
    """
    if len(gains) < ENOUGH or not np.isfinite(gains).all():
        return np.nan, np.nan, np.nan
    gains = gains.round(DIGITS)  # 0.91 - 0.9 is no more than a point
    counts = np.array([(gains > ALIKE).sum(), 1 + (np.abs(gains) <= ALIKE).sum(), (gains < -ALIKE).sum()])
    shares = np.random.default_rng(0).standard_gamma(counts, (MANY_DRAWS, 3))  # Dirichlet, but for their sum
    better, alike, worse = np.bincount(shares.argmax(1), minlength=3) / MANY_DRAWS
    return float(better), float(alike), float(worse)


def verdict(board: Board) -> list[str]:
    """What the tests say of a board, in words, and of what they were not asked."""
    n, k = board.scores.shape
    lines = [f"over {n} data sets, {SPLITS[board.split]}"]
    found = friedman(board.scores)
    if found is not None:
        apart = critical_difference(k, n)
        if apart >= k - 1:
            lines.append(f"ranks of {k} estimators on {n} data sets cannot tell any two apart: the critical difference "
                         f"is {apart:.2f}")
        else:
            lines.append(f"that all are alike: Friedman's χ² = {found[0]:.2f}, p = {found[1]:.2g}; two differ where "
                         f"their mean ranks are {apart:.2f} apart (Nemenyi, 5 %)")
    if n < ENOUGH:
        lines.append(f"too few data sets to test two estimators on (a test needs {ENOUGH}), or for an interval")
    else:
        lines.append("mostly: posterior probability, by a Bayesian sign test, that this is the most frequent outcome; "
                     f"at most a {'hundredth' if board.measure.relative else 'point'} apart counts as alike")
    if board.left_out:
        lines.append(f"not on all data sets, and left out: {', '.join(board.left_out)}")
    return lines


def by_folds(board: Board, reference: str) -> list[str]:
    """Two estimators compared over all folds of all data sets, in words; nothing of more estimators, or of one fold."""
    if board.split in SINGLE or board.folds.shape[1] != 2 or board.measure.relative or len(board.folds) < ENOUGH:
        return []
    column = differences(board, board.folds, reference).iloc[:, 0]
    mean, low, high = (signed(100 * value, 2) for value in (column.mean(), *_interval(column.to_numpy())))
    return [f"all {len(column)} folds together: {column.name} {mean} ({low} to {high}) points against {reference}, "
            f"{column.gt(0).sum()} better, {column.eq(0).sum()} equal, {column.lt(0).sum()} worse, "
            f"p = {signed_rank(column.to_numpy()):.2g} (Wilcoxon signed-rank; the interval by bootstrap); folds of one "
            "data set share training series, so that p is too small"]
