"""Comparisons over data sets: ranks, tests and intervals, against loops, tables and what is known."""

import numpy as np
import pandas as pd
import pytest

from tests.benchmark.rows import row
from tests.reference import ranks as reference
from tsattn.benchmark import figures
from tsattn.benchmark.across import (
    Board,
    against,
    boards,
    bootstrap,
    by_folds,
    cliques,
    critical_difference,
    friedman,
    sign_test,
    verdict,
)
from tsattn.benchmark.scores import MEASURES
from tsattn.benchmark.tables import tables
from tsattn.benchmark.text import markdown

ACCURACY, ERROR = MEASURES["classification"]["accuracy"], MEASURES["forecasting"]["mae"]


def board(scores, measure=ACCURACY, split="official", folds=None, names="abcdefgh"):
    frame = pd.DataFrame(scores, columns=list(names[: len(scores[0])]))
    return Board("accuracy", measure, split, frame, frame if folds is None else folds, [], [])


def scattered(n, k, seed=0):
    """Scores of which many are equal."""
    return np.random.default_rng(seed).integers(4, size=(n, k)) / 4


@pytest.mark.parametrize(("n", "k"), [(2, 3), (5, 4), (11, 8)])
def test_ranks_and_friedmans_test_equal_a_loop(n, k):
    scores = scattered(n, k, seed=n)
    made = board(scores)
    assert made.ranks.tolist() == pytest.approx(reference.mean_ranks(scores.tolist()))
    assert friedman(made.scores)[0] == pytest.approx(reference.friedman(scores.tolist()))


def test_errors_are_ranked_from_the_least():
    assert board([[1.0, 2.0, 3.0], [2.0, 4.0, 3.0]], ERROR).ranks.tolist() == [1, 2.5, 2.5]


@pytest.mark.parametrize(("k", "q"), [(2, 1.960), (4, 2.569), (7, 2.949), (10, 3.164)])  # Demšar 2006, table 5a
def test_the_critical_difference_has_the_printed_quantiles(k, q):
    assert critical_difference(k, 14) == pytest.approx(reference.nemenyi(k, 14, q), rel=1e-3)


def test_cliques_equal_a_loop():
    draw = np.random.default_rng(0)
    for difference in (0.3, 1.0, 2.5):
        ranks = pd.Series(draw.uniform(1, 7, 7), index=list("abcdefg"))
        assert cliques(ranks, difference) == reference.cliques(ranks.to_dict(), difference)


def test_all_alike_is_no_difference():
    assert friedman(pd.DataFrame(np.ones((4, 3)))) == (0.0, 1.0)
    assert friedman(pd.DataFrame(np.ones((4, 2)))) is None


def test_against_a_reference_by_hand():
    made = board([[0.9, 0.8], [0.7, 0.7], [0.5, 0.6], [0.9, 0.6], [0.8, 0.6], [0.7, 0.2]])
    (one,) = against(made, "a").to_dict("records")
    assert one["difference"] == pytest.approx(-1.0 / 6)
    assert (one["better"], one["equal"], one["worse"]) == (1, 1, 4)
    assert one["low"] < one["difference"] < one["high"]
    assert one["p_holm"] == one["p"] > 0.05


def test_the_sign_test_by_hand():
    better, alike, worse = sign_test(np.full(6, 0.05))  # Beta(6, 1) is below a half once in 64
    assert (better, alike, worse) == pytest.approx((63 / 64, 1 / 64, 0), abs=2e-3)
    assert sign_test(np.full(6, -0.05)) == pytest.approx((worse, alike, better), abs=2e-3)
    assert sign_test(np.array([0.009, -0.009] * 3)) == (0, 1, 0)  # less than a point is none
    assert sign_test(np.array([0.91 - 0.9] * 6)) == sign_test(np.array([0.06 - 0.05] * 6)) == (0, 1, 0)
    mixed = sign_test(np.array([0.05, -0.05, 0.03, -0.02, 0.5, -0.5, 0.0]))
    assert mixed[0] == pytest.approx(mixed[2], abs=0.01)
    assert sum(mixed) == pytest.approx(1)
    assert np.isnan(sign_test(np.array([0.5] * 6 + [np.nan]))).all()
    assert np.isnan(sign_test(np.full(5, 0.5))).all()  # too few


def test_the_sign_test_is_from_the_estimators_side():
    accuracy, error = board([[0.9, 0.8]] * 6), board([[2.0, 4.0]] * 6, ERROR)
    for made in (accuracy, error):
        (one,) = against(made, "a").to_dict("records")
        assert one["mostly_worse"] > 0.95 > 0.05 > one["mostly_better"]


def test_errors_are_compared_in_parts_of_the_reference():
    made = board([[2.0, 4.0], [10.0, 5.0]], ERROR)
    (one,) = against(made, "a").to_dict("records")
    assert one["difference"] == pytest.approx(0)  # twice as much, half as much
    (worse,) = against(board([[2.0, 4.0], [1.0, 8.0]], ERROR), "a").to_dict("records")
    assert worse["difference"] == pytest.approx(3)  # four times, by the geometric mean
    (none,) = against(board([[0.0, 4.0], [1.0, 8.0]], ERROR), "a").to_dict("records")
    assert (none["better"], none["worse"]) == (0, 2)
    assert (one["better"], one["worse"]) == (1, 1)
    assert np.isnan([one["p"], one["low"], one["high"]]).all()  # of two data sets


