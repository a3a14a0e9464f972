"""The way in for pictures: grey numbers from 0 to 1, if there is room for their pyramid."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsattn.image._arrays import MOST_CHANNELS, as_array, check_channels_last, check_finite, grey, without_opacity
from tsattn.image._memory import available, check_memory, needed
from tsattn.scalespace._arrays import is_torch, prepare
from tsattn.scalespace._ladder import Ladder

WHITE = {"uint8": 255, "uint16": 65535, "bool": 1}
ACCEPTED = "uint8, uint16, bool, or real numbers from 0 to 1"


def as_grey(images: Any, ladder: Ladder) -> Any:
    """Return (n, height, width) from 0 to 1, float32 (float64 for float64); see `tsattn.image.sift.detect`.

    Whether there is room for their pyramid is asked before anything is taken.
    """
    x = as_array("images", images)
    kind = kind_of(x)
    shape, axes = space_of(tuple(x.shape))
    colours = axes[-1] == "channel"
    check_memory(needed(shape, 8 if kind == "float64" else 4, ladder, tensor=is_torch(x), colours=colours), shape,
                 available(x))
    check_pixels(x, kind, axes)
    x = grey(x, lambda channel: as_shares(channel, kind)) if colours else as_shares(x, kind)
    return prepare(x.reshape(shape), (-2, -1))[0]


def check_pixels(x: Any, kind: str, axes: Sequence[str]) -> None:
    """Raise unless pixels are finite, and real ones shares of white in each channel; opacity may be anything."""
    seen = without_opacity(x) if axes[-1] == "channel" else x
    check_finite("images", seen, axes)
    if kind in WHITE:
        return
    seen = seen.detach() if is_torch(seen) else seen
    low, high = float(seen.min()), float(seen.max())
    if low < 0 or high > 1:
        raise ValueError(f"real numbers of an image must lie from 0 to 1, got {low:.4g} to {high:.4g}; divide them by "
                         "the largest that there can be")


def kind_of(x: Any) -> str:
    """The name of the type of the pixels; raise unless it says what white is."""
    kind = str(x.dtype).rpartition(".")[2] if is_torch(x) else x.dtype.name
    if kind in WHITE or "float" in kind:
        return kind
    whole = kind.startswith(("int", "uint"))
    cure = f"; if 255 is white, convert it by image.{'to(torch' if is_torch(x) else 'astype(numpy'}.uint8)" \
        if whole else ""
    raise TypeError(f"an image must be {ACCEPTED}, got {kind}{cure}")


def as_shares(x: Any, kind: str) -> Any:
    """Whole numbers of that type as shares of the largest there is; real ones as they are."""
    if kind not in WHITE:
        return x
    shares = x.float() if is_torch(x) else x.astype(np.float32)
    shares /= WHITE[kind]
    return shares


def space_of(shape: tuple[int, ...]) -> tuple[tuple[int, int, int], tuple[str, ...]]:
    """Images, height and width; and what each axis counts. A last one of 1 to 4 is of channels."""
    check_channels_last("images", shape)
    channels = len(shape) in (3, 4) and 1 <= shape[-1] <= MOST_CHANNELS
    space = shape[:-1] if channels else shape
    if len(space) not in (2, 3) or 0 in shape:
        raise ValueError("an image must have the axes (height, width) or (height, width, channel), or one before them "
                         f"for a batch, with 1 to 4 channels, and one pixel at least, got shape {shape}")
    n, height, width = space if len(space) == 3 else (1, *space)
    axes = (*("image",) * (len(space) - 2), "row", "column", *("channel",) * channels)
    return (n, height, width), axes
