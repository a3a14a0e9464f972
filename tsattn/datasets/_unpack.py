"""What is packed, unpacked piece by piece and counted: a small file that unpacks to a large one is refused on the way.

One place for gzip, xz, bzip2 and bare zlib streams, for the members of tar and of zip archives, and for archives inside
archives. The size that a header gives is never believed.
"""

import bz2
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import IO, Any

LIMIT = 2**27  # bytes of content; of the sets here, the largest has 58 MB
MEMBERS = 2**14  # files of an archive; the largest here has 2600
PARTS = 2**10  # streams one after another in a packed file
CHUNK = 2**16
DICTIONARY = 2**27  # bytes that xz may ask for; its strongest preset takes half
ENTRY = b"PK\x01\x02"  # before each file in a zip archive's table
BROKEN = (OSError, EOFError, ValueError, OverflowError, IndexError, KeyError, NotImplementedError, RuntimeError,
          lzma.LZMAError, zlib.error, tarfile.TarError, zipfile.BadZipFile)


class UnpackedError(ValueError):
    """A packed file is damaged, or there is more in it than may be."""


class _Zlib:
    """zlib's decompressor with the methods that those of bz2 and lzma share; by `wbits`, of a gzip or a bare stream."""

    def __init__(self, wbits: int):
        self._made = zlib.decompressobj(wbits)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._made.decompress(self._made.unconsumed_tail + data, max_length)

    @property
    def eof(self) -> bool:
        return self._made.eof

    @property
    def needs_input(self) -> bool:
        return not self._made.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._made.unused_data


PACKINGS: dict[bytes, Callable[[], Any]] = {  # by the bytes that a file begins with
    b"\x1f\x8b": lambda: _Zlib(31),
    b"\xfd7zXZ\x00": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=DICTIONARY),
    b"BZh": bz2.BZ2Decompressor,
}


class Unpacked:
    """The content of a file, which may be packed, to be read from its beginning to its end.

    Parameters
    ----------
    file : binary file
    where : str
        Its name, for errors.
    limit : int
        Bytes of content that there may be.
    packing : callable, optional
        Makes the decompressor; by default the file's first bytes tell, and one that is not packed is read as it is.
    """

    def __init__(self, file: IO[bytes], where: str, limit: int = LIMIT, packing: Callable[[], Any] | None = None):
        self._file, self._where, self._left, self._limit = file, where, limit, limit
        self._rest = b"" if packing else file.read(CHUNK)  # read, and not unpacked yet
        found = (make for magic, make in PACKINGS.items() if self._rest.startswith(magic))
        self._packing = packing or next(found, None)
        self._stream: Any = self._packing() if self._packing else None
        self._parts = 1

    def read(self, size: int = CHUNK) -> bytes:
        """At least one byte of what comes next, and at most `size`; none at the end."""
        try:
            found = self._plain(size) if self._stream is None else self._unpacked(size)
        except (OSError, EOFError, lzma.LZMAError, zlib.error, ValueError) as error:
            raise UnpackedError(f"damaged file {self._where!r}: {error}") from error
        self._left -= len(found)
        if self._left < 0:
            raise UnpackedError(f"damaged file {self._where!r}: more than {self._limit} bytes unpacked")
        return found

    def whole(self) -> bytes:
        """All of it."""
        return b"".join(iter(self.read, b""))

    def _plain(self, size: int) -> bytes:
        found, self._rest = self._rest[:size], self._rest[size:]
        return found or self._file.read(size)

    def _unpacked(self, size: int) -> bytes:
        while not self._stream.eof or self._next_part():
            if self._stream.needs_input and not self._rest:
                self._rest = self._file.read(CHUNK)
            data, self._rest, ended = self._rest, b"", not self._rest
            found: bytes = self._stream.decompress(data, size)
            if self._stream.eof:
                self._rest = self._stream.unused_data
            if found:
                return found
            if ended and self._stream.needs_input and not self._stream.eof:
                raise EOFError("it ends too early")
        return b""

    def _next_part(self) -> bool:
        """Whether another stream follows the one that has ended; zeros between them, and at the end, do not count."""
        while not self._rest.strip(b"\0"):
            self._rest = self._file.read(CHUNK)
            if not self._rest:
                return False
        self._parts += 1
        if self._parts > PARTS:
            raise ValueError(f"more than {PARTS} streams one after another")
        self._rest, self._stream = self._rest.lstrip(b"\0"), self._packing()  # type: ignore[misc] # not None where a stream has ended
        return True


