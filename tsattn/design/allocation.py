"""How many kernels each layer gets of a budget: RACKNet's rule, and those that it is compared with.

Garg & Candan, "RACKNet", ICMR 2019; Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State
University, 2020, 3.4.6 and 3.5.2. With c_i layers in rack i, n_ij clusters of features that stand for layer j of it, r
racks and L layers in all, the share of the budget that layer ij gets is

    racknet           (c_i / L) (1 / n_ij) / sum_l (1 / n_il)    more clusters, fewer kernels; the text's own
    racknet-printed   (1 - (c_i / L) n_ij / sum_l n_il) / (L - 1)    as printed, made to sum to 1
    proportional      (c_i / L) n_ij / sum_l n_il
    inverse-order     as racknet, the layers of each rack in the opposite order
    uniform-rack      1 / (r c_i)
    uniform-layer     1 / L
    random            drawn evenly from all shares that there are

Differs: as printed, RACKNet's shares sum to L - 1, and normalised they cannot give the source's own table 3.2 (8 and 77
kernels in a rack of two); what its text says, inversely proportional, can. Shares of a budget are rounded by largest
remainders, so that the kernels sum to it exactly, where the table's sum to 394 to 409.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tsattn._checks import check_int, check_one_of

Clusters = Sequence[Sequence[int]]
Shares = list[list[float]]


def inverse_shares(clusters: Clusters, rng: np.random.Generator) -> Shares:  # noqa: ARG001 - of all
    """Shares inversely proportional to the clusters."""
    return _within(clusters, lambda n: 1.0 / n)


def printed_shares(clusters: Clusters, rng: np.random.Generator) -> Shares:
    """The printed formula, over the sum of what it gives; all of it for a layer that is alone."""
    n_layers = sum(map(len, clusters))
    if n_layers == 1:
        return [[1.0]]
    return [[(1.0 - share) / (n_layers - 1) for share in rack] for rack in proportional_shares(clusters, rng)]


def proportional_shares(clusters: Clusters, rng: np.random.Generator) -> Shares:  # noqa: ARG001
    """Shares proportional to the clusters."""
    return _within(clusters, float)


def uniform_rack(clusters: Clusters, rng: np.random.Generator) -> Shares:  # noqa: ARG001
    """As much for each rack, and within it for each layer."""
    return [[1.0 / (len(clusters) * len(rack))] * len(rack) for rack in clusters]


def uniform_layer(clusters: Clusters, rng: np.random.Generator) -> Shares:  # noqa: ARG001
    """As much for each layer."""
    n_layers = sum(map(len, clusters))
    return [[1.0 / n_layers] * len(rack) for rack in clusters]


def random_shares(clusters: Clusters, rng: np.random.Generator) -> Shares:
    """Drawn evenly from all that sum to 1."""
    drawn = iter(rng.dirichlet(np.ones(sum(map(len, clusters)))).tolist())
    return [[next(drawn) for _ in rack] for rack in clusters]


def _within(clusters: Clusters, weight: Callable[[int], float]) -> Shares:
    """To each rack by its layers, and within it by a weight of each layer's clusters."""
    n_layers = sum(map(len, clusters))
    weights = [[weight(n) for n in rack] for rack in clusters]
    return [[len(rack) / n_layers * one / sum(rack) for one in rack] for rack in weights]


@dataclass(frozen=True)
class Strategy:
    """How a budget is shared out, and whether the layers of a rack stand in the opposite order, complex ones first."""

    shares: Callable[[Clusters, np.random.Generator], Shares]
    complex_first: bool = False


STRATEGIES: dict[str, Strategy] = {
    "racknet": Strategy(inverse_shares), "racknet-printed": Strategy(printed_shares),
    "proportional": Strategy(proportional_shares), "inverse-order": Strategy(inverse_shares, complex_first=True),
    "uniform-rack": Strategy(uniform_rack), "uniform-layer": Strategy(uniform_layer), "random": Strategy(random_shares),
}


def allocate(
    clusters: Clusters, budget: int, strategy: str = "racknet", *, random_state: int | None = None
) -> tuple[tuple[int, ...], ...]:
    """Share a budget of kernels out to layers.

    Parameters
    ----------
    clusters : sequence of sequences of int
        Clusters of the features that stand for each layer, rack by rack.
    budget : int
        Kernels in all.
    strategy : str, default="racknet"
        See this file's head. "inverse-order" is about the order of layers, and shares out as "racknet" does.
    random_state : int or None, default=None
        Where "random" draws from; None differs from call to call.

    Returns
    -------
    tuple of tuples of int
        Kernels of each layer: at least 1, and `budget` in all.

    Raises
    ------
    ValueError
        The budget is below the number of layers; there is no rack, a rack has no layer, or a layer no cluster; an
        unknown strategy.

    Examples
    --------
    COIL-20's first rack has 8 and 77 kernels in the source's table: where there are ten times as many clusters, there
    are a tenth of the kernels.

    >>> allocate([[77, 8], [3, 5, 3, 3], [4, 8, 4, 4]], 400)
    ((8, 72), (44, 27, 44, 44), (46, 23, 46, 46))
    >>> allocate([[77, 8]], 80, "proportional"), allocate([[77, 8]], 81, "uniform-layer")
    (((72, 8),), ((41, 40),))
    """
    if not clusters or not all(map(len, clusters)):
        raise ValueError(f"clusters must have a rack, and each rack a layer, got {clusters!r}")
    rule = STRATEGIES[check_one_of("strategy", strategy, STRATEGIES)]
    for n in (n for rack in clusters for n in rack):
        check_int("clusters of a layer", n)
    n_layers = sum(map(len, clusters))
    if check_int("budget", budget) < n_layers:
        raise ValueError(f"budget must be at least the number of layers, {n_layers}, so that each has a kernel, got "
                         f"{budget}; raise it, or let there be fewer layers, as by an estimator's max_components")
    shares = rule.shares(clusters, np.random.default_rng(random_state))
    flat = iter(rounded([share for rack in shares for share in rack], budget))
    return tuple(tuple(next(flat) for _ in rack) for rack in clusters)


def rounded(shares: Sequence[float], total: int) -> list[int]:
    """Whole numbers of at least 1 that sum to `total`, by largest remainders; of equal ones the first.

    Where a share is less than 1 the number is 1 all the same, and is taken from what is furthest above its share.

    Examples
    --------
    >>> rounded([0.5, 0.3, 0.2], 7), rounded([0.96, 0.02, 0.02], 10)
    ([4, 2, 1], [8, 1, 1])
    """
    quotas = np.asarray(shares) * total
    whole = np.maximum(np.floor(quotas + 1e-9), 1).astype(np.int64)  # what is whole but for rounding stays so
    while (left := total - int(whole.sum())) != 0:
        due = np.where(whole > 1, whole - quotas, -np.inf) if left < 0 else quotas - whole
        whole[int(np.argmax(np.round(due, 9)))] += 1 if left > 0 else -1
    found: list[int] = whole.tolist()
    return found
