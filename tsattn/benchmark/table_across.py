"""The table of estimators over several data sets."""

import math

from tsattn.benchmark.across import OUTCOMES, Board, against, by_folds, verdict
from tsattn.benchmark.stats import ENOUGH, signed
from tsattn.benchmark.table import MISSING, Cell, Line, Table


def of_board(board: Board, reference: str | None) -> Table:
    """Estimators over all data sets, each of which counts once."""
    names = list(map(str, board.scores))
    if reference is None or reference not in names:
        reference = names[0]
    found, ranks = against(board, reference).to_dict("index"), board.ranks
    columns = ["estimator", "mean rank", board.measure.versus(reference), "95 % interval", "better / equal / worse",
               "p (Wilcoxon, Holm)", *["mostly better / alike / worse"] * (len(board.scores) >= ENOUGH)]
    lines = []
    for name in names:
        rank = Cell(f"{ranks[name]:.2f}", best=bool(ranks[name] == ranks.min()))
        if name == reference:
            cells = [rank, Cell("reference"), *[Cell(MISSING)] * 4]
        else:
            one = found[name]
            bad = (one["difference"] < 0) if board.measure.lower else (one["difference"] > 0)
            unit = " %" if board.measure.relative else ""
            difference, low, high = (signed(100 * one[name], 2) for name in ("difference", "low", "high"))
            cells = [rank, Cell(difference + unit, bad=bool(bad)), _known(one["low"], f"{low} to {high}{unit}"),
                     Cell(f"{one['better']} / {one['equal']} / {one['worse']}"),
                     _known(one["p_holm"], f"{one['p_holm']:.2g}"),
                     _known(one[OUTCOMES[0]], " / ".join(f"{one[name]:.2f}" for name in OUTCOMES))]
        lines.append(Line(name, "", name in board.ours, cells[: len(columns) - 1]))
    return Table(f"across data sets: {', '.join(task for task, _, _ in board.scores.index)}",
                 columns, lines, remarks=[*verdict(board), *by_folds(board, reference)])


def _known(value: float, text: str) -> Cell:
    """The text, unless the value that it is of is NaN."""
    return Cell(MISSING if math.isnan(value) else text)