def test_the_bootstrap_interval_covers_the_mean_as_often_as_it_says():
    draw = np.random.default_rng(0)
    covered = [low <= 0 <= high for low, high in (bootstrap(draw.standard_normal(30)) for _ in range(300))]
    assert 0.89 < np.mean(covered) < 0.98
    values = draw.standard_normal(9)
    assert bootstrap(values) == bootstrap(values)


def test_boards_are_of_what_ran_on_all_data_sets():
    made = [row("a", seed, score, task=task) for task, scores in {"x": (0.5, 0.7), "y": (0.4, 0.4)}.items()
            for seed, score in enumerate(scores)]
    made += [row("b", 0, 0.1, task="x", ours=True), row("b", 0, 0.9, task="y", ours=True), row("c", 0, 0.3, task="x")]
    made += [row("d", status="failed", task="x"), row("d", 0, 0.9, task="y")]
    (found,) = boards(made)
    assert found.scores["b"].tolist() == pytest.approx([0.1, 0.9])
    assert found.scores["a"].tolist() == pytest.approx([0.6, 0.4])
    assert found.left_out == ["c", "d"]
    assert found.ours == ["b"]
    assert boards([one for one in made if one["task"]["name"] == "x"]) == []
    assert "not on all data sets, and left out: c, d" in verdict(found)


def test_a_fold_that_failed_leaves_its_estimator_out():
    rows = folded({"x": {"a": [0.9, 0.9, 0.3], "b": [0.89, 0.89, 0.2]}, "y": {"a": [0.5], "b": [0.4]}})
    assert boards(rows)[0].left_out == []
    rows[5] |= {"status": "failed", "scores": None}
    assert boards(rows) == []  # one estimator is no comparison


def test_horizons_of_one_series_are_no_data_sets():
    task = {"name": "x", "kind": "forecasting", "leading": "mae"}
    rows = [row(name, task=name_of, scores={"mae": 1.0}) for name_of in ("h1", "h2") for name in "ab"]
    for one in rows:
        one["task"] = {**task, "name": one["task"]["name"]}
    assert boards(rows) == []


def test_few_data_sets_are_said_to_be_few():
    said = " ".join(verdict(board(scattered(2, 6))))
    assert "cannot tell any two apart" in said
    assert "a test needs 6" in said
    assert "Friedman's χ²" in " ".join(verdict(board(scattered(12, 3))))


def folded(scores):
    """Rows of cross-validation: data set -> estimator -> a score a fold."""
    return [row(name, accuracy=score, task=task, slot=f"{task}/{name}/{fold}", key=f"{task}{name}{fold}",
                split={"kind": "cv", "folds": len(some), "fold": fold})
            for task, estimators in scores.items() for name, some in estimators.items()
            for fold, score in enumerate(some)]


def test_two_estimators_are_compared_over_all_folds():
    rows = folded({"x": {"with": [0.9, 0.8, 0.9, 0.9], "without": [0.8, 0.8, 0.8, 0.8]},
                   "y": {"with": [0.5, 0.6, 0.7, 0.4], "without": [0.4, 0.4, 0.6, 0.5]}})
    (found,) = boards(rows)
    (text,) = by_folds(found, "without")
    assert "all 8 folds together: with +7.50 (" in text
    assert "points against without, 6 better, 1 equal, 1 worse" in text
    assert by_folds(boards(folded({"x": {"a": [1.0], "b": [1.0], "c": [0.5]},
                                   "y": {"a": [1.0], "b": [1.0], "c": [0.5]}}))[0], "a") == []


def test_the_table_across_data_sets():
    rows = [row(name, 0, score, task=task, ours=name == "ours") for task, scores in {
        "x": {"ours": 0.9, "theirs": 0.8}, "y": {"ours": 0.6, "theirs": 0.7}, "z": {"ours": 0.5, "theirs": 0.5},
    }.items() for name, score in scores.items()]
    made = tables(rows, reference="ours")[-1]
    assert made.title == "across data sets: x, y, z"
    assert [[cell.text for cell in line.cells] for line in made.lines] == [
        ["1.50", "reference", "–", "–", "–"], ["1.50", "+0.00", "–", "1 / 1 / 1", "–"]]
    assert "over 3 data sets, official splits" in markdown(made)


def test_the_sign_test_stands_in_the_table_of_six_data_sets():
    rows = [row(name, 0, score, task=f"t{number}") for number in range(6) for name, score in (("a", 0.8), ("b", 0.9))]
    made = tables(rows, reference="a")[-1]
    assert made.columns[-1] == "mostly better / alike / worse"
    better, alike, worse = map(float, made.lines[1].cells[-1].text.split(" / "))
    assert (better, alike, worse) == (pytest.approx(63 / 64, abs=0.01), pytest.approx(1 / 64, abs=0.01), 0)
    assert made.lines[0].cells[-1].text == "–"
    assert "mostly: posterior probability, by a Bayesian sign test" in markdown(made)


def test_ranks_are_drawn_where_they_can_tell_something():
    draw = np.random.default_rng(0)
    rows = [row(name, 0, level + draw.uniform(0, 0.05), task=f"t{number}") for number in range(12)
            for name, level in {"good": 0.8, "fair": 0.6, "poor": 0.4}.items()]
    (picture,) = figures.critical_differences(boards(rows))
    assert picture.svg.startswith(b"<?xml")
    assert "over 12 data sets" in picture.caption
    assert list(figures.critical_differences(boards(rows[:6]))) == []
