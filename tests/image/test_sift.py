import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.ndimage import map_coordinates

from tests.scalespace.test_gradients import picture
from tsattn import _memory as of_all
from tsattn.image import _grey, _memory, sift
from tsattn.scalespace import _octavewise
from tsattn.scalespace._ladder import Ladder


def image(height=97, width=83, seed=3):
    x = picture(height, width, seed)
    return (x - x.min()) / (x.max() - x.min())


def spoiled(shape, place):
    """Half-bright images with an infinite value."""
    x = np.full(shape, 0.5)
    x[place] = np.inf
    return x


def shared(one, other, places=1.5):
    """The share of keypoints of `one` that `other` has within so many pixels, and a tenth of scale."""
    near = np.linalg.norm(one.position[:, None] - other.position[None], axis=2) < places
    return (near & (abs(np.log(one.sigma[:, None] / other.sigma[None])) < 0.1)).any(1).mean()


def test_a_blob_is_found_at_its_centre_and_size():
    rows, columns = np.indices((131, 127))
    for row, column, width in ((60.0, 70.0, 3.0), (68.25, 65.5, 4.0), (61.6, 67.1, 5.0)):
        found = sift.detect(0.9 * np.exp(-0.5 * ((rows - row) ** 2 + (columns - column) ** 2) / width**2))
        k = abs(found.value).argmax()
        assert_allclose(found.position[k], [row, column], atol=0.1)
        assert_allclose(found.sigma[k] * 2 ** (1 / 6), np.sqrt(width**2 + 0.25), rtol=0.03)  # the lower of two scales


def test_a_batch_has_the_keypoints_of_its_images():
    x = np.stack([image(seed=k) for k in range(5)])
    together, described = sift.detect_and_describe(x)
    assert together.n_series == 5
    for k in range(5):
        alone, descriptors = sift.detect_and_describe(x[k])
        some = slice(*together.offsets[k : k + 2])
        assert len(alone) == some.stop - some.start > 10
        assert_array_equal(together.position[some], alone.position)
        assert_array_equal(together.angle[some], alone.angle)
        assert_array_equal(described[some], descriptors)


def test_blocks_and_threads_change_nothing(monkeypatch):
    x = np.stack([image(seed=k) for k in range(7)])
    one, a = sift.detect_and_describe(x)
    monkeypatch.setattr(_octavewise, "BLOCK", 1)  # each by itself, its rows shared out
    other, b = sift.detect_and_describe(x)
    assert_array_equal(one.position, other.position)
    assert_array_equal(one.angle, other.angle)
    assert_array_equal(a, b)


def test_tensors_have_the_keypoints_of_arrays():
    x = image()
    one, a = sift.detect_and_describe(x)
    other, b = sift.detect_and_describe(torch.from_numpy(x))
    assert isinstance(b, torch.Tensor)
    assert_allclose(other.position, one.position, atol=1e-9)
    assert_allclose(other.angle, one.angle, atol=1e-4)
    assert_allclose(b, a, atol=2e-4)


def test_a_turned_image_has_turned_keypoints_and_like_descriptors():
    x = image()
    (one, a), (other, b) = sift.detect_and_describe(x), sift.detect_and_describe(np.rot90(x).copy())
    # a place (row, column) is at (width - 1 - column, row) after a quarter against the clock
    moved = np.column_stack([x.shape[1] - 1 - one.position[:, 1], one.position[:, 0]])
    apart = np.linalg.norm(moved[:, None] - other.position[None], axis=2)
    turned = abs((other.angle[None] - one.angle[:, None] + np.pi / 2 + np.pi) % (2 * np.pi) - np.pi)
    fine = one.octave == -1  # the doubled image is turned sample by sample; what decimating keeps of it is not
    exact = (apart < 1e-6) & (turned < 1e-5)
    assert exact[fine].any(1).all()
    assert_allclose((a[fine] * b[exact[fine].argmax(1)]).sum(1), 1, atol=1e-6)
    assert fine.sum() > 20
    assert ((apart < 0.3 * one.sigma[:, None]) & (turned < 0.2)).any(1).mean() > 0.8


def test_light_changes_nothing():
    x = image()
    (one, a), (other, b) = (
        sift.detect_and_describe(x), sift.detect_and_describe(0.2 + 0.6 * x, contrast=0.6 * sift.CONTRAST))
    assert_allclose(other.position, one.position, atol=1e-6)
    assert_allclose(b, a, atol=1e-4)


