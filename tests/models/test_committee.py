"""A committee's network learns as if it were alone; what is said is the sum."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch.testing import assert_close

from tsattn.models.committee import BestOf, Committee
from tsattn.models.pooled import Pooled
from tsattn.models.sdma import SDMA
from tsattn.nn.initialise import build
from tsattn.nn.ridge_head import ProportionRidge, StepRidge
from tsattn.training import Batch

LENGTHS = torch.tensor([13, 5, 1])


def alone():
    body = SDMA(3, 5, hidden=6)
    return Pooled(body, body.n_features, 4, dropout=0.0)


@pytest.fixture
def inputs(draw):
    return [draw(3, 13, width, dtype=torch.float32) for width in (3, 5)]


@pytest.fixture
def committee(generator, inputs):
    made = build(lambda: Committee(alone(), ProportionRidge(5, 4, n_mixtures=11)), generator)
    batch = SimpleNamespace(inputs=inputs, lengths=LENGTHS, target=torch.tensor([0, 3, 2]), weight=None)
    made.settle(lambda: [batch])
    return made


def test_settling_is_the_advisers(committee):
    assert committee.adviser.head.weight.any()
    assert committee.adviser.proportions.thresholds.any()


def test_what_the_adviser_says_of_series_left_out_is_passed_on(generator, inputs):
    made = build(lambda: Committee(alone(), ProportionRidge(5, 4, n_mixtures=11)), generator)
    batch = SimpleNamespace(inputs=inputs, lengths=LENGTHS, target=torch.randn(3, 4), weight=None)
    assert torch.equal(made.settle(lambda: [batch]), made.adviser.settle(lambda: [batch]))


def test_in_training_the_network_answers_alone(committee, inputs):
    committee.train()
    found = committee(*inputs, lengths=LENGTHS)
    assert torch.equal(found, committee.network(*inputs, lengths=LENGTHS))


def test_afterwards_both_answer_and_their_logits_are_added(committee, inputs):
    parts = [part(*inputs, lengths=LENGTHS) for part in (committee.eval().network, committee.adviser)]
    assert_close(committee(*inputs, lengths=LENGTHS), parts[0] + parts[1])
    assert parts[1].abs().max() > 0.01
    product = parts[0].softmax(-1) * parts[1].softmax(-1)
    assert_close(committee(*inputs, lengths=LENGTHS).softmax(-1), product / product.sum(-1, keepdim=True))


@pytest.mark.parametrize("training", [True, False])
def test_gradients_reach_the_network_and_no_weight_of_the_adviser(training, committee, inputs):
    committee.train(training)(*inputs, lengths=LENGTHS).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in committee.network.parameters())
    assert all(parameter.grad is None for parameter in committee.adviser.parameters())
    trained = {name.partition(".")[0] for name, one in committee.named_parameters() if one.requires_grad}
    assert trained == {"network"}


def test_what_is_asked_of_both_has_the_slope_of_both(committee, inputs):
    committee.eval()
    slopes = []
    for part in (committee, committee.network, committee.adviser):
        leaves = [x.clone().requires_grad_() for x in inputs]
        part(*leaves, lengths=LENGTHS)[:, 0].sum().backward()
        slopes.append([torch.zeros_like(x) if x.grad is None else x.grad for x in leaves])
    for whole, one, other in zip(*slopes, strict=True):
        assert_close(whole, one + other)
    assert slopes[2][1].any()
    assert not slopes[2][0].any()  # it reads the last input alone


def test_padding_and_company_change_nothing(committee, inputs):
    committee.eval()
    together = committee(*inputs, lengths=LENGTHS)
    for i, n in enumerate(LENGTHS):
        single = committee(*(x[i : i + 1, :n] for x in inputs), lengths=LENGTHS[i : i + 1])
        assert_close(single[0], together[i], rtol=0, atol=1e-5)


@pytest.mark.parametrize("line", [True, False])
def test_the_one_answers_that_is_best_for_series_left_out(line, draw):
    x = draw(60, 13, 3, dtype=torch.float32)
    target = (x[:, -1, :1] if line else (x > 1).float().mean(1)[:, :1]) + 0.01 * draw(60, 1, dtype=torch.float32)
    batches = [batch_of(x[some], target[some]) for some in (slice(0, 17), slice(17, 60))]
    made = settled(BestOf, [StepRidge(3, 1), ProportionRidge(3, 1, n_mixtures=50)])
    known, lengths = made.settle(lambda: batches), torch.full((60,), 13)
    said = [adviser.settle(lambda: batches) for adviser in made.advisers]
    errors = [float((one - target).square().sum()) for one in said]
    assert (errors[0] < errors[1]) == line
    assert int(made.chosen) == 1 - line
    assert torch.equal(known, said[1 - line])
    assert torch.equal(made(x, lengths=lengths), made.advisers[1 - line](x, lengths=lengths))


def test_the_one_that_was_chosen_learns_again_alone(draw):
    x = draw(60, 13, 3, dtype=torch.float32)
    target = x[:, -1, :1] + 0.01 * draw(60, 1, dtype=torch.float32)
    made = settled(BestOf, [StepRidge(3, 1), ProportionRidge(3, 1, n_mixtures=50)])
    made.settle(lambda: [batch_of(x[:40], target[:40])])
    before = [adviser.head.weight.clone() for adviser in made.advisers]
    made.learn_again(lambda: [batch_of(x, target)])
    assert int(made.chosen) == 0
    assert not torch.equal(made.advisers[0].head.weight, before[0])
    assert torch.equal(made.advisers[1].head.weight, before[1])
    alone = settled(StepRidge, 3, 1)
    alone.settle(lambda: [batch_of(x, target)])
    assert torch.equal(made.advisers[0].head.weight, alone.head.weight)


def valued(draw, right):
    """A committee of values, and series whose target is what it says, and so much of the network more."""
    made = settled(lambda: Committee(Pooled(SDMA(3, 3, hidden=6), 6, 1, dropout=0.0), StepRidge(3, 1))).eval()
    x, lengths = draw(40, 13, 3, dtype=torch.float32), torch.full((40,), 13)
    made.adviser.settle(lambda: [batch_of((x, x), draw(40, 1, dtype=torch.float32))])
    with torch.no_grad():
        noise = 0.01 * draw(40, 1, dtype=torch.float32)
        target = made.adviser(x, x, lengths=lengths) + right * made.network(x, x, lengths=lengths) + noise
    return made, (x, x), target


@pytest.mark.parametrize(("right", "share"), [(1.0, 1.0), (0.4, 0.4), (-1.0, 0.0)])
def test_of_values_that_share_is_kept_that_series_held_out_speak_for(right, share, draw):
    made, inputs, target = valued(draw, right)
    made.weigh(lambda: [batch_of(inputs, target)], lambda: [batch_of(inputs, target)])
    assert float(made.share) == pytest.approx(share, abs=0.05)
    parts = [part(*inputs, lengths=torch.full((40,), 13)) for part in (made.network, made.adviser)]
    assert_close(made(*inputs, lengths=torch.full((40,), 13)), made.share * parts[0] + parts[1])


def test_once_the_share_is_known_the_adviser_learns_from_what_was_held_out_too(draw):
    made, inputs, target = valued(draw, 1.0)
    held = batch_of(tuple(part[30:] for part in inputs), target[30:])
    made.weigh(lambda: [held], lambda: [batch_of(inputs, target)])
    alone = settled(StepRidge, 3, 1)
    alone.settle(lambda: [batch_of(inputs, target)])
    assert torch.equal(made.adviser.head.weight, alone.head.weight)


def test_one_series_held_out_says_nothing_of_the_share(draw):
    made, inputs, target = valued(draw, -1.0)
    made.weigh(lambda: [one_of(inputs, target)], lambda: [batch_of(inputs, target)])
    assert made.share == 1


def test_a_network_without_a_share_is_not_asked(draw):
    """Whatever it would say: 0 times infinity is no number."""
    made, inputs, target = valued(draw, 1.0)
    made.network.head.bias.data.fill_(torch.inf)
    made.weigh(lambda: [batch_of(inputs, target)], lambda: [batch_of(inputs, target)])
    assert made.share == 0
    lengths = torch.full((40,), 13)
    assert torch.equal(made(*inputs, lengths=lengths), made.adviser(*inputs, lengths=lengths))


def one_of(inputs, target):
    return Batch(tuple(part[:1] for part in inputs), torch.tensor([13]), target=target[:1])


def test_series_that_do_not_count_do_not_weigh(draw):
    made, inputs, target = valued(draw, 1.0)
    spoiled, weight = target.clone(), torch.ones(40)
    spoiled[::4], weight[::4] = 1e3, 0.0
    batch = replace(batch_of(inputs, spoiled), weight=weight)
    made.weigh(lambda: [batch], lambda: [batch])
    assert float(made.share) == pytest.approx(1.0, abs=0.05)


def test_of_classes_nothing_is_weighed(committee, inputs):
    before = {name: value.clone() for name, value in committee.state_dict().items()}
    batch = SimpleNamespace(inputs=inputs, lengths=LENGTHS, target=torch.tensor([0, 3, 2]), weight=None)
    committee.weigh(lambda: [batch], lambda: [batch])
    assert all(torch.equal(before[name], value) for name, value in committee.state_dict().items())


def test_a_weight_counts_in_what_is_best(draw):
    """Series of which a line tells nothing, and that hardly count."""
    x = draw(60, 13, 3, dtype=torch.float32)
    target, few = x[:, -1, :1].clone(), torch.arange(60) % 3 == 0
    target[few] = 50 * (x[few] > 1).float().mean(1)[:, :1]
    weight = torch.where(few, 1e-6, 1.0)
    made = settled(BestOf, [ProportionRidge(3, 1, n_mixtures=50), StepRidge(3, 1)])
    made.settle(lambda: [replace(batch_of(x, target), weight=weight)])
    assert int(made.chosen) == 1


def settled(make, *arguments):
    return build(lambda: make(*arguments), torch.Generator().manual_seed(0))


def batch_of(x, target):
    inputs = x if isinstance(x, tuple) else (x,)
    return Batch(inputs, torch.full((len(target),), 13), target=target)
