"""Image data: the formats, by bytes made up here, and the facts of the real files."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.datasets.test_fuzz import N_MUTATIONS, mutate
from tsattn._checks import DatasetNotFoundError
from tsattn.datasets import (
    load_cifar10,
    load_coil20,
    load_fashion_mnist,
    load_mnist,
    load_oxford_affine,
    load_photo,
    load_sift_keypoints,
)
from tsattn.datasets import objects as of_objects
from tsattn.datasets._images import parse_png, parse_pnm, to_grey
from tsattn.datasets._npz import parse_npz
from tsattn.datasets.digits import parse_idx
from tsattn.datasets.objects import parse_cifar, parse_coil
from tsattn.datasets.photos import parse_homography, parse_sift

GENERATOR = np.random.default_rng(23)
COLOURS = GENERATOR.integers(0, 256, (5, 7, 3), dtype=np.uint8)


def png(array, mode=None):
    file = io.BytesIO()
    Image.fromarray(array, mode).save(file, "PNG")
    return file.getvalue()


def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


def sift(n=2):
    rows = [f"{k}.5 2.25 1.5 -0.5\n" + " ".join(str((k + j) % 256) for j in range(128)) for k in range(n)]
    return (f"{n} 128\n" + "\n".join(rows) + "\n").encode()


def test_images_are_read_as_they_were_written():
    grey = COLOURS[..., 0]
    assert (parse_pnm(b"P5\n# a comment\n7 5\n255\n" + grey.tobytes(), "f") == grey).all()
    assert (parse_pnm(b"P6 7 5 255\n" + COLOURS.tobytes(), "f") == COLOURS).all()
    assert (parse_png(png(grey), "f") == grey).all()
    assert (parse_png(png(COLOURS), "f") == COLOURS).all()
    assert (parse_idx(idx(COLOURS), 3, "f") == COLOURS).all()
    assert (to_grey(COLOURS) == np.array(Image.fromarray(COLOURS).convert("L"))).mean() > 0.9  # it rounds down
    assert np.abs(to_grey(COLOURS).astype(int) - np.array(Image.fromarray(COLOURS).convert("L"))).max() <= 1


def test_tables_are_read_as_they_were_written():
    assert parse_homography(b" 1 2 3\n4 5 6\n\n7 8 10\n", "f").tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 10]]
    places, descriptors = parse_sift(sift(), "f")
    assert places.tolist() == [[0.5, 2.25, 1.5, -0.5], [1.5, 2.25, 1.5, -0.5]]
    assert (descriptors[1] == (1 + np.arange(128)) % 256).all()
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.array(["x", "y"])}
    assert [part.tolist() for part in parse_npz(npz(**arrays), ("b", "a"), "f")] == [["x", "y"], [[0, 1, 2], [3, 4, 5]]]


@pytest.mark.parametrize(("parse", "content", "said"), [
    (parse_pnm, b"P4\n7 5\n", "f: must begin with P5 or P6"), (parse_pnm, b"", "f: must begin"),
    (parse_pnm, b"P5 7 5 65535\n" + bytes(70), "f: must have pixels of 8 bits"),
    (parse_pnm, b"P5 0 5 255\n", "0 x 5 pixels"), (parse_pnm, b"P5 7 5 255\n" + bytes(34), "need 35 bytes .* got 34"),
    (parse_pnm, b"P5 999999 999999 255\n" + bytes(34), "need 999998000001 bytes"),
    (parse_png, b"P5 7 5 255\n", "damaged file f"), (parse_png, png(COLOURS)[:60], "damaged file f"),
    (parse_png, png(GENERATOR.integers(0, 2, (5, 7)).astype(bool)), "pixels of mode '1'"),
    (parse_homography, b"1 2 3\n4 5 6\n", "f, line 2: a homography has three lines"),
    (parse_homography, b"1 2 3\n2 4 6\n1 1 1\n", "a determinant other than 0"),
    (parse_homography, b"1 2 3\n4 5\n7 8 9\n", "f, line 2: a line must hold 3 numbers, got 2"),
    (parse_sift, sift()[:-4], "f, line 1: must be a number of keypoints and 128"),
    (parse_sift, b"2 64\n", "f, line 1: must be a number of keypoints and 128"), (parse_sift, b"", "f, line 1"),
    (parse_sift, sift().replace(b"2.25", b"nan", 1), "f, line 2: a value must be finite"),
    (parse_sift, sift().replace(b" 7 ", b" 777 "), "whole numbers from 0 to 255"),
])
def test_malformed_files_are_refused(parse, content, said):
    with pytest.raises(ValueError, match=said):
        parse(content, "f")


@pytest.mark.parametrize(("content", "said"), [
    (b"\0\0\x08\x01" + bytes(20), r"must begin with 0, 0, 8, 3, .* got \[0, 0, 8, 1\]"), (b"", r"got \[\]"),
    (idx(COLOURS)[:-1], "105 .*|need 121 bytes with the head, and there must be one; got 120"),
    (idx(COLOURS[:0]), "there must be one"), (b"\0\0\x08\x03" + b"\xff" * 12, "need 79228162458924105385300197391"),
])
def test_malformed_idx_files_are_refused(content, said):
    with pytest.raises(ValueError, match=said):
        parse_idx(content, 3, "f")


@pytest.mark.parametrize(("content", "said"), [
    (b"PK", "damaged file f: File is not a zip file"), (npz(b=COLOURS), "There is no item named 'a.npy'"),
    (npz(a=np.array([None, "x"], dtype=object)), "a must be a plain array"),
    (npz(a=COLOURS)[:-40], "damaged file f"), (npz(a=np.asfortranarray(COLOURS[..., 0])), "a must be a plain array"),
])
def test_malformed_archives_are_refused_and_nothing_is_unpickled(content, said):
    with pytest.raises(ValueError, match=said):
        parse_npz(content, ("a",), "f")


def test_archives_of_other_contents_are_refused(monkeypatch):
    monkeypatch.setattr(of_objects, "N_CIFAR", {"train": 3})
    good = {"X_train": np.zeros((3, 32, 32, 3), np.uint8), "y_train": np.array([0, 9, 2])}
    ((X, y),) = parse_cifar(npz(**good), ["train"], "f")
    assert (X.shape, y.tolist(), y.dtype) == ((3, 32, 32, 3), [0, 9, 2], np.int64)
    for name, wrong, said in (("X_train", np.zeros((3, 32, 32), np.uint8), r"must be uint8 of shape \(3, 32, 32, 3\)"),
                              ("X_train", good["X_train"].astype(float), "got float64"),
                              ("y_train", np.array([0, 10, 2]), "3 whole numbers from 0 to 9"),
                              ("y_train", np.array([0.0, 1, 2]), "got float64")):
        with pytest.raises(ValueError, match=said):
            parse_cifar(npz(**{**good, name: wrong}), ["train"], "f")
    monkeypatch.setattr(of_objects, "N_OBJECTS", 1)
    angles = np.arange(0, 360, 5)
    coil = {"X": np.zeros((72, 128, 128), np.uint8), "y": np.zeros(72, int), "angle_deg": angles}
    assert len(parse_coil(npz(**coil), "f")) == 3
    with pytest.raises(ValueError, match="in order, 5 degrees apart"):
        parse_coil(npz(**{**coil, "angle_deg": angles[::-1].copy()}), "f")


FORMATS = {
    "pnm": (b"P6\n7 5\n255\n" + COLOURS.tobytes(), parse_pnm), "png": (png(COLOURS), parse_png),
    "idx": (idx(COLOURS), lambda content, where: parse_idx(content, 3, where)), "sift": (sift(), parse_sift),
    "homography": (b"0.5 -0.25 3\n4.5e-2 5 6\n7e-6 8e-6 1\n", parse_homography),
    "npz": (npz(a=COLOURS, b=np.array(["x", "y"])), lambda content, where: parse_npz(content, ("a", "b"), where)),
}


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.timeout(60)
def test_p45_a_thousand_damages_raise_documented_errors_only(kind):
    content, parse = FORMATS[kind]
    generator, messages = np.random.default_rng(29), []
    for _ in range(N_MUTATIONS):
        try:
            parse(mutate(content, generator), "file.x")
        except ValueError as error:
            messages.append(str(error))
    assert len(messages) > N_MUTATIONS / 10
    assert [message for message in messages if "file.x" not in message] == []


@pytest.mark.parametrize("loader", [load_mnist, load_fashion_mnist, load_cifar10, load_coil20, load_sift_keypoints,
                                    lambda: load_oxford_affine("graf"), lambda: load_photo("skimage_coins")])
def test_offline_the_error_says_where_to_get_the_file_and_where_to_put_it(loader, no_data):
    with pytest.raises(DatasetNotFoundError, match=r"is not on this machine, and .*; get it from http.* put it at"):
        loader()


@pytest.mark.parametrize("ask", [
    lambda: load_mnist("TRAIN"), lambda: load_cifar10("validation"), lambda: load_coil20(size=33),
    lambda: load_photo("box"), lambda: load_oxford_affine("wall")])
def test_what_is_unknown_is_refused_before_anything_is_read(ask, no_data):
    with pytest.raises(ValueError, match=r"unknown (split|size|name) .*; choose one of"):
        ask()


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(("loader", "sizes", "shape", "n_classes"), [
    (load_mnist, (60000, 10000), (28, 28), 10), (load_fashion_mnist, (60000, 10000), (28, 28), 10),
    (load_cifar10, (15000, 5000), (32, 32, 3), 10), (load_coil20, (720, 560), (128, 128), 20)])
def test_facts(loader, sizes, shape, n_classes):
    parts = [loader(split) for split in ("train", "test")]
    assert tuple(len(y) for _, y in parts) == sizes
    for X, y in parts:
        assert (X.dtype, X.shape[1:]) == (np.uint8, shape)
        assert np.unique(y).tolist() == list(range(n_classes))
    if loader is not load_mnist:
        assert all(len(set(np.bincount(y))) == 1 for _, y in parts)
    X, y = loader()
    if loader is not load_coil20:
        assert (y == np.concatenate([y for _, y in parts])).all()
        assert (X[-1] == parts[1][0][-1]).all()


@pytest.mark.data
def test_coil_has_no_picture_beside_one_of_the_other_part():
    whole, _ = load_coil20(size=8)
    assert whole.shape == (1440, 8, 8)
    found = {split: load_coil20(split, size=8)[0] for split in ("train", "test")}
    one = {split: {whole[:72].reshape(72, -1).tolist().index(x.ravel().tolist()) for x in X[: len(X) // 20]}
           for split, X in found.items()}
    apart = min(min((a - b) % 72, (b - a) % 72) for a in one["train"] for b in one["test"])
    assert apart == 3  # times 5 degrees


@pytest.mark.data
def test_homographies_take_one_view_to_the_other():
    for name in ("boat", "graf"):
        images, homographies = load_oxford_affine(name)
        height, width = images[0].shape
        rows, columns = np.indices((height, width))[:, 40:-40:3, 40:-40:3].reshape(2, -1)
        x, y, one = homographies[0] @ np.stack([columns, rows, np.ones_like(rows)])
        x, y = (x / one).round().astype(int), (y / one).round().astype(int)
        seen = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        alike = np.corrcoef(images[0][rows, columns][seen], images[1][y[seen], x[seen]])[0, 1]
        assert alike > 0.7
    assert load_oxford_affine("graf", grey=False)[0][0].shape == (640, 800, 3)


@pytest.mark.data
def test_photographs_and_keypoints():
    shapes = {name: load_photo(name).shape for name in ("opencv_box_in_scene", "skimage_camera", "skimage_coins")}
    assert list(shapes.values()) == [(384, 512), (512, 512), (303, 384)]
    assert np.abs(load_photo("opencv_box").astype(int) - load_photo("vlfeat_box")).mean() < 1  # one picture
    places, descriptors = load_sift_keypoints()
    assert (places[:, :2].max(0) < load_photo("vlfeat_box").shape).all()
    assert (places.shape, descriptors.dtype, descriptors.max()) == ((638, 4), np.uint8, 203)
