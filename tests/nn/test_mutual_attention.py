import numpy as np
import pytest
import torch
from torch.testing import assert_close

from tests.reference import sdma as reference
from tsattn.nn.mutual_attention import MutualAttention, mutual_gate, one_way_gate, sum_gate

GATES = [mutual_gate, one_way_gate, sum_gate]


def test_mutual_gate_by_hand():
    half, three_quarters = torch.tensor([0.0]), torch.log(torch.tensor([3.0]))  # logits of 1/2 and of 3/4
    gated = mutual_gate(three_quarters, half)
    assert_close(gated.data, three_quarters / 2)
    assert_close(gated.saliency, torch.tensor([0.0]))
    assert_close(gated.output, three_quarters / 2)
    gated = mutual_gate(torch.tensor([0.0]), three_quarters)
    assert_close(gated.data, torch.tensor([0.0]))
    assert_close(gated.saliency, three_quarters / 2)


def test_mutual_gate_does_not_know_which_branch_is_which(draw):
    a, b = draw(2, 3, 5), draw(2, 3, 5)
    assert_close(mutual_gate(a, b).output, mutual_gate(b, a).output)
    assert_close(mutual_gate(a, b).data, mutual_gate(b, a).saliency)


def test_one_way_gate_leaves_saliency_as_it_is(draw):
    a, b = draw(2, 3, 5), draw(2, 3, 5)
    gated = one_way_gate(a, b)
    assert gated.saliency is b
    assert_close(gated.output, mutual_gate(a, b).data)
    assert_close(gated.data, gated.output)


def test_open_gates_are_a_sum_and_closed_ones_let_nothing_through(draw):
    data = draw(3, 5)
    wide = torch.full_like(data, 60)  # sigmoid is 1, or 0, to the last digit
    assert_close(mutual_gate(data, wide).data, sum_gate(data, wide).data)
    assert_close(mutual_gate(data, -wide).data, torch.zeros_like(data))


@pytest.mark.parametrize("gate", GATES)
def test_p32_gates_pass_gradcheck(gate, draw):
    for i in range(10):
        shape = torch.randint(1, 5, (3,), generator=torch.Generator().manual_seed(i)).tolist()
        inputs = [draw(*shape).requires_grad_() for _ in range(2)]
        assert torch.autograd.gradcheck(lambda a, b, gate=gate: tuple(gate(a, b)), inputs)


@pytest.mark.parametrize("gate", GATES)
def test_p32_the_block_passes_gradcheck(gate, draw):
    block = MutualAttention(2, 3, 4, gate=gate).double()
    inputs = [draw(2, 5, 2).requires_grad_(), draw(2, 5, 3).requires_grad_()]
    lengths = torch.tensor([5, 3])
    assert torch.autograd.gradcheck(lambda a, b: tuple(block(a, b, lengths)), inputs)


def weights_of(layer):
    return [getattr(layer.cell, f"{name}_l0").detach().numpy() for name in
            ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]


@pytest.mark.parametrize(("gate", "mutual"), [(mutual_gate, True), (one_way_gate, False)])
def test_p33_the_block_equals_the_loop(gate, mutual, draw):
    block = MutualAttention(3, 5, 7, gate=gate).double()
    data, saliency, lengths = draw(2, 11, 3), draw(2, 11, 5), torch.tensor([11, 4])
    gated = block(data, saliency, lengths)
    for i, length in enumerate(lengths):
        expected = reference.block(data[i, :length].numpy(), saliency[i, :length].numpy(),
                                   weights_of(block.data), weights_of(block.saliency), mutual=mutual)
        for ours, loop in zip(gated, expected, strict=True):
            np.testing.assert_allclose(ours[i, :length].detach(), loop, rtol=1e-10, atol=1e-12)
            assert not ours[i, length:].any()
