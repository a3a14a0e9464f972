import subprocess
import sys

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from tsattn.scalespace import Keypoints, detect, events


def test_offsets_say_whose_keypoints_they_are(backend, walk):
    x = walk(2, 3, 211)
    found = detect(backend.array(x)).to_numpy()
    assert found.offsets[0] == 0
    assert found.offsets[-1] == len(found)
    for k, row in enumerate(x.reshape(6, 211)):
        alone = detect(backend.array(row)).to_numpy()
        some = slice(found.offsets[k], found.offsets[k + 1])
        assert_array_equal(found.position[some], alone.position)
        assert (found.series[some] == k).all()


def test_take_keeps_the_series(backend, walk):
    found = detect(backend.array(walk(5, 211)))
    some = found.take((found.polarity > 0) & (found.series != 2))
    assert some.n_series == 5
    assert set(some.series.tolist()) == {0, 1, 3, 4}
    assert len(some) == int(((found.polarity > 0) & (found.series != 2)).sum())
    assert (backend.numpy(some.polarity) == 1).all()
    with pytest.raises(ValueError, match="mask must be boolean of shape"):
        found.take(found.octave)


def test_the_frame_has_a_row_a_keypoint(backend, walk):
    found = events(backend.array(walk(3, 211)))
    frame = found.to_frame()
    assert list(frame.columns) == [
        "series", "position", "sigma", "octave", "scale", "value", "polarity", "amplitude", "start", "end",
    ]  # fmt: skip
    assert_allclose(frame["position"], backend.numpy(found.position)[:, 0])
    image = detect(backend.array(np.random.default_rng(0).normal(size=(31, 37))), axes=(0, 1), contrast=0)
    assert {"position_0", "position_1"} <= set(image.to_frame().columns)


def test_columns_are_of_the_kind_of_the_input(backend, walk):
    found = detect(backend.array(walk(211)))
    kind = torch.Tensor if backend.name == "torch" else np.ndarray
    assert all(isinstance(getattr(found, name), kind) for name in Keypoints.__dataclass_fields__)
    assert isinstance(found.to_numpy().position, np.ndarray)


def test_importing_loads_neither_numba_nor_torch():
    code = "import sys, tsattn.scalespace; print({'numba', 'torch'} & set(sys.modules) or 'neither')"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "neither\n"


def test_works_after_a_fork():
    code = """
import os, warnings, numpy as np
from tsattn.scalespace import detect
x = np.random.default_rng(0).normal(size=(2000, 100)).cumsum(1)
n = len(detect(x))
warnings.simplefilter("ignore")
child = os.fork()
if child == 0:
    os._exit(0 if len(detect(x)) == n else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
