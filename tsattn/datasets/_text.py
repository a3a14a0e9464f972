"""Tables of numbers as text, read fast, with the line in every error."""

from datetime import datetime, timedelta

import numpy as np


def split_lines(content: bytes) -> list[str]:
    """The lines of a file, without their ends. Bytes beyond ASCII survive: a comment may hold any."""
    return content.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def parse_table(lines: list[str], numbers: list[int], n_columns: int, where: str, *, delimiter: str | None = None,
                missing: bool = False) -> np.ndarray:
    """Parse lines of `n_columns` numbers each.

    Parameters
    ----------
    lines : list of str
        Lines that hold numbers; none is blank.
    numbers : list of int
        Their numbers in the file, counted from 1, for the errors.
    missing : bool, default=False
        Whether NaN is a value; infinity never is.

    Returns
    -------
    ndarray of shape (len(lines), n_columns), float64

    Raises
    ------
    ValueError
        A line has another number of fields, or a field is not a (finite) number. The message names file and line.
    """
    if not lines:
        return np.empty((0, n_columns))
    try:
        table = np.loadtxt(lines, dtype=np.float64, ndmin=2, comments=None, delimiter=delimiter)
    except (ValueError, OverflowError):
        table = np.empty((0, 0))
    fine = table.shape == (len(lines), n_columns) and not (np.isinf(table) if missing else ~np.isfinite(table)).any()
    if not fine:
        for line, number in zip(lines, numbers, strict=True):
            check_line(line, number, n_columns, where, delimiter=delimiter, missing=missing)
        raise ValueError(f"{where}: not a table of {n_columns} columns")
    return table


def check_line(line: str, number: int, n_columns: int, where: str, *, delimiter: str | None = None,
               missing: bool = False) -> None:
    """Raise the error that says what is wrong with a line, if anything is."""
    fields = line.split(delimiter)
    if len(fields) != n_columns:
        raise ValueError(f"{where}, line {number}: a line must hold {n_columns} numbers, got {len(fields)}")
    for field in fields:
        try:
            value = float(field.replace("_", "?"))  # float() takes 1_000
        except ValueError:
            raise ValueError(f"{where}, line {number}: not a number: {field[:40]!r}") from None
        if not (np.isfinite(value) or (missing and np.isnan(value))):
            raise ValueError(f"{where}, line {number}: a value must be finite, got {field[:40]!r}")


def parse_times(texts: list[str], numbers: list[int], form: str, steps: list[timedelta],
                where: str) -> list[datetime]:
    """Parse dates that lie one of `steps` apart.

    Raises
    ------
    ValueError
        A text is no date of this form, or the time from the line before is none of `steps`; with the line.
    """
    times: list[datetime] = []
    for text, number in zip(texts, numbers, strict=True):
        try:
            time = datetime.strptime(text, form)
        except ValueError:
            raise ValueError(f"{where}, line {number}: not a date of the form {form!r}: {text[:40]!r}") from None
        if times and time - times[-1] not in steps:
            raise ValueError(f"{where}, line {number}: times must be {steps[0]} apart, got {time - times[-1]}")
        times.append(time)
    return times
