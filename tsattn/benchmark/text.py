"""Tables as Markdown."""

from collections.abc import Iterable, Sequence

from tsattn._checks import check_one_of
from tsattn.benchmark.table import Table


def markdown(table: Table, columns: Sequence[str] = ()) -> str:
    """A table as GitHub's Markdown, with its footnotes; `columns` picks some, in the table's order.

    Examples
    --------
    >>> from tsattn.benchmark.table import Cell, Line, Table
    >>> line = Line("dummy", "a", ours=False, cells=[Cell("25.00", best=True), Cell("1")])
    >>> table = Table("motions", ["estimator", "accuracy %", "runs"], [line], notes=[("a", "the most frequent class")])
    >>> print(markdown(table, ["accuracy %"]), end="")
    **motions**
    <BLANKLINE>
    | estimator | accuracy % |
    | --- | ---: |
    | dummy <sup>a</sup> | **25.00** |
    <BLANKLINE>
    <sup>a</sup> the most frequent class
    """
    for name in columns:
        check_one_of("column", name, table.columns)
    kept = [place for place, name in enumerate(table.columns) if place == 0 or not columns or name in columns]
    lines = [f"**{_plain(table.title)}**", "", _bar(table.columns[place] for place in kept),
             _bar("---" if place == 0 else "---:" for place in kept)]
    for line in table.lines:
        texts = [_plain(line.name) + (f" <sup>{line.marks}</sup>" if line.marks else ""),
                 *(f"**{cell.text}**" if cell.best else _plain(cell.text) for cell in line.cells)]
        lines.append(_bar(texts[place] for place in kept))
    notes = [f"<sup>{mark}</sup> {_plain(text)}" for mark, text in table.notes]
    for texts in filter(None, (notes, [_plain(text) for text in table.remarks])):
        lines += ["", "  \n".join(texts)]
    return "\n".join(lines).rstrip() + "\n"


def document(tables: Sequence[Table], columns: Sequence[str] = ()) -> str:
    """Tables one below the other; `columns` picks some of each, and leaves out tables that have none of them.

    Raises
    ------
    ValueError
        No table has a column of that name.

    Examples
    --------
    >>> from tsattn.benchmark.table import Table
    >>> made = [Table("motions", ["estimator", "accuracy %"], []), Table("fuel", ["estimator", "MAE"], [])]
    >>> print(document(made, ["MAE"]), end="")
    **fuel**
    <BLANKLINE>
    | estimator | MAE |
    | --- | ---: |
    """
    for name in columns:
        check_one_of("column", name, list(dict.fromkeys(name for one in tables for name in one.columns)))
    return "\n".join(markdown(one, [name for name in columns if name in one.columns]) for one in tables
                     if not columns or {*columns} & {*one.columns[1:]})  # beside the estimators' names


def _bar(texts: Iterable[str]) -> str:
    return "| " + " | ".join(texts) + " |"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_").replace("\n", " ")
