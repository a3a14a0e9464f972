"""The scores of a row, and how a table shows them: `MEASURES`, by kind of task, the leading one first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, f1_score


@dataclass(frozen=True)
class Measure:
    """A score as tables show it: `times` its value, in `form`; `lower` is better, or higher, or neither is `ranked`."""

    label: str
    lower: bool = False
    times: int = 1
    form: str = "#.4g"
    ranked: bool = True

    @property
    def heading(self) -> str:
        """The score in a table's head."""
        return f"{self.label} %" if self.times == 100 else self.label

    @property
    def relative(self) -> bool:
        """Whether two of them are compared by their ratio: errors have a unit, shares have not."""
        return self.lower and self.times == 1

    def versus(self, reference: str) -> str:
        """The head of a column of differences."""
        return f"{self.label} vs {reference}" if self.relative else f"vs {reference}"

    def text(self, value: float) -> str:
        """A value as tables print it."""
        return f"{self.times * value:{self.form}}"

    def spread(self, value: float) -> str:
        """A standard deviation as tables print it: beside four figures of a mean, two."""
        return f"{value:.2g}" if self.form == "#.4g" else self.text(value)


def _share(label: str) -> Measure:
    return Measure(label, times=100, form=".2f")


ERRORS = {name: Measure(label, lower=True) for name, label in (("mae", "MAE"), ("mse", "MSE"), ("rmse", "RMSE"))}
MEASURES = {
    "classification": {"accuracy": _share("accuracy"), "balanced_accuracy": _share("balanced accuracy"),
                       "macro_f1": _share("macro F1"), "log_loss": Measure("log loss", lower=True, form=".3f")},
    "regression": {**ERRORS, "r2": Measure("R²", form=".4f")},
    "forecasting": {**ERRORS, "smape": Measure("sMAPE %", lower=True), "mase": Measure("MASE", lower=True),
                    "owa": Measure("OWA", lower=True, form=".3f"),
                    "coverage": Measure("covered of 90", times=100, form=".1f", ranked=False),
                    "interval_score": Measure("interval score", lower=True)},
}
LOWER_IS_BETTER = {name for some in MEASURES.values() for name, measure in some.items() if measure.lower}


def kind_name(task: Mapping[str, Any]) -> str:
    """The kind of a row's task; rows of classification do not name theirs."""
    return str(task.get("kind", "classification"))


def leading(task: Mapping[str, Any]) -> str:
    """The score that estimators are compared by on a row's task."""
    return str(task.get("leading") or next(iter(MEASURES[kind_name(task)])))


def scores(true: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray | None,
           classes: np.ndarray) -> dict[str, float | None]:
    """Accuracy, balanced accuracy, macro F1 and log loss (natural logarithm, a mean over instances).

    The log loss is None where the estimator gives no probabilities, or a test label was not among its classes.
    Balanced accuracy is the mean recall over the classes of the test part.
    """
    known = np.isin(true, classes).all()
    loss = None if probabilities is None or not known else _log_loss(true, probabilities, classes)
    labels = np.unique(true)
    recalls: list[Any] = [np.mean(predicted[true == label] == label) for label in labels]
    both = np.union1d(labels, predicted)
    return {
        "accuracy": float(accuracy_score(true, predicted)),
        "balanced_accuracy": float(np.mean(recalls)),
        "macro_f1": float(f1_score(true, predicted, labels=both, average="macro", zero_division=0)),
        "log_loss": loss,
    }


def _log_loss(true, probabilities, classes):
    rows = np.asarray(probabilities, dtype=np.float64)
    # a vote of trees or neighbours gives zeros: clipped, as scikit-learn does, at the precision of the numbers
    tiny = np.finfo(np.float64).eps
    chosen = rows[np.arange(len(true)), np.searchsorted(classes, true)]
    return float(-np.log(np.clip(chosen, tiny, 1)).mean())


def regression_scores(true: np.ndarray, predicted: np.ndarray) -> dict[str, float | None]:
    """Of n instances, with e = true - predicted: MAE, MSE, RMSE and the coefficient of determination.

    MAE = sum |e| / n, MSE = sum e^2 / n, RMSE = sqrt(MSE), R^2 = 1 - sum e^2 / sum (true - mean(true))^2, which is None
    where all true values are the same.
    """
    error = np.asarray(true, dtype=np.float64) - predicted
    spread = np.square(true - np.mean(true)).sum()
    return {**error_scores(error), "r2": float(1 - np.square(error).sum() / spread) if spread else None}


def error_scores(error: np.ndarray) -> dict[str, float]:
    """MAE, MSE and RMSE, over all entries alike."""
    mse = float(np.square(error).mean())
    return {"mae": float(np.abs(error).mean()), "mse": mse, "rmse": mse**0.5}
