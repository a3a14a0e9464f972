import numpy as np
import pytest

from tsattn.plots import plot_masks


def test_each_feature_is_a_tile_from_black_to_white():
    masks = np.random.default_rng(0).uniform(size=(5, 7, 5))
    ax = plot_masks(masks, columns=2)
    (drawn,) = ax.images
    sheet = np.ma.filled(drawn.get_array(), np.nan)
    assert sheet.shape == (17, 15)  # 3 x 2 tiles, and lines between them
    assert (sheet[:5, :7] == masks[..., 0]).all()
    assert (sheet[:5, 8:] == masks[..., 1]).all()
    assert (sheet[12:, :7] == masks[..., 4]).all()
    assert np.isnan(sheet[5]).all()
    assert np.isnan(sheet[12:, 8:]).all()  # there is no sixth
    assert drawn.get_clim() == (0, 1)
    assert plot_masks(masks[..., 0], ax=ax) is ax


@pytest.mark.parametrize(("low", "high", "limits"), [(1.25, 1.75, (1, 2)), (0.5, 1.5, (0, 1.5)), (0.0, 0.0, (0, 1))])
def test_black_is_what_nothing_is_let_through_by(low, high, limits):
    masks = np.full((5, 7, 2), low)
    masks[0, 0, 0] = high
    assert plot_masks(masks).images[0].get_clim() == limits


@pytest.mark.parametrize(("masks", "said"), [
    (np.zeros((2, 5, 7, 3)), r"must have shape \(height, width, features\), those of one image, got \(2, 5, 7, 3\)"),
    (np.zeros((5, 7, 0)), r"got \(5, 7, 0\)"), (np.full((5, 7), -2.0), "at least 0, got values from -2.0 to -2.0"),
    (np.full((5, 7), np.nan), "must be finite")])
def test_nonsense_is_refused(masks, said):
    with pytest.raises(ValueError, match=said):
        plot_masks(masks)
