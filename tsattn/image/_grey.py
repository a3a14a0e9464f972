"""The way in for pictures: grey numbers from 0 to 1, and whether there is room for their pyramid."""

from pathlib import Path
from typing import Any

import numpy as np

from tsattn.scalespace._arrays import is_torch, prepare
from tsattn.scalespace._ladder import Ladder

LUMA = (0.299, 0.587, 0.114)  # of red, green, blue: ITU-R BT.601
LARGEST = {"uint8": 255, "uint16": 65535, "bool": 1}
CHANNELS = (1, 3, 4)
ACCEPTED = "uint8, uint16, bool, or real numbers from 0 to 1"


def as_grey(images: Any, ladder: Ladder) -> Any:
    """Return (n, height, width) from 0 to 1, float32 (float64 for float64); see `tsattn.image.sift.detect`.

    Whether there is room for their pyramid is asked before anything is taken.
    """
    x: Any = images if is_torch(images) else np.asarray(images)
    kind = str(x.dtype).rpartition(".")[2] if is_torch(x) else x.dtype.name
    if kind not in LARGEST and "float" not in kind:
        cure = "image.to(torch.uint8)" if is_torch(x) else "image.astype(numpy.uint8)"
        raise TypeError(f"an image must be {ACCEPTED}, got {kind}; convert it, as by {cure}")
    shape = _grey_shape(tuple(x.shape))
    check_memory(shape, 8 if kind == "float64" else 4, ladder, _available(x))
    if x.ndim in (3, 4) and x.shape[-1] in CHANNELS:  # what is behind blue says how solid a pixel is
        shares = (1.0,) if x.shape[-1] == 1 else LUMA
        x = sum(share * _real(x[..., k], kind) for k, share in enumerate(shares))
    else:
        x = _real(x, kind)
    x, _ = prepare(x.reshape(shape), (-2, -1))
    seen = x.detach() if is_torch(x) else x
    low, high = float(seen.min()), float(seen.max())
    if low < 0 or high > 1:
        raise ValueError(f"real numbers of an image must lie from 0 to 1, got {low:.4g} to {high:.4g}; divide them by "
                         "the largest that there can be")
    return x


def _real(x: Any, kind: str) -> Any:
    """Whole numbers as shares of the largest of their type."""
    if kind not in LARGEST:
        return x
    return (x.float() if is_torch(x) else x.astype(np.float32)) / LARGEST[kind]


def _grey_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Images, height and width; a last axis of 1, 3 or 4 is one of channels."""
    space = shape[:-1] if len(shape) in (3, 4) and shape[-1] in CHANNELS else shape
    if len(space) not in (2, 3):
        cure = "; channels come last, so move their axis" if len(shape) == 4 and shape[1] in CHANNELS else ""
        raise ValueError("an image must have the axes (height, width) or (height, width, channel), or one before them "
                         f"for a batch, with 1, 3 or 4 channels, got shape {shape}{cure}")
    n, height, width = space if len(space) == 3 else (1, *space)
    return n, height, width


def check_memory(shape: tuple[int, int, int], item: int, ladder: Ladder, room: float) -> None:
    """Raise MemoryError unless there is room, in bytes, for the largest octave of one image; `item` bytes a number."""
    copies = 2 * (ladder.scales_per_octave + 3) + 3  # levels, differences, the image enlarged, and what it is made of
    need = shape[1] * shape[2] * (4 if ladder.double else 1) * item * copies
    if need > room:
        raise MemoryError(f"the pyramid of {shape[1]} x {shape[2]} pixels needs {need / 2**30:.1f} GiB, and there are "
                          f"{room / 2**30:.1f}; use double=False, which takes a quarter, or cut the image into "
                          "overlapping parts")


def _available(x: Any) -> float:
    """Bytes there are where x is; infinite if that is not known."""
    if is_torch(x) and x.device.type == "cuda":
        import torch

        return float(torch.cuda.mem_get_info(x.device)[0])
    try:
        fields = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        return float(fields["MemAvailable"].split()[0]) * 1024  # what caches hold counts as there
    except (OSError, KeyError, ValueError):  # another system than Linux
        return float("inf")
