import numpy as np
import pytest
import torch
from torch.testing import assert_close

from tests.reference import sdma as reference
from tsattn.nn.dropout import bind
from tsattn.nn.initialise import build
from tsattn.nn.residual import ResidualBlock, ResidualTrunk, halve

LENGTHS = torch.tensor([13, 5, 1])


@pytest.fixture
def trunk(generator):
    return build(lambda: ResidualTrunk(7, dilations=(1, 2), halve_before=(1,)), generator).double().eval()


def test_halving_by_hand():
    x = torch.tensor([[1.0, 3, 5, 7, 9], [2, 4, 6, 99, 99]]).unsqueeze(-1)
    halved, lengths = halve(x, torch.tensor([5, 3]))
    assert halved.squeeze(-1).tolist() == [[2, 6, 9], [3, 6, 0]]
    assert lengths.tolist() == [3, 2]


def test_p33_halving_equals_the_loop(draw):
    x = draw(3, 13, 5)
    halved, lengths = halve(x, LENGTHS)
    for i, length in enumerate(LENGTHS):
        loop = [x[i, t : min(t + 2, length)].mean(0) for t in range(0, length, 2)]
        assert lengths[i] == len(loop)
        assert_close(halved[i, : len(loop)], torch.stack(loop))
        assert not halved[i, len(loop) :].any()


def test_p33_a_block_equals_the_loop(generator, draw):
    block = build(lambda: ResidualBlock(5, width=3, dilation=2), generator).double().eval()
    x = draw(1, 11, 5)
    ours = block(x, torch.tensor([11]))[0].detach().numpy()
    unit = 1 / np.sqrt(1 + 1e-5)  # batch normalisation as it starts: mean 0, variance 1
    inner, outer = (layer.convolution.weight.detach().numpy() for layer in (block.first, block.second))
    between = np.maximum(reference.convolution(x[0].numpy(), inner, 2) * unit, 0)
    expected = np.maximum(x[0].numpy() + reference.convolution(between, outer, 2) * unit, 0)
    np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-12)


def test_p18_padding_may_hold_anything(trunk, draw):
    x = draw(3, 13, 7)
    valid = (torch.arange(13) < LENGTHS[:, None])[..., None]
    plain, lengths = trunk(x, LENGTHS)
    for filler in (0.0, 1e6, torch.nan):
        assert_close(trunk(x.masked_fill(~valid, filler), LENGTHS)[0], plain, rtol=0, atol=0)
    assert not plain[torch.arange(plain.shape[1]) >= lengths[:, None]].any()


def test_a_batch_equals_its_series_one_by_one(trunk, draw):
    x = draw(3, 13, 7)
    together, lengths = trunk(x, LENGTHS)
    for i, length in enumerate(LENGTHS):
        alone, _ = trunk(x[i : i + 1, :length], LENGTHS[i : i + 1])
        assert_close(together[i : i + 1, : lengths[i]], alone, rtol=0, atol=1e-12)


def test_p32_gradcheck(trunk, draw):
    lengths = torch.tensor([5, 2])
    assert torch.autograd.gradcheck(lambda x: trunk(x, lengths)[0], draw(2, 5, 7).requires_grad_())


def test_gradient_reaches_every_parameter(trunk, draw, generator):
    trunk.train()
    bind(trunk, generator)
    features, _ = trunk(draw(3, 13, 7), LENGTHS)
    (features * draw(*features.shape)).sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in trunk.parameters())


def test_steps_are_halved_where_asked(generator, draw):
    for halve_before, expected in [((), [13, 5, 1]), ((0,), [7, 3, 1]), ((0, 1), [4, 2, 1])]:
        trunk = build(lambda where=halve_before: ResidualTrunk(5, halve_before=where), generator).double().eval()
        features, lengths = trunk(draw(3, 13, 5), LENGTHS)
        assert lengths.tolist() == expected
        assert features.shape == (3, expected[0], 5)
