"""What changes to a batch do with channels that stem from one column, and with those that say what was observed."""

from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from tsattn.training import (
    STRONG,
    Batch,
    ChannelDrop,
    Crop,
    Jitter,
    Mixup,
    Scaling,
    Sequences,
    Shift,
    TimeWarp,
)

COLUMNS = ([0, 1, 2, 0, 1, 2], [0, 0, 1, 2, 2])  # three columns, their flags; bands of each
FLAGS = ([False] * 3 + [True] * 3, [False] * 5)
KEEP_CLASSES = [*STRONG, Jitter(0.5), Scaling(0.5), Shift(2.0), ChannelDrop(0.5), Crop(0.5), TimeWarp(0.5, stretch=0.3)]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def make_data(n=7, n_steps=11):
    """No value is 0; two flags of three are 1."""
    rng = np.random.default_rng(3)
    series, bands = rng.uniform(1, 2, (n * n_steps, 3)), rng.uniform(1, 2, (n * n_steps, 5))
    return Sequences([np.hstack([series, rng.random(series.shape) < 0.67]), bands], [n_steps] * n,
                     target=np.arange(n) % 2, n_classes=2, columns=COLUMNS, flags=FLAGS)


def make_batch(n=7, n_steps=11):
    return make_data(n, n_steps).batch(torch.arange(n))


def kept(batch, changed):
    """Which channels stand as they were, (series, channel) over all inputs; the others are 0 throughout."""
    stands = []
    for x, y in zip(batch.inputs, changed.inputs, strict=True):
        assert (((y == x) | (y == 0)).all())
        stands.append((y == x).all(1))
        assert torch.equal((y == 0).all(1) | stands[-1], torch.ones_like(stands[-1]))
    return torch.cat(stands, 1)


def test_a_batch_says_where_its_channels_stem_from():
    batch = make_batch()
    assert [part.tolist() for part in batch.columns] == list(COLUMNS)
    assert [part.tolist() for part in batch.flags] == list(FLAGS)
    plain = Sequences([np.ones((3, 2))], [3]).batch(torch.tensor([0]))
    assert plain.columns is None
    assert plain.flags is None


def test_a_column_is_dropped_from_all_inputs_at_once_with_its_flag():
    batch = make_batch(500)
    batch.inputs[0][:, 0, 3:] = 1  # no flag is 0 throughout
    stands = kept(batch, ChannelDrop(0.4)(batch, generator()))
    columns = torch.tensor([*COLUMNS[0], *COLUMNS[1]])
    for column in range(3):
        own = stands[:, columns == column]
        assert torch.equal(own, own[:, :1].expand_as(own))
        assert 0 < own[:, 0].sum() < 500


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_columns_drop_with_their_chance_and_apart_but_never_all(p):
    """All three are drawn with p^3; one of them stays then, each as often as the others."""
    n = 20_000
    batch = Batch((torch.ones(n, 1, 3),), torch.ones(n, dtype=torch.int64))
    changed = ChannelDrop(p)(batch, generator()).inputs[0][:, 0]
    found = Counter(map(tuple, changed.int().tolist()))
    for stays in product([0, 1], repeat=3):
        chance = p ** (3 - sum(stays)) * (1 - p) ** sum(stays)
        if sum(stays) == 0:
            chance = 0
        elif sum(stays) == 1:
            chance += p**3 / 3
        assert found[stays] / n == pytest.approx(chance, abs=0.015)
    assert found[0, 0, 0] == 0


def test_a_lone_column_stays():
    batch = make_batch(100)
    one = tuple(torch.zeros_like(part) for part in batch.columns)
    changed = ChannelDrop(0.9)(Batch(batch.inputs, batch.lengths, columns=one, flags=batch.flags), generator())
    for x, y in zip(batch.inputs, changed.inputs, strict=True):
        assert torch.equal(x, y)


def test_numbers_of_columns_may_have_gaps():
    batch = Batch((torch.ones(200, 2, 2),), torch.full((200,), 2), columns=(torch.tensor([7, 3]),))
    assert ChannelDrop(0.9)(batch, generator()).inputs[0].any(2).all()


def test_without_columns_each_channel_is_its_own():
    batch = Batch((torch.ones(2000, 1, 2), torch.ones(2000, 1, 2)), torch.ones(2000, dtype=torch.int64))
    stands = kept(batch, ChannelDrop(0.5)(batch, generator()))
    assert len(set(map(tuple, stands.tolist()))) == 2**4 - 1


def test_axes_after_the_channel_are_dropped_with_it():
    batch = Batch((torch.ones(100, 2, 3, 5),), torch.full((100,), 2), columns=(torch.tensor([0, 1, 1]),),
                  flags=(torch.tensor([False, False, True]),))
    changed = ChannelDrop(0.5)(batch, generator()).inputs[0].flatten(2).view(100, 2, 3, 5)
    assert torch.equal(changed, changed[:, :1, :, :1].expand_as(changed))
    assert torch.equal(changed[:, :, 1], changed[:, :, 2])
    for change in (Jitter(0.5), Scaling(0.5), Shift(0.5), TimeWarp(0.5)):
        changed = change(batch, generator()).inputs[0]
        assert (changed[:, :, 2] == 1).all()
        assert changed.shape[2:] == (3, 5)


@pytest.mark.parametrize("change", KEEP_CLASSES, ids=str)
def test_flags_stay_flags_and_measurements_change(change):
    batch = make_batch()
    changed = change(batch, generator())
    assert set(changed.inputs[0][..., 3:].unique().tolist()) == {0.0, 1.0}
    shared = min(x.inputs[0].shape[1] for x in (batch, changed))
    assert not torch.equal(changed.inputs[0][:, :shared, :3], batch.inputs[0][:, :shared, :3])
    assert changed.columns is batch.columns
    assert changed.flags is batch.flags


@pytest.mark.parametrize("change", [Jitter(0.5), Scaling(0.5), Shift(2.0), Mixup(1.0)], ids=str)
def test_changes_of_values_leave_flags_as_they_are_and_the_rest_as_without_flags(change):
    batch = make_batch()
    changed = change(batch, generator())
    blind = change(replace(batch, flags=None), generator())
    assert torch.equal(changed.inputs[0][..., 3:], batch.inputs[0][..., 3:])
    assert_close(changed.inputs[0][..., :3], blind.inputs[0][..., :3])
    assert_close(changed.inputs[1], blind.inputs[1])


@pytest.mark.parametrize(("name", "value"), [
    ("columns", [[0, 1, 2]]), ("columns", [[0, 1, 2], [0, 1]]), ("flags", [[False] * 3, [False] * 2]),
    ("flags", [[False] * 3]), ("columns", [[0, 1], [0], [0]])])
def test_columns_and_flags_go_with_the_channels(name, value):
    with pytest.raises(ValueError, match=rf"{name} must have one entry for each channel of each input, \[3, 1\]; got"):
        Sequences([np.ones((2, 3)), np.ones((2, 1))], [1, 1], **{name: value})


def test_columns_and_flags_go_where_the_series_go():
    moved = make_data().to(torch.device("meta"))
    assert {part.device.type for part in (*moved.columns, *moved.flags)} == {"meta"}
