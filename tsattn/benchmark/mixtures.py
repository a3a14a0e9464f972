"""What rows of one table or report should share and do not, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from tsattn.benchmark.stats import Row

SHARED = {"commit": "commits", "versions": "sets of library versions",
          "hardware": "machines, threads or numbers of cells at a time: times do not compare"}


def mixtures(rows: Sequence[Row]) -> list[str]:
    """A sentence for each thing that the rows should have in common and have not."""
    sentences = [f"These rows come from {len(found)} different {name}." for part, name in SHARED.items()
                 if len(found := distinct(rows, part)) > 1]
    return [*states_of_code(rows), *sentences]


def states_of_code(rows: Sequence[Row]) -> list[str]:
    """Sentences on estimators some of whose rows on a data set were computed by other code than the rest.

    From data set to data set they may differ: an estimator is prepared, with a resampler before it, for what it is to
    read.
    """
    own: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        own.setdefault((row["estimator"]["name"], row["task"]["name"]), []).append(row)
    return [f"The rows of {name} on {task} come from {len(found)} different states of the code."
            for (name, task), some in own.items() if len(found := distinct(some, "code")) > 1]


def pace(estimators: Mapping[str, Sequence[Row]]) -> str:
    """With how many threads, and how many cells at a time, a table's times were taken; a warning if they differ."""
    found = {name: list(dict.fromkeys((row["hardware"].get("torch_threads"), row["hardware"].get("jobs"))
                                      for row in rows)) for name, rows in estimators.items()}
    paces = {pace for own in found.values() for pace in own}
    if len(paces) == 1:
        threads, jobs = paces.pop()
        return f"times: torch threads {threads}, cells at a time {jobs}"
    each = "; ".join(f"{name} {' and '.join(f'{threads} × {jobs}' for threads, jobs in own)}"
                     for name, own in found.items())
    return f"times do not compare; torch threads × cells at a time were: {each}"


def distinct(rows: Sequence[Row], part: str) -> list[Any]:
    """The different values of a part, in the order of the rows; None stands for rows that lack it."""
    found: list[Any] = []
    for row in rows:
        if row.get(part) not in found:
            found.append(row.get(part))
    return found
