"""The scores of a row."""

from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, f1_score

SCORES = {"accuracy": "accuracy", "balanced_accuracy": "balanced accuracy", "macro_f1": "macro F1",
          "log_loss": "log loss"}
LOWER_IS_BETTER = {"log_loss"}


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
