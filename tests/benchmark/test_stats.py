import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from tsattn.benchmark.stats import by_protocol, compare, holm, summary, verdicts


def row(name, accuracy, *, seed=0, fold=0, seeded=True, kind="cv", task="slopes", status="done", **scores):
    return {"task": {"name": task}, "split": {"kind": kind, "folds": 5, "fold": fold}, "seed": seed, "status": status,
            "estimator": {"name": name, "seeded": seeded},
            "scores": {"accuracy": accuracy, **scores} if status == "done" else None}


def runs(name, accuracies, **options):
    return [row(name, accuracy, fold=fold, **options) for fold, accuracy in enumerate(accuracies)]


def test_a_summary_is_mean_and_sample_deviation():
    found = summary([0.9, 0.7, None, 0.8])
    assert found.mean == pytest.approx(0.8)
    assert found.sd == pytest.approx(0.1)  # (0.01 + 0.01 + 0) / 2
    assert found.n == 3
    assert summary([0.5]).sd is None
    assert summary([None]) is None


def test_protocols_are_kept_apart():
    rows = [row("a", 0.5), row("a", 0.5, kind="official"), row("b", 0.5), row("a", 0.5, task="hills")]
    found = by_protocol(rows)
    assert list(found) == [("slopes", "cv", 5), ("slopes", "official", 5), ("hills", "cv", 5)]
    assert list(found["slopes", "cv", 5]) == ["a", "b"]


def test_six_folds_all_better_have_the_least_p_there_is():
    estimators = {"ref": runs("ref", [0.5] * 6), "up": runs("up", [0.51, 0.52, 0.53, 0.54, 0.55, 0.56])}
    found = compare(estimators, "ref").loc["up"]
    assert found["p"] == pytest.approx(2 / 2**6)  # one of 64 signs, two-sided
    assert (found["better"], found["worse"], found["n_pairs"]) == (6, 0, 6)
    assert found["difference"] == pytest.approx(0.035)


def test_holm_multiplies_the_least_p_by_the_number_of_tests():
    # signed ranks: up, all 6 positive: p = 2/64. mixed: -1 against +2..+6, W = 1: p = 2 (1 + 1) / 64
    estimators = {
        "ref": runs("ref", [0.5] * 6),
        "mixed": runs("mixed", [0.49, 0.52, 0.53, 0.54, 0.55, 0.56]),
        "up": runs("up", [0.51, 0.52, 0.53, 0.54, 0.55, 0.56]),
    }
    found = compare(estimators, "ref")
    assert found["p"].tolist() == pytest.approx([4 / 64, 2 / 64])
    assert found["p_holm"].tolist() == pytest.approx([4 / 64, 4 / 64])  # max(4/64, 2 * 2/64), 2 * 2/64


def test_holm_is_what_statsmodels_says():
    generator = np.random.default_rng(0)
    for n in range(1, 12):
        p = generator.random(n).round(1)  # with ties, and 0 and 1
        assert holm(p).tolist() == multipletests(p, method="holm")[1].tolist()
    some = holm(np.array([np.nan, 0.25, np.nan, 0.75])).tolist()
    assert some == pytest.approx([np.nan, 0.5, np.nan, 0.75], nan_ok=True)
    assert holm(np.array([])).tolist() == []


def test_five_folds_are_too_few_and_that_is_said_once():
    estimators = {"ref": runs("ref", [0.5] * 5), "a": runs("a", [0.6] * 5), "b": runs("b", [0.6] * 3)}
    found = compare(estimators, "ref")
    assert found["p"].isna().all()
    assert found["p_holm"].isna().all()
    assert verdicts(found, "ref") == ["too few folds to test against ref (a test needs 6): a (5), b (3)"]


def test_equal_scores_have_p_1():
    estimators = {"ref": runs("ref", [0.5] * 7), "same": runs("same", [0.5] * 7)}
    found = compare(estimators, "ref")
    assert found.loc["same", "p_holm"] == 1
    assert verdicts(found, "ref")[0].startswith("same against ref: 0 better, 0 worse of 7 folds, p = 1 ")


def test_pairs_are_matched_by_fold_and_seed():
    ref = [row("ref", 0.1 * fold + 0.01 * seed, fold=fold, seed=seed) for fold in range(3) for seed in range(2)]
    other = [row("a", 0.1 * fold + 0.01 * seed + 0.5, fold=fold, seed=seed) for seed in (1, 0) for fold in (2, 0)]
    found = compare({"ref": ref, "a": other}, "ref").loc["a"]
    assert found["n_pairs"] == 2
    assert found["difference"] == pytest.approx(0.5)


def test_what_no_seed_changes_is_paired_with_every_seed():
    ref = [row("ref", accuracy, seed=seed) for seed, accuracy in enumerate([0.5, 0.6, 0.7])]
    found = compare({"ref": ref, "knn": runs("knn", [0.8], seeded=False)}, "ref").loc["knn"]
    assert found["n_pairs"] == 1
    assert found["difference"] == pytest.approx(0.2)


def test_a_lower_log_loss_is_better():
    ref = [row("ref", 0.5, fold=fold, log_loss=0.3) for fold in range(2)]
    other = [row("a", 0.5, fold=fold, log_loss=0.2) for fold in range(2)]
    found = compare({"ref": ref, "a": other}, "ref", "log_loss").loc["a"]
    assert (found["better"], found["worse"]) == (2, 0)


def test_seeds_are_no_sample_of_their_own():
    ref = [row("ref", 0.5, fold=fold, seed=seed) for fold in range(3) for seed in range(5)]
    better = [row("a", 0.6 + 0.01 * seed, fold=fold, seed=seed) for fold in range(3) for seed in range(5)]
    once = [row("b", 0.6, fold=fold, seeded=False) for fold in range(3)]
    found = compare({"ref": ref, "a": better, "b": once}, "ref")
    assert found["n_pairs"].tolist() == [3, 3]  # folds, not 15 runs
    assert found["p"].isna().all()
    assert found["difference"].tolist() == pytest.approx([0.12, 0.1])


def test_one_test_set_is_not_tested_but_counted_in_series():
    ref = [row("ref", 0.5, seed=seed, kind="official") for seed in range(7)]
    other = [row("a", 0.48, seed=seed, kind="official") for seed in range(7)]
    found = compare({"ref": ref, "a-b": other, "b": [row("b", None, kind="official", status="failed")]}, "ref")
    assert found["p"].isna().all()
    assert verdicts(found, "ref", one_test_set=200) == [
        "against ref, a mean over runs, of 200 test series: a-b −4.0; one test set: no test"]
    assert verdicts(found.loc[["b"]], "ref", one_test_set=200) == []


def test_failed_runs_make_no_pairs():
    estimators = {"ref": runs("ref", [0.5, 0.6]), "a": [row("a", None, status="failed"), row("a", 0.9, fold=1)]}
    found = compare(estimators, "ref").loc["a"]
    assert found["n_pairs"] == 1
    assert found["difference"] == pytest.approx(0.3)
    nothing = compare({"ref": runs("ref", [0.5]), "a": [row("a", None, status="failed")]}, "ref").loc["a"]
    assert nothing["n_pairs"] == 0
    assert np.isnan(nothing["difference"])
