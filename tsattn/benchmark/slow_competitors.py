"""What is slower than what a user would try first, and by its sources more accurate.

Each maker has the signature of `Entry.make`: `(seed, info) -> estimator`, unfitted. MultiRocket-Hydra (Dempster et al.
2023), the most accurate of this kind, is in aeon alone, which needs a numba below 0.64; the one pinned here is newer.
"""

from typing import Any

import numpy as np
import torch
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sktime.classification.base import BaseClassifier
from sktime.classification.deep_learning.inceptiontime import InceptionTimeClassifierTorch
from sktime.transformations.rocket import MultiRocketMultivariate
from torch.utils.data import DataLoader

from tsattn.benchmark.competitors import Standardise
from tsattn.benchmark.suite import Entry, Info


class MultiRocketRidge(BaseClassifier):
    """MultiRocket (Tan et al. 2022) and a ridge classifier, joined as sktime's RocketClassifier does; no probabilities.

    That one's kernels refuse the read-only arrays that frames of pandas 3 give; here they get copies.

    Examples
    --------
    >>> X, y = np.random.default_rng(0).normal(size=(8, 2, 20)), np.arange(8) % 2
    >>> MultiRocketRidge(random_state=0).fit(X, y).predict(X).shape
    (8,)
    """

    _tags = {"X_inner_mtype": "numpy3D", "capability:multivariate": True,  # noqa: RUF012 (sktime's convention)
             "capability:predict_proba": False}

    def __init__(self, random_state=None):
        self.random_state = random_state
        super().__init__()

    def _fit(self, X, y):
        self.rocket_ = MultiRocketMultivariate(random_state=self.random_state)
        features = self.rocket_.fit_transform(np.array(X))
        ridge = RidgeClassifierCV(alphas=np.logspace(-3, 3, 10))
        self.ridge_ = make_pipeline(StandardScaler(with_mean=False), ridge).fit(features, y)
        return self

    def _predict(self, X):
        return self.ridge_.predict(self.rocket_.transform(np.array(X)))


def multirocket(seed: int, _info: Info) -> Any:
    """MultiRocket on standardised channels, as MiniRocket."""
    return Standardise() * MultiRocketRidge(random_state=seed)


class ShuffledInceptionTime(InceptionTimeClassifierTorch):
    """sktime's network, trained on shuffled batches; sktime 1.2 takes series in the order in which they come.

    Examples
    --------
    >>> X, y = np.random.default_rng(0).normal(size=(8, 2, 20)), np.arange(8) % 2
    >>> ShuffledInceptionTime(num_epochs=1, depth=1, random_state=0).fit(X, y).predict(X).shape
    (8,)
    """

    def _build_dataloader(self, X, y=None):
        plain = super()._build_dataloader(X, y)
        if y is None:
            return plain
        order = torch.Generator().manual_seed(self.random_state or 0)
        return DataLoader(plain.dataset, self.batch_size, shuffle=True, generator=order)


def inception_time(seed: int, _info: Info) -> Any:
    """One network of InceptionTime (Ismail Fawaz et al. 2020) in torch, 100 epochs of Adam at 1e-3."""
    return Standardise() * ShuffledInceptionTime(num_epochs=100, random_state=seed)


SLOW = (
    Entry("multirocket", multirocket, equal_length=True, note="channels standardised; no probabilities"),
    Entry("inception-time", inception_time, equal_length=True,
          note="channels standardised; one network where its source joins five, 100 epochs where sktime has 1500"),
)
