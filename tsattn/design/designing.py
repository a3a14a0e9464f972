"""RACKNet designs a network: its racks, layers and kernels, from the local features of the data that it is to learn.

Garg & Candan, "RACKNet: Robust allocation of convolutional kernels in neural network for image classification", ICMR
2019; Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, chapter 3. The
four observations are functions of `tsattn.design.observations`, the rules of sharing out those of
`tsattn.design.allocation`; here they follow one another. Differs: for series too; and a large octave is looked at
through a sample.
"""

from dataclasses import dataclass, field

import numpy as np

from tsattn._checks import check_fraction, check_int, check_one_of
from tsattn.design._stopwatch import STAGES, Stopwatch
from tsattn.design.allocation import STRATEGIES, allocate
from tsattn.design.features import Features
from tsattn.design.observations import (
    METHODS,
    Mixture,
    centres_of,
    count_clusters,
    histogram,
    kernel_edge,
    nearness,
    separate,
    sufficient_octaves,
)
from tsattn.design.plan import Architecture, Layer


@dataclass(frozen=True, eq=False)
class OctavePlan:
    """What was found in one octave, of which one rack is made; `racknet` has an example.

    Attributes
    ----------
    octave : int
    n_features, n_sampled : int
        Its features, and of how many of them the mixture and the clusters are.
    counts : ndarray of int64
        Histogram of all its features' entropies, in bins of 0.01 bits from 0.
    mixture : Mixture
        Its Gaussians, by their means, low first.
    scopes : tuple of float
        Mean sigma of each Gaussian's features, in input samples.
    edges, clusters : tuples of int
        Kernel edge, and clusters, of each.

    Raises
    ------
    ValueError
        The parts do not belong together, as in a file that was changed.

    Examples
    --------
    >>> import numpy as np
    >>> from tsattn.design import Mixture
    >>> mixture = Mixture((1.0,), (3.2,), (0.4,))
    >>> OctavePlan(0, 2, 2, np.array([0, 2]), mixture, (2.5,), (3,), (17,)).clusters
    (17,)
    """

    octave: int
    n_features: int
    n_sampled: int
    counts: np.ndarray
    mixture: Mixture
    scopes: tuple[float, ...]
    edges: tuple[int, ...]
    clusters: tuple[int, ...]

    def __post_init__(self) -> None:
        sizes = {len(self.mixture.means), len(self.scopes), len(self.edges), len(self.clusters)}
        numbers = [self.n_features, self.n_sampled, *self.edges, *self.clusters]
        if len(sizes) > 1 or not all(type(n) is int and n > 0 for n in numbers) or type(self.octave) is not int or \
                self.counts.ndim != 1 or self.counts.dtype.kind != "i" or (self.counts < 0).any() or \
                (self.counts > self.n_features).any() or self.counts.sum() != self.n_features:
            raise ValueError("what was found in an octave does not belong together")

    @property
    def centres(self) -> np.ndarray:
        """The middle of each bin of the histogram, in bits."""
        return centres_of(np.arange(len(self.counts)))


@dataclass(frozen=True, eq=False)
class RACKNetPlan:
    """An architecture, and what it is made of; printed, it says both.

    Attributes
    ----------
    architecture : Architecture
    octaves : tuple of OctavePlan
        One a rack; empty where there were no features.
    strategy : str
        How the budget was shared out.
    n_features : int
        All features, those of octaves without a rack among them.
    seconds : dict
        What each stage took: "features", "entropy", "mixture" and "clustering", as far as it was measured.

    Raises
    ------
    ValueError
        The parts do not belong together, as in a file that was changed.

    Examples
    --------
    >>> from tsattn.design import Architecture, Layer
    >>> print(RACKNetPlan(Architecture(((Layer(40),),)), (), "racknet", 0))
    1 layers of (40) kernels, edges (3), 2-D, average pooling, dropout 0.25
    0 features, kernels by racknet
    """

    architecture: Architecture
    octaves: tuple[OctavePlan, ...]
    strategy: str
    n_features: int
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        right = isinstance(self.architecture, Architecture) and type(self.n_features) is int and \
            all(isinstance(octave, OctavePlan) for octave in self.octaves) and self.strategy in STRATEGIES and \
            all(stage in STAGES and type(spent) is float for stage, spent in self.seconds.items())
        if not right or [len(rack) for rack in self.architecture.racks] != \
                ([len(octave.clusters) for octave in self.octaves] or [1]):
            raise ValueError("what an architecture is made of does not belong to it")

    def __str__(self) -> str:
        order = ", layers of high entropies first" if STRATEGIES[self.strategy].complex_first else ""
        lines = [str(self.architecture), f"{self.n_features} features, kernels by {self.strategy}{order}"]
        for one in self.octaves:
            sample = f", sampled {one.n_sampled}" if one.n_sampled < one.n_features else ""
            means = ", ".join(f"{mean:.2f}" for mean in one.mixture.means)
            lines.append(f"octave {one.octave}: {one.n_features} features{sample}; mean entropies {means} bits; "
                         f"clusters {', '.join(map(str, one.clusters))}")
        spent = ", ".join(f"{stage} {self.seconds[stage]:.2f} s" for stage in STAGES if stage in self.seconds)
        return "\n".join([*lines, spent] if spent else lines)


