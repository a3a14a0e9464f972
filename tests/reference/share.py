"""The share of a network as loops. It shares no code with the package."""

import numpy as np


def surely(missing, added, span, n_blocks=8):
    """Least-squares coefficient of each column (n, horizon, column), less its block jackknife's standard error."""
    n, horizon, n_columns = added.shape
    if n < 2 * span:
        return np.zeros(n_columns)
    blocks = [list(rows) for rows in np.array_split(np.arange(n), min(n_blocks, n // span))]
    shares = []
    for q in range(n_columns):
        def best(rows, q=q):
            over = sum(missing[i, h, q] * added[i, h, q] for i in rows for h in range(horizon))
            return over / sum(added[i, h, q] ** 2 for i in rows for h in range(horizon))

        left_out = [best([i for other in blocks if other is not block for i in other]) for block in blocks]
        middle = sum(left_out) / len(blocks)
        variance = (len(blocks) - 1) / len(blocks) * sum((value - middle) ** 2 for value in left_out)
        shares.append(min(max(best(range(n)) - variance**0.5, 0.0), 1.0))
    return np.array(shares)
