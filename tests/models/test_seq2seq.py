from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tests.reference import seq2seq as reference
from tsattn.models.seq2seq import Seq2Seq
from tsattn.nn.initialise import build
from tsattn.nn.recurrent import LSTM

LENGTHS = torch.tensor([13, 6, 1])
FORMS = {
    "published": {},
    "known": {"n_future": 2},
    "one way": {"n_future": 1, "encoder": LSTM, "n_targets": 1},
}
every_form = pytest.mark.parametrize("options", FORMS.values(), ids=FORMS.keys())


def network_of(options, generator):
    return build(lambda: Seq2Seq(**{"n_channels": 5, "n_steps": 7, "n_targets": 3, "hidden": 8, **options}), generator)


@pytest.fixture
def future_of(draw):
    def future_of(options, n=3, dtype=torch.float64):
        return draw(n, 7, options["n_future"], dtype=dtype) if "n_future" in options else None

    return future_of


def arrays(part):
    return [parameter.detach().numpy() for parameter in part.parameters()]


@pytest.mark.parametrize("n_future", [0, 2])
def test_p33_the_network_equals_the_loop(n_future, draw, generator):
    network = network_of({"n_future": n_future}, generator).double()
    x, future = draw(3, 13, 5), draw(3, 7, n_future)
    outputs, alignment = network(x, future, lengths=LENGTHS), network.alignment(x, future, lengths=LENGTHS)
    w, u, v = arrays(network.attention)
    parts = {"start": arrays(network.start), "attention": (w, u, v[0]), "cell": arrays(network.cell),
             "head": arrays(network.head)}
    for i, length in enumerate(LENGTHS):
        features = reference.both_ways(x[i, :length].numpy(), arrays(network.encoder.forwards),
                                       arrays(network.encoder.backwards))
        expected, weights = reference.forecast(features, future[i].numpy(), **parts)
        np.testing.assert_allclose(outputs[i].detach(), expected, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(alignment[i, :, :length].detach(), weights, rtol=1e-9, atol=1e-12)
        assert not alignment[i, :, length:].any()


class Echo(nn.Module):
    """Features that are the series itself."""

    def __init__(self, n_inputs, n_features):
        super().__init__()
        assert n_inputs == n_features

    def forward(self, x, lengths):
        return x


def test_the_answer_by_hand():
    """All weights 0 but those named: a state that halves from tanh(2), and forecasts of twice it plus 1."""
    network = Seq2Seq(1, 3, 1, hidden=1, encoder=Echo).double()
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    nn.init.ones_(network.start.weight)
    nn.init.constant_(network.head.weight, 2.0)
    nn.init.ones_(network.head.bias)
    x, lengths = torch.tensor([[[2.0], [4], [9]]]).double(), torch.tensor([2])
    halves = np.tanh(2) * np.array([1 / 2, 1 / 4, 1 / 8])  # update gate sigmoid(0), new value tanh(0)
    np.testing.assert_allclose(network(x, lengths=lengths).detach().flatten(), 2 * halves + 1)
    # a candidate that reads the context, 3 = (2 + 4) / 2, alone: s_1 = (tanh(3) + s_0) / 2
    network.cell.weight_ih.data[2, 0] = 1.0
    first = network(x, lengths=lengths)[0, 0, 0].item()
    assert first == pytest.approx(2 * (np.tanh(3) + np.tanh(2)) / 2 + 1)
    # one that reads the output a step before, which at first is 0
    network.cell.weight_ih.data[2] = torch.tensor([0.0, 1.0])
    first, second, _ = network(x, lengths=lengths).detach().flatten().tolist()
    assert first == pytest.approx(2 * halves[0] + 1)
    assert second == pytest.approx(2 * (np.tanh(first) + halves[0]) / 2 + 1)


def test_what_is_known_of_a_step_changes_it_and_those_after_it(draw, generator):
    network = network_of({"n_future": 2}, generator).double()
    x, future = draw(3, 13, 5), draw(3, 7, 2)
    other = future.clone()
    other[:, 4] += 1
    change = network(x, other, lengths=LENGTHS) - network(x, future, lengths=LENGTHS)
    assert not change[:, :4].any()
    assert change[:, 4:].abs().amin(-1).all()


def test_fewer_steps_are_the_first_of_many(draw, generator):
    network = network_of({}, generator).double()
    x = draw(3, 13, 5)
    outputs = network(x, lengths=LENGTHS)
    network.n_steps = 2
    assert torch.equal(network(x, lengths=LENGTHS), outputs[:, :2])


@every_form
def test_the_alignment_sums_to_one_over_valid_steps(options, draw, generator, future_of):
    network = network_of(options, generator).double()
    before = dict(vars(network))
    alignment = network.alignment(draw(3, 13, 5), future_of(options), lengths=LENGTHS)
    assert alignment.shape == (3, 7, 13)
    assert_close(alignment.sum(-1), torch.ones(3, 7).double())
    valid = (torch.arange(13) < LENGTHS[:, None]).unsqueeze(1).expand(-1, 7, -1)
    assert (alignment[valid] > 0).all()
    assert not alignment[~valid].any()
    assert vars(network) == before


@every_form
def test_p18_padding_changes_nothing(options, draw, generator, future_of):
    network = network_of(options, generator).double()
    x, future = draw(3, 13, 5), future_of(options)
    beyond = (torch.arange(13) >= LENGTHS[:, None])[..., None]
    outputs, alignment = network(x, future, lengths=LENGTHS), network.alignment(x, future, lengths=LENGTHS)
    for filler in (0.0, 1e6, torch.nan):
        filled = x.masked_fill(beyond, filler)
        assert torch.equal(network(filled, future, lengths=LENGTHS), outputs)
        assert torch.equal(network.alignment(filled, future, lengths=LENGTHS), alignment)
        longer = torch.cat([x, torch.full_like(x, filler)], 1)
        assert_close(network(longer, future, lengths=LENGTHS), outputs, rtol=0, atol=1e-12)


@every_form
def test_a_batch_equals_its_series_one_by_one_in_any_order(options, draw, generator, future_of):
    network = network_of(options, generator).double()
    x, future = draw(3, 13, 5), future_of(options)
    outputs = network(x, future, lengths=LENGTHS)
    for i, n in enumerate(LENGTHS):
        known = None if future is None else future[i : i + 1]
        alone = network(x[i : i + 1, :n], known, lengths=LENGTHS[i : i + 1])
        assert_close(outputs[i : i + 1], alone, rtol=0, atol=1e-12)
    order = torch.tensor([2, 0, 1])
    known = None if future is None else future[order]
    assert_close(network(x[order], known, lengths=LENGTHS[order]), outputs[order], rtol=0, atol=1e-12)


@every_form
@pytest.mark.slow
def test_p32_gradcheck(options, draw, generator, future_of):
    network = network_of(options, generator).double()
    lengths, future = torch.tensor([4, 2]), future_of(options, n=2)
    inputs = [part.requires_grad_() for part in (draw(2, 4, 5), future) if part is not None]
    assert torch.autograd.gradcheck(lambda *parts: network(*parts, lengths=lengths), inputs)
    assert torch.autograd.gradcheck(lambda *parts: network.alignment(*parts, lengths=lengths), inputs)


@every_form
def test_gradient_reaches_every_parameter(options, draw, generator, future_of):
    network = network_of(options, generator).double()
    (network(draw(3, 13, 5), future_of(options), lengths=LENGTHS) * draw(1, 7, network.n_targets)).sum().backward()
    assert not [name for name, parameter in network.named_parameters() if not parameter.grad.any()]


@every_form
def test_the_generator_decides_every_weight(options):
    one, same, other = (torch.cat([parameter.flatten() for parameter in network_of(
        options, torch.Generator().manual_seed(seed)).parameters()]) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert (one != other).float().mean() > 0.6  # the rest are recurrent biases


@every_form
@pytest.mark.slow
def test_eight_series_are_learned_by_heart(options, draw, generator, future_of):
    network = network_of(options, generator)
    x, future = draw(8, 13, 5, dtype=torch.float32), future_of(options, n=8, dtype=torch.float32)
    lengths, target = torch.tensor([13, 4, 7, 9, 11, 5, 6, 3]), draw(8, 7, network.n_targets, dtype=torch.float32)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(300):
        optimiser.zero_grad()
        loss = (network(x, future, lengths=lengths) - target).square().mean()
        loss.backward()
        optimiser.step()
    assert loss < 0.05


@pytest.mark.parametrize(("options", "said"), [
    ({"n_channels": 0}, "n_channels must be an integer of at least 1, got 0"),
    ({"n_steps": 0}, "n_steps must be an integer of at least 1, got 0"),
    ({"n_targets": 0}, "n_targets must be an integer of at least 1, got 0"),
    ({"n_future": -1}, "n_future must be an integer of at least 0, got -1"),
    ({"hidden": 0}, "hidden must be an integer of at least 1, got 0"),
    ({"hidden": 7}, "n_features must be even, half for each direction, got 7"),
])
def test_nonsense_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        Seq2Seq(**{"n_channels": 3, "n_steps": 2, "n_targets": 1, **options})


@pytest.mark.parametrize(("n_future", "given"), [(2, None), (2, (3, 7, 1)), (2, (3, 6, 2)), (0, (3, 7, 2))])
def test_what_is_known_has_the_shape_that_was_said(n_future, given, draw):
    network = Seq2Seq(5, 7, 1, n_future=n_future).double()
    future = None if given is None else draw(*given)
    got = given or (3, 7, 0)
    with pytest.raises(ValueError, match=rf"n_future\), \(3, 7, {n_future}\), got \({got[0]}, {got[1]}, {got[2]}\)"):
        network(draw(3, 13, 5), future, lengths=LENGTHS)


def test_half_precision(draw, generator):
    network = build(partial(Seq2Seq, 5, 7, 3, n_future=2), generator)
    inputs = [draw(*shape, dtype=torch.float32) for shape in ((3, 13, 5), (3, 7, 2))]
    expected = network(*inputs, lengths=LENGTHS)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = network(*inputs, lengths=LENGTHS)
    assert_close(outputs.float(), expected, rtol=0, atol=0.05)
