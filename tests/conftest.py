"""Tests that need what this machine lacks are deselected, and counted out loud at the end of the run."""

import os
import shutil
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

# shapes are types: every call of these checks its arguments against their annotations. Not the estimators nor Training,
# whose own errors are promised; not the loop, since the check draws from Python's generator, which nothing may touch
# there; and not what is compiled
OF_IMAGES = [f"tsattn.image.{name}" for name in ("layers", "lenet", "of_images", "resnet", "slot", "vgg")]
install_import_hook(["tsattn.nn", "tsattn.models", "tsattn._relevance", "tsattn.training.losses", *OF_IMAGES,
                     "tsattn.design.layers", "tsattn.design.network", "tsattn.design.recurrent"],
                    "beartype.beartype")

NEEDS = {
    "data": (lambda config: bool(os.environ.get("TSATTN_DATA")), "TSATTN_DATA is not set"),
    "gpu": (lambda config: _has_gpu(), "no GPU here"),
    "browser": (lambda config: bool(_chromium()), "no Chromium here"),
    "long": (lambda config: "long" in config.option.markexpr, "run them by hand with pytest -m long"),
}
_left_out = pytest.StashKey[dict]()


def _has_gpu():
    import torch

    return torch.cuda.is_available()


def _chromium():
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def pytest_configure():
    named = os.environ.get("TSATTN_DATA")
    if named and not Path(named).is_dir():  # at once, not once a test
        raise pytest.UsageError(f"TSATTN_DATA must name a folder, got {named!r}")


def pytest_collection_modifyitems(config, items):
    left_out, kept = {}, []
    lacking = {marker: reason for marker, (has, reason) in NEEDS.items() if not has(config)}
    for item in items:
        marker = next((name for name in lacking if item.get_closest_marker(name)), None)
        if marker is None:
            kept.append(item)
        else:
            left_out.setdefault(marker, []).append(item)
    config.stash[_left_out] = {
        marker: f"{len(tests)} tests {'that are long' if marker == 'long' else f'that need {marker}'} were left out: "
                f"{lacking[marker]}"
        for marker, tests in left_out.items()
    }
    if left_out:
        config.hook.pytest_deselected(items=[item for tests in left_out.values() for item in tests])
        items[:] = kept
    workers_output = getattr(config, "workeroutput", None)
    if workers_output is not None:
        workers_output["left_out"] = config.stash[_left_out]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Each xdist worker collects the same tests: the last one's count is everybody's."""
    node.config.stash[_left_out] = getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_terminal_summary(terminalreporter, config):
    for sentence in config.stash.get(_left_out, {}).values():
        terminalreporter.write_line(sentence, yellow=True)


@pytest.fixture(autouse=True)
def _threads_stay():
    """Numba's first parallel loop of a process, in a library, sets OpenMP's threads: torch's last bits hang on them."""
    import torch

    before = torch.get_num_threads()
    yield
    if torch.get_num_threads() != before:
        torch.set_num_threads(before)


@pytest.fixture
def one_thread(_threads_stay):
    """As joblib's workers have: by two, torch sums the gradients of convolutions in another order."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def chromium():
    return _chromium()
