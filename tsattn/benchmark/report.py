"""Rows -> report.html: one file, without links to anything outside it. Whatever comes from a row is escaped."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from tsattn._files import write_atomic
from tsattn.benchmark import figures
from tsattn.benchmark.across import boards
from tsattn.benchmark.folder import Folder
from tsattn.benchmark.mixtures import distinct, mixtures
from tsattn.benchmark.scores import kind_name
from tsattn.benchmark.stats import Row, by_protocol
from tsattn.benchmark.style import CSS
from tsattn.benchmark.table import Table
from tsattn.benchmark.tables import arranged

HOW = (
    "± is the standard deviation over runs (seeds and folds). Under an official split it is the spread of training "
    "alone: the test series are the same in every run, and others would change the scores by more. A difference of a "
    "few series says little.",
    "Test labels are read after the last prediction, for the scores alone. A network has the weights of its last "
    "epoch, or of that which is best on a validation part, where it holds one out of its training series.",
    "Fit and predict times are wall-clock times of one call each, on the processor named below. Each estimator was "
    "fitted once to a few series before, so that compilation does not count.",
    "Where several cells ran at a time they shared the machine, and their times are longer than alone.",
    "Peak memory is the resident memory of the whole process while the cell ran, with the libraries and the data.",
    "Log loss uses natural logarithms; probabilities of 0 count as 2.2e-16. A dash: the estimator gives no "
    "probabilities.",
    "“vs” is the difference in points of accuracy from the reference, a mean over the seeds and folds that both have; "
    "red where the reference loses. Bold: the best of a column.",
)
HOW_FORECASTS = (
    "A forecaster learns once from the training part and then forecasts from every row of the test part, each forecast "
    "from the rows before it alone. Nothing is fitted again.",
    "MAE, MSE, RMSE: means over all forecasts, steps and scored columns. sMAPE: 200 |y − f| / (|y| + |f|). MASE: "
    "absolute errors in units of the seasonal naive forecast's in the training rows. OWA: the mean of sMAPE and MASE, "
    "each in units of M4's seasonal naive 2.",
    "Coverage: how many of the values to come lay within intervals that are meant to hold 90 %. Interval score: their "
    "width, and 20 times what a value lies outside; it is least for the true quantiles.",
    "Diebold and Mariano's test compares the losses of two forecasters cutoff by cutoff; those of forecasts of h steps "
    "overlap, which it allows for. A small p of a residuals' test says that there was more to learn: of Ljung-Box, "
    "from the last errors; of ARCH and Breusch-Pagan, when errors are large.",
)


def write_report(folder: str | Path, *, reference: str | None = None) -> Path:
    """Write `report.html` into a folder of results, and return its path.

    Parameters
    ----------
    folder : path
        Where `run_suite` wrote its rows.
    reference : str, optional
        The estimator that others are compared with; the suite's own by default.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    ValueError
        It holds no rows, or none of `reference`.
    """
    place = Folder(folder, make=False)
    rows, remarks = place.current()
    if not rows:
        raise ValueError(f"no rows in {str(folder)!r}; run `tsattn bench --output {folder}` first")
    path = place.path / "report.html"
    write_atomic(path, page(rows, place, remarks, reference).encode(errors="replace"))
    return path


def page(rows: Sequence[Row], place: Folder, remarks: Sequence[str], reference: str | None) -> str:
    """The report as a document."""
    about = place.about()
    title = about.get("title") or "Benchmark"
    protocols, across = by_protocol(rows), boards(rows)
    explained, unreadable = figures.explained(rows, place)
    sections = [
        ("Results", [*map(_table, arranged(protocols, across, about, reference))]),
        ("Ranks across data sets", _figures(figures.critical_differences(across))),
        ("Accuracy, time and size", _figures(figures.pareto(protocols))),
        ("What is taken for what", [*_figures(figures.confusions(protocols)), *map(_note, figures.unread(protocols))]),
        ("Learning curves", _figures(figures.learning_curves(protocols))),
        ("What the networks looked at", _figures([*figures.instances(explained), *figures.closeups(explained)])),
        ("Failed cells", _failures(rows)),
        ("How to read this", [_list(_how(rows))]),
        ("Where and with what", [_environment(rows)]),
        ("How to run it again", [_commands(rows)]),
    ]
    last = max(row["finished"] for row in rows)[:16].replace("T", " ")
    warnings = [f'<p class="warning">{escape(remark)}</p>' for remark in [*remarks, *mixtures(rows), *unreadable]]
    runs = f"{len(rows)} run{'s' * (len(rows) != 1)}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="lead">tsattn benchmark, suite {escape(str(about.get("suite", "unknown")))}: {runs}, the last '
        f"finished on {escape(last)} UTC.</p>",
        *warnings,
        *(f"<h2>{heading}</h2>\n" + "\n".join(parts) for heading, parts in sections if parts),
    ]
    return (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{CSS}</style>\n</head>\n'
            "<body>\n" + "\n".join(body) + "\n</body>\n</html>\n")


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(_unbroken(name))}</th>' for name in table.columns)
    lines = []
    for line in table.lines:
        marks = f" <sup>{escape(line.marks)}</sup>" if line.marks else ""
        kinds = [" ".join(kind for kind, on in (("best", cell.best), ("bad", cell.bad)) if on) for cell in line.cells]
        cells = "".join(f'<td class="{kind}">{escape(cell.text)}</td>' if kind else f"<td>{escape(cell.text)}</td>"
                        for kind, cell in zip(kinds, line.cells, strict=True))
        start = '<tr class="ours">' if line.ours else "<tr>"
        lines.append(f"{start}<td>{escape(line.name)}{marks}</td>{cells}</tr>")
    name, _, rest = table.title.partition(": ")
    notes = [f"<li><sup>{escape(mark)}</sup> {escape(text)}</li>" for mark, text in table.notes]
    notes += [f"<li>{escape(remark)}</li>" for remark in table.remarks]
    return (f"<h3>{escape(name)}</h3>\n<p>{escape(rest)}.</p>\n"
            f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>\n' + "\n".join(lines)
            + f'\n</tbody></table></div>\n<ul class="notes">{"".join(notes)}</ul>')


def _how(rows: Sequence[Row]) -> tuple[str, ...]:
    return HOW + HOW_FORECASTS * any(kind_name(row["task"]) == "forecasting" for row in rows)


def _unbroken(heading: str) -> str:
    """The heading, its last word, mostly a unit, never on a line of its own."""
    return "\N{NO-BREAK SPACE}".join(heading.rsplit(" ", 1))


def _figures(pictures: Iterable[figures.Picture]) -> list[str]:
    return [f'<figure><img alt="{escape(picture.caption)}" src="data:image/svg+xml;base64,'
            f'{b64encode(picture.svg).decode()}"><figcaption>{escape(picture.caption)}</figcaption></figure>'
            for picture in pictures]


def _failures(rows: Sequence[Row]) -> list[str]:
    failed = [(row["slot"], row["error"]) for row in rows if row["status"] == "failed"]
    return [f"<details><summary>{escape(slot)}: {escape(error['type'])}: {escape(error['message'])}</summary>"
            f"<pre>{escape(error.get('traceback', ''))}</pre></details>" for slot, error in failed]


def _note(text: str) -> str:
    return f'<p class="lead">{escape(text)}</p>'


def _list(texts: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>"


def _environment(rows: Sequence[Row]) -> str:
    facts = []
    for one in distinct(rows, "hardware"):
        gpu = f", GPU {one['gpu']}" if one.get("gpu") else ", no GPU"
        facts.append(("machine", f"{one.get('cpu')}, {one.get('cores')} cores, {one.get('torch_threads')} torch threads"
                                 f"{gpu}, {one.get('system')}, {one.get('jobs')} cells at a time"))
    facts += [("versions", ", ".join(f"{name} {number}" for name, number in one.items()))
              for one in distinct(rows, "versions")]
    facts += [("commit", one or "not run from a checkout") for one in distinct(rows, "commit")]
    facts += [("data", f"{task['name']}, sha256 {task['checksum']}") for task in distinct(rows, "task")]
    lines = "".join(f"<tr><th scope=\"row\">{name}</th><td>{escape(str(text))}</td></tr>" for name, text in facts)
    return f'<table class="facts"><tbody>{lines}</tbody></table>'


def _commands(rows: Sequence[Row]) -> str:
    commands = [command for command in distinct(rows, "command") if command]
    return f"<pre>{escape(chr(10).join(commands) or 'run_suite(...) from Python')}</pre>"
