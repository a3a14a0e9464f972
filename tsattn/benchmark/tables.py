"""Rows -> tables of text, the same for the terminal, Markdown and HTML. One table a protocol: they are never mixed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from tsattn._checks import check_one_of
from tsattn.benchmark.across import Board, boards
from tsattn.benchmark.chosen import chosen
from tsattn.benchmark.data import SINGLE
from tsattn.benchmark.forecast_stats import forecast_verdicts
from tsattn.benchmark.mixtures import pace
from tsattn.benchmark.scores import MEASURES, Measure, kind_name, leading
from tsattn.benchmark.stats import (
    Protocols,
    Row,
    Summary,
    by_protocol,
    compare,
    order_kept,
    published,
    published_as,
    signed,
    summary,
    verdicts,
)
from tsattn.benchmark.table import MISSING, Cell, Line, Table
from tsattn.benchmark.table_across import of_board

FAILED, UNBUILT = "failed", "not built"
PRINTED = "published %"
MARKS = "abcdefghijklmnopqrstuvwxyz"


def tables(rows: Sequence[Row], *, about: Mapping[str, Any] | None = None, reference: str | None = None) -> list[Table]:
    """One table for each task and protocol, estimators in the order of the rows; then one across them.

    Parameters
    ----------
    rows : sequence of rows
        As `Folder.current` gives them.
    about : mapping, optional
        What the suite says of itself, as `Folder.about` gives it: its "reference", its "seeds", so that a table can say
        where there are fewer runs, and what is "unbuilt".
    reference : str, optional
        The estimator to compare with, in place of the suite's. Where a table has none, its first is taken.

    Raises
    ------
    ValueError
        No row is of `reference`.

    Examples
    --------
    >>> import tempfile
    >>> from tsattn.benchmark import Entry, Folder, Suite, Task, run_suite
    >>> from tsattn.benchmark.tasks import basic_motions
    >>> def dummy(seed, info):
    ...     from sktime.classification.dummy import DummyClassifier
    ...     return DummyClassifier(strategy="most_frequent")
    >>> suite = Suite("mine", "Mine", (Task("motions", basic_motions),), (Entry("dummy", dummy, seeded=False),))
    >>> folder = tempfile.mkdtemp()
    >>> keys = run_suite(suite, folder)
    >>> rows, remarks = Folder(folder).current()
    >>> (table,) = tables(rows)
    >>> [(line.name, line.cells[0].text) for line in table.lines]
    [('dummy', '25.00')]
    """
    return arranged(by_protocol(rows), boards(rows), about or {}, reference)


def arranged(protocols: Protocols, across: Iterable[Board], about: Mapping[str, Any],
             reference: str | None) -> list[Table]:
    """As `tables`, of rows that are grouped."""
    if reference is not None:
        check_one_of("estimator", reference, list(dict.fromkeys(chain.from_iterable(protocols.values()))))
    reference = reference or about.get("reference")
    unbuilt = about.get("unbuilt", {})
    single = [_with_unbuilt(_table(protocol, estimators, reference, about.get("seeds")),
                            unbuilt.get("/".join(protocol[:2]), {}))
              for protocol, estimators in protocols.items()]
    return single + [of_board(board, reference) for board in across]


def _with_unbuilt(table: Table, printed: Mapping[str, float]) -> Table:
    """The table, with a line for each method that its source has and the library has not."""
    if PRINTED not in table.columns:
        return table
    place = table.columns.index(PRINTED) - 1  # the first column is the name
    blank = [Cell(MISSING)] * (len(table.columns) - 1)
    lines = [Line(name, "", False, [Cell(UNBUILT), *blank[1:place], Cell(f"{value:.2f}"), *blank[place + 1:]])
             for name, value in printed.items()]
    return replace(table, lines=table.lines + lines)


def _table(protocol: tuple[str, str, int], estimators: Mapping[str, list[Row]], reference: str | None,
           seeds: int | None) -> Table:
    texts = {name: _notes(rows) for name, rows in estimators.items()}
    order = list(dict.fromkeys(text for found in texts.values() for text in found))
    mark_of = {text: MARKS[place % len(MARKS)] for place, text in enumerate(order)}
    reference = reference if reference is not None and reference in estimators else next(iter(estimators))
    task = next(iter(estimators.values()))[0]["task"]
    measures = _measures(task, estimators)
    lead = measures[leading(task)]
    versus = lead.versus(reference)
    columns = ["estimator", *(measure.heading for measure in measures.values()), versus, "fit s", "predict s",
               "peak MB", "parameters", "runs"]
    cells = {name: _cells(rows, _expected(rows, seeds), measures) for name, rows in estimators.items()}
    for place, metric in enumerate(measures):
        if not measures[metric].ranked:
            continue
        _mark_best(cells, estimators, place, metric, measures[metric])
    differences = compare(estimators, reference, leading(task))
    printed = {published_as(rows) for rows in estimators.values() if published(rows) is not None}
    heading = f"published {_label(printed, task)}"
    if printed:
        columns.insert(1 + len(measures), heading)
    lines = []
    for name, rows in estimators.items():
        own = cells[name]
        beside = [_published(rows)] if printed else []
        own[len(measures):len(measures)] = [*beside, _difference(differences, name, reference, lead)]
        marks = " ".join(mark_of[text] for text in texts[name])
        lines.append(Line(name, marks, bool(rows[0]["estimator"]["ours"]), own))
    return Table(_title(protocol, estimators), columns, lines, [(mark_of[text], text) for text in order],
                 [*_tested(protocol, task, estimators, differences, reference), *_order(estimators, heading),
                  *chosen(estimators), pace(estimators)])


def _tested(protocol: tuple[str, str, int], task: Mapping[str, Any], estimators: Mapping[str, list[Row]],
            differences: Any, reference: str) -> list[str]:
    """What tests say of the differences, in words."""
    if kind_name(task) == "classification":
        return verdicts(differences, reference, one_test_set=task["n_test"] if protocol[1] in SINGLE else None,
                        things="images" if "image" in task else "series")
    return forecast_verdicts(estimators, reference, task) if kind_name(task) == "forecasting" else []


def _measures(task: Mapping[str, Any], estimators: Mapping[str, list[Row]]) -> dict[str, Measure]:
    """The scores that some row has; all of the kind's where every row failed."""
    have = {name for rows in estimators.values() for row in _done(rows) for name in row["scores"]}
    measures = MEASURES[kind_name(task)]
    return {name: measure for name, measure in measures.items() if name in have or not have or name == leading(task)}


