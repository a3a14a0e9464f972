"""Changes to batches: what each does, by hand and by law; padding stays zero, lengths are respected."""

from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from tsattn.training import Batch, ChannelDrop, Crop, Jitter, Mixup, Scaling, Shift, TimeWarp

LENGTHS = torch.tensor([13, 7, 1, 2, 11])
ALL = [Jitter(), Scaling(), Shift(), ChannelDrop(0.5), Crop(0.5), TimeWarp(0.5), TimeWarp(0.5, stretch=0.3), Mixup(1.0)]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def make_batch(lengths=LENGTHS, seed=1, channels=(3, 2)):
    n_steps = int(lengths.max())
    valid = (torch.arange(n_steps) < lengths[:, None])[..., None]
    inputs = [torch.randn((len(lengths), n_steps, c), generator=generator(seed + c)) * valid for c in channels]
    return Batch(tuple(inputs), lengths, torch.arange(len(lengths)) % 3, torch.rand(len(lengths)), 3)


def ramps(lengths=LENGTHS):
    """Each value is its own step's number."""
    steps = torch.arange(int(lengths.max())).float()
    valid = steps < lengths[:, None]
    return Batch(((steps * valid)[..., None], (2 * steps * valid)[..., None]), lengths, torch.zeros(len(lengths)))


@pytest.mark.parametrize("change", ALL, ids=str)
def test_padding_stays_zero_and_the_batch_as_it_was(change):
    batch = make_batch()
    copies = [x.clone() for x in batch.inputs]
    changed = change(batch, generator())
    for x, copy in zip(batch.inputs, copies, strict=True):
        assert torch.equal(x, copy)
    for x in changed.inputs:
        assert x.shape[1] == changed.lengths.max()
        beyond = torch.arange(x.shape[1]) >= changed.lengths[:, None]
        assert (x[beyond] == 0).all()
        assert x.isfinite().all()
        assert x.dtype == torch.float32
    shared = min(changed.inputs[0].shape[1], batch.inputs[0].shape[1])
    assert not torch.equal(changed.inputs[0][:, :shared], batch.inputs[0][:, :shared])


@pytest.mark.parametrize("change", ALL, ids=str)
def test_the_generator_decides(change):
    one, same, other = (change(make_batch(), generator(seed)) for seed in [1, 1, 2])
    assert all(torch.equal(a, b) for a, b in zip(one.inputs, same.inputs, strict=True))
    assert one.inputs[0].shape != other.inputs[0].shape or not torch.equal(one.inputs[0], other.inputs[0])


@pytest.mark.parametrize("change", [Jitter(), Crop(0.5), TimeWarp(0.5, stretch=0.3)], ids=str)
def test_what_lies_beyond_the_end_does_not_matter(change):
    batch = make_batch()
    beyond = (torch.arange(13) >= LENGTHS[:, None])[..., None]
    dirty = replace(batch, inputs=tuple(x.masked_fill(beyond, 1e6) for x in batch.inputs))
    clean, found = change(batch, generator()), change(dirty, generator())
    for a, b in zip(clean.inputs, found.inputs, strict=True):
        assert_close(a, b)


def test_jitter_has_its_deviation():
    batch = Batch((torch.ones(50, 100, 4),), torch.full((50,), 100))
    noise = Jitter(0.25)(batch, generator()).inputs[0] - 1
    assert noise.std().item() == pytest.approx(0.25, rel=0.02)
    assert noise.mean().item() == pytest.approx(0.0, abs=0.01)


def test_scaling_is_one_factor_a_series_and_channel():
    batch = make_batch(torch.full((400,), 5))
    factors = Scaling(0.3)(batch, generator()).inputs[0] / batch.inputs[0]
    assert_close(factors, factors[:, :1].expand_as(factors))
    assert factors[:, 0].std().item() == pytest.approx(0.3, rel=0.1)
    assert factors[:, 0].mean().item() == pytest.approx(1.0, abs=0.03)


def test_channels_are_dropped_whole_and_the_others_kept():
    batch = make_batch(torch.full((400,), 5))
    kept = ChannelDrop(0.3)(batch, generator()).inputs[0]
    dropped = (kept == 0).all(1)
    assert dropped.float().mean().item() == pytest.approx(0.3, abs=0.05)
    assert_close(kept, batch.inputs[0] * ~dropped[:, None])


def test_a_crop_is_a_stretch_of_the_series():
    lengths = torch.full((300,), 20)
    changed = Crop(0.5)(ramps(lengths), generator())
    firsts = changed.inputs[0][:, 0, 0]
    for series, length in enumerate(changed.lengths.tolist()):
        expected = torch.arange(length) + firsts[series]
        assert_close(changed.inputs[0][series, :length, 0], expected)
        assert_close(changed.inputs[1][series, :length, 0], 2 * expected)  # the same cut in every input
    assert set(changed.lengths.tolist()) == set(range(10, 21))
    assert firsts.min() == 0
    assert (firsts + changed.lengths).max() == 20


