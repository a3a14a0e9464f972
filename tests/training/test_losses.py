"""Losses by hand."""

import math

import pytest
import torch
from jaxtyping import TypeCheckError

from tsattn.training import Pinball, absolute_error, accuracy, cross_entropy, squared_error

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


def test_the_pinball_loss_by_hand():
    output = torch.tensor([[1.0, 1.0, 4.0, 4.0], [0.0, 2.0, 0.0, 0.0]])
    target = torch.tensor([[3.0, 2.0], [1.0, 0.0]])
    by_hand = [(0.1 * 2 + 0.5 * 2 + 0.9 * 2 + 0.5 * 2) / 4, (0.1 * 1 + 0.5 * 1 + 0 + 0) / 4]
    assert Pinball((0.1, 0.5))(output, target).tolist() == pytest.approx(by_hand)


def test_the_pinball_loss_is_least_for_the_quantile():
    values = torch.arange(1.0, 12.0)[:, None]
    levels = torch.linspace(0, 12, 241)
    found = [float(Pinball((0.8,))(level.expand(11, 1), values).mean()) for level in levels]
    assert float(levels[found.index(min(found))]) == pytest.approx(9)  # 0.8 of 11 is 8.8: the ninth


def test_one_output_meets_a_flat_target():
    """(batch, 1) less (batch,) would silently be (batch, batch)."""
    assert squared_error(torch.tensor([[1.0], [2.0]]), torch.tensor([1.0, 4.0])).tolist() == [0.0, 4.0]
    assert absolute_error(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0])).tolist() == [0.0, 2.0]
    assert Pinball((0.1, 0.5))(torch.zeros(2, 2), torch.tensor([1.0, 3.0])).tolist() == pytest.approx([0.3, 0.9])


def test_accuracy_by_hand():
    assert accuracy(LOGITS, torch.tensor([1, 1])).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(("loss", "output", "target"), [
    (cross_entropy, (3, 2), 2), (squared_error, (3, 1), 2), (absolute_error, (3, 1), 2), (accuracy, (2, 3, 5), 3)])
def test_shapes_that_do_not_fit_are_refused_where_shapes_are_checked(loss, output, target):
    with pytest.raises(TypeCheckError):
        loss(torch.zeros(output), torch.zeros(target, dtype=torch.int64))
