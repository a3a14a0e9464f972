"""Whether there is room for the pyramid of an image, asked before anything is taken."""

from typing import Any

from tsattn import _memory
from tsattn._threads import n_threads
from tsattn.scalespace._arrays import is_torch
from tsattn.scalespace._ladder import Ladder
from tsattn.scalespace._octavewise import block_of

MARGIN = 1.1  # what else is taken: keypoints, borders, what the allocator rounds up to
TENSORS = 1.6  # times as many numbers as a pyramid of an array has
COLOURS = 3  # copies of all images in grey, while their channels are added


def needed(shape: tuple[int, int, int], item: int, ladder: Ladder, *, tensor: bool, colours: bool) -> float:
    """Bytes that images (n, height, width) of `item` bytes a pixel take: all in grey, and the pyramids at one time."""
    n, height, width = shape
    pixels = height * width * item * MARGIN
    levels = 2 * (ladder.scales_per_octave + 3) + 3  # with differences, the image enlarged, and what it is made of
    at_once = block_of(height * width, tensor=tensor)
    if at_once > 1 and not tensor:  # a block a thread
        at_once *= n_threads()
    pyramids = min(n, at_once) * (4 if ladder.double else 1) * levels * (TENSORS if tensor else 1)
    return pixels * (n * (COLOURS if colours else 1) + pyramids)


def check_memory(need: float, shape: tuple[int, int, int], room: float) -> None:
    """Raise MemoryError unless there is room, in bytes, for what is needed."""
    if need <= room:
        return
    n, height, width = shape
    if n > 1:
        what, cure = f"{n} images of {height} x {width} pixels need", "give fewer at a time"
    else:
        what = f"the pyramid of {height} x {width} pixels needs"
        cure = "use double=False, which takes a quarter, or cut the image into overlapping parts"
    raise MemoryError(f"{what} {need / _memory.GIB:.1f} GiB, and there are {max(room, 0.0) / _memory.GIB:.1f}; {cure}")


def available(x: Any) -> float:
    """Bytes that may be taken where x is; infinite if that is not known."""
    return _memory.available(x.device if is_torch(x) else None)
