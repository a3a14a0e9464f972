import pytest
import torch

from tsattn.training import Batch, Crop, Flip, TimeWarp, Translate
from tsattn.training.augment_images import IMAGE_RECIPES

N = 200


def batch(shape=(N, 1, 2, 5, 7)):
    x = torch.arange(float(torch.tensor(shape[1:]).prod())).view(1, *shape[1:]).expand(shape)
    return Batch((x,), torch.ones(shape[0], dtype=torch.long), torch.zeros(shape[0], dtype=torch.long))


def changed(change, **options):
    return change(batch(**options), torch.Generator().manual_seed(3)).inputs[0]


@pytest.mark.parametrize("change", [Flip(), Translate(2), Translate(0)])
def test_shape_and_target_stay_and_draws_repeat(change):
    first, second = (change(batch(), torch.Generator().manual_seed(3)) for _ in range(2))
    assert first.inputs[0].shape == (N, 1, 2, 5, 7)
    assert torch.equal(first.inputs[0], second.inputs[0])
    assert first.target is not None
    assert (first.lengths == 1).all()


def test_flip_turns_half_of_the_images_and_their_channels_together():
    x, found = batch().inputs[0][0], changed(Flip())
    turned = (found == x.flip(-1)).flatten(1).all(1)
    assert ((found == x).flatten(1).all(1) ^ turned).all()
    assert 0.4 < turned.float().mean() < 0.6
    assert (changed(Flip(1.0)) == x.flip(-1)).all()
    assert (changed(Flip(0.0)) == x).all()


def test_translate_moves_by_every_number_of_pixels_alike_and_repeats_the_edge():
    x = batch().inputs[0][0, 0, 0]
    found = changed(Translate(2))
    counts = {}
    for image in found[:, 0]:
        moves = [(i, j) for i in range(-2, 3) for j in range(-2, 3) if torch.equal(image[0], moved(x, i, j))]
        assert len(moves) == 1
        assert torch.equal(image[1], moved(x, *moves[0]) + 35)
        counts[moves[0]] = counts.get(moves[0], 0) + 1
    assert len(counts) == 25
    assert max(counts.values()) < 3 * N / 25
    assert (changed(Translate(0)) == x.expand(N, 5, 7)[:, None, None] + torch.tensor([0, 35]).view(2, 1, 1)).all()


def moved(x, down, aside):
    return torch.tensor([[x[min(max(i + down, 0), 4), min(max(j + aside, 0), 6)] for j in range(7)] for i in range(5)])


@pytest.mark.parametrize("change", [Flip(), Translate()])
def test_series_are_refused(change):
    with pytest.raises(ValueError, match=r"shape \(batch, 1, channel, height, width\), got \(3, 5, 2\)"):
        changed(change, shape=(3, 5, 2))


@pytest.mark.parametrize(("change", "said"), [
    (Flip(1.5), r"p must lie in \[0, 1\], got 1.5"), (Translate(-1), "pixels must be an integer of at least 0")])
def test_nonsense_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        changed(change)


def test_recipes_are_named_as_those_of_series():
    from tsattn.training.config import RECIPES

    assert IMAGE_RECIPES.keys() == RECIPES.keys()


@pytest.mark.parametrize("change", [Crop(), TimeWarp()])
def test_images_have_no_time_to_be_changed(change):
    with pytest.raises(ValueError, match=r"images, here \(200, 1, 2, 5, 7\), have no time to be changed"):
        changed(change)
