"""Where and with what a cell ran: hardware, versions, commit, and the memory it took."""

import gc
import hashlib
import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

PACKAGE = Path(__file__).parents[1]
LIBRARIES = ("tsattn", "torch", "sktime", "numpy", "pandas", "scikit-learn", "scipy", "numba", "tsfresh")
STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


@cache
def versions(more: tuple[str, ...] = ()) -> dict[str, str]:
    """Versions of Python and of the libraries that results depend on; "absent" for one that is not installed."""
    found = {"python": platform.python_version()}
    for name in (*LIBRARIES, *more):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


@cache
def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def hardware() -> dict[str, Any]:
    """The processor, the cores this process may use, the threads torch uses here, and a GPU if there is one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    return {"cpu": _cpu_name(), "cores": cores, "torch_threads": torch.get_num_threads(), "gpu": gpu,
            "system": f"{platform.system()} {platform.machine()}"}


@cache
def commit() -> str | None:
    """The commit of the checkout the package runs from, "+changes" if files differ; None outside a checkout."""
    top = _git("rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != PACKAGE.parent.resolve():  # a stranger's repository around site-packages
        return None
    name = _git("rev-parse", "HEAD")
    return name if name is None or not _git("status", "--porcelain", "--", "tsattn") else f"{name}+changes"


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=PACKAGE, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


@cache
def source() -> str:
    """A digest of the package's own code, so that rows of different code can be told apart without a commit."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(f"{path.relative_to(PACKAGE).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class PeakMemory:
    """Measures a stretch of a program: `with PeakMemory() as memory: ...`, then `memory.taken`.

    On Linux the kernel's high-water mark is set back first, so that the peak is that of the stretch: resident memory of
    this process alone, with everything it had before (libraries, data). Elsewhere it is the mark since the process
    began, and `what` says so.
    """

    def __enter__(self) -> "PeakMemory":
        gc.collect()
        try:
            CLEAR.write_text("5")
            self._reset = True
        except OSError:
            self._reset = False
        self._before = _status("VmRSS")
        return self

    def __exit__(self, *_: object) -> None:
        import resource

        peak = _status("VmHWM")
        if peak is None:  # kilobytes, but bytes on macOS
            unit = 2**20 if platform.system() == "Darwin" else 2**10
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
        what = "while the cell ran" if self._reset else "since the process began"
        self.taken = {"peak_mb": round(peak, 1), "before_mb": self._before and round(self._before, 1),
                      "what": f"peak resident memory of the process {what}"}


def _status(name: str) -> float | None:
    """An entry of /proc/self/status, in megabytes."""
    try:
        lines = STATUS.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:")), None)
