"""Files that are written whole or not at all, and tensors with JSON beside them that carry no code.

A tensor file is a safetensors file. Its header's metadata holds two strings: `config`, a JSON document, and `sha256`,
the digest of the configuration, the tensors' table and the data together, so that a flipped bit anywhere is noticed.
"""

import hashlib
import json
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors
from safetensors.numpy import save as save_safetensors

from tsattn._checks import ModelFileError

MAGIC = "tsattn"
MAX_HEADER = 16 * 2**20  # bytes; the largest header of our own models is some kilobytes
TEMPORARY = ".tsattn-part"
DTYPES = {  # safetensors' names and bytes an element; nothing else is read
    **{"F64": 8, "F32": 4, "F16": 2, "BOOL": 1},
    **{"I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1},
}


def write_atomic(path: str | Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader, or a crash at any moment, sees the old file or the new one.

    The bytes go to a temporary file in the same folder, are flushed to the disk, and replace the old file in one step;
    its permissions are kept. Temporary files of writers that no longer run are removed.

    Raises
    ------
    OSError
        The folder cannot be written, or the disk is full. The message names the path; the old file is as it was.
    """
    path = Path(path)
    try:
        _remove_leftovers(path)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(8)}{TEMPORARY}")
        # not tempfile, whose files only their owner may read: here the user's own mask decides
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                temporary.chmod(stat.S_IMODE(path.stat().st_mode))
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise type(error)(error.errno, f"cannot write {str(path)!r}: {error.strerror}", str(path)) from error


def write_tensors(path: str | Path, tensors: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> None:
    """Write arrays and a JSON-able configuration as one safetensors file, atomically, with a checksum."""
    arrays = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    text = json.dumps(config, allow_nan=False, sort_keys=True)
    bare = save_safetensors(arrays, metadata={"format": MAGIC, "config": text})
    header, data = _split(bare, str(path))
    write_atomic(path, save_safetensors(arrays, metadata={
        "format": MAGIC, "config": text, "sha256": _digest(header, data)}))


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
    raw = path.read_bytes()
    header, data = _split(raw, str(path))
    metadata = header["__metadata__"]
    if metadata.get("format") != MAGIC or "config" not in metadata:
        raise ModelFileError(f"not a model file: {str(path)!r} is a safetensors file, but not one that tsattn wrote")
    if _digest(header, data) != metadata.get("sha256"):
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


def _split(raw: bytes, path: str) -> tuple[dict[str, Any], memoryview]:
    """The checked header and the data of a safetensors file."""
    if len(raw) < 8:
        raise ModelFileError(f"not a model file: {path!r} has only {len(raw)} bytes")
    size = int.from_bytes(raw[:8], "little")
    if size > min(MAX_HEADER, len(raw) - 8):
        raise ModelFileError(f"not a model file: {path!r} announces a header of {size} bytes in {len(raw)}")
    header = _parse_json(raw[8 : 8 + size], path)
    data = memoryview(raw)[8 + size :]
    if not isinstance(header.get("__metadata__"), dict):
        raise ModelFileError(f"not a model file: {path!r} is a safetensors file, but not one that tsattn wrote")
    _check_table({name: entry for name, entry in header.items() if name != "__metadata__"}, len(data), path)
    return header, data


def _check_table(table: dict[str, Any], n_bytes: int, path: str) -> None:
    """Raise unless the tensors lie end to end, each as long as its shape says, and fill the data."""
    spans = []
    for name, entry in table.items():
        try:
            (begin, end), shape, width = entry["data_offsets"], entry["shape"], DTYPES[entry["dtype"]]
            whole = all(type(number) is int and number >= 0 for number in [begin, end, *shape])
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError(f"damaged model file {path!r}: malformed entry for {name!r}") from error
        n_elements = 1
        for length in shape:
            n_elements *= length if whole else 0
        if not whole or end - begin != n_elements * width:
            raise ModelFileError(f"damaged model file {path!r}: shape {shape} does not fit the bytes of {name!r}")
        spans.append((begin, end))
    position = 0
    for begin, end in sorted(spans):
        if begin != position:
            raise ModelFileError(f"damaged model file {path!r}: tensors overlap or leave a gap at byte {position}")
        position = end
    if position != n_bytes:
        raise ModelFileError(f"damaged model file {path!r}: {n_bytes} bytes of data where the header says {position}")


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


def _remove_leftovers(path: Path) -> None:
    """Remove parts that dead writers of this file left: those whose process is gone."""
    for part in path.parent.glob(f".{path.name}.*{TEMPORARY}"):
        owner = part.name.removeprefix(f".{path.name}.").split(".")[0]
        if owner.isdigit() and not _alive(int(owner)):
            part.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
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