def racknet(
    features: Features, *, budget: int = 400, strategy: str = "racknet", ndim: int = 2, min_features: float = 0.01,
    max_components: int = 10, method: str = "bic", max_features: int = 5000, pooling: str = "average",
    dropout: float = 0.25, random_state: int | None = None,
) -> RACKNetPlan:
    """Design a network for the data that these features are of.

    Parameters
    ----------
    features : Features
        Of all training series or images; see `series_features` and `image_features`. Labels are no part of them.
    budget : int, default=400
        Kernels of all layers together.
    strategy : str, default="racknet"
        How they are shared out: one of `tsattn.design.STRATEGIES`.
    ndim : {1, 2}, default=2
        Axes of space: series or images.
    min_features : float, default=0.01
        Least share of all features that makes an octave a rack, and of an octave's features that makes a layer.
    max_components : int, default=10
        Most layers of a rack.
    method : {"bic", "dirichlet"}, default="bic"
        How the number of layers is found; see `tsattn.design.observations.separate`.
    max_features : int, default=5000
        Most features of an octave that its mixture and its clusters are of: a sample of them where there are more.
    pooling, dropout
        Of the `Architecture`.
    random_state : int or None, default=None
        Where samples and the strategy "random" draw from; None differs from call to call.

    Returns
    -------
    RACKNetPlan
        Without any features, as of series that are too short or constant, or where no octave has its share of them,
        one rack of one layer.

    Raises
    ------
    TypeError, ValueError
        An unknown strategy or method, a number outside its range, or a budget below the number of layers.

    Examples
    --------
    >>> import numpy as np
    >>> from tsattn.design import series_features
    >>> rng = np.random.default_rng(0)
    >>> walks = rng.normal(size=(3000, 3)).cumsum(0)
    >>> plan = racknet(series_features(walks, np.full(10, 300), n_octaves=2), budget=60, ndim=1, random_state=0)
    >>> print(plan.architecture)
    1-1 layers of (30-30) kernels, edges (3-3), 1-D, average pooling, dropout 0.25
    """
    if not isinstance(features, Features):
        raise TypeError("features must be Features, as series_features(values, lengths) and image_features(images) "
                        f"return them, got {type(features).__name__}")
    check_one_of("strategy", strategy, STRATEGIES)
    check_one_of("method", method, METHODS)
    check_fraction("min_features", min_features)
    check_int("max_features", max_features)
    watch = Stopwatch()
    octaves = sufficient_octaves(features.octave, min_features) if len(features) else ()
    mix = _Mixing(method, check_int("max_components", max_components), min_features, max_features, random_state)
    found = tuple(mix.octave(features.take(features.octave == octave), watch) for octave in octaves)
    rule = STRATEGIES[strategy]
    kernels = allocate([one.clusters for one in found] or [[1]], budget, strategy, random_state=random_state)
    edges = [one.edges for one in found] or [(3,)]
    racks = tuple(tuple(Layer(*sizes) for sizes in zip(*rack, strict=True))[:: -1 if rule.complex_first else 1]
                  for rack in zip(kernels, edges, strict=True))
    return RACKNetPlan(Architecture(racks, pooling, dropout, ndim), found, strategy, len(features),
                       {**features.seconds, **watch.seconds})


@dataclass(frozen=True)
class _Mixing:
    """How an octave's features become layers."""

    method: str
    max_components: int
    min_features: float
    max_features: int
    random_state: int | None

    def octave(self, features: Features, watch: Stopwatch) -> OctavePlan:
        """Observations 2 to 4 of the features of one octave."""
        sample = sampled(features, self.max_features, self.random_state)
        with watch.stage("mixture"):
            mixture = separate(sample.entropy, method=self.method, max_components=self.max_components,
                               min_features=self.min_features, random_state=self.random_state)
        own = mixture.assign(sample.entropy)
        parts = [sample.take(own == number) for number in range(len(mixture.means))]
        with watch.stage("clustering"):
            eps = nearness(sample.descriptor)
            clusters = tuple(count_clusters(part.descriptor, eps) for part in parts)
        scopes = tuple(float(part.sigma.mean()) for part in parts)
        least = float(sample.sigma.min())
        return OctavePlan(int(sample.octave[0]), len(features), len(sample), histogram(features.entropy), mixture,
                          scopes, tuple(kernel_edge(scope, least) for scope in scopes), clusters)


def sampled(features: Features, most: int, random_state: int | None) -> Features:
    """Return features in an order of their own, whatever order they came in; a sample of `most` where there are more.

    Examples
    --------
    >>> import numpy as np
    >>> found = Features(np.zeros(3, int), np.array([2.0, 1.0, 3.0]), np.zeros(3), np.eye(3), np.arange(3))
    >>> sampled(found, 5, 0).sigma.tolist(), len(sampled(found, 2, 0))
    ([1.0, 2.0, 3.0], 2)
    """
    keys = features.descriptor.T[:: max(1, features.descriptor.shape[1] // 16)]  # the rest tells hardly any apart
    order = np.lexsort((*keys, features.sigma, features.entropy))
    if len(order) > most:
        order = order[np.sort(np.random.default_rng(random_state).choice(len(order), most, replace=False))]
    return features.take(order)
