"""Windows: cut as a loop would cut them, and never more than asked for."""

import numpy as np
import pytest
import torch

from tsattn.training.data import Sequences
from tsattn.training.windows import Reading, Windows

ROWS = np.random.default_rng(5).standard_normal((40, 4))


def plain(series, known):
    """The window itself; its last value as the forecast; the second output counts twice."""
    return Reading((series, known), series[:, -1:, :2], torch.tensor([1.0, 2.0]))


def make(starts=(3, 0, 17), **changes):
    return Windows(ROWS, starts, 6, [1, 4], **{"n_targets": 2, "n_known": 1, "read": plain, **changes})


def test_windows_are_the_loops():
    windows = make()
    batch = windows.batch(torch.tensor([2, 0]))
    for i, start in enumerate([17, 3]):
        for t in range(6):
            assert batch.inputs[0][i, t].tolist() == pytest.approx(ROWS[start + t], abs=1e-6)
        for h in range(4):
            assert float(batch.inputs[1][i, h, 0]) == pytest.approx(ROWS[start + 6 + h, 3], abs=1e-6)
        expected = [(ROWS[start + 5 + h, j] - ROWS[start + 5, j]) / (1 + j) for h in (1, 4) for j in (0, 1)]
        assert batch.target[i].tolist() == pytest.approx(expected, abs=1e-5)
    assert batch.lengths.tolist() == [6, 6]


def test_no_window_is_stored():
    windows = Windows(np.zeros((1000, 1)), np.arange(900), 90, [1], n_targets=1, n_known=0, read=plain)
    assert windows.n_bytes == 1001 * 4


def test_without_a_future_there_is_no_target():
    windows = make(starts=[34], with_future=False, n_known=0)
    assert windows.target is None
    assert windows.batch(torch.tensor([0])).target is None


def test_a_window_beyond_the_rows_is_refused():
    with pytest.raises(ValueError, match="windows of 6 rows and 4 after them must lie within the 40 rows, and the last "
                                         "begins at 31"):
        make(starts=[31])
    with pytest.raises(ValueError, match="first row such that all of it lies within the 40 rows"):
        make(starts=[36])


def test_an_epoch_has_others_each_time():
    windows = make(starts=np.arange(25), per_epoch=5)
    generator = torch.Generator().manual_seed(0)
    drawn = [windows.draw(torch.arange(25), generator) for _ in range(40)]
    assert all(len(set(part.tolist())) == 5 for part in drawn)
    assert len(set(torch.cat(drawn).tolist())) == 25
    assert windows.n_drawn(25) == 5
    few = torch.tensor([4, 1])
    assert windows.draw(few, generator) is few


def test_series_may_share_rows():
    data = Sequences([ROWS], [3, 5], offsets=[2, 0])
    first = data.batch(torch.tensor([0])).inputs[0][0]
    assert np.allclose(first, ROWS[2:5], atol=1e-6)
    with pytest.raises(ValueError, match="offsets must give each of the 2 series a first row"):
        Sequences([ROWS], [3, 5], offsets=[2, 36])
