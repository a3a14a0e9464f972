"""The linear map of windows, one window and one number at a time."""

import numpy as np


def row(kind, window, known, target):
    """What a map reads of one window, as a list."""
    window = np.asarray(window, dtype=float)
    n_known = known.shape[1]
    beside = [step[k] - window[-1, window.shape[1] - n_known + k] for step in known for k in range(n_known)]
    if kind != "all":
        own = window[:, target]
        return [*(value - own[-1] for value in own[:-1]), *beside]
    n_steps, n_channels = window.shape
    latest = max(1000 // n_channels, 1)
    first = max(n_steps - 1 - latest, 0)
    return [*(window[t, c] - window[-1, c] for t in range(first, n_steps - 1) for c in range(n_channels)), *beside]


def solve(kind, windows, knowns, futures, penalty):
    """Least penalised squares by the augmented system; the map of each target, (features, ahead)."""
    n_targets = futures.shape[2]
    x, y = [[] for _ in range(n_targets)], [[] for _ in range(n_targets)]
    for window, known, future in zip(windows, knowns, futures, strict=True):
        for j in range(n_targets):
            x[j].append(row(kind, window, known, j))
            y[j].append([value - window[-1, j] for value in future[:, j]])
    if kind == "shared":
        x, y = ([[one for part in parts for one in part]] * n_targets for parts in (x, y))
    found = []
    for a, b in zip(x, y, strict=True):
        a, b = np.array(a), np.array(b)
        more = np.sqrt(penalty * len(a)) * np.eye(a.shape[1])
        found.append(np.linalg.lstsq(np.concatenate([a, more]), np.concatenate([b, 0 * more[:, :1] @ b[:1]]),
                                     rcond=None)[0])
    return found


def forecast(kind, maps, window, known, n_targets):
    """The forecast of one window, (ahead, targets)."""
    return np.stack([np.array(row(kind, window, known, j)) @ maps[j] + window[-1, j] for j in range(n_targets)], axis=1)
