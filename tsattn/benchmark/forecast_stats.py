"""What the losses and residuals of forecasts allow to say of a table's forecasters, in words.

Diebold & Mariano, "Comparing predictive accuracy", J. Business & Economic Statistics 13, 1995; Harvey, Leybourne &
Newbold, "Testing the equality of prediction mean squared errors", Int. J. Forecasting 13, 1997; Ljung & Box, "On a
measure of lack of fit in time series models", Biometrika 65, 1978; Engle, "Autoregressive conditional
heteroscedasticity", Econometrica 50, 1982; Breusch & Pagan, "A simple test for heteroscedasticity and random
coefficient variation", Econometrica 47, 1979.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import t as student
from statsmodels.stats.diagnostic import acorr_ljungbox, het_arch, het_breuschpagan

from tsattn.benchmark.forecasting import from_text
from tsattn.benchmark.stats import Row, holm, signed, signed_rank

LAGS = 10  # of Ljung-Box and ARCH
ENOUGH = 50  # residuals
LEAST = 0.001  # p that is told from lesser ones


class Comparison(NamedTuple):
    """The statistic of a test, below 0 where the first has the lesser losses, and its two-sided p."""

    statistic: float
    p: float


def diebold_mariano(losses: np.ndarray, others: np.ndarray, horizon: int) -> Comparison:
    """Whether two forecasters have the same expected loss, from their losses at n cutoffs in the order of time.

    With d the differences, g_k their autocovariances (n in the denominator) and h the horizon,

        DM = mean(d) / sqrt((g_0 + 2 (g_1 + ... + g_(h-1))) / n)
        statistic = DM sqrt((n + 1 - 2 h + h (h - 1) / n) / n)

    the latter by Harvey, Leybourne and Newbold, to be compared with Student's t of n - 1 degrees of freedom. Where the
    sum of autocovariances is not positive, g_k is weighted by 1 - k / h (Bartlett), whose sum is not negative.

    Returns
    -------
    Comparison
        p is 1 where all losses are the same, and NaN where there is no variance to measure by, or n is less than
        2 horizons.

    Examples
    --------
    >>> diebold_mariano(np.array([2.0, 3.0, 4.0]), np.ones(3), horizon=1).statistic.__round__(4)  # as a paired t-test
    3.4641
    """
    d = np.asarray(losses, dtype=np.float64) - others
    n = len(d)
    if not d.any():
        return Comparison(0.0, 1.0)
    apart = d - d.mean()
    g = np.array([apart[lag:] @ apart[: n - lag] / n for lag in range(min(horizon, n))])
    variance = g[0] + 2 * g[1:].sum()
    if variance <= 0:
        variance = g[0] + 2 * (g[1:] * (1 - np.arange(1, len(g)) / horizon)).sum()
    if n < 2 * horizon or variance <= np.finfo(float).eps * d.mean() ** 2:
        return Comparison(float("nan"), float("nan"))
    shrink = np.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    statistic = float(shrink * d.mean() / np.sqrt(variance / n))
    return Comparison(statistic, float(2 * student.sf(abs(statistic), n - 1)))


def residual_tests(residuals: np.ndarray) -> dict[str, float] | None:
    """p of three tests of residuals in the order of time; None for fewer than 50, or equal ones.

    "ljung_box": no autocorrelation up to lag 10. "arch": no autocorrelation of their squares up to lag 10.
    "breusch_pagan": their variance is the same at all times.
    """
    if len(residuals) < ENOUGH or np.ptp(residuals) == 0:
        return None
    times = np.column_stack([np.ones(len(residuals)), np.linspace(0, 1, len(residuals))])
    with warnings.catch_warnings(action="ignore", category=FutureWarning):  # on the type of what het_arch returns
        arch = het_arch(residuals, nlags=LAGS)
    return {"ljung_box": float(acorr_ljungbox(residuals, [LAGS])["lb_pvalue"].iloc[0]), "arch": float(arch[1]),
            "breusch_pagan": float(het_breuschpagan(residuals, times)[1])}


def forecast_verdicts(estimators: Mapping[str, Sequence[Row]], reference: str, task: Mapping[str, Any]) -> list[str]:
    """The comparisons with the reference and what is left in residuals, a sentence each."""
    done = {name: [row for row in rows if row["status"] == "done"] for name, rows in estimators.items()}
    done = {name: rows for name, rows in done.items() if rows}
    return [*_compared(done, reference, task), *_residuals(done, task)]


def _compared(done: Mapping[str, Sequence[Row]], reference: str, task: Mapping[str, Any]) -> list[str]:
    """Each forecaster against the reference, by its losses, a mean over its seeds."""
    losses = {name: np.mean([from_text(row["losses"]) for row in rows], axis=0) for name, rows in done.items()}
    others = [name for name in losses if name != reference]
    if reference not in losses or not others:
        return []
    if task["rolled"]:
        test = "Diebold-Mariano, Harvey-Leybourne-Newbold"
        p = [diebold_mariano(losses[name], losses[reference], task["horizon"]).p for name in others]
        what = f"losses at {task['n_test']} cutoffs"
    else:
        test = "Wilcoxon signed-rank"
        p = [signed_rank(losses[name] - losses[reference]) for name in others]
        what = f"MASE of {task['n_test']} series"
    each = []
    for name, adjusted in zip(others, holm(np.array(p)), strict=True):
        difference = losses[name].mean() / losses[reference].mean() - 1
        text = "no test" if np.isnan(adjusted) else f"p {'' if adjusted < LEAST else '= '}{_p(adjusted)}"
        each.append(f"{name} {signed(100 * difference)} % ({text})")
    return [f"{what} against {reference}: {', '.join(each)}; {test}, Holm"]


def _p(value: float) -> str:
    return f"< {LEAST}" if value < LEAST else f"{value:.2g}"


def _residuals(done: Mapping[str, Sequence[Row]], task: Mapping[str, Any]) -> list[str]:
    """p of the tests of each forecaster's residuals, of its first seed."""
    if not task["rolled"]:
        return []
    found = {name: residual_tests(from_text(rows[0]["residuals"])) for name, rows in done.items()}
    each = [f"{name} {', '.join(map(_p, tests.values()))}" for name, tests in found.items() if tests]
    tests = f"p of Ljung-Box, ARCH ({LAGS} lags) and Breusch-Pagan in time"
    return [f"residuals of {task['target']} one step ahead, {tests}: {'; '.join(each)}"] if each else []
