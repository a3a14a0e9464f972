"""Whether there is room for the pyramid of an image, asked before anything is taken."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tsattn.scalespace._arrays import is_torch
from tsattn.scalespace._ladder import Ladder
from tsattn.scalespace._octavewise import block_of
from tsattn.scalespace._pool import n_threads

MARGIN = 1.1  # what else is taken: keypoints, borders, what the allocator rounds up to
TENSORS = 1.6  # times as many numbers as a pyramid of an array has
COLOURS = 3  # copies of all images in grey, while their channels are added
CGROUP = Path("/sys/fs/cgroup")  # of the container, as it sees itself
CACHED = ("inactive_file", "active_file")  # what is given back when it is needed
GIB = 2**30


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
    raise MemoryError(f"{what} {need / GIB:.1f} GiB, and there are {max(room, 0.0) / GIB:.1f}; {cure}")


def available(x: Any) -> float:
    """Bytes that may be taken where x is; infinite if that is not known."""
    if is_torch(x) and x.device.type == "cuda":
        import torch

        return float(torch.cuda.mem_get_info(x.device)[0])
    return min(_limits(), default=float("inf"))


def _limits() -> Iterator[float]:
    """What the machine has left, what the container may still take, and what the process may."""
    machine = _fields(Path("/proc/meminfo"))
    if "MemAvailable" in machine:
        yield machine["MemAvailable"] * 1024  # what caches hold counts as there
    for most, now in (("memory.max", "memory.current"),
                      ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")):  # versions 2 and 1
        limit, used = _number(CGROUP / most), _number(CGROUP / now)
        if limit is not None and used is not None:
            counted = _fields(CGROUP / Path(now).with_name("memory.stat"))
            yield limit - used + sum(counted.get(name, 0.0) for name in CACHED)
    if sys.platform != "win32":
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            yield limit - _fields(Path("/proc/self/status")).get("VmSize", 0.0) * 1024


def _number(file: Path) -> float | None:
    try:
        return float(file.read_text())
    except (OSError, ValueError):  # none, or "max"
        return None


def _fields(file: Path) -> dict[str, float]:
    """The numbers of a file whose lines are a name and a number, by name."""
    try:
        lines = [line.replace(":", " ").split() for line in file.read_text().splitlines()]
    except OSError:  # another system than Linux
        return {}
    return {line[0]: float(line[1]) for line in lines if len(line) > 1 and line[1].isdigit()}