def test_twice_the_size_is_an_octave_up():
    rows, columns = np.indices((240, 222)) / 2 - 0.25
    small = image(120, 111)
    large = map_coordinates(small, [rows, columns], order=3, mode="nearest").clip(0, 1)
    one, other = sift.detect(small, double=False), sift.detect(large, double=False)
    halved = sift.ImageKeypoints(**{**vars(other), "position": (other.position - 0.5) / 2, "sigma": other.sigma / 2})
    assert len(one) > 10
    assert shared(one, halved, places=0.5) > 0.85


def test_colours_count_as_the_eye_sees_them():
    grey = image()
    colour = np.stack([grey * 0.9, grey * 0.7, grey * 0.2], axis=-1)
    expected = sift.detect(0.299 * colour[..., 0] + 0.587 * colour[..., 1] + 0.114 * colour[..., 2])
    solid = np.concatenate([colour, np.ones_like(grey)[..., None]], axis=-1)
    for x in (colour, solid, colour[None], torch.from_numpy(colour)):
        assert_allclose(sift.detect(x).position, expected.position, atol=1e-9)


def test_whole_numbers_reach_to_the_largest_of_their_type():
    x = image()
    eight = (x * 255).round().astype(np.uint8)
    one, other = sift.detect(eight), sift.detect(eight / np.float32(255))
    assert_array_equal(one.position, other.position)
    assert one.value.dtype == np.float32
    assert shared(sift.detect((x * 65535).astype(np.uint16)), sift.detect(x)) > 0.99
    assert len(sift.detect(x > 0.5)) > 0


def test_one_keypoint_a_place_has_the_highest_direction():
    x = image()
    single, (every, _) = sift.detect(x), sift.detect_and_describe(x)
    assert len(np.unique(single.position, axis=0)) == len(single) < len(every)
    assert {tuple(p) for p in single.position} == {tuple(p) for p in every.position}
    assert {(*p, a) for p, a in zip(single.position, single.angle, strict=True)} <= {
        (*p, a) for p, a in zip(every.position, every.angle, strict=True)}
    assert every.to_frame().columns.tolist() == [
        "series", "position_0", "position_1", "sigma", "octave", "scale", "value", "polarity", "angle"]


@pytest.mark.parametrize("x", [np.zeros((1, 1)), np.zeros((1, 50)), np.zeros((3, 40)), np.zeros((64, 64), np.uint8),
                               np.zeros((64, 64, 4), np.uint8), np.full((2, 64, 64), 255, np.uint8),
                               torch.zeros(1, 1), torch.zeros(64, 64)])
def test_p25_pictures_with_nothing_in_them_have_no_keypoints(x):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, descriptors = sift.detect_and_describe(x)
        assert len(found) == len(sift.detect(x)) == 0
    assert tuple(descriptors.shape) == (0, 128)
    assert found.n_series == (2 if x.ndim == 3 and x.shape[-1] > 4 else 1)


@pytest.mark.parametrize(("x", "error", "message"), [
    (np.zeros((3, 3, 32, 32)), ValueError, r"channels last, got shape \(3, 3, 32, 32\); move them there"),
    (np.zeros((32, 32, 5, 5)), ValueError, r"got shape \(32, 32, 5, 5\)"),
    (np.zeros(32), ValueError, r"axes \(height, width\)"),
    (np.zeros((32, 0)), ValueError, r"one pixel at least, got shape \(32, 0\)"),
    (np.full((32, 32), np.nan), ValueError, "images must not hold NaN, found nan in row 0, column 0"),
    (spoiled((32, 40), (3, 17)), ValueError, "found inf in row 3, column 17"),
    (spoiled((5, 32, 40), (2, 3, 17)), ValueError, "found inf in image 2, row 3, column 17"),
    (spoiled((5, 32, 40, 3), (2, 3, 17, 1)), ValueError, "found inf in image 2, row 3, column 17, channel 1"),
    (torch.from_numpy(spoiled((32, 40, 3), (3, 17, 1))), ValueError, "found inf in row 3, column 17, channel 1"),
    ([np.zeros((20, 20)), np.zeros((20, 21))], ValueError, "one size each, got 2 of several.*; bring them to one"),
    (np.ma.masked_less(np.ones((32, 32)), 0), TypeError, "got a masked array; fill it first"),
    (np.full((16, 16), 3.4028235e38), ValueError, "a value too large for float32, found 3.4"),
    (Path("image.jpg"), TypeError, "a file is read by numpy.asarray"),
    ("image.jpg", TypeError, r"got 'image.jpg'; a file is read by numpy.asarray\(PIL"),
    (None, TypeError, "got None$"),
    (np.full((32, 32), 200.0), ValueError, "from 0 to 1, got 200 to 200; divide"),
    (np.full((32, 32), 7), TypeError, r"got int64; if 255 is white, convert it by image.astype"),
    (np.zeros((32, 32), complex), TypeError, "got complex128$"),
    (torch.zeros(32, 32, dtype=torch.int32), TypeError, r"got int32; if 255 is white, convert it by image.to"),
])
def test_p25_what_is_no_picture_is_refused(x, error, message):
    with pytest.raises(error, match=message):
        sift.detect(x)


