"""Losses by hand."""

import math

import pytest
import torch
from jaxtyping import TypeCheckError

from tsattn.training import absolute_error, accuracy, cross_entropy, squared_error

LOGITS = torch.tensor([[0.0, math.log(3.0)], [0.0, 0.0]])


def test_cross_entropy_by_hand():
    assert cross_entropy(LOGITS, torch.tensor([1, 0])).tolist() == pytest.approx([math.log(4 / 3), math.log(2)])


def test_label_smoothing_spreads_the_target():
    expected = [0.9 * math.log(4 / 3) + 0.1 * math.log(4), math.log(2)]
    assert cross_entropy(LOGITS, torch.tensor([1, 0]), 0.2).tolist() == pytest.approx(expected)


def test_shares_of_classes_are_targets_too():
    expected = [0.25 * math.log(4) + 0.75 * math.log(4 / 3), math.log(2)]
    assert cross_entropy(LOGITS, torch.tensor([[0.25, 0.75], [1, 0]])).tolist() == pytest.approx(expected)


def test_errors_by_hand():
    output, target = torch.tensor([[1.0, 2.0], [0.0, 0.0]]), torch.tensor([[1.0, 5.0], [1.0, -1.0]])
    assert squared_error(output, target).tolist() == [4.5, 1.0]
    assert absolute_error(output, target).tolist() == [1.5, 1.0]


def test_one_output_meets_a_flat_target():
    """(batch, 1) less (batch,) would silently be (batch, batch)."""
    assert squared_error(torch.tensor([[1.0], [2.0]]), torch.tensor([1.0, 4.0])).tolist() == [0.0, 4.0]
    assert absolute_error(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0])).tolist() == [0.0, 2.0]


def test_accuracy_by_hand():
    assert accuracy(LOGITS, torch.tensor([1, 1])).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(("loss", "output", "target"), [
    (cross_entropy, (3, 2), 2), (squared_error, (3, 1), 2), (absolute_error, (3, 1), 2), (accuracy, (2, 3, 5), 3)])
def test_shapes_that_do_not_fit_are_refused_where_shapes_are_checked(loss, output, target):
    with pytest.raises(TypeCheckError):
        loss(torch.zeros(output), torch.zeros(target, dtype=torch.int64))
