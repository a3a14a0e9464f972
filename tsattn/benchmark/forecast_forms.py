"""Forecasters as entries of suites. Their makers are told of the task by a `ForecastInfo`."""

from dataclasses import asdict, dataclass
from typing import Any

from sklearn.ensemble import HistGradientBoostingRegressor
from sktime.forecasting.compose import make_reduction

from tsattn.benchmark.forecast_tasks import ETT_HORIZONS
from tsattn.benchmark.forecasters import Extrapolation, Naive2, Persistence, SeasonalNaive
from tsattn.benchmark.form import Form
from tsattn.benchmark.sktime_forecasters import SktimeForecaster
from tsattn.benchmark.state_forecasters import ARIMA, ETS, VectorAutoregression
from tsattn.benchmark.suite import Entry
from tsattn.benchmark.window_forecasters import PENALTIES, BoostedTrees, WindowRidge


def persistence(_seed: int, _info: Any) -> Any:
    """The last row again."""
    return Persistence()


def extrapolation(_seed: int, _info: Any) -> Any:
    """The line through the last two rows."""
    return Extrapolation()


def seasonal_naive(_seed: int, info: Any) -> Any:
    """The row a season before."""
    return SeasonalNaive(info.season)


def boosted_trees(seed: int, info: Any) -> Any:
    """scikit-learn's HistGradientBoosting on the last 10 rows of all columns."""
    return BoostedTrees(10, target=info.target, random_state=seed)


def sktime_trees(seed: int, info: Any) -> Any:
    """The same trees on the last 10 rows of the target alone, as sktime reduces forecasting to regression."""
    trees = HistGradientBoostingRegressor(random_state=seed)
    reduced = make_reduction(trees, window_length=10, strategy="direct")
    return SktimeForecaster(reduced, info.target, refit=False)


def naive2(_seed: int, info: Any) -> Any:
    """M4's seasonal naive 2, by which the competition measures."""
    return Naive2(info.season)


def ets(_seed: int, info: Any) -> Any:
    """statsmodels' exponential smoothing of each series: damped trend, and a season where the task has one."""
    return ETS(info.season, info.target)


def arima(_seed: int, info: Any) -> Any:
    """statsmodels' SARIMAX of each series: (3, 1, 1), or (1, 0, 1) (0, 1, 1) where the task has a season."""
    if info.season > 1:
        return ARIMA((1, 0, 1), (0, 1, 1, info.season), info.target)
    return ARIMA((3, 1, 1), target=info.target)


def var(_seed: int, _info: Any) -> Any:
    """statsmodels' vector autoregression of 10 lags, on the longest training series."""
    return VectorAutoregression(10)


def global_linear(_seed: int, info: Any) -> Any:
    """One linear map for all series, of windows in units of their own: a week of hours, or a year of weeks."""
    # units chosen on the last horizon of the training rows
    hourly = info.season == 24
    return (WindowRidge(7 * 24, "shared", unit="change", every=8) if hourly else
            WindowRidge(52, "shared", unit="size", every=4))


@dataclass(frozen=True)
class Linear(Form):
    """Ridge regression of the next rows on the last ones."""

    look_back: int
    sees: str = "all"
    relative: bool = True
    penalties: tuple[float, ...] = PENALTIES

    def __call__(self, _seed: int, _info: Any) -> Any:
        return WindowRidge(**asdict(self))


