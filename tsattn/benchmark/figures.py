"""Rows -> the report's pictures, each an SVG document with a caption."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from tsattn.benchmark.across import Board, cliques, critical_difference
from tsattn.benchmark.folder import Folder
from tsattn.benchmark.instances import read_instances
from tsattn.benchmark.schema import CURVES
from tsattn.benchmark.scores import MEASURES, Measure, kind_name, leading
from tsattn.benchmark.stats import Protocols, Row, summary
from tsattn.plots.events import plot_events
from tsattn.plots.figures import (
    BETWEEN,
    FEW,
    plot_channels,
    plot_confusions,
    plot_critical_difference,
    plot_learning_curves,
    plot_pareto,
)
from tsattn.plots.pages import as_svg, beside, figure, framed, legend, stacked

CLOSE = 2  # channels
MANY = 30  # classes: more cannot be read
LONGEST = 40  # letters of a class's label that are drawn
WIDTH, CELL, NAMES = 9.5, 0.16, 0.062  # inches of a page, of a count, and of a letter beside counts
SHOWN = 16  # channels of a picture: as many as can be named in it
COSTS = {"fit_seconds": "mean fit time, s (logarithmic)", "n_parameters": "weights of networks (logarithmic)"}
KINDS = {"series": "series, each channel about its mean", "saliency": "saliency it reads", "attention": "attention"}


@dataclass(frozen=True)
class Picture:
    """An SVG document, and what to say below it."""

    svg: bytes
    caption: str


def pareto(protocols: Protocols) -> Iterator[Picture]:
    """The leading score against fit time and against the number of weights, a picture a protocol."""
    for (task, kind, _), estimators in protocols.items():
        about = next(iter(estimators.values()))[0]["task"]
        name, measure = leading(about), MEASURES[kind_name(about)][leading(about)]
        points = [point | {"name": entry} for entry, own in estimators.items()
                  if (point := _point(own, name, measure)) is not None]
        table = pd.DataFrame(points, columns=["name", *COSTS, name, f"{name}_sd", "ours"]).set_index("name")
        shown = [cost for cost in COSTS if table[cost].notna().sum() > 1]
        if not shown:
            continue
        drawn, axes = beside(len(shown), list(table.index), height=max(3.0, 0.22 * len(table)))
        for ax, cost in zip(axes[0], shown, strict=True):
            plot_pareto(table.astype({cost: float}), ax, x=cost, y=name, lower=measure.lower)
            ax.set_xlabel(COSTS[cost])
            ax.set_ylabel(measure.heading.replace(" %", ", %"))
        legend(axes)
        yield Picture(as_svg(drawn), f"{task}, {kind} split: mean {measure.label} (bars: ± 1 standard deviation) "
                                     "against what an estimator costs. Blue: ours; brown: others. Dotted: the best for "
                                     "its cost.")


def confusions(protocols: Protocols) -> Iterator[Picture]:
    """Which class is taken for which, a picture a protocol, an axis an estimator; all runs together."""
    for (task, kind, _), estimators in protocols.items():
        done = {name: own for name, rows in estimators.items() if (own := [
            row for row in rows if row["status"] == "done" and kind_name(row["task"]) == "classification"])}
        if not done:
            continue
        classes = [_cut(label) for label in next(iter(done.values()))[0]["classes"]]
        if len(classes) > MANY:
            continue
        counts = {name: _counts(own, len(classes)) for name, own in done.items()}
        size = max(CELL * (len(classes) + BETWEEN), NAMES * max(map(len, counts)))
        across = max(1, min(len(counts), int(WIDTH / size)))
        drawn, ax = framed(width=across * size, height=-(-len(counts) // across) * size,
                           left=0.1 + NAMES * max(map(len, classes)))
        plot_confusions(counts, ax, classes=classes, across=across)
        yield Picture(as_svg(drawn), f"{task}, {kind} split: rows are true classes, columns, in the same order, what "
                                     "they are taken for; mistakes in per cent of the row, a dot up to a half.")


def _cut(label: str) -> str:
    """A label at a length that a picture has room for."""
    return label if len(label) <= LONGEST else f"{label[:LONGEST - 1]}…"


def unread(protocols: Protocols) -> list[str]:
    """Of which protocols there is no picture of confusions, and why, a sentence each."""
    return [f"{task}, {kind} split: no picture, for {n} classes are more than the {MANY} that can be read in one."
            for (task, kind, _), estimators in protocols.items()
            if (n := next(iter(estimators.values()))[0]["task"].get("n_classes") or 0) > MANY]


def _counts(rows: Sequence[Row], n: int) -> np.ndarray:
    """(n, n): how often each of n classes was taken for each, over all rows."""
    true, predicted = (np.fromiter(chain.from_iterable(row[part] for row in rows), int)
                       for part in ("true", "predicted"))
    return np.bincount(n * true + predicted, minlength=n * n).reshape(n, n)


def _point(rows: Sequence[Row], name: str, measure: Measure) -> dict[str, Any] | None:
    done = [row for row in rows if row["status"] == "done"]
    score = summary(row["scores"][name] for row in done)
    seconds = summary(row["fit_seconds"] for row in done)
    if score is None or seconds is None:
        return None
    return {"fit_seconds": max(seconds.mean, 1e-3), "n_parameters": done[0]["n_parameters"],
            name: measure.times * score.mean, f"{name}_sd": np.nan if score.sd is None else measure.times * score.sd,
            "ours": bool(done[0]["estimator"]["ours"])}


def critical_differences(boards: Iterable[Board]) -> Iterator[Picture]:
    """Mean ranks over data sets, a picture a kind of split, where there are enough data sets to tell any two apart."""
    for board in boards:
        n, k = board.scores.shape
        difference = critical_difference(k, n)
        if k < 3 or difference >= k - 1:
            continue
        drawn, axes = figure(width=7.5, height=1.6 + 0.17 * k)
        groups = cliques(board.ranks, difference)
        plot_critical_difference(board.ranks, axes[0, 0], difference=difference, groups=groups, ours=board.ours)
        yield Picture(as_svg(drawn), f"Mean ranks by {board.measure.label} over {n} data sets, 1 the best. Bars join "
                                     "estimators that Nemenyi's test does not tell apart at 5 %. Blue: ours.")


def learning_curves(protocols: Protocols) -> Iterator[Picture]:
    """What the networks' histories hold, a picture a protocol, an axis a quantity."""
    for (task, kind, _), estimators in protocols.items():
        histories = {name: [row["history"] for row in own if row.get("history")] for name, own in estimators.items()}
        histories = {name: own for name, own in histories.items() if own}
        curves = {column: {name: _runs(own, column) for name, own in histories.items()} for column in CURVES}
        shown = [column for column, own in curves.items() if any(np.isfinite(runs).any() for runs in own.values())]
        if shown:
            drawn, axes = beside(len(shown), list(histories),
                                 width=2.7 if len(shown) > 1 else 4.0)
            for column, ax in zip(shown, axes[0], strict=True):
                plot_learning_curves(curves[column], ax, quantity=column.replace("_", " "))
            legend(axes)
            yield Picture(as_svg(drawn), f"{task}, {kind} split: {_lines(max(map(len, histories.values())))}.")


