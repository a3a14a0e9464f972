"""How much of what a network adds is kept: `surely`."""

import numpy as np
import pytest
import torch

from tests.reference import share as slow
from tsattn.nn.share import surely


def share(missing, added, span=1):
    return surely(torch.from_numpy(missing), torch.from_numpy(added), span).numpy()


@pytest.fixture
def drawn():
    generator = np.random.default_rng(4)
    added = generator.standard_normal((50, 3, 4))
    return np.array([0.9, 0.4, 0.0, 1.5]) * added + generator.standard_normal(added.shape), added


@pytest.mark.parametrize("span", [1, 3, 12])
@pytest.mark.parametrize("n", [50, 24, 11, 8, 5, 2])
def test_as_by_loops(drawn, n, span):
    missing, added = (part[:n] for part in drawn)
    assert share(missing, added, span) == pytest.approx(slow.surely(missing, added, span), abs=1e-12)


def test_by_hand():
    missing, added = np.array([1.0, 0.0]).reshape(2, 1, 1), np.array([1.0, 1.0]).reshape(2, 1, 1)
    assert share(missing, added) == pytest.approx([0.0])  # best 1/2; without each 0 or 1: sqrt(1/2 * 2/4)
    missing, added = np.array([2.0, 1.0, 2.0, 1.0]).reshape(4, 1, 1), np.full((4, 1, 1), 2.0)
    # best 6/8; without each 4/6, 5/6, 4/6, 5/6: sqrt(3/4 * 4/144)
    assert share(missing, added) == pytest.approx([0.75 - np.sqrt(1 / 48)])


def test_a_part_that_is_always_right_is_kept_whole(drawn):
    _, added = drawn
    assert share(added, added) == pytest.approx(np.ones(4))
    assert share(3 * added, added) == pytest.approx(np.ones(4))  # never more than the network says
    assert share(0.25 * added, added) == pytest.approx(np.full(4, 0.25))
    assert share(-added, added) == pytest.approx(np.zeros(4))


def test_the_unit_does_not_matter(drawn):
    missing, added = drawn
    assert share(7 * missing, 7 * added) == pytest.approx(share(missing, added))
    assert share(missing, 2 * added)[1] == pytest.approx(share(missing, added)[1] / 2)


def test_a_standard_error_below_the_best_is_below_the_truth_five_times_of_six():
    generator = np.random.default_rng(7)
    added = generator.standard_normal((64, 2, 400))  # so many columns, each of a share of 0.4
    below = share(0.4 * added + generator.standard_normal(added.shape), added) < 0.4
    assert 0.77 < below.mean() < 0.91


def test_neighbours_that_say_the_same_are_one():
    """A network that helps in one stretch and does as much harm in the next one is not sure to help."""
    added, helps = np.ones((80, 1, 1)), np.repeat([1.0, -0.4] * 4, 10)[:, None, None]  # 0.3 over all
    mixed = np.random.default_rng(1).permutation(helps)
    assert share(helps, added) == pytest.approx([0.3 - 0.7 / np.sqrt(7)])  # of 8 blocks, each 0.7 beside the mean
    assert 0.15 < share(mixed, added)[0] < 0.3


@pytest.mark.parametrize("n", [1, 20])
def test_nothing_added_has_no_share(n):
    assert share(np.ones((n, 2, 1)), np.zeros((n, 2, 1))).tolist() == [0.0]


@pytest.mark.parametrize(("n", "span"), [(1, 1), (7, 4), (23, 12)])
def test_without_two_blocks_nothing_is_sure(drawn, n, span):
    _, added = (part[:n] for part in drawn)
    assert not share(added, added, span).any()
    if n > 1:
        assert share(added, added, n // 2) == pytest.approx(np.ones(4))


def test_noise_is_rarely_worth_anything_however_far_windows_overlap():
    """White noise, and forecasts of it that go their own slow way: the best share is 0, and one in six is above it."""
    generator, horizon, n, runs = np.random.default_rng(3), 12, 150, 300
    kept = []
    for _ in range(runs):
        missing, added = generator.standard_normal((2, n + horizon - 1))
        for t in range(1, len(added)):
            added[t] += 0.9 * added[t - 1]
        missing, added = (np.lib.stride_tricks.sliding_window_view(path, horizon)[..., None].copy()
                          for path in (missing, added))
        kept.append(share(missing, added, horizon)[0] > 0)
    assert 0.08 < np.mean(kept) < 0.25
