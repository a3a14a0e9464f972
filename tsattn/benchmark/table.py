"""A table of text: lines of an estimator each, and what stands below."""

from dataclasses import dataclass, field

MISSING = "–"


@dataclass(frozen=True)
class Cell:
    """A cell's text, whether it is the best of its column, and whether it is bad news."""

    text: str
    best: bool = False
    bad: bool = False


@dataclass(frozen=True)
class Line:
    """An estimator's line: its name, the marks of its footnotes, whether it is ours, and its cells."""

    name: str
    marks: str
    ours: bool
    cells: list[Cell]


@dataclass(frozen=True)
class Table:
    """A table of one protocol; `notes` are (mark, text)."""

    title: str
    columns: list[str]
    lines: list[Line]
    notes: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