def _published(rows: Sequence[Row]) -> Cell:
    value = published(rows)
    return Cell(MISSING if value is None else f"{value:.2f}" if published_as(rows) == "accuracy" else f"{value:.4g}")


def _label(scores: set[str], task: Mapping[str, Any]) -> str:
    """What the column of published scores is of: accuracies are known by their sign."""
    known = {**{name: one for some in MEASURES.values() for name, one in some.items()}, **MEASURES[kind_name(task)]}
    return " / ".join("%" if name == "accuracy" else known[name].label for name in sorted(scores))


def _order(estimators: Mapping[str, list[Row]], heading: str) -> list[str]:
    """How far the order of the published scores is ours too, in words."""
    kept = order_kept(estimators)
    return [] if kept is None else [f"{heading}: what the source prints, by a split of its own; over {kept[0]} "
                                    f"estimators, Spearman's rank correlation with ours is {kept[1]:.2f}"]


def _title(protocol: tuple[str, str, int], estimators: Mapping[str, list[Row]]) -> str:
    name, kind, folds = protocol
    task = next(iter(estimators.values()))[0]["task"]
    return f"{name}: {TITLES[kind_name(task)](task, kind, folds)}"


def _of_classes(task: Mapping[str, Any], kind: str, folds: int) -> str:
    return (f"{_of_panel(task, kind, folds)}, {task['n_classes']} classes; the most frequent class alone "
            f"{100 * task['majority']:.1f} %")


def _of_numbers(task: Mapping[str, Any], kind: str, folds: int) -> str:
    return f"{_of_panel(task, kind, folds)}; the target's standard deviation in the training part {task['sd']:.4g}"


def _of_panel(task: Mapping[str, Any], kind: str, folds: int) -> str:
    split = {"official": "official split", "cv": f"{folds}-fold cross-validation",
             "validation": f"{folds}-fold validation inside the training part",
             "paper": "70/20 split over all, persons on both sides"}[kind]
    return f"{split}; {task['n_train']} training and {task['n_test']} test {_things(task)}"


