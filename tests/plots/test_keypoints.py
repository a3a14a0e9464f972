import warnings

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from numpy.testing import assert_allclose, assert_array_equal

from tsattn.image import sift
from tsattn.plots import plot_keypoints
from tsattn.plots._series import BLUE, ORANGE


@pytest.fixture
def blobs():
    """A bright blob, and a dark one half as strong."""
    rows, columns = np.indices((64, 90))
    return 0.5 + 0.4 * np.exp(-0.5 * ((rows - 40) ** 2 + (columns - 20) ** 2) / 9) - 0.2 * np.exp(
        -0.5 * ((rows - 30) ** 2 + (columns - 60) ** 2) / 9)


def test_circles_of_three_sigma_lie_where_the_keypoints_are(blobs):
    found = sift.detect(blobs)
    assert len(found) == 2
    ax = plot_keypoints(blobs, found)
    circles = [ax.collections[k] for k in (0, 2)]
    assert [to_hex(circle.get_edgecolor()[0]) for circle in circles] == [ORANGE, BLUE]
    for circle, polarity in zip(circles, (1, -1), strict=True):
        own = found.take(found.polarity == polarity)
        assert_allclose(circle.get_offsets(), own.position[:, ::-1])
        assert_allclose(circle.get_widths(), 6 * own.sigma)
    line = ax.collections[1].get_segments()[0]
    own = found.take(found.polarity == 1)
    assert_allclose(line[1] - line[0], 3 * own.sigma[0] * np.array([np.cos(own.angle[0]), np.sin(own.angle[0])]))


def test_the_strongest_are_drawn(blobs):
    ax = plot_keypoints(blobs, sift.detect(blobs), strongest=1)
    assert len(ax.collections) == 2
    assert_allclose(ax.collections[0].get_offsets(), [[20, 40]], atol=0.1)


def test_an_image_without_keypoints_is_drawn_alone(blobs):
    ax = plot_keypoints(np.stack([blobs] * 3, axis=-1), sift.detect(blobs, contrast=0.9))
    assert len(ax.images) == 1
    assert not ax.collections


@pytest.mark.parametrize("kind", ["uint8", "uint16", "bool", "float32"])
@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
def test_images_are_shown_as_they_are_searched(kind, channels, blobs):
    """By hand: as shares of what is white, grey but for three colours, and without opacity."""
    image = blobs if channels is None else np.stack([blobs, blobs**2, 0.3 * blobs, 0 * blobs][:channels], -1)
    largest = {"uint8": 255, "uint16": 65535}.get(kind, 1)
    given = (image * largest).astype(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax = plot_keypoints(given, sift.detect(given))
    shown = ax.images[0].get_array()
    expected = given / largest
    if channels in (1, 2):
        expected = expected[..., 0]
    assert_allclose(shown, expected[..., :3] if channels == 4 else expected, rtol=1e-6)
    assert len(plot_keypoints(torch.from_numpy(image), sift.detect(image)).images) == 1


def test_those_of_one_image_of_a_batch_are_drawn(blobs):
    found = sift.detect(np.stack([np.zeros_like(blobs), blobs]))
    drawn, alone = (plot_keypoints(blobs, some).collections[0].get_offsets()
                    for some in (found.take(found.series == 1), sift.detect(blobs)))
    assert len(alone)
    assert_array_equal(drawn, alone)


def test_what_does_not_fit_is_refused(blobs):
    with pytest.raises(ValueError, match="must be of one image, got those of 2"):
        plot_keypoints(blobs, sift.detect(np.stack([blobs, blobs])))
    found = sift.detect(blobs)
    for image, said in [
        (np.zeros((1, 2, 3, 4)), r"got \(1, 2, 3, 4\)"), (np.stack([blobs] * 3), r"got \(3, "),
        (np.stack([blobs] * 5, -1), r"must have shape"), (255 * blobs, "must lie from 0 to 1"),
        (np.where(blobs > 0.5, np.nan, blobs), "nan"), (blobs[:15, :15], "keypoints must lie in the image, of 15 x 15"),
    ]:
        with pytest.raises(ValueError, match=said):
            plot_keypoints(image, found)
    with pytest.raises(TypeError, match=r"keypoints must be ImageKeypoints, .* got DataFrame"):
        plot_keypoints(blobs, found.to_frame())
