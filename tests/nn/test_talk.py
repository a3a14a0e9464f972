import math

import pytest
import torch
from torch.autograd import gradcheck
from torch.testing import assert_close

from tests.reference import xm2a as reference
from tsattn.nn.talk import DESCRIPTORS, INPUT_TALK, OVER_TIME, SOFTMAX_AXES, TALKS, Described, masks_over_units

LENGTHS = torch.tensor([7, 3])


def test_descriptors_by_hand():
    features = torch.tensor([[[[1.0, 3, 8], [5, -1, 9]]]])  # one head of two units; the last step is padding
    query, key = DESCRIPTORS["average"](features, torch.tensor([2]))
    assert_close(query, torch.tensor([[[2.0, 2]]]))
    assert_close(key[..., :2], torch.tensor([[[3.0, 1]]]))
    query, key = DESCRIPTORS["max"](features, torch.tensor([2]))
    assert_close(query, torch.tensor([[[3.0, 5]]]))
    assert_close(key[..., :2], torch.tensor([[[5.0, 3]]]))


def test_input_talk_by_hand():
    """The value asks (query ln 3, keys 0 and 1: 1/4, 3/4), and is asked (query ln 2, keys 1 and 0: 2/3, 1/3)."""
    heads = Described(torch.tensor([[[2.0]]]).log(), torch.tensor([[[0.0, 1]]]))
    value = Described(torch.tensor([[[3.0]]]).log(), torch.tensor([[[1.0, 0]]]))
    masks = INPUT_TALK.masks(heads, value, OVER_TIME, torch.tensor([2]))
    assert_close(masks, torch.tensor([[[[1 / 4 + 2 / 3, 3 / 4 + 1 / 3]]]]))


def test_masks_over_units_by_hand():
    """At key ln 2 the queries 0, 1, 2 weigh 1 : 2 : 4; at key 0, all alike."""
    query, key = torch.tensor([[[0.0, 1, 2]]]), torch.tensor([[[math.log(2), 0]]])
    assert_close(masks_over_units(query, key, torch.tensor([2]))[0, 0].T, torch.tensor([[1, 2, 4], [7 / 3] * 3]) / 7)


@pytest.mark.parametrize("axis", SOFTMAX_AXES)
@pytest.mark.parametrize("talk", TALKS)
def test_masks_equal_the_loop(axis, talk, draw):
    n_values = 1 if talk == "input" else 3
    heads, value = (Described(draw(2, n, 5), draw(2, n, 7)) for n in (3, n_values))
    masks = TALKS[talk].masks(heads, value, SOFTMAX_AXES[axis], LENGTHS)
    for i, n in enumerate(LENGTHS):
        for h in range(3):
            query, key = heads.query[i, h], heads.key[i, h, :n]
            pairs = {"self": [(query, key)], "scale": [(query, other) for other in heads.key[i, :, :n]],
                     "input": [(value.query[i, 0], key), (query, value.key[i, 0, :n])]}[talk]
            expected = sum(reference.mask(q.numpy(), k.numpy(), axis, rescale=False) for q, k in pairs)
            assert_close(masks[i, h, :, :n].T, torch.from_numpy(expected))


@pytest.mark.parametrize("axis", SOFTMAX_AXES)
def test_the_mean_entry_of_a_mask_is_one_over_its_size(axis, draw):
    heads = Described(draw(2, 3, 5), draw(2, 3, 7))
    masks = TALKS["self"].masks(heads, heads, SOFTMAX_AXES[axis], LENGTHS)
    size = SOFTMAX_AXES[axis].size(heads.query, LENGTHS)
    assert size.tolist() == {"time": [7, 3], "units": [5, 5]}[axis]
    for i, n in enumerate(LENGTHS):
        assert_close(masks[i, :, :, :n].mean() * size[i], torch.tensor(1.0, dtype=torch.float64))


@pytest.mark.parametrize("axis", SOFTMAX_AXES)
@pytest.mark.parametrize("talk", TALKS)
def test_p32_gradcheck(axis, talk, draw):
    def masks(query, key, value_query, value_key):
        out = TALKS[talk].masks(Described(query, key), Described(value_query, value_key), SOFTMAX_AXES[axis], LENGTHS)
        return out * valid

    valid = (torch.arange(7) < LENGTHS[:, None])[:, None, None]
    inputs = [draw(*shape).requires_grad_() for shape in ((2, 2, 3), (2, 2, 7), (2, 1, 3), (2, 1, 7))]
    assert gradcheck(masks, inputs)
