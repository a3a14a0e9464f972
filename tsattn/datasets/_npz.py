"""Arrays by name from a NumPy archive, read without pickles and without more memory than its bytes say."""

import io
import zipfile
import zlib

import numpy as np

from tsattn.datasets._sources import LIMIT

BROKEN = (OSError, ValueError, EOFError, SyntaxError, TypeError, KeyError, NotImplementedError, RuntimeError,
          zipfile.BadZipFile, zlib.error)


def parse_npz(content: bytes, names: tuple[str, ...], where: str) -> list[np.ndarray]:
    """The arrays of these names; of numbers or texts.

    Raises
    ------
    ValueError
        The file is no archive, is damaged or larger than 1 GiB unpacked, or lacks one of the arrays.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return [_array(archive, name) for name in names]
    except BROKEN as error:
        raise ValueError(f"damaged file {where}: {error}") from error


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    entry = archive.getinfo(f"{name}.npy")
    if entry.file_size > LIMIT:
        raise ValueError(f"{name} has more than {LIMIT} bytes")
    with archive.open(entry) as file:
        packed = file.read(LIMIT + 1)
    stream = io.BytesIO(packed)
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):
        raise ValueError(f"{name} is of version {version}")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    body = packed[stream.tell() :]
    if dtype.hasobject or fortran or len(body) != dtype.itemsize * int(np.prod(shape, dtype=object)):
        raise ValueError(f"{name} must be a plain array of shape {shape} and kind {dtype}, got {len(body)} bytes")
    return np.frombuffer(body, dtype).reshape(shape)