def test_a_warp_keeps_ends_and_order():
    changed = TimeWarp(0.5)(ramps(), generator())
    assert torch.equal(changed.lengths, LENGTHS)
    for series, length in enumerate(LENGTHS.tolist()):
        run = changed.inputs[0][series, :length, 0]
        assert run[0] == 0
        assert run[-1].item() == pytest.approx(length - 1, rel=1e-5)
        assert (run.diff() > 0).all()
        assert_close(changed.inputs[1][series, :length, 0], 2 * run)
    assert not torch.allclose(changed.inputs[0], ramps().inputs[0])


def test_a_warp_without_strength_changes_nothing():
    for x, y in zip(TimeWarp(0.0)(make_batch(), generator()).inputs, make_batch().inputs, strict=True):
        assert_close(x, y, atol=1e-5, rtol=0)


def test_speed_is_linear_between_the_knots():
    """Two knots with speeds a and b: time t has run a t + (b - a) t^2 / 2, over its whole, (a + b) / 2."""
    lengths = torch.tensor([11])
    run = TimeWarp(0.7, knots=2)(ramps(lengths), generator(4)).inputs[0][0, :, 0] / 10
    a, b = torch.exp(0.7 * torch.randn((1, 2), generator=generator(4)))[0]
    t = torch.arange(11) / 10
    assert_close(run, (a * t + (b - a) * t**2 / 2) / ((a + b) / 2), atol=1e-5, rtol=0)


def test_a_stretch_changes_lengths_and_keeps_ends():
    lengths = torch.full((200,), 50)
    changed = TimeWarp(0.0, stretch=0.2)(ramps(lengths), generator())
    assert changed.lengths.float().log().std().item() == pytest.approx(0.2, rel=0.15)
    for series, length in enumerate(changed.lengths.tolist()):
        assert_close(changed.inputs[0][series, :length, 0], torch.linspace(0, 49, length), atol=1e-3, rtol=0)


def test_mixup_by_hand():
    batch = make_batch(torch.full((5,), 4))
    changed = Mixup(1.0)(batch, generator())
    for series in range(5):
        found = None
        for other in range(5):
            difference = batch.inputs[0][other] - batch.inputs[0][series]
            if difference.abs().sum() == 0:
                continue
            shares = (changed.inputs[0][series] - batch.inputs[0][series]) / difference
            if shares.std() < 1e-4:
                found = (other, shares.mean())
        if found is None:  # mixed with itself
            assert_close(changed.inputs[0][series], batch.inputs[0][series])
            continue
        other, share = found
        assert 0 <= share <= 0.5
        classes = torch.eye(3)[batch.target]
        assert_close(changed.target[series], (1 - share) * classes[series] + share * classes[other])
        assert_close(changed.weight[series], (1 - share) * batch.weight[series] + share * batch.weight[other])
        expected = (1 - share) * batch.inputs[1][series] + share * batch.inputs[1][other]
        assert_close(changed.inputs[1][series], expected)


def test_mixup_stretches_the_partner_to_the_series():
    """Ramps from 0 to 1, whatever their lengths: stretched to each other, they mix to themselves."""
    steps = torch.arange(13) / (LENGTHS[:, None] - 1).clamp_min(1)
    ramp = (steps * (torch.arange(13) < LENGTHS[:, None]))[..., None]
    changed = Mixup(1.0)(Batch((ramp,), LENGTHS, torch.zeros(5)), generator())
    assert torch.equal(changed.lengths, LENGTHS)
    for series in [0, 1, 3, 4]:
        share = changed.inputs[0][series, LENGTHS[series] - 1, 0]  # less than 1 if the one step of 0 is the partner
        assert_close(changed.inputs[0][series], share * ramp[series], atol=1e-5, rtol=0)


def test_mixup_needs_the_number_of_classes():
    with pytest.raises(ValueError, match="got n_classes=None"):
        Mixup()(replace(make_batch(), n_classes=None), generator())


@pytest.mark.parametrize(("change", "message"), [
    (Jitter(-1.0), "sigma"), (Scaling(-1.0), "sigma"), (Shift(-1.0), "sigma"), (ChannelDrop(1.0), "p must"),
    (Crop(2.0), "least"),
    (TimeWarp(-1.0), "strength"), (TimeWarp(knots=1), "knots"), (TimeWarp(stretch=-1.0), "stretch"),
    (Mixup(0.0), "alpha")])
def test_parameters_are_checked_when_used(change, message):
    with pytest.raises(ValueError, match=message):
        change(make_batch(), generator())


def test_a_shift_is_one_level_a_channel_of_the_series_alone():
    lengths = torch.full((500,), 5)
    batch = make_batch(lengths)
    changed = Shift(0.7)(batch, generator())
    level = changed.inputs[0] - batch.inputs[0]
    assert_close(level, level[:, :1].expand_as(level))
    assert level[:, 0].std().item() == pytest.approx(0.7, rel=0.05)
    assert torch.equal(changed.inputs[1], batch.inputs[1])
