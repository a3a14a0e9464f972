"""The command `tsattn`: run benchmarks, list them, and make tables and a report of their rows.

Output on the terminal is for people; the rows in the folder are for programs. Errors of use are one line and
exit 2; failed cells exit 1.
"""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="markdown",
                  help="Attention and temporal scale space for time series: the benchmarks and their reports.")

WIDE = 130  # columns of a terminal that all of a table fits in; else the report has the rest
NOT_IF_NARROW = {"balanced accuracy %", "macro F1 %", "log loss", "RMSE", "sMAPE %", "MASE", "R²", "peak MB",
                 "parameters"}
FOLDER = Annotated[Path, typer.Argument(help="A folder that `tsattn bench` wrote.")]
REFERENCE = Annotated[str | None, typer.Option(help="Estimator the others are compared with; the suite's own if "
                                               "not given.")]


@app.callback(invoke_without_command=True)
def main(context: typer.Context, *,
         show: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
         debug: Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")] = False) -> None:
    """Benchmarks of tsattn: `tsattn list` says what there is, `tsattn bench` runs it."""
    context.obj = debug
    if show:
        typer.echo(version("tsattn"))
        raise typer.Exit


@app.command()
def bench(
    context: typer.Context,
    *,
    suite: Annotated[str, typer.Option(help="The suite: see `tsattn list`.")] = "demo",
    output: Annotated[Path | None, typer.Option(help="Folder of rows and report; runs/SUITE if not given.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Run this data set only; may be repeated.")] = None,
    estimator: Annotated[list[str] | None, typer.Option(help="Run this estimator only; may be repeated.")] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Seeds, from 0 up; the suite's own if not given.")] = None,
    split: Annotated[str | None, typer.Option(help="official, cv (stratified folds over everything, groups kept "
                                              "whole) or validation (folds inside the training part).")] = None,
    folds: Annotated[int | None, typer.Option(min=2, help="Folds of cv and validation.")] = None,
    tune: Annotated[int | None, typer.Option(min=2, help="Tune each estimator that has a space by so many tries, the "
                                             "first as it is, inside the training part of each fold; its rows are of "
                                             "NAME-tuned.")] = None,
    tune_folds: Annotated[int | None, typer.Option(min=2, help="Folds of the training part that a try is judged by; 3 "
                                                   "if not given.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Worker processes, of one thread each. Times are then those of "
                                      "cells that share the machine.")] = 1,
    backend: Annotated[str, typer.Option(help="What starts workers: joblib, or dask, whose workers may die, and be on "
                                         "other machines.")] = "joblib",
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler (tcp://...). Its workers, of one "
                                                  "thread each, must see the output folder under the same "
                                                  "path.")] = None,
    report: Annotated[bool, typer.Option(help="Write report.html at the end.")] = True,
) -> None:
    """Run a suite: data sets x estimators x folds x seeds, one JSON row a cell.

    What is finished is never computed again: stop it with Ctrl-C, start it again, start it twice on one folder. Failed
    cells are tried again by the next run, and make the exit code 1. At the end come the tables, and report.html in the
    folder.

    Examples: `tsattn bench --suite demo --output demo` needs nothing but the installation. `TSATTN_DATA=... tsattn
    bench --suite clean --only auslan --estimator sdma --estimator minirocket --seeds 5 --jobs 2`.
    """
    with one_line_errors(context):
        from tsattn.benchmark.run import run_suite
        from tsattn.benchmark.suites import suite_named

        part = suite_named(suite).only(only or (), estimator or (), seeds=seeds, split=split, folds=folds)
        folder = output or Path("runs") / suite
        failed = []
        with progress(sum(1 for _ in part.cells())) as show:
            def tell(event) -> None:
                show(event)
                failed.extend([event] * (event.kind == "failed"))

            run_suite(part, folder, jobs=jobs, backend=backend, scheduler=scheduler, tuning=_tuning(tune, tune_folds),
                      command=_command(sys.argv[1:]), tell=tell)
        _show(folder, None)
        if report:
            _report(folder, None)
    if failed:
        typer.echo(f"error: {len(failed)} cells failed, and are tried again by the next run; their tracebacks are in "
                   "the rows and the report", err=True)
        raise typer.Exit(1)


def _tuning(tries: int | None, folds: int | None):
    from tsattn.benchmark.tuning import Tuning

    if tries is None:
        if folds is not None:
            raise ValueError(f"--tune-folds are of a tuning, got {folds} without one; give --tune its tries too")
        return None
    return Tuning(tries) if folds is None else Tuning(tries, folds)


def _command(arguments: list[str]) -> str:
    """What to type to compute the rows again; an absolute path is one machine's, and shortened to its name."""
    return shlex.join(["tsattn", *(Path(part).name if Path(part).is_absolute() else part for part in arguments)])