NAIVE = (
    Entry("persistence", persistence, seeded=False),
    Entry("extrapolation", extrapolation, seeded=False),
    Entry("seasonal-naive", seasonal_naive, seeded=False),
)
LINEAR = (  # of ETTh1; the figures that are printed for linear maps are of a look-back of 336
    Entry("linear-96", Linear(96, "shared"), seeded=False, note="look-back 96, one map for all columns"),
    Entry("linear-336", Linear(336, "shared"), seeded=False, note="look-back 336, one map for all columns"),
    Entry("ridge-all-96", Linear(96, "all"), seeded=False, note="look-back 96, each column reads all"),
)
LAGS = (  # the penalty of the published figures is as good as none
    Entry("ridge-own-10", Linear(10, "own", relative=False, penalties=(1e-3,)), seeded=False,
          note="10 lags of the target"),
    Entry("ridge-all-10", Linear(10, "all", relative=False, penalties=(1e-3,)), seeded=False,
          note="10 lags of all columns"),
    Entry("ridge-change-10", Linear(10), seeded=False,
          note="10 lags of all columns less the last row, penalty by the last fifth of the training windows"),
    Entry("boosted-trees", boosted_trees, seeded=False, note="the last row, and 10 lags of all columns less it"),
    Entry("sktime-trees", sktime_trees, seeded=False,
          note="10 lags of the target in the last training series, reduced to regression by sktime"),
)
STATES = (
    Entry("ets", ets, seeded=False, note="an own model for each series"),
    Entry("arima", arima, seeded=False, note="an own model for each series"),
)
VAR = (Entry("var", var, seeded=False, note="10 lags of all columns; the longest training series alone"),)
GLOBAL = (
    Entry("naive2", naive2, seeded=False),
    Entry("global-linear", global_linear, seeded=False, note="one map for all series"),
)
LOOK_BACK = {"sml2010": 10, "m4-hourly": 168, "m4-weekly": 52, "m4-hourly-50": 168, "m4-weekly-50": 52,
             **{f"etth1-{horizon}": 336 for horizon in ETT_HORIZONS}}


@dataclass(frozen=True)
class Network(Form):
    """A forecaster of `tsattn.forecasting`, by the name of its class, and how far it looks back.

    At its defaults, but that sml2010 is two stretches of one house, in one unit.
    """

    name: str
    look_back: int | None = None  # as `LOOK_BACK` has it for the task
    loss: str = "squared"

    def __call__(self, seed: int, info: Any) -> Any:
        from tsattn import forecasting

        scaling = "standard" if info.task == "sml2010" else "window"
        return getattr(forecasting, self.name)(look_back=self.look_back or LOOK_BACK[info.task], scaling=scaling,
                                               loss=self.loss, random_state=seed)


@dataclass(frozen=True)
class Published(Form):
    """A forecaster of `tsattn.forecasting` as published, by the name of its class; rows in units of all series."""

    name: str

    def __call__(self, seed: int, _info: Any) -> Any:
        from tsattn import forecasting

        return getattr(forecasting, self.name).paper(random_state=seed).set_params(scaling="standard")


def _ours(name: str, kind: str) -> tuple[Entry, Entry]:
    notes = {task: f"look-back {look_back}" for task, look_back in LOOK_BACK.items()}
    notes["sml2010"] += ", both segments in one unit"
    return (Entry(name, Network(kind), ours=True, notes=notes),
            Entry(f"{name}-96", Network(kind, 96), ours=True, note="look-back 96"))


OURS, OURS_96 = zip(*(_ours(name, kind) for name, kind in (
    ("sdma", "SDMAForecaster"), ("xm2a", "XM2AForecaster"), ("lstm-san", "LSTMSANForecaster"),
    ("seq2seq", "Seq2SeqForecaster"))), strict=True)
QUANTILES = (Entry("sdma-quantile", Network("SDMAForecaster", loss="quantile"), ours=True,
                   notes=OURS[0].notes, note="learns quantiles; the forecast is the median"),)
PUBLISHED = (
    Entry("sdma-paper", Published("SDMAForecaster"), ours=True,
          note="the published form and training; look-back 96. Its source prints 0.078 and not its scale"),
    Entry("xm2a-paper", Published("XM2AForecaster"), ours=True, note="the published form and training; look-back 96"),
    Entry("lstm-san-paper", Published("LSTMSANForecaster"), ours=True,
          note="the published form and training; look-back 96"),
)