@pytest.mark.parametrize(("options", "message"), [
    ({"contrast": -1}, "contrast"), ({"edge_ratio": 0.5}, "edge_ratio must be at least 1"),
    ({"n_octaves": 0}, "n_octaves"), ({"sigma0": 0.9}, "sigma0 must not be below the blur"), ({"double": 1}, "double"),
])
def test_parameters_are_checked(options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        sift.detect_and_describe(image(), **options)


def test_too_large_a_picture_is_refused_before_anything_is_taken(monkeypatch):
    monkeypatch.setattr(_grey, "available", lambda x: 2.0**20)
    monkeypatch.setattr(sift, "in_blocks", None)
    with pytest.raises(MemoryError, match=r"97 x 83 pixels needs 0\.0 GiB.*double=False"):
        sift.detect(image())


@pytest.mark.parametrize("double", [True, False])
@pytest.mark.parametrize("shape", [
    (2, 700, 900), (500, 180, 190), (3000, 28, 28), (3000, 28, 28, 3), (150, 180, 190, 3)])
def test_what_is_asked_for_is_what_is_taken(double, shape):
    """As NumPy tells it; a half less at most, for what it does not tell."""
    x = np.zeros(shape, np.uint8)
    sift.detect(x[:1], double=double)  # compiled, and imported
    tracemalloc.start()
    sift.detect(x, double=double)
    _, taken = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    ladder = Ladder("auto", 3, 1.6, "reflect", "discrete", 4.0, "auto", 0.5, double)
    need = _memory.needed(shape[:3], 4, ladder, tensor=False, colours=len(shape) == 4)
    assert 0.5 * need < taken < need


def test_tensors_are_searched_many_at_a_time_and_ask_for_that():
    ladder = Ladder("auto", 3, 1.6, "reflect", "discrete", 4.0, "auto", 0.5, True)
    of_tensor = _memory.needed((1000, 64, 64), 4, ladder, tensor=True, colours=False)
    assert of_tensor == pytest.approx(1.1 * 1000 * 64 * 64 * 4 * (1 + 4 * 15 * 1.6))


def test_of_many_images_fewer_are_to_be_given(monkeypatch):
    monkeypatch.setattr(_grey, "available", lambda x: -1.0)
    with pytest.raises(MemoryError, match=r"7 images of 28 x 28 pixels need 0.0 GiB, and there are 0.0; give fewer"):
        sift.detect(np.zeros((7, 28, 28)))


def test_there_is_room_for_small_pictures():
    assert _memory.available(np.zeros(1)) > 2**20


@pytest.mark.parametrize(("files", "room"), [
    ({"memory.max": "1000000", "memory.current": "700000",
      "memory.stat": "anon 5\ninactive_file 60000\nactive_file 40000\n"}, 4e5),
    ({"memory.max": "max", "memory.current": "700000"}, None),
    ({"memory/memory.limit_in_bytes": "1000000", "memory/memory.usage_in_bytes": "700000"}, 3e5),
])
def test_a_container_may_leave_less(files, room, tmp_path, monkeypatch):
    monkeypatch.setattr(of_all, "CGROUP", tmp_path)
    free = _memory.available(np.zeros(1))
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = _memory.available(np.zeros(1))
    assert found == room if room else found == pytest.approx(free, rel=0.2)


def test_a_limit_of_the_process_leaves_less(monkeypatch):
    lines = Path("/proc/self/status").read_text().splitlines()
    used = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmSize"))
    monkeypatch.setattr("resource.getrlimit", lambda which: (used + 2**30, used + 2**30))
    assert _memory.available(np.zeros(1)) == pytest.approx(2**30, rel=0.3)


def test_p25_a_picture_of_64_megapixels_is_refused_where_there_is_no_room(monkeypatch):
    monkeypatch.setattr(_grey, "available", lambda x: 8 * 2.0**30)
    for kind in (np.uint8, np.float32):
        x = np.broadcast_to(kind(0), (8192, 8192, 3))
        with pytest.raises(MemoryError, match=r"8192 x 8192 pixels needs 17\.3 GiB, and there are 8\.0"):
            sift.detect(x)


@pytest.mark.data
def test_the_reference_keypoints_of_a_photograph_are_found():
    """OpenCV's SIFT finds 74.6 % of them."""
    from tsattn.datasets import load_photo, load_sift_keypoints

    wanted, _ = load_sift_keypoints()
    found, _ = sift.detect_and_describe(load_photo("vlfeat_box"))
    apart = np.linalg.norm(found.position[None] - wanted[:, None, :2], axis=2)
    near = (apart <= 1) & (abs(np.log(found.sigma[None] / wanted[:, None, 2])) <= np.log(1.2))
    assert near.any(1).mean() >= 0.746
    assert len(found) <= 800
    assert abs(np.median((found.position[None] - wanted[:, None, :2])[near], axis=0)).max() < 0.02


def test_a_channel_of_opacity_does_not_count():
    x = image()
    for colours in (x[..., None], np.stack([x, 0.5 * x, 0.2 * x], -1)):
        for opacity in (np.random.default_rng(0).random((*x.shape, 1)), np.full((*x.shape, 1), np.nan)):
            solid = np.concatenate([colours, opacity], -1)
            assert_array_equal(sift.detect(solid).position, sift.detect(colours).position)


def test_octaves_are_counted_beside_that_of_the_image_enlarged():
    assert set(sift.detect(image(), n_octaves=1).octave) == {-1, 0}
    assert set(sift.detect(image(), n_octaves=1, double=False).octave) == {0}


def test_three_columns_are_no_colours():
    assert sift.detect(np.zeros((16, 3))).n_series == sift.detect(np.zeros((16, 3), np.uint8)).n_series == 1


def test_narrow_images_of_one_channel_are_as_many_as_they_are():
    x = np.random.default_rng(0).random((20, 16, 3))
    assert sift.detect(x[..., None]).n_series == 20
    assert sift.detect(x).n_series == 1


def test_other_layouts_and_types_are_the_same_picture():
    x = image().astype(np.float32)
    expected = sift.detect(x)
    for other in (x.astype(">f4"), np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2], x.tolist()):
        assert_allclose(sift.detect(other).position, expected.position, atol=1e-4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tensor = torch.from_numpy(x).requires_grad_()
        assert_allclose(sift.detect(tensor).position.detach(), expected.position, atol=1e-4)
    assert len(sift.detect(torch.from_numpy(x).bfloat16())) > 10


def test_a_picture_turned_over_has_directions_the_other_way_round():
    """A picture turned over, left to right, has its rows of cells and its directions in the opposite order."""
    x = image()
    (one, a), (_, b) = sift.detect_and_describe(x), sift.detect_and_describe(x[:, ::-1].copy())
    turned = a.reshape(-1, 4, 4, 8)[:, ::-1][..., -np.arange(8)].reshape(-1, 128)
    fine = one.octave == -1
    assert fine.sum() > 20
    assert np.median((turned[fine] @ b.T).max(1)) > 0.999


@pytest.mark.gpu
def test_a_gpu_finds_what_the_cpu_finds():
    x = torch.from_numpy(np.stack([image(seed=k) for k in range(3)]))
    (one, a), (other, b) = sift.detect_and_describe(x), sift.detect_and_describe(x.cuda())
    assert b.is_cuda
    assert other.position.is_cuda
    assert_allclose(other.position.cpu(), one.position, atol=1e-6)
    assert_allclose(b.cpu(), a, atol=1e-4)


@pytest.mark.parametrize("colour", [(2.0, 0.0, 0.0), (-0.5, 1.0, 0.0)])
def test_each_colour_lies_from_0_to_1(colour):
    with pytest.raises(ValueError, match="real numbers of an image must lie from 0 to 1"):
        sift.detect(np.ones((16, 16, 1)) * colour)
    assert len(sift.detect(np.ones((16, 16, 3)))) == 0  # white, whatever the shares of colours sum to


def test_keypoints_may_be_compared():
    found = sift.detect(image())
    assert found == found
    assert found != sift.detect(image())  # as objects: their columns are compared as arrays are
