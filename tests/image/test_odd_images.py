"""Images as people have them: pictures of PIL in any mode, lists, tables' columns, tensors; and what is no image."""

import io
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image, ImageDraw

from tsattn._pictures import check_images
from tsattn.design import image_features
from tsattn.image import sift
from tsattn.image._arrays import as_array
from tsattn.plots import plot_keypoints

MODES = ["P", "PA", "RGBX", "CMYK", "YCbCr", "HSV", "LAB"]


def photo(size=(60, 44), seed=0):
    """Coloured discs on a gradient, RGB."""
    rng = np.random.default_rng(seed)
    picture = Image.fromarray(np.indices((size[1], size[0], 3)).sum(0).astype(np.uint8))
    for _ in range(12):
        x, y, radius = rng.integers(0, size[0]), rng.integers(0, size[1]), rng.integers(2, 9)
        colour = tuple(rng.integers(0, 256, 3).tolist())
        ImageDraw.Draw(picture).ellipse([int(x - radius), int(y - radius), int(x + radius), int(y + radius)], colour)
    return picture


def in_mode(mode, picture=None):
    picture = photo() if picture is None else picture
    if mode == "La":
        return picture.convert("LA").convert("La")
    if mode == "RGBa":
        return picture.convert("RGBA").convert("RGBa")
    return picture.convert(mode)


@pytest.mark.parametrize("mode", MODES)
def test_pictures_of_other_colours_are_converted_to_rgb_wherever_images_are_read(mode):
    picture = in_mode(mode)
    colours = np.asarray(picture.convert("RGB"))
    assert_array_equal(as_array("image", picture)[..., :3], colours)
    found, expected = sift.detect(picture), sift.detect(colours)
    assert len(expected) > 10
    assert_array_equal(found.position, expected.position)
    ax = plot_keypoints(picture, found)
    assert_allclose(ax.images[0].get_array(), colours / np.float32(255), rtol=1e-6)
    several = [in_mode(mode, photo(seed=k)) for k in range(3)]
    stack = np.stack([np.asarray(one.convert("RGB")) for one in several])
    assert_array_equal(check_images(several)[..., :3], stack)
    assert_array_equal(image_features(several).sigma, image_features(stack).sigma)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "I", "F", "I;16", "I;16B"])
def test_numbers_that_are_brightness_are_read_as_they_are(mode):
    picture = in_mode(mode, photo().convert("L") if mode.startswith("I;") else None)
    assert_array_equal(as_array("image", picture), np.asarray(picture))


@pytest.mark.parametrize(("mode", "plain"), [("La", "LA"), ("RGBa", "RGBA")])
def test_colours_multiplied_with_opacity_are_divided_by_it(mode, plain):
    assert_array_equal(as_array("image", in_mode(mode)), np.asarray(in_mode(mode).convert(plain)))


def test_a_picture_of_several_frames_is_the_one_that_it_stands_at():
    file = io.BytesIO()
    photo(seed=1).save(file, "GIF", save_all=True, append_images=[photo(seed=2)])
    with Image.open(file) as picture:
        for frame in (0, 1):
            picture.seek(frame)
            assert_array_equal(as_array("image", picture), np.asarray(picture.convert("RGB")))


def test_a_photograph_to_be_turned_is_read_as_stored_and_a_warning_says_so():
    file, tag = io.BytesIO(), Image.Exif()
    tag[0x0112] = 6
    photo().save(file, "JPEG", exif=tag)
    with Image.open(file) as picture, pytest.warns(UserWarning, match=r"EXIF orientation 6.*exif_transpose"):
        assert as_array("image", picture).shape == (44, 60, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        as_array("image", photo())


@pytest.mark.parametrize("container", [list, tuple, pd.Series, lambda x: pd.Series(x).to_numpy()],
                         ids=["list", "tuple", "column", "objects"])
def test_images_one_by_one_are_a_batch(container):
    stack = np.random.default_rng(0).random((3, 20, 24)).astype(np.float32)
    for images in (list(stack), [torch.from_numpy(x).requires_grad_() for x in stack],
                   [torch.from_numpy(x).double().float() for x in stack]):
        assert_array_equal(check_images(container(images))[..., 0], stack)
        assert len(sift.detect(container(images))) == len(sift.detect(stack))


READS = {"network": check_images, "features": image_features, "sift": sift.detect,
         "plot": lambda x: plot_keypoints(x, None)}
EMPTY = np.zeros((2, 12, 12), np.uint8)


def damaged():
    file = io.BytesIO()
    photo().save(file, "PNG")
    return Image.open(io.BytesIO(file.getvalue()[: len(file.getvalue()) // 2]))


@pytest.mark.parametrize(("given", "error", "said"), [
    (["a.png", "b.png"], TypeError, r"'a.png'; a file is read by numpy.asarray\(PIL.Image.open\(path\).convert\('RGB'"),
    ([Path("a.png")], TypeError, "a file is read by"),
    (pd.Series(["a.png"]), TypeError, "a file is read by"),
    ([EMPTY[0], EMPTY[1] / 255], TypeError, "of one type, as it says what white is, got float64 and uint8"),
    ([photo().convert("1"), photo().convert("L")], TypeError, "got bool and uint8"),
    ([photo().convert("L"), photo()], ValueError, r"of shapes \(44, 60\) and \(44, 60, 3\); bring them to one"),
    (None, TypeError, "got None"), ((x for x in EMPTY), TypeError, "got generator"), ({}, TypeError, "got dict"),
    (EMPTY.astype("M8[s]"), TypeError, "datetime64"), (EMPTY.astype("m8[s]"), TypeError, "timedelta64"),
    (np.zeros((2, 12, 12), [("red", "u1")]), TypeError, "got .*(void|red)"),
    (torch.from_numpy(EMPTY).to_sparse(), TypeError, r"that is sparse; use to_dense\(\)"),
    (torch.empty(2, 12, 12, device="meta"), TypeError, "without values"),
    (torch.nested.nested_tensor(list(torch.from_numpy(EMPTY)), layout=torch.jagged), TypeError, "nested; give a list"),
])
@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_what_is_no_image_is_refused(read, given, error, said):
    with pytest.raises(error, match=said):
        read(given)


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_damaged_picture_is_told(read):
    with pytest.raises(ValueError, match="that PIL can read and convert to RGB, got one of mode 'RGB': "):
        read(damaged())
