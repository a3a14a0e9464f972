"""The compiled CPU path of extremeness: a row of values at a time against its neighbours, all of them in the cache."""

from typing import Any, no_type_check

from numba import njit

compiled = njit(nogil=True, cache=True, error_model="numpy")


@compiled
@no_type_check
def not_above(around: Any, reach: Any, out: Any, first: Any, last: Any) -> None:
    """Count in planes first ... last of `out`, (plane, row, column), the neighbours that a value is not below.

    `around`, (plane, row, column), has one column more on either side, and `reach` rows more above and below.
    """
    one, none = out.dtype.type(1), out.dtype.type(0)
    n_rows, n_columns = out.shape[1:]
    for plane in range(first, last):
        for i in range(n_rows):
            own, counts = around[plane, i + reach, 1 : n_columns + 1], out[plane, i]
            counts[:] = none
            for down in range(2 * reach + 1):
                for aside in range(3):
                    other = around[plane, i + down, aside : n_columns + aside]
                    for j in range(n_columns):
                        counts[j] += one if own[j] >= other[j] else none
