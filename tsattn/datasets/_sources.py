"""Where the bytes of a data set come from: `TSATTN_DATA`, the user's cache, the publisher; in this order.

What a publisher sends is checked before it enters the cache. The checksums are of the *content*: of a file without its
compression, and of an archive's members by name, so that one checksum holds however the bytes were packed.
"""

import hashlib
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from tsattn._checks import DatasetNotFoundError
from tsattn._files import write_atomic
from tsattn.datasets._unpack import LIMIT, Unpacked, tar_members, zip_member

VARIABLE = "TSATTN_DATA"
ENDINGS = ("", ".xz", ".gz", ".bz2")  # where it is looked for; what it is packed by, its first bytes say
MOST = 2**28  # bytes of a download, packed as it is; the largest here has 30 MB
WAIT = 30  # seconds for a publisher to say something


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
        for ending in ENDINGS:
            candidate = folder / (path + ending)
            try:
                if candidate.is_file():
                    return candidate
                strange = candidate.is_symlink() or candidate.exists()
            except OSError as error:
                raise DatasetNotFoundError(f"cannot look for {str(candidate)!r}: {error.strerror}; make its folder "
                                           f"readable, or set {VARIABLE} to another") from error
            if strange:
                raise DatasetNotFoundError(f"{str(candidate)!r} must be a file, or a link to one; remove what is there")
    return None


def locate(source: Source) -> Path:
    """The file on this machine, downloaded into the cache if need be.

    Raises
    ------
    DatasetNotFoundError
        The file is not here and cannot be had, or not be kept; the message names the publisher's page and where to put
        the file.
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
    except (OSError, ValueError) as error:  # requests' errors are OSErrors
        raise _not_found(source, searched[0], f"the download of {source.url} failed: {error}") from error
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, content)
    except OSError as error:
        raise _not_found(source, searched[0], f"its download cannot be kept: {error}") from error
    return target


def read(path: Path, limit: int = LIMIT) -> bytes:
    """The content of a file without its xz, gzip or bzip2 packing.

    Raises
    ------
    ValueError
        The packing is damaged, or the content is larger than `limit` bytes.
    DatasetNotFoundError
        The file cannot be read.
    """
    with _opened(path) as packed:
        return Unpacked(packed, str(path), limit).whole()


def members(path: Path, suffix: str, limit: int = LIMIT) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files in a tar archive, packed or not, whose name ends so (in lower case).

    Raises
    ------
    ValueError
        The archive is damaged, has sparse files, or is larger than `limit` bytes unpacked.
    DatasetNotFoundError
        The file cannot be read.
    """
    with _opened(path) as packed:
        yield from tar_members(packed, suffix, str(path), limit)


def content_digest(content: bytes, suffix: str = "", limit: int = LIMIT) -> str:
    """SHA-256 of a file's content; of an archive, of its members' names (last two parts) and contents, sorted."""
    if not suffix:
        return hashlib.sha256(content).hexdigest()
    rows = sorted(f"{'/'.join(Path(member).parts[-2:])} {hashlib.sha256(data).hexdigest()}\n"
                  for member, data in tar_members(io.BytesIO(content), suffix, "the archive", limit))
    return hashlib.sha256("".join(rows).encode()).hexdigest()


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise DatasetNotFoundError(f"cannot read {str(path)!r}: {error.strerror}; make it readable, or set {VARIABLE} "
                                   "to a folder with another") from error
    with file:
        yield file


def _download(source: Source, most: int = MOST, limit: int = LIMIT) -> bytes:
    """What a publisher sends, without its packing but for an archive, once its checksum is that of the source."""
    import pooch

    assert source.url is not None

    def fetch(url: str, output_file: str, pup: Any) -> None:
        with Path(output_file).open("wb") as file:
            pooch.HTTPDownloader(timeout=WAIT)(url, _Counted(file, most), pup)

    with tempfile.TemporaryDirectory(prefix="tsattn-") as folder:
        path = Path(pooch.retrieve(source.url, known_hash=None, fname="download", path=folder, downloader=fetch))
        content = path.read_bytes()
    if source.member is not None:
        found = zip_member(content, source.member, source.url, limit)
        if found is None:
            raise ValueError(f"no file {source.member!r} in {source.url}")
        content = found
    if not source.suffix:
        content = Unpacked(io.BytesIO(content), source.url, limit).whole()
    digest = content_digest(content, source.suffix, limit)
    if digest != source.sha256:
        raise ValueError(f"checksum {digest} where {source.sha256} was expected")
    return content


class _Counted:
    """A file that a download is written to, as far as it may be."""

    def __init__(self, file: BinaryIO, most: int):
        self._file, self._left, self._most = file, most, most

    def write(self, data: bytes) -> int:
        self._left -= len(data)
        if self._left < 0:
            raise ValueError(f"more than {self._most} bytes are sent")
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


def _not_found(source: Source, folder: Path, reason: str) -> DatasetNotFoundError:
    return DatasetNotFoundError(
        f"{source.path!r} is not on this machine, and {reason}; get it from {source.publisher} and put it at "
        f"{str(folder / source.path)!r} (a packed file keeps its .xz or .gz), or set {VARIABLE} to the folder above"
    )
