import functools

import numpy as np
import pytest

from tsattn.datasets import groups_of, load_hdm05
from tsattn.datasets._amc import BONES, COLUMNS, parse_amc
from tsattn.datasets.hdm05 import _prepare, _resample, _step

CONSTANT = ["rclavicle_ry", "rclavicle_rz", "rfingers_rx", "lclavicle_ry", "lclavicle_rz", "lfingers_rx"]
cached = functools.cache(load_hdm05)  # read once; the tests leave the frames as they are


def frame(number, start=0.0):
    values = iter(np.arange(62) + start)
    bones = [" ".join([bone, *(str(next(values)) for _ in dofs.split())]) for bone, dofs in BONES.items()]
    return [str(number), *bones]


def amc(*frames, head=("#!OML:ASF f\xfcr", ":FULLY-SPECIFIED", ":DEGREES")):
    return "\n".join([*head, *(line for lines in frames for line in lines), ""]).encode("latin-1")


def test_frames_are_rows_in_the_order_of_the_skeleton():
    np.testing.assert_array_equal(parse_amc(amc(frame(1), frame(2, 100)), "here"),
                                  [np.arange(62), np.arange(62) + 100])
    assert len(COLUMNS) == 62
    assert COLUMNS[:4] == ["root_tx", "root_ty", "root_tz", "root_rx"]
    assert COLUMNS[-1] == "ltoes_rx"


@pytest.mark.parametrize(("content", "message"), [
    (amc(frame(1), frame(3)), "line 34: frame 2 must begin here, got '3'"),
    (amc(frame(1)[:-1]), "the file ends inside frame 1"),
    (amc(), "the file holds no frames"),
    (amc(frame(1)).replace(b"thorax", b"throat"), "line 8: 'thorax' must stand here, got 'throat"),
    (amc(frame(1)).replace(b"\nrradius 29.0", b"\nrradius 29.0 1"), "line 14: a line must hold 1 numbers, got 2"),
    (amc(frame(1)).replace(b"\nrradius 29.0", b"\nrradius 2..0"), r"line 14: not a number: '2\.\.0'"),
    (amc(frame(1)).replace(b"\nrradius 29.0", b"\nrradius 2_9"), "line 14: not a number: '2_9'"),
    (amc(frame(1)).replace(b"\nrradius 29.0", b"\nrradius nan"), "line 14: a value must be finite, got 'nan'"),
])
def test_a_malformed_clip_is_named_with_its_line(content, message):
    with pytest.raises(ValueError, match=message) as caught:
        parse_amc(content, "clip.amc")
    assert str(caught.value).startswith("clip.amc, line ")


def test_unwrap_takes_off_whole_turns():
    frames = np.zeros((5, 62))
    frames[:, 3] = [720 + 170, 720 + 179, 720 - 179, 720 - 170, 720 - 160]
    expected = [170 - 360, 179 - 360, -179, -170, -160]  # continuous, its median in [-180, 180)
    np.testing.assert_allclose(_prepare(frames, True, 1, "degrees", "position")[:, 3], expected)
    np.testing.assert_array_equal(_prepare(frames, False, 1, "degrees", "position")[:, 3], frames[:, 3])


def test_sine_and_cosine_stand_side_by_side():
    frames = np.zeros((2, 62))
    frames[:, 3] = [30, 450]
    found = _prepare(frames, True, 1, "sincos", "position")
    assert found.shape == (2, 3 + 2 * 59)
    np.testing.assert_allclose(found[:, 3:5], [[0.5, np.sqrt(0.75)], [1, 0]], atol=1e-12)


def test_velocity_is_the_change_in_a_second_and_forgets_the_place():
    frames = np.zeros((3, 62))
    frames[:, 0] = [7, 8, 10]
    found = _prepare(frames, True, 1, "degrees", "velocity")
    np.testing.assert_array_equal(found[:, 0], [0, 120, 240])
    frames[:, :3] += 50
    np.testing.assert_array_equal(_prepare(frames, True, 1, "degrees", "velocity"), found)


def test_resampling_by_a_step_and_by_a_rate():
    block = np.arange(11.0)[:, None] * [1, 10]
    np.testing.assert_array_equal(_resample(block, _step(3)), block[[0, 3, 6, 9]])
    np.testing.assert_array_equal(_resample(block, _step("40Hz")), block[[0, 3, 6, 9]])
    np.testing.assert_allclose(_resample(block, _step("48Hz"))[:, 0], [0, 2.5, 5, 7.5, 10])
    np.testing.assert_array_equal(_resample(block[:1], _step("48Hz")), block[:1])
    assert _step(None) == 1


@pytest.mark.parametrize("resample", ["30", "0Hz", "-3Hz", "nanHz", "121Hz", "Hz", "", 0, -1])
def test_a_senseless_rate_is_refused(resample):
    with pytest.raises(ValueError, match="resample must be"):
        _step(resample)


@pytest.mark.data
@pytest.mark.parametrize(("split", "n", "lengths", "actors"), [
    (None, 288, (56, 207, 901), {"bd", "bk", "dg", "mm", "tr"}),
    ("train", 189, (56, 194, 901), {"bd", "bk", "dg"}),
    ("test", 99, (62, 227, 741), {"mm", "tr"}),
])
def test_facts(split, n, lengths, actors):
    X, y = cached(split)
    found = X.groupby(level="instance").size()
    assert (len(found), len(y), X.shape[1], len(set(y))) == (n, n, 62, 11)
    assert (found.min(), found.median(), found.max()) == lengths
    assert X.index.is_monotonic_increasing
    assert [column for column in X if X[column].nunique() == 1] == CONSTANT
    assert {groups_of("hdm05")(i) for i in found.index} == actors


@pytest.mark.data
def test_the_clip_that_ends_in_capitals_is_read():
    X, _ = cached("train")
    assert "bk/sneak2StepsLStart/006" in X.index.levels[0]


@pytest.mark.data
def test_unwrapped_angles_stay_within_half_a_turn():
    X, raw = cached()[0], cached(unwrap=False)[0]
    starts = np.flatnonzero(X.index.get_level_values("time") == 0)[1:]
    clips = np.split(X.to_numpy()[:, 3:], starts)
    jumps = np.concatenate([np.abs(np.diff(clip, axis=0)) for clip in clips])
    assert jumps.max() <= 180
    assert (jumps > 90).sum() == 156
    assert max(np.abs(np.median(clip, axis=0)).max() for clip in clips) <= 180
    assert np.abs(raw.to_numpy()[:, 3:]).max() > 7 * 360
    turns = (raw - X).to_numpy()[:, 3:] / 360
    assert np.abs(turns - turns.round()).max() < 1e-9


@pytest.mark.data
def test_pairs_that_share_frames_are_of_one_actor():
    X, _ = cached(unwrap=False)
    owners = {}
    for instance, clip in X.groupby(level="instance", sort=False):
        for row in {row.tobytes() for row in clip.to_numpy()}:
            owners.setdefault(row, set()).add(instance)
    pairs = {(a, b) for shared in owners.values() for a in shared for b in shared if a < b}
    assert len(pairs) == 72
    assert all(a.split("/")[0] == b.split("/")[0] for a, b in pairs)
