"""A folder of results: one JSON file a row, named by its key, written whole or not at all.

    rows/KEY.json              one cell; "digest" is of all the rest, so a damaged row is noticed and computed again
    pictures/KEY.safetensors   series, saliency and attention of a few test instances
    claims/KEY.lock            held, by the kernel, while a process computes the cell; a killed process holds nothing
    manifest.json              which row stands for which cell of the suites that ran here last

Any number of processes may share a folder.
"""

import json
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

import orjson

from tsattn._files import digest_of, write_atomic
from tsattn.benchmark.schema import check, tells
from tsattn.benchmark.scores import kind_name

try:
    import fcntl
except ImportError:  # Windows: cells may be computed twice there, never damaged
    fcntl = None  # type: ignore[assignment]

LARGEST = 2**24  # bytes of a row or a manifest; the largest row here has 63 kB


class DamagedRowError(ValueError):
    """A row's file is not what was written: truncated, edited, or of another layout."""


class Folder:
    """The folder of results at `path`, made if `make` and absent.

    Raises
    ------
    FileNotFoundError
        There is no such folder and `make` is False.

    Examples
    --------
    What is damaged is said, and not left out in silence:

    >>> import tempfile
    >>> place = Folder(tempfile.mkdtemp())
    >>> _ = place.row_path("c0ffee").write_text("{}")
    >>> rows, remarks = place.current()
    >>> rows, remarks
    ([], ["damaged row '...c0ffee.json': its digest does not match its content"])
    """

    def __init__(self, path: str | Path, *, make: bool = True):
        self.path = Path(path)
        if not make and not self.path.is_dir():
            raise FileNotFoundError(f"no folder of results at {str(path)!r}; make one with `tsattn bench`")
        if make:
            for name in ("rows", "pictures", "claims"):
                (self.path / name).mkdir(parents=True, exist_ok=True)

    def row_path(self, key: str) -> Path:
        """Where the row of a key is, or would be."""
        return self.path / "rows" / f"{key}.json"

    def picture_path(self, key: str) -> Path:
        """Where the pictures' arrays of a key are, or would be."""
        return self.path / "pictures" / f"{key}.safetensors"

    def pictured(self) -> set[str]:
        """Keys that have pictures' arrays."""
        return {path.stem for path in (self.path / "pictures").glob("*.safetensors")}

    def read(self, key: str) -> dict[str, Any] | None:
        """The row of a key; None if there is none. A damaged one raises `DamagedRowError`."""
        try:
            return read_row(self.row_path(key))
        except FileNotFoundError:
            return None

    def write(self, row: Mapping[str, Any]) -> None:
        """Write a row, atomically, in place of an older one."""
        content = dict(row, digest=digest_of(dict(row)))
        check_row(content, self.row_path(row["key"]))
        text = json.dumps(content, sort_keys=True, allow_nan=False)  # as the digest reads it: checked without a dump
        write_atomic(self.row_path(row["key"]), text.encode() + b"\n")

    def rows(self) -> Iterator[dict[str, Any] | DamagedRowError]:
        """Every row, by key; for a damaged file the error, so that nothing is left out unsaid."""
        paths = sorted((self.path / "rows").glob("*.json"))
        for path in paths:
            try:
                yield read_row(path)
            except DamagedRowError as error:
                yield error
            except FileNotFoundError:
                if path.is_symlink():  # and not removed by another process meanwhile
                    yield DamagedRowError(f"damaged row {str(path)!r}: it is a link to nowhere")

    def current(self) -> tuple[list[dict[str, Any]], list[str]]:
        """One row a slot, and remarks on what was passed over.

        A slot is a cell by name (task, split, fold, estimator, seed). Parameters or versions may have changed between
        runs: the row of the last run counts, by the manifest; without one, the row that finished last.
        """
        rows: dict[str, dict[str, Any]] = {}
        remarks, older = [], 0
        manifest = self.manifest()
        for row in self.rows():
            if isinstance(row, DamagedRowError):
                remarks.append(str(row))
                continue
            slot, best = row["slot"], rows.get(row["slot"])
            older += best is not None
            rank = (manifest.get(slot) == row["key"], row["finished"])
            if best is None or rank > (manifest.get(slot) == best["key"], best["finished"]):
                rows[slot] = row
        if older:
            remarks.append(f"{older} older rows of the same cells, with other parameters or versions, are not shown")
        ordered = [*(rows[slot] for slot in manifest if slot in rows),
                   *(row for slot, row in rows.items() if slot not in manifest)]
        strange = dict(_unlike(ordered))
        remarks += [f"row {str(self.row_path(ordered[place]['key']))!r} is not shown: {why} than the first of "
                    f"{ordered[place]['task']['name']!r}" for place, why in strange.items()]
        return [row for place, row in enumerate(ordered) if place not in strange], remarks

    def manifest(self) -> dict[str, str]:
        """Slot -> key of the last run, in the suite's order."""
        slots = self._manifest().get("slots")
        return {slot: key for slot, key in slots.items() if isinstance(key, str)} if isinstance(slots, dict) else {}

    def about(self) -> dict[str, Any]:
        """What the last run said of its suite; empty if nothing.

        "suite", "title", "reference", "seeds", "unbuilt" (as `Suite` has it; by task and split, "auslan/paper"),
        "command".
        """
        about = self._manifest().get("about")
        return {name: value for name, value in about.items() if tells(name, value)} if isinstance(about, dict) else {}

    def _manifest(self) -> dict[str, Any]:
        try:
            content = json.loads(_bytes(self.path / "manifest.json"))
        except (OSError, ValueError, RecursionError):  # a help, not a need: rows stand for themselves
            return {}
        return content if isinstance(content, dict) else {}

    def note(self, slots: Iterable[tuple[str, str]], about: Mapping[str, Any]) -> None:
        """Enter (slot, key) pairs into the manifest, and what the run says of its suite; what it does not say stays."""
        with self.claim("manifest", wait=True):
            before = self.about() if self.about().get("suite") == about.get("suite") else {}
            said = {name: value for name, value in about.items() if value is not None}
            content = {"about": {**before, **said}, "slots": {**self.manifest(), **dict(slots)}}
            write_atomic(self.path / "manifest.json", json.dumps(content, indent=1).encode() + b"\n")

    @contextmanager
    def claim(self, key: str, *, wait: bool = False) -> Iterator[bool]:
        """Hold a key's lock; gives False, at once, if another process holds it and `wait` is False."""
        with (self.path / "claims" / f"{key}.lock").open("a") as file:
            mine = _lock(file, wait)
            try:
                yield mine
            finally:
                if mine and fcntl:
                    fcntl.flock(file, fcntl.LOCK_UN)


