"""Padded batches are what a loop over series would make; shuffling is random, complete, and saves padding."""

import itertools

import numpy as np
import pytest
import torch

from tsattn.training import Sequences
from tsattn.training.data import AT_ONCE, runs, shuffled_batches, sorted_batches


def padded_by_hand(rows, lengths, positions):
    longest = max(lengths[position] for position in positions)
    result = np.zeros((len(positions), longest, rows.shape[1]), dtype=np.float32)
    for place, position in enumerate(positions):
        begin = sum(lengths[:position])
        for step in range(lengths[position]):
            result[place, step] = rows[begin + step]
    return result


@pytest.mark.parametrize("lengths", [[3, 1, 7, 2, 7], [5, 5, 5]])
def test_batches_are_padded_as_a_loop_would(lengths):
    rng = np.random.default_rng(0)
    one, two = rng.normal(size=(sum(lengths), 3)), rng.normal(size=(sum(lengths), 2))
    data = Sequences([one, two], lengths, target=np.arange(len(lengths)), weight=np.arange(len(lengths)) / 2)
    for positions in [[2], [0, 1], [1, 0, 2], list(range(len(lengths)))]:
        batch = data.batch(torch.tensor(positions))
        for found, rows in zip(batch.inputs, [one, two], strict=True):
            assert found.dtype == torch.float32
            np.testing.assert_array_equal(found.numpy(), padded_by_hand(rows, lengths, positions))
        assert batch.lengths.tolist() == [lengths[position] for position in positions]
        assert batch.target.tolist() == positions
        assert batch.weight.tolist() == [position / 2 for position in positions]


def test_the_input_arrays_are_copied():
    rows = np.ones((3, 1), dtype=np.float32)
    data = Sequences([rows], [3])
    rows[:] = 7
    assert data.batch(torch.tensor([0])).inputs[0].flatten().tolist() == [1, 1, 1]


def test_targets_are_classes_or_real_values():
    def target(values):
        return Sequences([np.ones((2, 1))], [1, 1], target=values).target

    assert target([0, 1]).dtype == torch.int64
    assert target(np.array([True, False])).dtype == torch.int64
    assert target([0.0, 1.0]).dtype == torch.float32


@pytest.mark.parametrize(("arguments", "message"), [
    (([np.ones((3, 1))], [1, 1]), r"shape \(2, channels\)"),
    (([np.ones(2)], [1, 1]), r"shape \(2, channels\)"),
    (([], [1, 1]), r"shape \(2, channels\)"),
    (([np.ones((2, 1))], [2, 0]), "at least 1"),
    (([np.ones((0, 1))], []), "not empty"),
])
def test_parts_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Sequences(*arguments)


@pytest.mark.parametrize("name", ["target", "weight", "ids"])
def test_lists_of_another_length_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} must have one entry for each of the 2 series, got 3"):
        Sequences([np.ones((2, 1))], [1, 1], **{name: [1, 2, 3]})


@pytest.mark.parametrize(("n", "size"), [(1, 32), (31, 32), (33, 32), (101, 7), (1000, 13)])
def test_every_series_stands_in_one_batch(n, size):
    lengths = torch.randint(1, 50, (n + 5,), generator=torch.Generator().manual_seed(1))
    positions = torch.arange(n) + 5
    batches = shuffled_batches(positions, lengths, size, torch.Generator().manual_seed(2))
    assert torch.cat(batches).sort().values.tolist() == positions.tolist()
    sizes = [len(batch) for batch in batches]
    assert max(sizes) <= size
    assert max(sizes) - min(sizes) <= 1
    assert len(batches) == -(-n // size)


def test_shuffling_saves_padding_and_stays_random():
    lengths = torch.randint(1, 200, (3000,), generator=torch.Generator().manual_seed(1))
    generator = torch.Generator().manual_seed(2)
    epochs = [shuffled_batches(torch.arange(3000), lengths, 20, generator) for _ in range(2)]

    def padded(batches):
        return sum(len(batch) * int(lengths[batch].max()) for batch in batches)

    plain = torch.randperm(3000, generator=generator).split(20)
    assert padded(epochs[0]) < 1.15 * lengths.sum() < 1.8 * lengths.sum() < padded(plain)
    company = [{tuple(sorted(batch.tolist())) for batch in batches} for batches in epochs]
    assert not company[0] & company[1]  # no batch comes twice


def test_long_series_are_not_kept_for_the_end():
    """Fifteen batches make one pool, which is sorted; their order is not."""
    lengths = torch.arange(300) + 1
    batches = shuffled_batches(torch.arange(300), lengths, 20, torch.Generator().manual_seed(2))
    longest = [int(lengths[batch].max()) for batch in batches]
    assert sorted(longest) == list(range(20, 301, 20))
    assert longest != sorted(longest)


def test_equal_lengths_are_merely_shuffled():
    generator = torch.Generator().manual_seed(3)
    first = torch.cat(shuffled_batches(torch.arange(97), torch.full((97,), 5), 10, generator))
    assert first.tolist() != list(range(97))


def test_sorted_batches_hold_each_series_once():
    lengths = torch.tensor([5, 2, 9, 2, 7])
    assert [batch.tolist() for batch in sorted_batches(lengths, 2)] == [[1, 3], [0, 4], [2]]


@pytest.mark.parametrize("batch_size", [1, 3, 256])
def test_runs_keep_both_limits_and_are_as_long_as_they_allow(batch_size):
    lengths = torch.randint(1, 41, (97,), generator=torch.Generator().manual_seed(3))
    parts = lengths.split(runs(lengths, batch_size, n_steps=101))
    assert torch.cat(parts).tolist() == lengths.tolist()
    assert all(len(part) <= batch_size and len(part) * int(part.max()) <= 101 for part in parts)
    for part, after in itertools.pairwise(parts):
        longer = torch.cat([part, after[:1]])
        assert len(longer) > batch_size or len(longer) * int(longer.max()) > 101


def test_long_series_are_computed_one_by_one():
    assert [batch.tolist() for batch in sorted_batches(torch.tensor([AT_ONCE, 1, 2 * AT_ONCE]), 256)] == [[1], [0], [2]]
