"""Ridge regression as least squares with a row more for each feature: slow and dull on purpose.

It shares no code with the package.
"""

import numpy as np


def standardised(features, weight):
    """Features less their means, in units of their standard deviation and of the root of their number; the means."""
    share = weight / weight.sum()
    columns, middles, units = [], [], []
    for column in features.T:
        middle = (share * column).sum()
        unit = np.sqrt((share * (column - middle) ** 2).sum() * features.shape[1])
        columns.append((column - middle) / unit)
        middles.append(middle)
        units.append(unit)
    return np.array(columns).T, np.array(middles), np.array(units)


def least_squares(x, y, weight, penalty):
    """Coefficients (p, k) of the least weighted squared error plus penalty times their squares."""
    rows = np.concatenate([np.sqrt(weight)[:, None] * x, np.sqrt(penalty) * np.eye(x.shape[1])])
    targets = np.concatenate([np.sqrt(weight)[:, None] * y, np.zeros((x.shape[1], y.shape[1]))])
    return np.linalg.lstsq(rows, targets, rcond=None)[0]


def ridge(features, target, weight, penalty):
    """Weights (k, p) and biases (k,)."""
    weight = weight / weight.mean()
    x, middles, units = standardised(features, weight)
    level = (weight[:, None] * target).sum(axis=0) / weight.sum()
    coefficients = least_squares(x, target - level, weight, penalty) / units[:, None]
    return coefficients.T, level - middles @ coefficients


def left_out(features, target, weight, penalty, n_parts=None):
    """Each series' outputs by the others alone, standard deviations and the unit of weight being those of all.

    With parts, by the series of the other parts, which are as even as can be, the larger ones first.
    """
    weight = weight / weight.mean()
    x, _, _ = standardised(features, weight)
    n_parts = min(n_parts or len(x), len(x))
    sizes = [len(x) // n_parts + (number < len(x) % n_parts) for number in range(n_parts)]
    part_of = [number for number, size in enumerate(sizes) for _ in range(size)]
    out = []
    for i in range(len(x)):
        others = np.array([part != part_of[i] for part in part_of])
        share = weight[others, None] / weight[others].sum()
        middle, level = (share * x[others]).sum(axis=0), (share * target[others]).sum(axis=0)
        found = least_squares(x[others] - middle, target[others] - level, weight[others], penalty)
        out.append((x[i] - middle) @ found + level)
    return np.array(out)


def cross_entropy(outputs, target, weight, factor, doubt):
    """The weighted mean over series, with that share of each target spread evenly over all classes."""
    total = 0.0
    for row, code, share in zip(outputs, target, weight / weight.sum(), strict=True):
        logits = factor * row - (factor * row).max()
        surprise = np.log(np.exp(logits).sum()) - logits
        total += share * ((1 - doubt) * surprise[code] + doubt * surprise.mean())
    return total
