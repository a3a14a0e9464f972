"""How much memory can still be taken: what the machine and the limits of the container and the process allow."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CGROUP = Path("/sys/fs/cgroup")  # of the container, as it sees itself
CACHED = ("inactive_file", "active_file")  # bytes of files in the cache: they count as used, yet are freed when needed
GIB = 2**30
SMALL = 2**28  # bytes: less is taken without a check


def available(device: Any = None) -> float:
    """Bytes that may be taken on a device of torch, the CPU by default; infinite if that is not known."""
    if device is not None and device.type == "cuda":
        import torch

        return float(torch.cuda.mem_get_info(device)[0])
    return min(_limits(), default=float("inf"))


def check_room(need: float, what: str, cure: str, device: Any = None) -> None:
    """Raise MemoryError, before anything is taken, unless there is room for so many bytes."""
    if need <= SMALL:
        return
    room = available(device)
    if need > room:
        raise MemoryError(f"{what} need {need / GIB:.1f} GiB, and there are {max(room, 0.0) / GIB:.1f}; {cure}")


def _limits() -> Iterator[float]:
    """Bytes that the machine has left, that the container may still take, and that the process may, where known."""
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
