"""Read one variable of a MATLAB 5 file: cells, real doubles and texts, no more.

MathWorks, "MAT-File Format", version 5. Written here because scipy's reader trusts the sizes in the file: a damaged
dimension of a cell array keeps it busy for minutes. Here no size is believed that the bytes do not hold.
"""

import math
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from tsattn.datasets._unpack import LIMIT, UnpackedError, inflated

HEADER = 128  # bytes
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16"}
MATRIX, COMPRESSED = 14, 15
CELL, CHAR, DOUBLE = 1, 4, 6
COMPLEX = 0x08
DEPTH, AXES = 8, 32
ELEMENTS = 2**16  # that are looked at; an empty one takes 8 bytes in the file, and a hundred in memory


def read_variable(content: bytes, name: str, limit: int = LIMIT) -> Any:
    """The variable of this name: an object array of cells, a float64 array or a str; nested as in the file.

    Raises
    ------
    ValueError
        The file is no MATLAB 5 file, is damaged, has more than `limit` bytes unpacked or 65536 parts, holds no such
        variable, or one of another class.
    """
    if not content.startswith(b"MATLAB 5.0 MAT-file") or len(content) < HEADER:
        raise ValueError("not a MATLAB 5 file")
    order = {b"IM": "<", b"MI": ">"}.get(content[HEADER - 2 : HEADER])
    if order is None:
        raise ValueError(f"damaged MATLAB file: byte order {content[HEADER - 2 : HEADER]!r}")
    reader = _Reader(order, limit)
    try:
        for kind, data in reader.elements(memoryview(content)[HEADER:]):
            if kind == COMPRESSED:
                kind, data = next(reader.elements(reader.unpacked(data)))
            found, value = reader.matrix(kind, data, name, DEPTH)
            if found == name:
                return value
    except (StopIteration, UnicodeDecodeError, UnpackedError) as error:
        raise ValueError(f"damaged MATLAB file: {error}") from error
    raise ValueError(f"no variable {name!r} in the file")


class _Reader:
    """Reads a file's parts, and counts how many there are and what they take in memory.

    Parameters
    ----------
    order : {"<", ">"}
        Of the bytes of a number.
    limit : int
        Bytes that may be unpacked, and that numbers may take.
    """

    def __init__(self, order: str, limit: int):
        self._order, self._limit, self._left = order, limit, limit
        self._elements = self._numbers = 0

    def unpacked(self, data: memoryview) -> memoryview:
        """A compressed element's content."""
        content = inflated(bytes(data), "a compressed variable", self._left)
        self._left -= len(content)
        return memoryview(content)

    def elements(self, data: memoryview) -> Iterator[tuple[int, memoryview]]:
        """Type and data of each element; elements begin at multiples of 8 bytes, compressed ones follow at once."""
        at = 0
        while at < len(data):
            self._elements += 1
            if self._elements > ELEMENTS:
                raise ValueError(f"damaged MATLAB file: more than {ELEMENTS} parts")
            if at + 8 > len(data):
                raise ValueError(f"damaged MATLAB file: {len(data) - at} bytes where an element must begin")
            kind, size = struct.unpack_from(f"{self._order}II", data, at)
            start, room = at + 8, len(data) - at - 8
            if kind >> 16:  # up to four bytes stand in the tag itself
                kind, size, start, room = kind & 0xFFFF, kind >> 16, at + 4, 4
            if size > room:
                raise ValueError(f"damaged MATLAB file: an element of {size} bytes where {room} are left")
            yield kind, data[start : start + size]
            end = max(start + size, at + 8)
            at = end if kind == COMPRESSED else -(-end // 8) * 8

    def matrix(self, kind: int, data: memoryview, wanted: str | None, depth: int) -> tuple[str, Any]:
        """Name and value of an array; the value is None where another one is wanted."""
        if kind != MATRIX or depth == 0:
            raise ValueError(f"damaged MATLAB file: element of type {kind} where an array must stand")
        if not data:
            return "", np.empty((0, 0))
        parts = self.elements(data)
        flags, shape, name = (next(parts, (0, memoryview(b"")))[1] for _ in range(3))
        if len(flags) != 8 or len(shape) < 8 or len(shape) % 4 or len(shape) > 4 * AXES:
            raise ValueError("damaged MATLAB file: an array without flags or dimensions")
        label = bytes(name).decode("latin-1")
        if wanted is not None and label != wanted:
            return label, None
        bits = struct.unpack(f"{self._order}II", flags)[0]
        sizes = struct.unpack(f"{self._order}{len(shape) // 4}i", shape)
        if min(sizes) < 0:
            raise ValueError(f"damaged MATLAB file: an array of shape {sizes}")
        return label, self._value(bits & 0xFF, bool(bits >> 8 & COMPLEX), sizes, list(parts), depth)

    def _value(self, kind: int, imaginary: bool, sizes: tuple[int, ...], parts: list[tuple[int, memoryview]],
               depth: int) -> Any:
        count = math.prod(sizes)
        if kind == CELL and len(parts) == count:
            cells = np.empty(count, dtype=object)
            for number, (part, data) in enumerate(parts):
                cells[number] = self.matrix(part, data, None, depth - 1)[1]
            return cells.reshape(sizes, order="F")
        if kind == CHAR and len(parts) == 1 and parts[0][0] in TEXTS:
            form = TEXTS[parts[0][0]]
            text = bytes(parts[0][1]).decode(f"{form}-{'le' if self._order == '<' else 'be'}" if form == "utf-16"
                                             else form)
            if len(text) == count:
                return text
        if kind == DOUBLE and not imaginary and len(parts) == 1 and parts[0][0] in NUMBERS:
            dtype = np.dtype(self._order + NUMBERS[parts[0][0]])  # whole numbers are stored in fewer bytes
            if len(parts[0][1]) == count * dtype.itemsize:
                self._count_numbers(count)
                return np.frombuffer(parts[0][1], dtype).astype(np.float64).reshape(sizes, order="F")
        raise ValueError(f"damaged MATLAB file: an array of class {kind} and shape {sizes}, "
                         "where cells, real doubles or a text must stand")

    def _count_numbers(self, count: int) -> None:
        """Count numbers, of eight bytes each, whatever they take in the file."""
        self._numbers += 8 * count
        if self._numbers > self._limit:
            raise ValueError(f"damaged MATLAB file: numbers of more than {self._limit} bytes")
