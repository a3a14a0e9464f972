"""What tuning chose, in words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from tsattn.benchmark.stats import Row

MOST = 3  # choices that are named; with a fold and a seed for each, there may be dozens


def chosen(estimators: Mapping[str, Sequence[Row]]) -> list[str]:
    """A sentence for each tuned estimator of a table, and one on those that ran as they are; none if none was tuned."""
    found = {name: [row for row in rows if row.get("tuning")] for name, rows in estimators.items()}
    if not any(found.values()):
        return []
    plain = [name for name, rows in estimators.items() if "tuning" not in rows[0]["estimator"]["what"]]
    return [*(_of(name, rows) for name, rows in found.items() if rows),
            *[f"not tuned: {', '.join(plain)}"] * bool(plain)]


def _of(name: str, rows: Sequence[Row]) -> str:
    searches = [row["tuning"] for row in rows]
    tries = [one for search in searches for one in search["tries"]]
    counts = Counter(map(_winner, searches)).most_common()
    named = "; ".join(f"{text} ({n} of {len(rows)})" for text, n in counts[:MOST])
    others = f"; and {len(counts) - MOST} others" if len(counts) > MOST else ""
    failed = sum(one["error"] is not None for one in tries)
    lost = f"; {failed} of {len(tries)} tries failed" if failed else ""
    most = max(len(search["tries"]) for search in searches)
    seconds = fmean(search["seconds"] for search in searches)
    return (f"{name}: the best of {most} tries by {searches[0]['folds']} folds inside the training part, "
            f"{seconds:.3g} s before the fit; chosen: {named}{others}{lost}")


def _winner(search: Mapping[str, Any]) -> str:
    """The parameters that won; the first try is the estimator as it is."""
    params = search["tries"][search["winner"]]["params"]
    said = ", ".join(f"{name}={value!r}" for name, value in sorted(params.items()))
    return f"{said}, as it is untuned" if search["winner"] == 0 else said