def _things(task: Mapping[str, Any]) -> str:
    """What a task's instances are, and of which size."""
    channels = f"{task['n_channels']} channel{'s' * (task['n_channels'] != 1)}"
    if "image" in task:
        return f"images of {' x '.join(map(str, task['image']))} pixels, {channels}"
    steps = f"{task['min_length']}" + (f"–{task['max_length']}" if task["max_length"] != task["min_length"] else "")
    return f"series of {steps} steps, {channels}"


def _of_forecasts(task: Mapping[str, Any], _kind: str, _folds: int) -> str:
    unit = {"raw": "in units of the data", "z": "in standard deviations of the training part"}[task["unit"]]
    scored = f"{', '.join(task['scored'])} of {task['n_channels']}" if task["scored"] else f"{task['n_channels']}"
    series = "1 series" if task["n_series"] == 1 else f"{task['n_series']} series"
    return (f"{task['about']}; {task['n_train']} training rows in {series}, {task['n_test']} "
            f"forecasts of {task['horizon']} steps; columns: {scored}; MAE, MSE, RMSE {unit}, MASE of season "
            f"{task['season']}")


TITLES = {"classification": _of_classes, "regression": _of_numbers, "forecasting": _of_forecasts}


def _notes(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(note for row in rows for note in row["estimator"]["notes"]))


def _done(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["status"] == "done"]


def _expected(rows: Sequence[Row], seeds: int | None) -> int:
    """Runs that there would be if all of the suite had been computed."""
    asked = (seeds or 0) * rows[0]["split"]["folds"] if rows[0]["estimator"]["seeded"] else rows[0]["split"]["folds"]
    return max(len(rows), asked if seeds else 0)


def _cells(rows: Sequence[Row], expected: int, measures: Mapping[str, Measure]) -> list[Cell]:
    done = _done(rows)
    runs = f"{len(done)}" if len(done) == expected else f"{len(done)} of {expected}"
    if not done:
        return [Cell(FAILED, bad=True), *[Cell(MISSING)] * (len(measures) + 3), Cell(runs, bad=True)]
    scores = [Cell(_score(summary(row["scores"].get(name) for row in done), measure))
              for name, measure in measures.items()]
    n_parameters = done[0]["n_parameters"]
    return [
        *scores,
        Cell(_seconds(summary(row["fit_seconds"] for row in done))),
        Cell(_seconds(summary(row["predict_seconds"] for row in done))),
        Cell(f"{max(row['memory']['peak_mb'] for row in done):.0f}"),
        Cell(MISSING if n_parameters is None else f"{n_parameters:,}"),
        Cell(runs, bad=len(done) < len(rows)),
    ]


def _score(value: Summary | None, measure: Measure) -> str:
    if value is None:
        return MISSING
    spread = "" if value.sd is None else f" ± {measure.spread(value.sd)}"
    return f"{measure.text(value.mean)}{spread}"


def _seconds(value: Summary | None) -> str:
    return MISSING if value is None else f"{value.mean:.3g}" if value.mean < 100 else f"{value.mean:.0f}"


def _mark_best(cells: dict[str, list[Cell]], estimators: Mapping[str, list[Row]], column: int, metric: str,
               measure: Measure) -> None:
    """Bold for all that print as the best mean: a difference that cannot be read is none."""
    sign, means = -1 if measure.lower else 1, {}
    for name, rows in estimators.items():
        found = summary(row["scores"].get(metric) for row in _done(rows))
        if found is not None:
            means[name] = float(measure.text(found.mean))
    best = max((sign * mean for mean in means.values()), default=None)
    for name, mean in means.items():
        if sign * mean == best:
            cells[name][column] = Cell(cells[name][column].text, best=True)


def _difference(differences: Any, name: str, reference: str, measure: Measure) -> Cell:
    """Points between an estimator and the reference, or per cent of the latter; bad news is a reference that loses."""
    if name == reference:
        return Cell("reference")
    found = differences.loc[name]
    if found.difference != found.difference:
        return Cell(MISSING)
    bad = (found.difference < 0) if measure.lower else (found.difference > 0)
    text = f"{signed(100 * found.relative)} %" if measure.relative else signed(100 * found.difference, 2)
    return Cell(text, bad=bool(bad))
