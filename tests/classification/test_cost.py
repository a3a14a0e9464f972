"""What long series, large panels and wide ones cost: memory within a limit, and growth in the order that is said."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONG = """
import resource, sys
import numpy as np
from tests.classification.conftest import QUICK
from tsattn.classification import SDMAClassifier, XM2AClassifier
rng = np.random.default_rng(0)
made = {made}
made.set_params(training__epochs=1).fit(rng.normal(size=(8, 3, 17)), np.arange(8) % 2)
resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30, 2 * 2**30))
for n in (1, 7):
    assert np.isfinite(made.predict_proba(rng.normal(size=(n, 3, 20_000)))).all()
if len(sys.argv) > 1:
    np.ones((n * 20, 3, 20_000, 16))
"""
MADE = ["XM2AClassifier.paper()", "XM2AClassifier(training=QUICK)", "SDMAClassifier(training=QUICK)"]


def run(code, *arguments):
    return subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True,
                          check=False, env={"OMP_NUM_THREADS": "1"})


@pytest.mark.slow
@pytest.mark.parametrize("made", MADE)
def test_p55_series_of_20000_steps_fit_into_two_gigabytes(made):
    done = run(LONG.format(made=made))
    assert done.returncode == 0, done.stderr
    limited = run(LONG.format(made=made), "too much")  # the limit holds
    assert "MemoryError" in limited.stderr
