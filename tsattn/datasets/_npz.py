"""Arrays by name from a NumPy archive, read without pickles and without more memory than its bytes say."""

import io
import zipfile
from math import prod

import numpy as np

from tsattn.datasets._unpack import BROKEN, LIMIT, UnpackedError, opened_zip, zip_content

DAMAGED = (*BROKEN, SyntaxError, TypeError)  # of a header's text, too


def parse_npz(content: bytes, names: tuple[str, ...], where: str, limit: int = LIMIT) -> list[np.ndarray]:
    """The arrays of these names; of numbers or texts.

    Raises
    ------
    ValueError
        The file is no archive, is damaged or larger than `limit` bytes unpacked, or lacks one of the arrays.
    """
    arrays = []
    with opened_zip(content, where) as archive:
        for name in names:
            array = _array(archive, name, where, limit)
            limit -= array.nbytes
            arrays.append(array)
    return arrays


def _array(archive: zipfile.ZipFile, name: str, where: str, limit: int) -> np.ndarray:
    try:
        packed = zip_content(archive, archive.getinfo(f"{name}.npy"), where, limit)
        stream = io.BytesIO(packed)
        version = np.lib.format.read_magic(stream)
        if version != (1, 0):
            raise ValueError(f"{name} is of version {version}")
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        size = len(packed) - stream.tell()
        if dtype.hasobject or fortran or dtype.itemsize == 0 or size != dtype.itemsize * prod(shape):
            raise ValueError(f"{name} must be a plain array of shape {shape} and kind {dtype}, got {size} bytes")
        return np.frombuffer(packed, dtype, offset=stream.tell()).reshape(shape)
    except UnpackedError:
        raise
    except DAMAGED as error:
        raise ValueError(f"damaged file {where}: {error}") from error
