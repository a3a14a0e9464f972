"""What is more accurate, and slower, than what a user would try first.

Each maker has the signature of `Entry.make`: `(seed, info) -> estimator`, unfitted. MultiRocket-Hydra (Dempster et al.
2023), the most accurate of this kind, is in aeon alone, which needs a numba below 0.64; the one pinned here is newer.
"""

from typing import Any

import numpy as np
import torch
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sktime.classification.deep_learning.inceptiontime import InceptionTimeClassifierTorch
from sktime.transformations.rocket import MultiRocketMultivariate
from torch.utils.data import DataLoader

from tsattn.benchmark.competitors import Standardise
from tsattn.benchmark.suite import Entry, Info


class MultiRocketOfCopies(MultiRocketMultivariate):
    """sktime's transformer; its kernels refuse the read-only arrays that frames of pandas 3 give.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(3, 2, 20))
    >>> X.flags.writeable = False
    >>> MultiRocketOfCopies(84, random_state=0).fit_transform(X).shape
    (3, 672)
    """

    def _transform(self, X, y=None):
        return super()._transform(np.array(X), y)


def multirocket(seed: int, _info: Info) -> Any:
    """MultiRocket (Tan et al. 2022) and a ridge classifier, joined as sktime's RocketClassifier does.

    On standardised channels, as MiniRocket.
    """
    ridge = make_pipeline(StandardScaler(with_mean=False), RidgeClassifierCV(alphas=np.logspace(-3, 3, 10)))
    pipeline = Standardise() * MultiRocketOfCopies(random_state=seed) * ridge
    return pipeline.set_tags(**{"capability:predict_proba": False})  # else zeros and ones


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