def _lock(file: TextIO, wait: bool) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def read_row(path: Path) -> dict[str, Any]:
    """A checked row.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    DamagedRowError
        The file does not hold the row that was written there.
    """
    try:
        raw = _bytes(path)
        row = _loaded(raw)
        sealed = isinstance(row, dict) and _sealed(row, raw)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedRowError(f"damaged row {str(path)!r}: it cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise DamagedRowError(f"damaged row {str(path)!r}: not JSON ({error})") from error
    if not sealed:
        raise DamagedRowError(f"damaged row {str(path)!r}: its digest does not match its content")
    check_row(row, path)
    return row


def _bytes(path: Path) -> bytes:
    """A file's content; nothing is waited for, and no more is read than a row may have."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("it must be a file")
    if found.st_size > LARGEST:
        raise ValueError(f"it has more than {LARGEST} bytes")
    return path.read_bytes()


def _loaded(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:  # such as half a surrogate pair, of a file's name in an error
        return json.loads(raw, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON's")


def _sealed(row: Mapping[str, Any], raw: bytes) -> bool:
    """Whether the digest is that of all the rest: of the text as `Folder.write` wrote it, else of what it says.

    The text takes a thirtieth of the time. Older rows were written in another order, with a line for each entry.
    """
    digest = row.get("digest")
    rest = raw.replace(f'"digest": "{digest}", '.encode(), b"", 1).rstrip()
    return sha256(rest).hexdigest() == digest or digest_of({k: v for k, v in row.items() if k != "digest"}) == digest


def check_row(row: Mapping[str, Any], path: Path) -> None:
    """Raise `DamagedRowError` unless a row has all its parts, each of its type, and stands under its own key."""
    try:
        check(row)
    except ValueError as error:
        raise DamagedRowError(f"damaged row {str(path)!r}: {error}") from error
    if row["key"] != path.stem:
        raise DamagedRowError(f"damaged row {str(path)!r}: it says that it is {row['key']!r:.60}")


def _unlike(rows: Sequence[Mapping[str, Any]]) -> Iterable[tuple[int, str]]:
    """Which rows cannot stand in a table with the first of their protocol, and why."""
    first: dict[Any, tuple[Any, ...]] = {}
    for place, row in enumerate(rows):
        task, split = row["task"], row["split"]
        form = (kind_name(task), task.get("leading"), "image" in task)
        protocol = task["name"], split["kind"], split["folds"]
        if first.setdefault((protocol, "task"), form) != form:
            yield place, "its task is of another kind"
        elif row["status"] == "done" and first.setdefault((protocol, "done"), _size(row)) != _size(row):
            yield place, "it has other classes, or another number of losses,"


def _size(row: Mapping[str, Any]) -> Any:
    """What must be the same for two runs' outcomes to be laid side by side."""
    kept = {"classification": "classes", "forecasting": "losses"}.get(kind_name(row["task"]))
    part = None if kept is None else row[kept]
    return len(part.split()) if isinstance(part, str) else part
