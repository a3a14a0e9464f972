"""What all classifiers with a network share: labels and their weights in, probabilities out."""

from typing import Any

import numpy as np
import pandas as pd
from sktime.classification.base import BaseClassifier

from tsattn._estimator import OF_PANELS, NetworkEstimator
from tsattn._labels import as_table, check_labels, from_list, probabilities, weight_of_each
from tsattn._reading import Reading, timed
from tsattn.training import accuracy, cross_entropy


class NetworkClassifier(Reading, NetworkEstimator, BaseClassifier):
    """A classifier with a network: labels and class weights in, probabilities out."""

    _tags = {**OF_PANELS, "capability:predict_proba": True, "capability:class_weight": True}  # noqa: RUF012 - sktime's

    class_weight: Any

    def __init__(self) -> None:
        super().__init__()
        # sktime sets them empty: what ends in an underscore is there once it has been learned
        del self.classes_, self.n_classes_, self.fit_time_

    def _as_fitted(self) -> None:
        super()._as_fitted()
        self.n_classes_ = len(self.classes_)
        self._class_dictionary = {label: code for code, label in enumerate(self.classes_)}

    @property
    def _n_outputs(self) -> int:
        return int(self.n_classes_)

    def _checked(self, y: Any) -> Any:
        y = as_table(from_list(y))
        check_labels(y)
        return y

    def _fit(self, X: Any, y: np.ndarray) -> "NetworkClassifier":
        panel = timed(X)
        codes = np.searchsorted(self.classes_, y)
        self._train(panel, self.n_classes_, strata=y, objective={"loss": cross_entropy, "metric": accuracy},
                    target=codes, n_classes=self.n_classes_,
                    weight=weight_of_each(self.class_weight, self.classes_, codes))
        return self

    def _answers(self, X: Any) -> pd.DataFrame:
        if self._is_vectorized:  # several targets
            return super()._answers(X)
        odds = self.predict_proba(X)
        columns = {f"probability_{label}": odds[:, code] for code, label in enumerate(self.classes_.tolist())}
        return pd.DataFrame({"prediction": self.classes_[odds.argmax(axis=1)], **columns})

    def _predict_proba(self, X: Any) -> np.ndarray:
        return probabilities(self._outputs(X))

    def _predict(self, X: Any) -> np.ndarray:
        return self.classes_[self._predict_proba(X).argmax(axis=1)]