def _runs(histories: Sequence[Sequence[Mapping[str, Any]]], column: str) -> np.ndarray:
    """A column of histories as (runs, epochs), NaN where a run has ended, or has none."""
    runs = np.full((len(histories), max(map(len, histories))), np.nan)
    for run, history in zip(runs, histories, strict=True):
        if column in history[0]:  # each epoch has the same
            run[: len(history)] = [epoch.get(column, np.nan) for epoch in history]
    return runs


def _lines(most: int) -> str:
    thin = "a thin line a run" if most <= FEW else f"a band the middle 80 % of more than {FEW} runs"
    return f"{thin}, a thick one their mean"


def explained(rows: Sequence[Row], folder: Folder) -> tuple[list[tuple[str, list[dict[str, Any]]]], list[str]]:
    """What estimators saw in a few test series, for those that keep it, and remarks on what cannot be read.

    Of what it is, and an entry an instance.
    """
    seen, remarks = [], []
    for row in (row for row in rows if row["status"] == "done" and row["key"] in folder.pictured()):
        try:
            kept = read_instances(folder.picture_path(row["key"]))
        except (ValueError, OSError) as error:
            remarks.append(f"no pictures of {row['key']}: {error}")
            continue
        if kept:
            seen.append((f"{row['task']['name']}, {row['estimator']['name']}", kept))
    return seen, remarks


