"""Suites of forecasting and regression, in which not every estimator is for every task."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tsattn.benchmark.forecast_forms import (
    GLOBAL,
    LAGS,
    LINEAR,
    NAIVE,
    OURS,
    OURS_96,
    PUBLISHED,
    QUANTILES,
    STATES,
    VAR,
)
from tsattn.benchmark.forecast_tasks import ETT, M4, M4_SAMPLES, SML
from tsattn.benchmark.regression_forms import OURS as REGRESSORS
from tsattn.benchmark.regression_forms import QUICK
from tsattn.benchmark.regression_tasks import COVID, HOURS
from tsattn.benchmark.suite import Cell, Suite, Task


@dataclass(frozen=True)
class PickySuite(Suite):
    """A suite some of whose entries are for some of its tasks: `tasks_of` has their names, by the entry's.

    Examples
    --------
    >>> from tsattn.benchmark import Entry
    >>> from tsattn.benchmark.forecast_forms import persistence
    >>> suite = PickySuite("mine", "Mine", (SML, *ETT), (Entry("persistence", persistence, seeded=False),),
    ...                    tasks_of={"persistence": ("sml2010",)})
    >>> [cell.label for cell in suite.cells()]
    ['sml2010 (official) · persistence · seed 0']
    """

    tasks_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def cells(self) -> Iterator[Cell]:
        """Every cell that is wanted, in the order of `Suite.cells`."""
        for cell in super().cells():
            if cell.task.name in self.tasks_of.get(cell.entry.name, (cell.task.name,)):
                yield cell


def _on(tasks: Sequence[Task], *names: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(names, tuple(task.name for task in tasks))


FORECAST = PickySuite(
    "forecast", "A house a step ahead, a transformer days ahead, beside what costs nothing", (SML, *ETT),
    OURS + QUANTILES + PUBLISHED + OURS_96 + NAIVE + LAGS + VAR + STATES + LINEAR, seeds=5, reference="sdma",
    tasks_of={**_on([SML], "extrapolation", *(entry.name for entry in PUBLISHED + LAGS + VAR + STATES)),
              **_on(ETT, "seasonal-naive", *(entry.name for entry in OURS_96 + LINEAR))})
M4_SUITE = PickySuite(
    "m4", "M4's hourly and weekly series, all together; models of one series on 50 of each", M4 + M4_SAMPLES,
    (*OURS, *(entry for entry in NAIVE if entry.name != "extrapolation"), *GLOBAL, *STATES), seeds=3,
    reference="sdma",
    tasks_of={**_on(M4_SAMPLES, *(entry.name for entry in STATES)), **_on(M4, *(entry.name for entry in OURS))})
REGRESSION = PickySuite("regression", "A number for each series", (COVID, HOURS), REGRESSORS + QUICK, seeds=3,
                        reference="sdma", tasks_of={"last-value": ("sml2010-hours",)})
