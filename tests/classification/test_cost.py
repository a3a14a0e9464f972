"""What long series, large panels and wide ones cost: memory within a limit, and growth in the order that is said."""

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tsattn.classification import LSTMSANClassifier, ScaleSpaceRidgeClassifier, XM2AClassifier

ROOT = Path(__file__).parents[2]
LONG = """
import resource, sys
sys.modules["pyarrow"] = None  # where it is installed pandas imports it: address space that is not ours
import numpy as np
from tests.classification.conftest import QUICK
from tsattn.classification import (LSTMSANClassifier, RACKNetClassifier, ScaleSpaceRidgeClassifier, SDMAClassifier,
                                   XM2AClassifier)
del sys.modules["pyarrow"]  # scikit-learn looks for it there
rng = np.random.default_rng(0)
made = {made}
made.fit(rng.normal(size=(8, 3, 17)), np.arange(8) % 2)
resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30, 2 * 2**30))
for n in (1, 7):
    assert np.isfinite(made.predict_proba(rng.normal(size=(n, 3, 20_000)))).all()
try:
    np.ones(2**28)
except MemoryError:
    print("the limit holds")
"""
MADE = ["XM2AClassifier.paper(epochs=1)", "XM2AClassifier(training=QUICK)", "SDMAClassifier(training=QUICK)",
        "LSTMSANClassifier(training=QUICK)", "LSTMSANClassifier.paper(attention_module='ran', epochs=1)",
        "ScaleSpaceRidgeClassifier()", "RACKNetClassifier(training=QUICK)"]
SMALL = {
    "heads": XM2AClassifier.paper(epochs=1, random_state=0).set_params(n_layers=1, n_heads=2),
    "recurrent": LSTMSANClassifier.paper(epochs=1, random_state=0).set_params(n_layers=2, hidden_size=8),
    "glimpses": LSTMSANClassifier.paper(attention_module="ran", epochs=1, random_state=0).set_params(n_layers=1),
}
RIDGE = ScaleSpaceRidgeClassifier(proportions=100, saliency=None, random_state=0)
every_small = pytest.mark.parametrize("small", SMALL.values(), ids=SMALL.keys())


@pytest.mark.slow
@pytest.mark.parametrize("made", MADE)
def test_p55_series_of_20000_steps_fit_into_two_gigabytes(made):
    done = subprocess.run([sys.executable, "-c", LONG.format(made=made)], cwd=ROOT, capture_output=True, text=True,
                          check=False, env={"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    assert done.stdout == "the limit holds\n"


def made_for(small, n_channels):
    rng = np.random.default_rng(0)
    return small.clone().fit(rng.normal(size=(4, n_channels, 7)), [0, 1, 0, 1])


def growth(made_and_sizes, rounds=3):
    """The power by which processor time of predicting grows from size to size.

    Without the system's share: what it takes to give memory anew hangs on what the process gave back before, and is
    between nothing and as much again. A machine slows by spells, so in each round every size is timed, for about as
    long; the middle round counts.
    """
    numbers, slopes = [np.prod(size) for _, size in made_and_sizes], []
    for _ in range(1 + rounds):
        costs = [seconds(made, size, round(max(numbers) / np.prod(size))) for made, size in made_and_sizes]
        slopes.append(slope(numbers, costs))
    return np.median(slopes[1:])  # the first round warms up


def seconds(made, size, times):
    X = np.random.default_rng(1).normal(size=size)
    begin = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    for _ in range(times):
        made.predict_proba(X)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_utime - begin) / times


def slope(sizes, costs):
    return np.polyfit(np.log(sizes), np.log(costs), 1)[0]


GROWING = {
    ("heads", "series"): [(n, 5, 1000) for n in (64, 128, 256, 512)],
    ("heads", "steps"): [(8, 5, t) for t in (4000, 8000, 16000, 32000)],
    ("heads", "channels"): [(2, c, 100) for c in (1536, 3072, 6144, 12288)],  # large: the fixed cost counts little
    ("recurrent", "steps"): [(8, 5, t) for t in (2000, 4000, 8000, 16000)],
    ("ridge", "series"): [(n, 5, 1000) for n in (32, 64, 128, 256)],
    ("ridge", "steps"): [(8, 5, t) for t in (4000, 8000, 16000, 32000)],
}


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize(("name", "growing"), GROWING)
def test_p56_time_grows_with_series_steps_and_channels(name, growing):
    small = (SMALL | {"ridge": RIDGE})[name]
    found = growth([(made_for(small, size[1]), size) for size in GROWING[name, growing]])
    assert found == pytest.approx(1, abs=0.2)


def kept(made, *shape):
    """Bytes that a step of training keeps for its gradients, weights apart."""
    n, n_channels, n_steps = shape
    x, lengths = torch.randn(n, n_steps, n_channels), torch.full((n,), n_steps)
    total = {}
    weights = {parameter.untyped_storage().data_ptr() for parameter in made.network_.parameters()}

    def keep(saved):
        storage = saved.untyped_storage()
        if storage.data_ptr() not in weights:
            total[storage.data_ptr()] = storage.nbytes()
        return saved

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda saved: saved):
        made.network_(x, lengths=lengths)
    return sum(total.values())


@pytest.mark.parametrize("shapes", [[(n, 5, 997) for n in (1, 2, 4, 8)], [(3, 5, t) for t in (499, 997, 1999, 3989)]],
                         ids=["series", "steps"])
@every_small
def test_p56_memory_grows_with_series_and_steps(small, shapes):
    made = made_for(small, 5)
    found = slope([np.prod(shape) for shape in shapes], [kept(made, *shape) for shape in shapes])
    assert found == pytest.approx(1, abs=0.02)


def test_p56_memory_grows_with_channels_by_their_own_size_alone():
    n, n_steps = 3, 997
    few, more, most = (kept(made_for(SMALL["heads"], c), n, c, n_steps) for c in (5, 10, 20))
    assert most - more == pytest.approx(2 * (more - few), rel=0.02)
    assert more - few <= 5 * 4 * 4 * n * n_steps  # a few tensors of 5 channels of float32
