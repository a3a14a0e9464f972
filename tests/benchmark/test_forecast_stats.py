import numpy as np
import pytest
from scipy.stats import ttest_rel, wilcoxon

from tests.reference import forecasts as reference
from tsattn.benchmark.forecast_stats import diebold_mariano, forecast_verdicts, residual_tests
from tsattn.benchmark.forecasting import as_text
from tsattn.benchmark.tables import tables


def row(rows, name, losses, residuals=(), seed=0, *, rolled=True):
    made = rows.row(name, seed)
    task = {"kind": "forecasting", "n_train": 9, "n_test": len(losses), "n_series": 1, "n_channels": 1, "horizon": 2,
            "season": 1, "scored": ["t"], "target": "t", "unit": "raw", "leading": "mae", "rolled": rolled}
    scores = {"mae": float(np.mean(losses)), "mse": 1.0, "rmse": 1.0, "smape": 1.0, "mase": None}
    return made | {"task": made["task"] | task, "scores": scores, "losses": as_text(np.array(losses)),
                   "residuals": as_text(np.array(residuals))}


def test_one_step_ahead_it_is_a_paired_t_test():
    one, other = np.random.default_rng(1).normal(size=(2, 23))
    found, theirs = diebold_mariano(one, other, 1), ttest_rel(one, other)
    assert found == pytest.approx((theirs.statistic, theirs.pvalue))


@pytest.mark.parametrize("horizon", [1, 3, 7])
@pytest.mark.parametrize("seed", range(4))
def test_diebold_mariano_equals_a_loop(horizon, seed):
    one, other = np.random.default_rng(seed).normal(size=(2, 29)).cumsum(axis=1)
    assert diebold_mariano(one, other, horizon).statistic == pytest.approx(
        reference.diebold_mariano(one, other, horizon))


def test_by_hand_with_a_horizon_of_two():
    found = diebold_mariano(np.array([1.0, 2, 2, 3]), np.zeros(4), 2)  # g0 = 1/2, g1 = (0 + 0 + 0) / 4 = 0
    assert found.statistic == pytest.approx(2 / np.sqrt(0.5 / 4) * np.sqrt((4 + 1 - 4 + 0.5) / 4))
    alternate = np.array([0.0, 2, 0, 2, 0, 2])  # g0 = 1, g1 = -5/6: 1 - 10/6 is negative, 1 - 5/6 is not
    assert diebold_mariano(alternate, np.zeros(6), 2).statistic == pytest.approx(
        1 / np.sqrt((1 / 6) / 6) * np.sqrt((6 + 1 - 4 + 2 / 6) / 6))


def test_order_turns_the_sign_and_what_cannot_be_tested_is_not():
    one, other = np.random.default_rng(2).normal(size=(2, 19))
    found, turned = diebold_mariano(one, other, 2), diebold_mariano(other, one, 2)
    assert (turned.statistic, turned.p) == pytest.approx((-found.statistic, found.p))
    assert diebold_mariano(one, one, 2) == (0, 1)
    assert np.isnan(diebold_mariano(one + 1, one, 12).p)  # fewer than two horizons


def test_a_difference_is_found_where_there_is_one_and_rarely_where_there_is_none():
    generator = np.random.default_rng(4)
    p = [diebold_mariano(*generator.exponential(size=(2, 200)), 1).p for _ in range(400)]
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.09
    overlapping = np.array([np.convolve(generator.normal(size=303), np.ones(4) / 4, "valid") for _ in range(600)])
    p = [diebold_mariano(one, other, 4).p for one, other in zip(overlapping[::2], overlapping[1::2], strict=True)]
    assert np.mean(np.array(p) < 0.05) < 0.11  # with a horizon of 1 it would be half of them
    assert diebold_mariano(generator.exponential(size=200), 1.5 + generator.exponential(size=200), 1).p < 1e-6


def test_residuals_that_have_nothing_left_and_such_that_have():
    generator = np.random.default_rng(6)
    noise = generator.normal(size=500)
    assert min(residual_tests(noise).values()) > 0.01
    assert residual_tests(np.convolve(noise, [1, 0.6], "valid"))["ljung_box"] < 1e-6
    growing = residual_tests(noise * np.linspace(1, 4, 500))
    assert growing["breusch_pagan"] < 1e-6 < growing["ljung_box"]
    waves = residual_tests(noise * (1 + 3 * (np.arange(500) // 20 % 2)))
    assert waves["arch"] < 1e-6 < waves["breusch_pagan"]
    assert residual_tests(noise[:49]) is None
    assert residual_tests(np.ones(99)) is None


def test_a_table_says_what_was_tested(rows):
    generator = np.random.default_rng(8)
    losses = generator.exponential(size=80)
    better = 0.5 * losses + 0.01 * generator.exponential(size=80)
    steady, growing = generator.normal(size=(2, 80)) * [np.ones(80), np.linspace(1, 9, 80)]
    made = [row(rows, "ref", losses, steady), row(rows, "good", better, np.ones(80), 0),
            row(rows, "good", better, np.ones(80), 1), row(rows, "same", losses, growing)]
    (table,) = tables(made, reference="ref")
    said = table.remarks[0]
    assert said.startswith("losses at 80 cutoffs against ref: good −4")
    assert "same +0.0 % (p = 1)" in said
    assert "(p < 0.001)" in said
    assert said.endswith("Diebold-Mariano, Harvey-Leybourne-Newbold, Holm")
    assert table.remarks[1].startswith("residuals of t one step ahead")
    assert table.remarks[1].endswith("< 0.001")  # the last of "same", whose residuals grow
    assert "good" not in table.remarks[1]  # equal residuals are not tested
    assert table.columns[1:7] == ["MAE", "MSE", "RMSE", "sMAPE %", "MASE", "MAE vs ref"]


def test_p_are_adjusted_for_the_number_of_comparisons(rows):
    losses = np.random.default_rng(9).exponential(size=(3, 60)) * [[1.0], [1.2], [1.3]]
    made = {name: [row(rows, name, own)] for name, own in zip(["ref", "a", "b"], losses, strict=True)}
    (said,) = forecast_verdicts(made, "ref", made["ref"][0]["task"])
    p = sorted(diebold_mariano(own, losses[0], 2).p for own in losses[1:])
    assert f"p = {2 * p[0]:.2g})" in said
    assert f"p = {max(2 * p[0], p[1]):.2g})" in said


def test_series_are_compared_by_ranks(rows):
    losses = np.arange(1.0, 10)
    made = {"ref": [row(rows, "ref", losses, rolled=False)], "up": [row(rows, "up", losses * 1.1, rolled=False)]}
    (said,) = forecast_verdicts(made, "ref", made["ref"][0]["task"])
    assert said == f"MASE of 9 series against ref: up +10.0 % (p = {wilcoxon(losses * 0.1).pvalue:.2g}); " \
                   "Wilcoxon signed-rank, Holm"
