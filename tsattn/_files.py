"""Files that are written whole or not at all, and tensors with JSON beside them that carry no code.

A tensor file is a safetensors file. Its header's metadata holds two strings: `config`, a JSON document, and `sha256`,
the digest of the configuration, the tensors' table and the data together, so that a flipped bit anywhere is noticed.
"""

import hashlib
import io
import json
import os
import platform
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from glob import escape
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors
from safetensors.numpy import save as save_safetensors

from tsattn._checks import ModelFileError

MAGIC = "tsattn"
MAX_HEADER = 16 * 2**20  # bytes; the largest header of our own models is some kilobytes
MAX_AXES = 32
TEMPORARY = ".tsattn-part"
DTYPES = {  # safetensors' names and bytes an element; nothing else is read
    **{"F64": 8, "F32": 4, "F16": 2, "BOOL": 1},
    **{"I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1},
}


def write_atomic(path: str | Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader, or a crash at any moment, sees the old file or the new one.

    The bytes go to a temporary file in the same folder, are flushed to the disk, and replace the old file in one step;
    its permissions are kept, and its owner where the system lets us. A symbolic link stays one: the file that it points
    to is replaced. Temporary files of writers that no longer run are removed.

    Raises
    ------
    OSError
        The folder cannot be written, or the disk is full. The message names the path; the old file is as it was.
    """
    asked, path = str(path), Path(os.path.realpath(path))
    try:
        _remove_leftovers(path)
        temporary = path.with_name(f".{path.name}.{_machine()}.{os.getpid()}.{secrets.token_hex(8)}{TEMPORARY}")
        # not tempfile, whose files only their owner may read: here the user's own mask decides
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                _make_alike(temporary, path.stat())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise type(error)(error.errno, f"cannot write {asked!r}: {error.strerror}", asked) from error


def write_tensors(path: str | Path, tensors: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> None:
    """Write arrays and a JSON-able configuration as one safetensors file, atomically, with a checksum."""
    arrays = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    text = json.dumps(config, allow_nan=False, sort_keys=True)
    bare = save_safetensors(arrays, metadata={"format": MAGIC, "config": text})
    header, begin = _header_of(io.BytesIO(bare), len(bare), str(path))
    write_atomic(path, save_safetensors(arrays, metadata={
        "format": MAGIC, "config": text, "sha256": _digest(header, memoryview(bare)[begin:])}))


def read_tensors(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what `write_tensors` wrote: `(tensors, config)`. Nothing in the file is ever run.

    Raises
    ------
    ModelFileError
        The file is of another kind, truncated, damaged or malformed. Checked before anything is allocated from it.
    OSError
        The file cannot be read.
    """
    path = Path(path)
    with path.open("rb") as file:
        _header_of(file, os.fstat(file.fileno()).st_size, str(path))  # a wrong file is refused before it is read
        file.seek(0)
        raw = file.read()
    header, begin = _header_of(io.BytesIO(raw), len(raw), str(path))
    metadata = header["__metadata__"]
    if _digest(header, memoryview(raw)[begin:]) != metadata.get("sha256"):
        raise ModelFileError(f"damaged model file: the checksum of {str(path)!r} does not match its content")
    config = _parse_json(metadata["config"], str(path))
    try:
        return load_safetensors(raw), config
    except SafetensorError as error:
        raise ModelFileError(f"damaged model file {str(path)!r}: {error}") from error


def digest_of(value: Any) -> str:
    """SHA-256, in hexadecimal, of a JSON-able value's canonical text."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _digest(header: dict[str, Any], data: memoryview) -> str:
    metadata = {key: value for key, value in header["__metadata__"].items() if key != "sha256"}
    digest = hashlib.sha256(json.dumps({**header, "__metadata__": metadata}, sort_keys=True).encode())
    digest.update(data)
    return digest.hexdigest()


def _header_of(file: BinaryIO, n_bytes: int, path: str) -> tuple[dict[str, Any], int]:
    """The checked header of a safetensors file of `n_bytes`, and where its data begin. Reads no further than that."""
    if n_bytes < 8:
        raise ModelFileError(f"not a model file: {path!r} has only {n_bytes} bytes")
    size = int.from_bytes(file.read(8), "little")
    if size > min(MAX_HEADER, n_bytes - 8):
        raise ModelFileError(f"not a model file: {path!r} announces a header of {size} bytes in {n_bytes}")
    header = _parse_json(file.read(size), path)
    metadata = header.get("__metadata__")
    texts = metadata if isinstance(metadata, dict) and all(isinstance(v, str) for v in metadata.values()) else {}
    if texts.get("format") != MAGIC or "config" not in texts:
        raise ModelFileError(f"not a model file: {path!r} is a safetensors file, but not one that tsattn wrote")
    _check_table({name: entry for name, entry in header.items() if name != "__metadata__"}, n_bytes - 8 - size, path)
    return header, 8 + size


def _check_table(table: dict[str, Any], n_bytes: int, path: str) -> None:
    """Raise unless the tensors lie end to end, each as long as its shape says, and fill the data."""
    position = 0
    for begin, end, name in sorted(_span(name, entry, path) for name, entry in table.items()):
        if begin != position:
            raise ModelFileError(f"damaged model file {path!r}: {name!r} overlaps or leaves a gap at byte {position}")
        position = end
    if position != n_bytes:
        raise ModelFileError(f"damaged model file {path!r}: {n_bytes} bytes of data where the header says {position}")


def _span(name: str, entry: Any, path: str) -> tuple[int, int, str]:
    """Where a tensor's bytes begin and end, and its name; raise unless its entry makes sense by itself."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ModelFileError(f"damaged model file {path!r}: malformed entry for {name!r}")
    shape, offsets = entry["shape"], entry["data_offsets"]
    lists = isinstance(shape, list) and isinstance(offsets, list) and len(offsets) == 2 and len(shape) <= MAX_AXES
    whole = lists and all(type(number) is int and number >= 0 for number in [*offsets, *shape])
    if not whole or not isinstance(entry["dtype"], str) or entry["dtype"] not in DTYPES:
        raise ModelFileError(f"damaged model file {path!r}: malformed entry for {name!r}")
    if name.startswith("/") or ".." in name.split("/"):
        raise ModelFileError(f"damaged model file {path!r}: tensor name {name!r} is a path that leads elsewhere")
    begin, end = offsets
    if end - begin != prod(shape) * DTYPES[entry["dtype"]]:
        raise ModelFileError(f"damaged model file {path!r}: shape {shape} does not fit the bytes of {name!r}")
    return begin, end, name


def _parse_json(text: str | bytes, path: str) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands twice")
        return found

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"not a model file: the header of {path!r} is not valid JSON ({error})") from error
    if not isinstance(value, dict):
        raise ModelFileError(f"not a model file: the header of {path!r} is not a JSON object")
    return value


def _make_alike(path: Path, old: os.stat_result) -> None:
    """Give the file at `path` the owner and the permissions of an older one."""
    with suppress(OSError, AttributeError):  # only an administrator may give a file away; Windows has no such thing
        os.chown(path, old.st_uid, old.st_gid)
    path.chmod(stat.S_IMODE(old.st_mode))


def _remove_leftovers(path: Path) -> None:
    """Remove parts that dead writers of this file left: those of this machine whose process is gone."""
    start = f".{path.name}.{_machine()}."
    for part in path.parent.glob(f"{escape(start)}*{TEMPORARY}"):
        owner = part.name.removeprefix(start).split(".")[0]
        if owner.isdigit() and not _alive(int(owner)):
            with suppress(OSError):  # somebody else's, or removed meanwhile
                part.unlink()


def _machine() -> str:
    """A short name of this machine: on a shared folder, other machines' processes have numbers of their own."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _alive(process: int) -> bool:
    if os.name == "nt":  # there, the signal 0 is no question but ends the process
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