def instances(seen: Iterable[tuple[str, Sequence[Mapping[str, Any]]]]) -> Iterator[Picture]:
    """What networks read and attended in what `explained` gives: a picture an estimator, a line an instance."""
    for what, kept in seen:
        kinds = [kind for kind in KINDS if any(kind in entry for entry in kept)]
        drawn, axes = stacked([_verdict(entry) for entry in kept], len(kinds), width=3.3 * len(kinds),
                              heights=[_height(entry) for entry in kept])
        for entry, line in zip(kept, axes, strict=True):
            _draw(entry, kinds, line)
        n = max(entry["series"].shape[1] for entry in kept)
        which = f" (the {SHOWN} of {n} with the most {_weighed(kept[0])} in each series)" if n > SHOWN else ""
        yield Picture(as_svg(drawn), f"{what}: time runs to the right, a row a channel{which}. Black bars: events of "
                                     "the temporal scale space, centre ± σ.")


def closeups(seen: Iterable[tuple[str, Sequence[Mapping[str, Any]]]]) -> Iterator[Picture]:
    """The channels a network attends most, with their events, a picture a test series."""
    for what, kept in seen:
        for entry in kept:
            if not {"saliency", "attention"} <= entry.keys():
                continue
            parts = {kind: pd.DataFrame(entry[kind], columns=entry["columns"][kind]) for kind in KINDS}
            most = parts["attention"].sum().nlargest(CLOSE).index
            axes = plot_events(parts["series"], entry["events"], parts["saliency"], parts["attention"],
                               columns=[name for name in parts["series"].columns if name in most])
            yield Picture(as_svg(axes[0].figure), f"{what}, {_verdict(entry)}. The {CLOSE} channels attended most, "
                                                  "with events, saliency and attention.")


def _height(entry: Mapping[str, Any]) -> float:
    return 1.1 + 0.14 * max(4, min(entry["series"].shape[1], SHOWN))


def _weighed(entry: Mapping[str, Any]) -> str:
    """What says which channels are shown: attention where there is some, else saliency, else the size of the series."""
    return next(kind for kind in reversed(KINDS) if kind in entry)


def _most(entry: Mapping[str, Any]) -> list[str]:
    """The channels to show, in their own order."""
    kind = _weighed(entry)
    weight = pd.Series(np.abs(entry[kind]).sum(axis=0), index=entry["columns"][kind])
    kept = set(weight.nlargest(SHOWN).index)
    return [name for name in weight.index if name in kept]


def _draw(entry: Mapping[str, Any], kinds: Sequence[str], axes: Sequence[Any]) -> None:
    shown = _most(entry)
    for kind, ax in zip(kinds, axes, strict=True):
        if kind not in entry:
            ax.set_axis_off()
            continue
        values = entry[kind]
        if kind == "series":  # channels of different units, each about its own mean
            spread = values.std(axis=0)
            values = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)
        places = [place for place, name in enumerate(entry["columns"][kind]) if name in shown]
        plot_channels(values[:, places], ax, columns=[entry["columns"][kind][place] for place in places], bar=True,
                      signed=bool((values < 0).any()), events=entry["events"] if kind == "series" else None)
        ax.set_title(KINDS[kind], fontsize="x-small", loc="left")


def _verdict(entry: Mapping[str, Any]) -> str:
    right = entry["true"] == entry["predicted"]
    return f"{entry['id']}: class {entry['true']}, " + ("right" if right else f"taken for {entry['predicted']}")
