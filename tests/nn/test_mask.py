"""Valid steps by hand."""

import torch

from tsattn.nn import valid_steps


def test_steps_before_the_end_are_valid():
    assert valid_steps(torch.tensor([2, 0, 3]), 3).tolist() == [
        [True, True, False], [False, False, False], [True, True, True]]


def test_a_mask_may_be_longer_or_shorter_than_the_longest_series():
    assert valid_steps(torch.tensor([2]), 4).tolist() == [[True, True, False, False]]
    assert valid_steps(torch.tensor([2]), 1).tolist() == [[True]]