@app.command("list")
def list_suites(
    context: typer.Context,
    suite: Annotated[str | None, typer.Argument(help="Show this suite's data sets and estimators.")] = None,
) -> None:
    """List the suites, or what one of them holds."""
    with one_line_errors(context):
        from tsattn.benchmark.suites import SUITES, suite_named

        for one in SUITES.values() if suite is None else [suite_named(suite)]:
            seeds = f"{one.seeds} seed{'s' * (one.seeds != 1)}"
            typer.echo(f"{one.name}: {one.title} ({sum(1 for _ in one.cells())} cells, {seeds})")
            for task in one.tasks:
                folds = "" if task.n_folds == 1 else f", {task.folds} folds"
                typer.echo(f"  data       {task.name:22} {task.split}{folds}; {task.about}")
            for entry in one.entries:
                typer.echo(f"  estimator  {entry.name:22} {_first_line(entry)}")
                for name, values in getattr(entry, "space", {}).items():
                    typer.echo(f"             {'':22} --tune: {name} of {values}")
                for name in [task.name for task in one.tasks if task.name in entry.notes]:
                    typer.echo(f"             {'':22} {name}: {entry.notes[name]}")


@app.command()
def report(context: typer.Context, folder: FOLDER, reference: REFERENCE = None) -> None:
    """Write report.html again from the rows of a folder."""
    with one_line_errors(context):
        _report(folder, reference)


@app.command()
def table(
    context: typer.Context,
    folder: FOLDER,
    reference: REFERENCE = None,
    column: Annotated[list[str] | None, typer.Option(help="Show this column only; may be repeated.")] = None,
) -> None:
    """Print the tables of a folder as Markdown."""
    with one_line_errors(context):
        from tsattn.benchmark.text import document

        made, remarks = _tables(folder, reference)
        typer.echo(_printable(document(made, column or ())))
        for remark in remarks:
            typer.echo(_printable(f"warning: {remark}"), err=True)


@contextmanager
def one_line_errors(context: typer.Context) -> Iterator[None]:
    """Turn errors of use (wrong names, missing data or folders, a full disk) into one line and exit code 2.

    Not with `tsattn --debug`: a ValueError may also be a mistake of ours, and then its traceback is wanted.
    """
    try:
        yield
    except BrokenPipeError:  # the reader has enough, as of `| head`: typer ends without a word
        raise
    except (ValueError, OSError) as error:
        if context.find_root().obj:
            raise
        text = " ".join(str(error).split())
        typer.echo(_printable(f"error: {text}"), err=True)
        raise typer.Exit(2) from error


@contextmanager
def progress(total: int) -> Iterator:
    """A function that tells what happens to cells: a bar on a terminal, else a line for each cell."""
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    words = {"kept": "kept", "done": "done", "failed": "FAILED", "busy": "at work elsewhere", "damaged": "warning"}
    with tqdm(total=total, disable=not terminal, unit="cell", file=sys.stderr) as bar:
        ended = 0

        def tell(event) -> None:
            nonlocal ended
            if event.kind == "started":
                bar.set_description_str(event.cell.label)
                return
            ended += event.kind in ("kept", "done", "failed")
            bar.update(event.kind in ("kept", "done", "failed"))
            text = f": {event.text}" if event.text else ""
            line = _printable(f"[{ended}/{total}] {words[event.kind]}: {event.cell.label}{text}")
            if not terminal:
                typer.echo(line, err=True)
            elif event.kind in ("failed", "damaged"):
                bar.write(line, file=sys.stderr)

        yield tell


def _first_line(entry) -> str:
    made_by_function = hasattr(entry.make, "__name__")  # else by an object, whose fields say more than its class
    return (entry.make.__doc__ or "").strip().split("\n")[0] if made_by_function else entry.note or repr(entry.make)


def _tables(folder: Path, reference: str | None):
    from tsattn.benchmark.folder import Folder
    from tsattn.benchmark.mixtures import mixtures
    from tsattn.benchmark.tables import tables

    place = Folder(folder, make=False)
    rows, remarks = place.current()
    if not rows:
        raise ValueError(f"no rows in {str(folder)!r}; run `tsattn bench --output {folder}` first")
    return tables(rows, about=place.about(), reference=reference), [*remarks, *mixtures(rows)]


def _report(folder: Path, reference: str | None) -> None:
    from tsattn.benchmark.report import write_report

    typer.echo(f"report: {write_report(folder, reference=reference)}")


def _show(folder: Path, reference: str | None) -> None:
    """Print the tables of a folder: the best of each column bold, a lost comparison red."""
    console = Console()
    made, remarks = _tables(folder, reference)
    for one in made:
        kept = [place for place, name in enumerate(one.columns) if console.width >= WIDE or name not in NOT_IF_NARROW]
        shown = RichTable(title=_text(one.title), title_justify="left", title_style="", header_style="bold")
        for place in kept:
            shown.add_column(Text(one.columns[place]), justify="left" if place == 0 else "right", no_wrap=place == 0)
        for line in one.lines:
            name = _text(line.name + (f" [{line.marks}]" if line.marks else ""), style="bold" if line.ours else "")
            texts = [name, *(_text(cell.text, style="bold" if cell.best else "red" if cell.bad else "")
                             for cell in line.cells)]
            shown.add_row(*(texts[place] for place in kept))
        console.print(shown)
        for text in [*(f"[{mark}] {note}" for mark, note in one.notes), *one.remarks]:
            console.print(_text(f"  {text}"))
        console.print()
    for remark in remarks:
        console.print(_text(f"warning: {remark}"))


def _printable(text: str) -> str:
    """Text in which nothing but lines drives a terminal: what a row or an error says may be anybody's."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _text(text: str, style: str = "") -> Text:
    return Text(_printable(text), style=style)
