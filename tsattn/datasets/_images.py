"""Image files as arrays: the portable any-map formats by hand, PNG by Pillow; and colours to grey.

Whatever is wrong with a file is a ValueError that names it, and nothing is allocated that its bytes could not fill.
"""

import io
import re
import struct
import zlib

import numpy as np

PNM_HEADER = re.compile(rb"\AP([56])" + rb"(?:\s|#[^\n]*\n)+(\d{1,6})" * 3 + rb"\s")
PNM_CHANNELS = {b"5": 1, b"6": 3}
LARGEST = 2**24  # pixels; the largest photograph here has half a million
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as PNG readers have it
BROKEN = (OSError, SyntaxError, ValueError, EOFError, OverflowError, IndexError, KeyError, TypeError, struct.error,
          zlib.error)


def parse_pnm(content: bytes, where: str) -> np.ndarray:
    """The pixels of a binary PGM (P5) or PPM (P6) file of 8 bits: uint8, (height, width) or (height, width, 3).

    Raises
    ------
    ValueError
        The file is of another kind, or too short or too long for the size that it gives.
    """
    header = PNM_HEADER.match(content)
    if header is None:
        raise ValueError(f"{where}: must begin with P5 or P6, a width, a height and a greatest value, got "
                         f"{content[:16]!r}")
    width, height, greatest = (int(number) for number in header.groups()[1:])
    if greatest != 255 or width * height == 0:
        raise ValueError(f"{where}: must have pixels of 8 bits, got a greatest value of {greatest} and {width} x "
                         f"{height} pixels")
    channels = PNM_CHANNELS[header[1]]
    pixels = content[header.end() :]
    if len(pixels) != width * height * channels:
        raise ValueError(f"{where}: {width} x {height} pixels need {width * height * channels} bytes after the header, "
                         f"got {len(pixels)}")
    return np.frombuffer(pixels, np.uint8).reshape((height, width, channels) if channels > 1 else (height, width))


def parse_png(content: bytes, where: str) -> np.ndarray:
    """The pixels of a PNG file of 8 bits: uint8, (height, width) or (height, width, 3).

    Raises
    ------
    ValueError
        The file is no PNG, is damaged, or has other pixels than grey or colour.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            if image.mode not in ("L", "RGB"):
                raise ValueError(f"must be grey or colour of 8 bits, got pixels of mode {image.mode!r}")
            if image.width * image.height > LARGEST:
                raise ValueError(f"more than {LARGEST} pixels: {image.width} x {image.height}")
            return np.array(image)
    except (*BROKEN, Image.DecompressionBombError) as error:
        raise ValueError(f"damaged file {where}: {error}") from error


def to_grey(image: np.ndarray) -> np.ndarray:
    """Colours (height, width, 3) to grey (height, width), uint8, by 0.299 red + 0.587 green + 0.114 blue, rounded.

    Examples
    --------
    >>> import numpy as np
    >>> to_grey(np.array([[[255, 0, 0], [7, 7, 7]]], dtype=np.uint8)).tolist()
    [[76, 7]]
    """
    if image.ndim == 2:
        return image
    grey: np.ndarray = (image @ LUMA).round().astype(np.uint8)
    return grey
