"""The linear map of windows, one window and one number at a time."""

import numpy as np


def row(kind, window, known, target):
    """What a map reads of one window, as a list."""
    window = np.asarray(window, dtype=float)
    if kind == "own":
        own = window[:, target]
        return [*(value - own[-1] for value in own[:-1]), *known]
    n_steps, n_channels = window.shape
    latest = max(1000 // n_channels, 1)
    first = max(n_steps - 1 - latest, 0)
    lags = [window[t, c] - window[-1, c] for t in range(first, n_steps - 1) for c in range(n_channels)]
    return [*lags, *known]


def solve(kind, windows, knowns, futures, penalty):
    """Least penalised squares by the augmented system; (features, outputs)."""
    x, y = [], []
    n_targets = futures.shape[2]
    for window, known, future in zip(windows, knowns, futures, strict=True):
        less = [[future[h, j] - window[-1, j] for j in range(n_targets)] for h in range(len(future))]
        if kind == "own":
            for j in range(n_targets):
                x.append(row(kind, window, known, j))
                y.append([less[h][j] for h in range(len(future))])
        else:
            x.append(row(kind, window, known, None))
            y.append([value for step in less for value in step])
    x, y = np.array(x), np.array(y)
    size = np.sqrt(penalty * len(x))
    x_more = np.concatenate([x, size * np.eye(x.shape[1])])
    y_more = np.concatenate([y, np.zeros((x.shape[1], y.shape[1]))])
    return np.linalg.lstsq(x_more, y_more, rcond=None)[0]


def error(kind, weight, windows, knowns, futures):
    """Squared error as a share of the last value's, in the mean over targets."""
    n_ahead, n_targets = futures.shape[1:]
    shares = []
    for j in range(n_targets):
        missed = still = 0.0
        for window, known, future in zip(windows, knowns, futures, strict=True):
            outputs = np.array(row(kind, window, known, j)) @ weight
            for h in range(n_ahead):
                found = outputs[h] if kind == "own" else outputs[h * n_targets + j]
                missed += (future[h, j] - window[-1, j] - found) ** 2
                still += (future[h, j] - window[-1, j]) ** 2
        shares.append(missed / still)
    return float(np.mean(shares))
