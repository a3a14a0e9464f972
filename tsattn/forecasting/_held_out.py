"""What windows that were held out say of how far forecasts miss."""

import numpy as np


def conformal(errors: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Order statistics of n errors by which split conformal intervals cover what they promise; (levels, ...).

    At level p above a half the ceil(p (n + 1))-th smallest, at others the floor(p (n + 1))-th, as far as there are so
    many: a new error, exchangeable with these, lies between those of two levels at least as often as they say (Vovk,
    Gammerman & Shafer, "Algorithmic learning in a random world", 2005; Romano, Patterson & Candès, NeurIPS 2019).

    Examples
    --------
    >>> import numpy as np
    >>> conformal(np.arange(1.0, 20.0), np.array([0.05, 0.5, 0.95])).tolist()
    [1.0, 10.0, 19.0]
    """
    ordered, n = np.sort(errors, axis=0), len(errors)
    rank = levels * (n + 1)
    upper, lower = np.ceil(rank - 1e-9), np.floor(rank + 1e-9)  # 0.95 * 20 is 19, whatever is lost in rounding
    return np.asarray(ordered[np.where(levels > 0.5, upper, lower).clip(1, n).astype(int) - 1])
