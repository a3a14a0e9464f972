"""Files that are written whole or not at all, and tensors with JSON beside them that carry no code.

A tensor file is a safetensors file. Its header's metadata holds two strings: `config`, a JSON document, and `sha256`,
the digest of the configuration, the tensors' table and the data together, so that a flipped bit anywhere is noticed.
"""

import errno
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
from itertools import accumulate
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tsattn._checks import ModelFileError

MAGIC = "tsattn"
MAX_HEADER = 16 * 2**20  # bytes; the largest header of our own models is some kilobytes
MAX_AXES = 32
MAX_PARSED = 40_000_000  # bytes that JSON may take once it is parsed, beside as many as the file has
TEMPORARY = ".tsattn-part"
DTYPES = {  # safetensors' names and NumPy's; nothing else is read
    **{"F64": "<f8", "F32": "<f4", "F16": "<f2", "BOOL": "?"},
    **{f"{kind}{8 * size}": f"<{kind.lower()}{size}" for kind in "IU" for size in (8, 4, 2, 1)},
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
        if path.exists() and not path.is_dir() and not path.is_file():
            raise OSError(errno.EINVAL, "a device or a pipe stands there, which would be replaced by a file")
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
    """Write arrays and a JSON-able configuration as one safetensors file, atomically, with a checksum.

    Raises
    ------
    ValueError
        What stands beside the arrays is more than `read_tensors` reads.
    """
    known = {np.dtype(dtype): name for name, dtype in DTYPES.items()}
    arrays = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    # numbers of many bytes first, which so stay aligned; then by name: one model is one file
    order = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))
    ends = list(accumulate(arrays[name].nbytes for name in order))
    header: dict[str, Any] = {name: {
        "dtype": known[arrays[name].dtype.newbyteorder("<")], "shape": list(arrays[name].shape),
        "data_offsets": [end - arrays[name].nbytes, end]} for name, end in zip(order, ends, strict=True)}
    data = b"".join(arrays[name].astype(arrays[name].dtype.newbyteorder("<")).tobytes() for name in order)
    header["__metadata__"] = {"format": MAGIC, "config": json.dumps(config, allow_nan=False, sort_keys=True)}
    header["__metadata__"]["sha256"] = _digest(header, memoryview(data))
    text = json.dumps(header, sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    whole = b"".join([len(text).to_bytes(8, "little"), text, data])
    try:
        _header_of(io.BytesIO(whole), len(whole), str(path))
    except ModelFileError as error:
        raise ValueError(f"labels and settings of {len(text)} bytes are too many for a model file, which holds "
                         f"{MAX_HEADER} at most: give series shorter names, or numbers") from error
    write_atomic(path, whole)


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
    if path.exists() and not path.is_dir() and not path.is_file():  # a pipe would be waited for without end
        raise ModelFileError(f"not a model file: {str(path)!r} is a device or a pipe")
    with path.open("rb") as file:
        n_bytes = os.fstat(file.fileno()).st_size
        header, begin = _header_of(file, n_bytes, str(path))  # a wrong file is refused before it is read
        data = memoryview(file.read())
    metadata = header.pop("__metadata__")
    if len(data) != n_bytes - begin or _digest({**header, "__metadata__": metadata}, data) != metadata.get("sha256"):
        raise ModelFileError(f"damaged model file: the checksum of {str(path)!r} does not match its content")
    config = _parse_json(metadata["config"], n_bytes, str(path))
    return {name: _array(name, entry, data, str(path)) for name, entry in header.items()}, config


def _array(name: str, entry: dict[str, Any], data: memoryview, path: str) -> np.ndarray:
    """One tensor, in memory of its own."""
    begin, end = entry["data_offsets"]
    if entry["dtype"] == "BOOL" and end > begin and np.frombuffer(data[begin:end], np.uint8).max() > 1:
        raise ModelFileError(f"damaged model file {path!r}: {name!r} holds truths that are neither 0 nor 1")
    flat = np.frombuffer(data[begin:end], DTYPES[entry["dtype"]])
    return flat.astype(flat.dtype.newbyteorder("=")).reshape(entry["shape"])


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
    header = _parse_json(file.read(size), n_bytes, path)
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
    whole = lists and all(type(number) is int and 0 <= number < 2**63 for number in [*offsets, *shape])
    if not whole or not isinstance(entry["dtype"], str) or entry["dtype"] not in DTYPES:
        raise ModelFileError(f"damaged model file {path!r}: malformed entry for {name!r}")
    if name.startswith("/") or ".." in name.split("/"):
        raise ModelFileError(f"damaged model file {path!r}: tensor name {name!r} is a path that leads elsewhere")
    begin, end = offsets
    itemsize = np.dtype(DTYPES[entry["dtype"]]).itemsize
    # an array without elements has axes, too: NumPy counts those that are not empty
    if end - begin != prod(shape) * itemsize or prod(filter(None, shape)) * itemsize >= 2**63:
        raise ModelFileError(f"damaged model file {path!r}: shape {shape} does not fit the bytes of {name!r}")
    return begin, end, name


def _parse_json(text: str | bytes, n_bytes: int, path: str) -> dict[str, Any]:
    """The object that stands in a file of `n_bytes` as JSON."""
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands twice")
        return found

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    if not text.isascii() or _parsed_size(text) > MAX_PARSED + n_bytes:
        raise ModelFileError(f"not a model file: the header of {path!r} is no plain text, or holds more values than "
                             "any of ours")
    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"not a model file: the header of {path!r} is not valid JSON ({error})") from error
    if not isinstance(value, dict):
        raise ModelFileError(f"not a model file: the header of {path!r} is not a JSON object")
    return value


def _parsed_size(text: str | bytes) -> int:
    """About how many bytes JSON takes once it is parsed, looked at by what it is written with."""
    def count(mark: str) -> int:
        return text.count(mark) if isinstance(text, str) else text.count(mark.encode())

    wide = 4 if count("\\ud") else 2 if count("\\u") else 0  # bytes of each character of a text, if one needs them
    # a list and its first place; an object; a value and its place; a text
    return 88 * count("[") + 240 * count("{") + 40 * count(",") + 25 * count('"') + wide * len(text)


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
