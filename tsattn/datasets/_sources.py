"""Where the bytes of a data set come from: `TSATTN_DATA`, the user's cache, the publisher; in this order.

What a publisher sends is checked before it enters the cache. The checksums are of the *content*: of a file without its
compression, and of an archive's members by name, so that one checksum holds however the bytes were packed.
"""

import gzip
import hashlib
import io
import lzma
import os
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tsattn._checks import DatasetNotFoundError
from tsattn._files import write_atomic

VARIABLE = "TSATTN_DATA"
PACKINGS = ("", ".xz", ".gz")
LIMIT = 2**30  # bytes; the largest set here unpacks to 58 MB, and a compressed bomb must not fill the memory
UNREADABLE = (OSError, EOFError, lzma.LZMAError, zlib.error, tarfile.TarError, zipfile.BadZipFile, NotImplementedError)


@dataclass(frozen=True)
class Source:
    """One file of a data set: its place below a data folder, and where it is published.

    `url` is None where the publisher gives no address, or no checksum, that a download could be held to; `member` is
    the file's name inside what `url` sends, None where `url` sends the file itself; `suffix` ends the names of an
    archive's members that count.
    """

    path: str
    publisher: str
    sha256: str | None = None
    url: str | None = None
    member: str | None = None
    suffix: str = ""
    note: str = ""


def folders() -> list[Path]:
    """The folders that are searched: the one `TSATTN_DATA` names, if it is set, and the user's cache.

    Raises
    ------
    DatasetNotFoundError
        `TSATTN_DATA` names a folder that is not there; a download in its place would hide the mistake.
    """
    import pooch

    named = os.environ.get(VARIABLE)
    if named and not Path(named).is_dir():
        raise DatasetNotFoundError(f"{VARIABLE} must name a folder that is there, got {named!r}; correct it, or unset "
                                   "it to use the cache and downloads")
    return [*([Path(named)] if named else []), Path(pooch.os_cache("tsattn"))]


def find(path: str) -> Path | None:
    """The file on this machine, packed or not; None if it is not here."""
    for folder in folders():
        for packing in PACKINGS:
            candidate = folder / (path + packing)
            if candidate.is_file():
                return candidate
    return None


def locate(source: Source) -> Path:
    """The file on this machine, downloaded into the cache if need be.

    Raises
    ------
    DatasetNotFoundError
        The file is not here and cannot be had; the message names the publisher's page and where to put the file.
    """
    searched = folders()
    found = find(source.path)
    if found is not None:
        return found
    if source.url is None or source.sha256 is None:
        reason = source.note or "it is not downloaded, because no checksum is known for it"
        raise _not_found(source, searched[0], reason)
    target = searched[-1] / source.path
    try:
        content = _download(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, content)
    except (OSError, ValueError) as error:  # requests' errors are OSErrors
        raise _not_found(source, searched[0], f"the download of {source.url} failed: {error}") from error
    return target


def read(path: Path) -> bytes:
    """The content of a file without its xz or gzip packing.

    Raises
    ------
    ValueError
        The packing is damaged, or the content is larger than 1 GiB.
    """
    opener: Callable[..., IO[bytes]] = {".xz": lzma.open, ".gz": gzip.open}.get(path.suffix, open)  # type: ignore[assignment]
    with path.open("rb") as packed:
        if path.suffix not in {".xz", ".gz"}:
            return _bounded(packed, str(path))
        try:
            with opener(packed) as file:
                return _bounded(file, str(path))
        except UNREADABLE as error:
            raise ValueError(f"damaged file {str(path)!r}: {error}") from error


def members(path: Path, suffix: str) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files in a tar archive, packed or not, whose name ends so (in lower case).

    Raises
    ------
    ValueError
        The archive is damaged, or larger than 1 GiB unpacked.
    """
    with path.open("rb") as packed:
        try:
            yield from _members(packed, suffix, str(path))
        except UNREADABLE as error:
            raise ValueError(f"damaged archive {str(path)!r}: {error}") from error


def _members(packed: IO[bytes], suffix: str, where: str) -> Iterator[tuple[str, bytes]]:
    room = LIMIT
    with tarfile.open(fileobj=packed) as archive:
        for entry in archive:
            room -= max(entry.size, 0)
            if room < 0:
                raise ValueError(f"damaged archive {where!r}: more than {LIMIT} bytes unpacked")
            if entry.isfile() and entry.name.lower().endswith(suffix):
                file = archive.extractfile(entry)
                yield entry.name, b"" if file is None else file.read()


def content_digest(content: bytes, suffix: str = "") -> str:
    """SHA-256 of a file's content; of an archive, of its members' names (last two parts) and contents, sorted."""
    if not suffix:
        return hashlib.sha256(content).hexdigest()
    rows = sorted(f"{'/'.join(Path(member).parts[-2:])} {hashlib.sha256(data).hexdigest()}\n"
                  for member, data in _members(io.BytesIO(content), suffix, "the archive"))
    return hashlib.sha256("".join(rows).encode()).hexdigest()


def _download(source: Source) -> bytes:
    import pooch

    assert source.url is not None
    with tempfile.TemporaryDirectory(prefix="tsattn-") as folder:
        file = Path(pooch.retrieve(source.url, known_hash=None, fname="download", path=folder))
        try:
            content = _bounded(io.BytesIO(file.read_bytes()), source.url)
            if source.member is not None:
                content = _from_zip(content, source.member, source.url)
            if not source.suffix and content[:2] == b"\x1f\x8b":  # a packed file, and no archive
                content = gzip.decompress(content)
            digest = content_digest(content, source.suffix)
        except UNREADABLE as error:
            raise ValueError(f"damaged file: {error}") from error
    if digest != source.sha256:
        raise ValueError(f"checksum {digest} where {source.sha256} was expected")
    return content


def _from_zip(content: bytes, member: str, where: str, *, depth: int = 1) -> bytes:
    """A member by its bare name, also from archives inside the archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            if Path(entry.filename).name == member:
                with archive.open(entry) as file:
                    return _bounded(file, where)
        inner = [entry for entry in archive.infolist() if entry.filename.endswith(".zip")] if depth else []
        for entry in inner:
            with archive.open(entry) as file:
                nested = _bounded(file, where)
            try:
                return _from_zip(nested, member, where, depth=depth - 1)
            except FileNotFoundError:
                continue
    raise FileNotFoundError(f"no file {member!r} in {where}")


def _bounded(file: IO[bytes], where: str) -> bytes:
    content = file.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise ValueError(f"damaged file {where!r}: more than {LIMIT} bytes")
    return content


def _not_found(source: Source, folder: Path, reason: str) -> DatasetNotFoundError:
    return DatasetNotFoundError(
        f"{source.path!r} is not on this machine, and {reason}; get it from {source.publisher} and put it at "
        f"{str(folder / source.path)!r} (a packed file keeps its .xz or .gz), or set {VARIABLE} to the folder above"
    )
