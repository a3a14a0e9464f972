"""RACKNet's four observations, a function each: what local features say about the shape of a network.

Garg & Candan, "RACKNet", ICMR 2019; Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State
University, 2020, 3.4.3 to 3.4.6. Each is about a set of features that stands for itself: no label is read.

    1  a rack for each octave with sufficiently many features             `sufficient_octaves`
    2  a layer for each Gaussian in the histogram of their entropies      `separate`
    3  the layers of a rack in the order of the Gaussians' means          `Mixture.in_order`
    4  fewer kernels where descriptors fall into more clusters            `count_clusters`, `kernel_edge`

Differs, where the source is silent: the number of Gaussians is the one with the least BIC (or a Dirichlet process says
it, as an option), none narrower than 0.05 bits nor of fewer features than an octave must have; two descriptors are near
one another if half of a set's features then have 5 neighbours; and kernels have an edge of 5 where the scope is larger
by a third than the least in the octave, since 3 samples for that one are 4 there.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tsattn._checks import check_fraction, check_int, check_one_of, check_positive

BIN = 0.01  # bits, of the histogram
LEAST_SD = 0.05  # bits: few amplitudes in a scope have few entropies, and each of them would be a Gaussian of its own
NEIGHBOURS = 5  # of a feature at the heart of a cluster: scikit-learn's
ASKED = 1000  # features whose neighbours say what near means
MOST_PASSES = 1000  # of expectation and maximisation, which need some tens
SETTLED = 1e-4  # gain of a pass in mean likelihood: ten times as much, and samples of one octave disagree on how many


@dataclass(frozen=True)
class Mixture:
    """Gaussians in a histogram of entropies, a number each.

    Attributes
    ----------
    weights, means, sds : tuples of float
        Weights sum to 1; means and deviations are in bits.

    Raises
    ------
    ValueError
        They are not as many numbers each, or not finite, or a weight or a deviation is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> mixture = Mixture((0.5, 0.5), (4.0, 2.0), (0.1, 0.1)).in_order()
    >>> mixture.means, mixture.assign(np.array([1.9, 4.2, 2.2])).tolist()
    ((2.0, 4.0), [0, 1, 0])
    """

    weights: tuple[float, ...]
    means: tuple[float, ...]
    sds: tuple[float, ...]

    def __post_init__(self) -> None:
        parts = np.array([self.weights, self.means, self.sds])  # raises by itself where they differ in number
        if parts.dtype != np.float64 or parts.ndim != 2 or not (np.isfinite(parts).all() and (parts[[0, 2]] > 0).all()):
            raise ValueError(f"Gaussians must have finite numbers, and weights and deviations above 0, got {self!r}")

    def in_order(self) -> "Mixture":
        """Return the Gaussians by their means, low first: the third observation."""
        return self.take(np.argsort(self.means, kind="stable"))

    def take(self, which: np.ndarray) -> "Mixture":
        """Return some of the Gaussians, in this order, their weights over their sum."""
        weights = np.array(self.weights)[which]
        return Mixture(tuple((weights / weights.sum()).tolist()),
                       *(tuple(np.array(part)[which].tolist()) for part in (self.means, self.sds)))

    def density(self, entropy: np.ndarray) -> np.ndarray:
        """Return each Gaussian's part of the density, shape (entropies, Gaussians)."""
        weights, sds, z = self._distances(entropy)
        return np.asarray(weights / (sds * np.sqrt(2 * np.pi)) * np.exp(-0.5 * z**2))

    def _distances(self, entropy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weights and deviations, and how many deviations each entropy is from each mean."""
        weights, means, sds = map(np.array, (self.weights, self.means, self.sds))
        return weights, sds, (np.asarray(entropy)[:, None] - means) / sds

    def assign(self, entropy: np.ndarray) -> np.ndarray:
        """Return which Gaussian each entropy most likely is of."""
        weights, sds, z = self._distances(entropy)
        likely = np.log(weights) - np.log(sds) - 0.5 * z**2  # logarithms: densities may all be 0
        which: np.ndarray = np.argmax(likely, axis=1)
        return which


def sufficient_octaves(octave: np.ndarray, min_features: float = 0.01) -> tuple[int, ...]:
    """Return the octaves that hold at least this share of all features, in ascending order: the first observation.

    Parameters
    ----------
    octave : ndarray of int, shape (features,)
    min_features : float, default=0.01
        From 0 up to, not including, 1.

    Raises
    ------
    ValueError
        The share lies outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> sufficient_octaves(np.repeat([0, 1, 2], [150, 49, 1])), sufficient_octaves(np.array([3, 1]), 0.6)
    ((0, 1), ())
    """
    check_fraction("min_features", min_features)
    found, counts = np.unique(octave, return_counts=True)
    return tuple(found[counts >= min_features * len(octave)].tolist())


def histogram(entropy: np.ndarray) -> np.ndarray:
    """Return how many entropies lie in each bin of 0.01 bits, from 0 to the last that holds any.

    Examples
    --------
    >>> import numpy as np
    >>> histogram(np.array([0.001, 0.025, 0.029])).tolist()
    [1, 0, 2]
    """
    return np.bincount(_bins(entropy))


def _bins(entropy: np.ndarray) -> np.ndarray:
    return np.floor(np.asarray(entropy) / BIN + 1e-9).astype(np.int64)


def centres_of(bins: np.ndarray) -> np.ndarray:
    """Return the middles of bins of the histogram, in bits.

    Examples
    --------
    >>> import numpy as np
    >>> centres_of(np.array([0, 10])).tolist()
    [0.005, 0.105]
    """
    return (bins + 0.5) * BIN


def separate(
    entropy: np.ndarray, *, method: str = "bic", max_components: int = 10, min_features: float = 0.01,
    random_state: int | None = None,
) -> Mixture:
    """Separate the histogram of an octave's entropies into Gaussians: the second observation.

    Parameters
    ----------
    entropy : ndarray, shape (features,)
        In bits; at least one. Each counts as the middle of its bin.
    method : {"bic", "dirichlet"}, default="bic"
        As many Gaussians as give the least BIC; or those that a mixture with a Dirichlet process keeps.
    max_components : int, default=10
        No more Gaussians than these.
    min_features : float, default=0.01
        Least share of the features that are most likely of a Gaussian, or it is left out.
    random_state : int or None, default=None
        Where "dirichlet" starts; "bic" starts at quantiles, and draws nothing.

    Returns
    -------
    Mixture
        In the order of the means.

    Raises
    ------
    ValueError
        There is no entropy; an unknown method; a number outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> found = separate(np.concatenate([rng.normal(2, 0.1, 300), rng.normal(4, 0.2, 100)]))
    >>> [round(mean, 1) for mean in found.means], [round(weight, 2) for weight in found.weights]
    ([2.0, 4.0], [0.75, 0.25])
    """
    if len(entropy) == 0:
        raise ValueError("a mixture needs at least 1 entropy, got none")
    find = METHODS[check_one_of("method", method, METHODS)]
    check_int("max_components", max_components)
    check_fraction("min_features", min_features)
    centres = np.sort(centres_of(_bins(entropy)))  # sorted: no order of the features counts
    n_different = len(np.unique(centres))
    if n_different == 1:
        return Mixture((1.0,), (float(centres[0]),), (LEAST_SD,))
    mixture = find(centres, min(max_components, n_different), random_state)
    n_own = np.bincount(mixture.assign(centres), minlength=len(mixture.means))
    kept = np.flatnonzero(n_own >= max(min_features * len(centres), 1))
    return mixture.take(kept if len(kept) else np.array([n_own.argmax()])).in_order()


def _by_bic(x: np.ndarray, most: int, random_state: int | None) -> Mixture:  # noqa: ARG001 - of all methods
    """The mixture, of 1 to `most` Gaussians, with the least Bayesian information criterion."""
    from sklearn.mixture import GaussianMixture

    column, best = x[:, None], None
    for n in range(1, most + 1):
        spread = max(float(x.std()) / n, LEAST_SD)
        made = GaussianMixture(  # started by hand: a start by k-means warns of values that repeat, and draws
            n, weights_init=np.full(n, 1 / n), means_init=np.quantile(x, (np.arange(n) + 0.5) / n)[:, None],
            precisions_init=np.full((n, 1, 1), spread**-2), reg_covar=LEAST_SD**2, tol=SETTLED,
            max_iter=MOST_PASSES).fit(column)
        score = made.bic(column)
        if best is None or score < best[0]:
            best = score, made
    assert best is not None
    return _read(best[1])


def _by_process(x: np.ndarray, most: int, random_state: int | None) -> Mixture:
    """The mixture that a Dirichlet process's prior thins out."""
    from sklearn.mixture import BayesianGaussianMixture

    seed = int(np.random.default_rng(random_state).integers(2**31 - 1))  # scikit-learn's None is the global generator
    made = BayesianGaussianMixture(  # its bound is a sum over all entropies, where the likelihood above is their mean
        n_components=most, weight_concentration_prior_type="dirichlet_process", reg_covar=LEAST_SD**2,
        tol=SETTLED * len(x), max_iter=MOST_PASSES, random_state=seed)
    return _read(made.fit(x[:, None]))


METHODS = {"bic": _by_bic, "dirichlet": _by_process}


def _read(fitted: Any) -> Mixture:
    return Mixture(*(tuple(np.ravel(part).tolist()) for part in (
        fitted.weights_, fitted.means_, np.sqrt(fitted.covariances_))))


def nearness(descriptor: np.ndarray) -> float:
    """Return the cosine distance within which half of the features have 5 others; 1 where there are no 6.

    Examples
    --------
    >>> import numpy as np
    >>> angle = np.arange(12) * 0.1
    >>> round(float(np.arccos(1 - nearness(np.stack([np.cos(angle), np.sin(angle)], 1)))), 3)
    0.3
    """
    from sklearn.neighbors import NearestNeighbors

    if len(descriptor) <= NEIGHBOURS:
        return 1.0
    asked = descriptor[:: -(-len(descriptor) // ASKED)]
    found = NearestNeighbors(n_neighbors=NEIGHBOURS + 1, metric="cosine", algorithm="brute").fit(descriptor)
    return max(float(np.median(found.kneighbors(asked)[0][:, -1])), float(np.finfo(np.float32).eps))


def count_clusters(descriptor: np.ndarray, eps: float) -> int:
    """Return into how many clusters DBSCAN divides descriptors, by cosine distance: for the fourth observation.

    Parameters
    ----------
    descriptor : ndarray, shape (features, length)
    eps : float
        Distance of features that are near one another. Those near 4 others are at the heart of a cluster.

    Returns
    -------
    int
        1 where no feature is at the heart of any.

    Examples
    --------
    >>> import numpy as np
    >>> count_clusters(np.repeat(np.eye(3), 7, axis=0), 0.1), count_clusters(np.eye(3), 0.1)
    (3, 1)
    """
    from sklearn.cluster import DBSCAN

    check_positive("eps", eps)
    if len(descriptor) < NEIGHBOURS:
        return 1
    found = DBSCAN(eps=eps, min_samples=NEIGHBOURS, metric="cosine", algorithm="brute").fit_predict(descriptor)
    return max(int(found.max()) + 1, 1)


def kernel_edge(scope: float, least: float) -> int:
    """Return 3, or 5 where a component's mean scope asks for it: where 3 samples for the least would be 4 for it.

    Parameters
    ----------
    scope, least : float
        The mean sigma of a component's features, and the least one of its octave.

    Examples
    --------
    >>> kernel_edge(2.5, 2.0), kernel_edge(2.7, 2.0)
    (3, 5)
    """
    return 5 if 3 * scope > 4 * least else 3