def inflated(data: bytes, where: str, limit: int = LIMIT) -> bytes:
    """The content of a bare zlib stream."""
    return Unpacked(io.BytesIO(data), where, limit, packing=lambda: _Zlib(15)).whole()


class _Entry(tarfile.TarInfo):
    """A member of a tar archive. A broken header, or none, is damage, where tarfile takes it for the end."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> "_Entry":
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined] # the blocks of zeros that end every archive
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"it ends without its last blocks ({error})") from error


def tar_members(file: IO[bytes], suffix: str, where: str, limit: int = LIMIT) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files in a tar archive, packed or not, whose name ends so (in lower case).

    Raises
    ------
    UnpackedError
        The archive is damaged, has sparse files, more than `limit` bytes or more than `MEMBERS` members.
    """
    try:
        # as a stream: nothing but what is read in turn, and so counted, is ever looked at
        stream: Any = Unpacked(file, where, limit)  # of a file, tarfile asks for no more than `read`
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Entry) as archive:
            for number, entry in enumerate(archive):
                if number == MEMBERS:
                    raise ValueError(f"more than {MEMBERS} members")
                if entry.issparse():
                    raise ValueError(f"{entry.name!r} is a sparse file: its size is no size of what is there")
                if entry.isreg() and entry.name.lower().endswith(suffix):
                    found = archive.extractfile(entry)
                    yield entry.name, b"" if found is None else found.read()
    except UnpackedError:
        raise
    except BROKEN as error:
        raise UnpackedError(f"damaged archive {where!r}: {error}") from error


def zip_member(content: bytes, member: str, where: str, limit: int = LIMIT, *, depth: int = 1) -> bytes | None:
    """A member of a zip archive by its bare name, also from archives inside the archive; None if there is none.

    Raises
    ------
    UnpackedError
        The archive is damaged, has a member of more than `limit` bytes or more than `MEMBERS` members.
    """
    with opened_zip(content, where) as archive:
        entries = archive.infolist()
        own = next((entry for entry in entries if PurePosixPath(entry.filename).name == member), None)
        if own is not None:
            return zip_content(archive, own, where, limit)
        for entry in entries if depth else []:
            if entry.filename.endswith(".zip"):
                inner = zip_content(archive, entry, where, limit)
                limit -= len(inner)
                found = zip_member(inner, member, where, limit, depth=depth - 1)
                if found is not None:
                    return found
    return None


def opened_zip(content: bytes, where: str) -> zipfile.ZipFile:
    """A zip archive, once its files have been counted: each takes ten times as much memory as its line of the table."""
    if content.count(ENTRY) > MEMBERS:
        raise UnpackedError(f"damaged file {where}: more than {MEMBERS} members")
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except BROKEN as error:
        raise UnpackedError(f"damaged file {where}: {error}") from error


def zip_content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str, limit: int = LIMIT) -> bytes:
    """What a member of a zip archive holds."""
    try:
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"{entry.filename!r} is packed in a way that is not read")
        if entry.file_size > limit:  # not believed: zipfile stops there, and then compares a checksum
            raise ValueError(f"{entry.filename!r} has more than {limit} bytes")
        with archive.open(entry) as file:
            return b"".join(iter(lambda: file.read(CHUNK), b""))
    except BROKEN as error:
        raise UnpackedError(f"damaged file {where}: {error}") from error
