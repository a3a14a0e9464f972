"""What tuning draws from: for each estimator a few values about its default, which is one of them."""

from typing import Any

NETWORK = {"hidden_size": (32, 64, 128), "dropout": (0.2, 0.4, 0.6), "proportions": (1000, 2500, 5000)}
DEEP = {**NETWORK, "n_layers": (1, 2, 3)}
MIXTURES = {"proportions": (1000, 2500, 5000, 10_000), "saliency": ("channels", "events")}
FOREST = {"classifier__max_features": ("sqrt", 0.2, 0.5), "classifier__min_samples_leaf": (1, 2, 4)}


def kernels(step: str) -> dict[str, Any]:
    """MiniRocket's, as the step of a pipeline; the ridge behind it chooses its own penalty.

    Examples
    --------
    >>> sorted(kernels("regressor"))
    ['regressor__max_dilations_per_kernel', 'regressor__num_kernels']
    """
    return {f"{step}__num_kernels": (2500, 5000, 10_000, 20_000), f"{step}__max_dilations_per_kernel": (8, 16, 32)}
