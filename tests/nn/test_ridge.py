from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tests.reference import ridge as reference
from tsattn import _memory
from tsattn.nn import _standardised, build
from tsattn.nn.ridge import DOUBT, PENALTIES, best_ridge, ridge, sharpness
from tsattn.nn.ridge_head import STEPS, ProportionRidge, StepRidge

SIZES = {"dual": (7, 13), "square": (11, 11), "primal": (23, 5), "large parts": (61, 5)}
every_size = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)


@pytest.fixture
def problem(draw):
    def problem(n, p, k=3):
        """Features of unlike means and sizes, targets that depend on them, and weights."""
        features = draw(n, p) * torch.arange(1, p + 1) + 100
        return features, features @ draw(p, k) / p + draw(n, k), draw(n).exp()

    return problem


def test_by_hand():
    """Standardised, 1, 2, 3 are -z, 0, z with 2 z^2 = 3: targets -1, 0, 1 have the coefficient 2 z / (3 + 1) = z / 2.

    Without the first, the others are -z/2 and z/2 about their mean z/2, and their targets -1/2 and 1/2 about theirs,
    1/2: the coefficient is z/2 / (z^2 / 2 + 1) = z / 3.5, and the first one's output 1/2 - 3z/2 z / 3.5 = -1/7.
    """
    found = ridge(torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[-1.0], [0.0], [1.0]]), penalty=1.0)
    assert_close(found.weight, torch.tensor([[0.75]], dtype=torch.float64))  # z / 2 over the deviation, 1 / z
    assert_close(found.bias, torch.tensor([-1.5], dtype=torch.float64))
    assert_close(found.left_out, torch.tensor([[-1 / 7], [0.0], [1 / 7]], dtype=torch.float64))


@pytest.mark.parametrize("penalty", [0.01, 0.1, 7.0])
@every_size
def test_equals_least_squares_with_a_row_more_for_each_feature(size, penalty, problem):
    features, target, weight = problem(*size)
    for given in (weight, None):
        found = ridge(features, target, given, penalty)
        weights, biases = reference.ridge(features.numpy(), target.numpy(),
                                          np.ones(size[0]) if given is None else given.numpy(), penalty)
        np.testing.assert_allclose(found.weight, weights, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(found.bias, biases, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("size", [(23, 5), (61, 5), (61, 11)])
def test_blocks_of_rows_have_the_solution_of_all_at_once(size, weighted, problem, monkeypatch):
    features, target, weight = problem(*size)
    before, given = features.clone(), weight if weighted else None
    expected = ridge(features, target, given), best_ridge(features, target, given)
    for values in (1, 3 * size[1]):  # a row at a time, and three
        monkeypatch.setattr(_standardised, "WHOLE", 1)
        monkeypatch.setattr(_standardised, "BLOCK", values)
        assert _standardised.Standardised(features, torch.full((size[0], 1), 1 / size[0])).whole is None
        for found, whole in zip((ridge(features, target, given), best_ridge(features, target, given)), expected,
                                strict=True):
            for one, other in zip(found, whole, strict=True):
                assert_close(one, other, rtol=1e-9, atol=1e-9)
    assert torch.equal(features, before)


@pytest.mark.parametrize(("n", "p"), [(700, 1000), (1000, 700), (4000, 300)])
def test_what_is_needed_is_what_is_taken(n, p, monkeypatch):
    """Of float64 at one time, beside the features: as large as is said, and not less than half of it."""
    monkeypatch.setattr(_standardised, "WHOLE", 2**20)
    monkeypatch.setattr(_standardised, "BLOCK", 2**17)
    features, target = torch.randn(n, p), torch.randn(n, 2)
    with torch.profiler.profile(profile_memory=True) as profile:
        ridge(features, target)
    taken = most = 0
    for event in profile.profiler.kineto_results.events():
        if event.name() == "[memory]":
            taken += event.nbytes()
            most = max(most, taken)
    said = _standardised.needed(n, p) - 4 * n * p
    assert 0.5 * said <= most <= 1.1 * said + 16 * n * 8


def test_where_there_is_no_room_it_is_said_before_it_is_taken(batches, monkeypatch):
    layer = advised()
    monkeypatch.setattr(_memory, "SMALL", 0)
    monkeypatch.setattr(_memory, "available", lambda device=None: 1e4)
    with pytest.raises(MemoryError, match=r"30 series of 124 features need 0.0 GiB, and there are 0.0; take fewer"):
        layer.settle(lambda: batches)
    assert not layer.head.weight.any()


@pytest.mark.parametrize("penalty", [0.01, 0.1, 7.0])
@every_size
def test_left_out_is_what_the_others_say(size, penalty, problem):
    features, target, weight = problem(*size)
    for given in (weight, None):
        loop = reference.left_out(features.numpy(), target.numpy(),
                                  np.ones(size[0]) if given is None else given.numpy(), penalty)
        found = ridge(features, target, given, penalty).left_out
        np.testing.assert_allclose(found, loop, rtol=1e-8, atol=1e-9)
        assert (found - target).abs().max() > 0.1


def test_both_systems_have_the_same_solution(problem):
    """A constant feature more has no effect but to change their number: the penalty follows it."""
    features, target, weight = problem(13, 11)
    more = torch.cat([features, torch.full((13, 6), 7.0)], 1)
    primal, dual = ridge(features, target, weight, 0.1), ridge(more, target, weight, 0.1 * 11 / 17)
    assert_close(dual.weight[:, :11], primal.weight)
    assert_close(dual.bias, primal.bias)
    assert_close(dual.left_out, primal.left_out)


@every_size
def test_constant_features_get_the_weight_0(size, problem):
    features, target, weight = problem(*size)
    features[:, 3] = 0.1
    features[:, 1] = 1e-8 * features[:, 1]  # as if it were rounding
    found = ridge(features, target, weight)
    assert not found.weight[:, [1, 3]].any()
    assert found.weight[:, [0, 2, 4]].all()


def test_features_that_are_all_constant_leave_the_mean():
    target = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    found = ridge(torch.full((3, 5), 0.3), target, torch.tensor([2.0, 1.0, 1.0]))
    assert not found.weight.any()
    assert_close(found.bias, torch.tensor([0.5, 0.5], dtype=torch.float64))


@pytest.mark.parametrize("size", [(7, 29), (23, 5)], ids=["dual", "primal"])
def test_p24_a_weight_is_so_many_times_the_series(size, problem):
    """Weights are relative to their mean; series that are repeated are more, against which the same penalty is less."""
    features, target, _ = problem(*size)
    times = torch.arange(size[0]) % 3 + 1
    repeated = [part.repeat_interleave(times, 0) for part in (features, target)]
    weighted = ridge(features, target, times.double(), 0.1)
    several = ridge(*repeated, penalty=0.1 * float(times.sum()) / size[0])
    assert_close(weighted.weight, several.weight)
    assert_close(weighted.bias, several.bias)


@every_size
def test_only_ratios_of_weights_matter(size, problem):
    features, target, weight = problem(*size)
    for one, other in zip(ridge(features, target, weight), ridge(features, target, 1e6 * weight), strict=True):
        assert_close(one, other)
    for one, other in zip(ridge(features, target), ridge(features, target, torch.full((size[0],), 1e-6)), strict=True):
        assert_close(one, other)


@every_size
def test_a_series_of_hardly_any_weight_is_hardly_there(size, problem):
    """The mean weight, and with it the penalty, is that of one series more."""
    features, target, weight = problem(*size)
    weight[-1] = 1e-12
    n = size[0]
    with_it = ridge(features, target, weight, 0.1)
    without = ridge(features[:-1], target[:-1], weight[:-1], 0.1 * (n - 1) / n)
    assert_close(with_it.weight, without.weight, rtol=1e-6, atol=1e-9)
    assert_close(with_it.left_out[:-1], without.left_out, rtol=1e-6, atol=1e-9)
    own = features[-1] @ without.weight.T + without.bias
    assert_close(with_it.left_out[-1], own, rtol=1e-6, atol=1e-6)


@every_size
def test_units_and_origin_of_features_do_not_matter(size, problem, draw):
    features, target, weight = problem(*size)
    plain, factor, shift = ridge(features, target, weight), draw(size[1]).exp(), 10 * draw(size[1])
    changed = ridge(features * factor + shift, target, weight)
    assert_close(changed.weight * factor, plain.weight)
    assert_close(changed.left_out, plain.left_out)
    assert_close((features * factor + shift) @ changed.weight.T + changed.bias, features @ plain.weight.T + plain.bias)


def test_one_series_is_answered_with_its_target(draw):
    found = ridge(draw(1, 5), torch.tensor([[0.0, 1.0]]))
    assert not found.weight.any()
    assert found.bias.tolist() == [0, 1]
    assert found.left_out.tolist() == [[0, 1]]


def best_of(features, target, weight, counts):
    """The penalty by which parts left out have the least weighted squared error."""
    errors = {}
    for penalty in PENALTIES:
        missed = reference.left_out(features.numpy(), target.numpy(), weight.numpy(), penalty, 8) - target.numpy()
        errors[penalty] = (counts.numpy()[:, None] * missed**2).sum()
    return min(errors, key=errors.get)


@pytest.mark.parametrize("weighted", [True, False])
@every_size
def test_of_the_penalties_the_one_is_taken_that_is_best_for_parts_left_out(size, weighted, problem):
    features, target, weight = problem(*size)
    weight = weight if weighted else torch.ones_like(weight)
    best = best_of(features, target, weight, weight)
    expected = ridge(features, target, weight, best)
    found = best_ridge(features, target, weight if weighted else None)
    assert_close(found.weight, expected.weight)
    assert_close(found.bias, expected.bias)
    loop = reference.left_out(features.numpy(), target.numpy(), weight.numpy(), best, 8)
    np.testing.assert_allclose(found.left_out, loop, rtol=1e-7, atol=1e-8)


def test_neighbours_that_resemble_each_other_do_not_choose(draw):
    """Features of noise that are nearly those of the next series tell its target, and nothing of other series."""
    features = draw(8, 40).repeat_interleave(12, 0) + 0.01 * draw(96, 40)
    target = draw(8, 1).repeat_interleave(12, 0)
    one_by_one = ridge(features, target, penalty=PENALTIES[0]).left_out
    assert (one_by_one - target).square().mean() < 0.01 * target.var()  # so they seem to tell all
    assert (best_ridge(features, target).left_out - target).square().mean() > 0.5 * target.var()


def test_a_series_counts_by_its_weight_in_what_is_best(draw):
    """A few series, whose noise is great, weigh hardly anything."""
    features, few = draw(31, 5), torch.arange(31) % 4 == 0
    target = features.sum(1, keepdim=True) + (7 * few[:, None] + 0.1) * draw(31, 1)
    weight = torch.where(few, 0.05, 1.0).double()
    best = best_of(features, target, weight, weight)
    assert best != best_of(features, target, weight, torch.ones(31))
    assert_close(best_ridge(features, target, weight).weight, ridge(features, target, weight, best).weight)


def test_features_that_tell_nothing_are_hardly_listened_to_and_others_are(draw):
    features, noise = draw(97, 211), draw(97, 1)
    found = best_ridge(features, noise).left_out
    assert found.square().mean() < 0.1 * noise.square().mean()  # with the penalty for classes, a third of it
    told = features[:, :3].sum(1, keepdim=True) + features.mean(1, keepdim=True)
    assert (best_ridge(features[:, :3], told).left_out - told).square().mean() < 0.05 * told.square().mean()


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.slow
def test_sharpness_is_the_best_of_a_grid(weighted, draw, generator):
    target = torch.randint(3, (53,), generator=generator)
    weight = draw(53).exp() if weighted else None
    for spread in (0.3, 1.0, 5.0):
        outputs = nn.functional.one_hot(target, 3) / 3 + spread * draw(53, 3) / 5
        factor = sharpness(outputs, target, weight)
        given = outputs.numpy(), target.numpy(), np.ones(53) if weight is None else weight.numpy()
        grid = [reference.cross_entropy(*given, np.exp(log), DOUBT) for log in np.arange(-3, 6, 0.01)]
        assert reference.cross_entropy(*given, factor, DOUBT) <= min(grid) + 1e-6
        assert abs(np.log(factor) - (-3 + 0.01 * np.argmin(grid))) < 0.02


def test_sharpness_by_hand():
    """With e odds to one for a class that is right 3 times of 4, its share in all the best logit is log 3, nearly."""
    outputs = torch.tensor([[1.0, 0.0]] * 4, dtype=torch.float64)
    share = 0.75 * (1 - DOUBT) + DOUBT / 2
    assert sharpness(outputs, torch.tensor([0, 0, 0, 1])) == pytest.approx(np.log(share / (1 - share)), rel=1e-4)
    assert sharpness(outputs, torch.tensor([0, 0, 0, 1]), torch.tensor([1.0, 1, 1, 3])) == pytest.approx(
        np.exp(-3), rel=1e-4)  # no factor is of use: the least


def test_outputs_that_are_always_right_stay_finite():
    outputs = torch.eye(3, dtype=torch.float64)
    limit = (1 - DOUBT + DOUBT / 3) / (DOUBT / 3)  # odds that the doubt is worth
    assert sharpness(outputs, torch.arange(3)) == pytest.approx(np.log(limit), rel=1e-4)
    assert sharpness(outputs / 1e6, torch.arange(3)) == pytest.approx(np.exp(6), rel=1e-4)


def batch(x, lengths, target=None, weight=None):
    return SimpleNamespace(inputs=(torch.zeros(len(x), x.shape[1], 2), x), lengths=lengths, target=target,
                           weight=weight)


@pytest.fixture
def batches(draw, generator):
    """Series whose level tells their class, in two batches of other lengths; the rest of the padding is absurd."""
    found = []
    for n, n_steps in [(13, 11), (17, 23)]:
        target = torch.randint(3, (n,), generator=generator)
        lengths = torch.randint(5, n_steps + 1, (n,), generator=generator)
        x = draw(n, n_steps, 7, dtype=torch.float32) + target[:, None, None]
        x[torch.arange(n_steps) >= lengths[:, None]] = 1e6
        found.append(batch(x, lengths, target, draw(n, dtype=torch.float32).exp()))
    return found


def advised(**options):
    return build(lambda: ProportionRidge(7, 3, **{"n_mixtures": 31} | options), torch.Generator().manual_seed(3))


def logits_of(layer, batches):
    return torch.cat([layer(*one.inputs, lengths=one.lengths) for one in batches])


def test_before_it_is_settled_all_classes_are_alike(batches):
    assert not logits_of(advised(), batches).any()


@pytest.mark.parametrize("weighted", [True, False])
def test_it_settles_on_the_ridge_of_its_proportions(weighted, batches):
    if not weighted:
        for one in batches:
            one.weight = None
    layer, asked = advised(penalty=0.3), []
    layer.settle(lambda: asked.append(1) or iter(batches))
    assert len(asked) == 3  # counted, thresholds, features
    expected = advised().proportions
    expected.settle(torch.cat([one.inputs[1][torch.arange(one.inputs[1].shape[1]) < one.lengths[:, None]]
                               for one in batches]))
    assert torch.equal(layer.proportions.thresholds, expected.thresholds)
    features = torch.cat([expected(one.inputs[1], one.lengths) for one in batches])
    target = torch.cat([one.target for one in batches])
    weight = torch.cat([one.weight for one in batches]) if weighted else None
    solution = ridge(features, nn.functional.one_hot(target, 3).float(), weight, 0.3)
    outputs = features @ solution.weight.float().T + solution.bias.float()
    assert_close(logits_of(layer, batches), sharpness(solution.left_out, target, weight) * outputs, rtol=1e-4,
                 atol=1e-4)
    assert (logits_of(layer, batches).argmax(1) == target).float().mean() > 0.9


def test_it_says_what_the_others_say_of_each_series_in_the_order_of_the_batches(batches):
    """Of classes in the scale of its logits; of a series of weight 0, what it says."""
    batches[1].weight[4] = 0
    layer = advised()
    said = layer.settle(lambda: batches)
    features = torch.cat([layer.proportions(one.inputs[1], one.lengths) for one in batches])
    target, weight = (torch.cat([getattr(one, name) for one in batches]) for name in ("target", "weight"))
    there = weight > 0
    classes = nn.functional.one_hot(target, 3).float()
    left_out = ridge(features[there], classes[there], weight[there]).left_out
    assert_close(said[there], sharpness(left_out, target[there], weight[there]) * left_out)
    assert_close(said[~there].float(), logits_of(layer, batches)[~there])


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_values_are_solved_for_as_they_are(n_outputs, batches, draw):
    for one in batches:
        noise = 2 * draw(len(one.target), 2, dtype=torch.float32)
        level = one.target[:, None] * torch.tensor([7.0, -3.0]) + 100 + noise
        one.target = level[:, :n_outputs].squeeze(-1)
    layer = build(lambda: ProportionRidge(7, n_outputs, n_mixtures=31), torch.Generator().manual_seed(3))
    said = layer.settle(lambda: batches)
    features = torch.cat([layer.proportions(one.inputs[1], one.lengths) for one in batches])
    target = torch.cat([one.target for one in batches]).view(-1, n_outputs)
    solution = best_ridge(features, target, torch.cat([one.weight for one in batches]))
    assert_close(logits_of(layer, batches), (features.double() @ solution.weight.T + solution.bias).float(), rtol=1e-5,
                 atol=1e-3)
    assert_close(said, solution.left_out)
    assert not torch.allclose(said, ridge(features, target, torch.cat([one.weight for one in batches])).left_out)
    assert (logits_of(layer, batches) - target).square().mean() < 0.5 * target.var(0).mean()


def test_nothing_of_it_is_trained(batches):
    layer = advised()
    layer.settle(lambda: batches)
    assert not any(parameter.requires_grad for parameter in layer.parameters())
    assert not logits_of(layer, batches).requires_grad
    x = batches[0].inputs[1].clone().requires_grad_()
    layer(x, lengths=batches[0].lengths).sum().backward()  # but what it reads has a slope
    assert x.grad.any()


def test_a_series_of_weight_0_is_not_there(batches, monkeypatch):
    """Where the thresholds are held; they are of the steps of all series."""
    states = []
    for left in (slice(None), slice(2, None)):
        layer = advised()
        layer.proportions.settle(batches[0].inputs[1][:, :5].flatten(0, 1))
        monkeypatch.setattr(layer.proportions, "settle", lambda steps: None)
        parts = []
        for one in batches:
            weight = one.weight.clone()
            weight[:2] = 0
            parts.append(batch(one.inputs[1][left], one.lengths[left], one.target[left], weight[left]))
        layer.settle(lambda parts=parts: parts)
        states.append(layer.state_dict())
    assert states[0]["head.weight"].any()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_weights_that_are_all_0_leave_all_classes_alike(batches):
    for one in batches:
        one.weight = torch.zeros(len(one.target))
    layer = advised()
    layer.settle(lambda: batches)
    assert not logits_of(layer, batches).any()


@pytest.mark.parametrize(("n", "n_steps"), [(3, 40_000), (4096, 8), (1000, 100)])
def test_thresholds_are_taken_from_all_times_of_all_series(n, n_steps, monkeypatch):
    x = torch.zeros(n, n_steps, 7)
    x[..., 0], x[..., 1] = torch.arange(n_steps), torch.arange(n)[:, None]
    taken, layer = [], advised()
    monkeypatch.setattr(layer.proportions, "settle", taken.append)
    half = n // 2  # in two batches
    layer.settle(lambda: [batch(part, torch.tensor([n_steps] * len(part)), torch.arange(len(part)) % 3)
                          for part in (x[:half], x[half:])])
    times, series = taken[0][:, 0], taken[0][:, 1]
    assert len(taken[0].unique(dim=0)) == len(taken[0]) == STEPS
    for values, count in ((times, n_steps), (series, n)):
        shares = torch.histc(values, next(k for k in (8, 4, 3) if count % k == 0), -0.5, count - 0.5) / STEPS
        assert_close(shares, torch.full_like(shares, 1 / len(shares)), rtol=0.02, atol=0)


@pytest.mark.parametrize(("options", "said"), [
    ({"penalty": 0.0}, "penalty must be"), ({"n_mixtures": 0}, "n_mixtures must be an integer of at least 1, got 0"),
])
def test_nonsense_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        ProportionRidge(3, 5, **options)
    with pytest.raises(ValueError, match="n_outputs must be an integer of at least 1, got 0"):
        ProportionRidge(3, 0)


def test_the_latest_steps_are_what_is_read(draw):
    layer = build(lambda: StepRidge(2, 1), torch.Generator().manual_seed(0))
    assert layer.latest == 96
    assert StepRidge(121, 1).latest == 16
    assert StepRidge(5000, 1).latest == 1
    x, lengths = draw(3, 120, 2, dtype=torch.float32), torch.tensor([120, 97, 3])
    found = layer.features([x], lengths).view(3, 96, 2)
    for number, length in enumerate(lengths.tolist()):
        for step in range(96):
            assert torch.equal(found[number, step], x[number, max(length - 96 + step, 0)])


def test_a_line_is_drawn_beyond_the_values_that_were_learned_from(draw):
    """Of series that rise, with the first half to learn from: the next value of the second."""
    rising = torch.arange(80.0)[:, None] + torch.arange(7.0)
    x, target = rising[..., None], rising[:, -1] + 1 + 0.01 * draw(80, dtype=torch.float32)
    layer = build(lambda: StepRidge(1, 1), torch.Generator().manual_seed(0))
    lengths = torch.full((40,), 7)
    layer.settle(lambda: [SimpleNamespace(inputs=(x[:40],), lengths=lengths, target=target[:40], weight=None)])
    assert_close(layer(x[40:], lengths=lengths)[:, 0], target[40:], rtol=0, atol=0.2)


@pytest.mark.parametrize("deepest", [2, 11])
def test_as_many_of_the_latest_steps_are_read_as_are_best_for_parts_left_out(deepest, draw):
    """By loops over steps and penalties; the target hangs on the last two steps, or the last and the first of 11."""
    x = draw(26, 11, 3, dtype=torch.float64)
    target = x[:, -1, :1] - x[:, -deepest, 1:2] + 0.3 * draw(26, 1)
    layer = build(lambda: StepRidge(3, 1), torch.Generator().manual_seed(0)).double()
    given = SimpleNamespace(inputs=(x,), lengths=torch.full((26,), 11), target=target, weight=None)
    said = layer.settle(lambda: [given])
    features, errors = layer.features([x], given.lengths), {}
    for span in (1, 2, 4, 8, 11):  # of 11 steps
        for penalty in PENALTIES:
            loop = reference.left_out(features[:, -3 * span :].numpy(), target.numpy(), np.ones(26), penalty, 8)
            errors[span, penalty] = ((loop - target.numpy()) ** 2).sum()
    span, penalty = min(errors, key=errors.get)
    weights, _ = reference.ridge(features[:, -3 * span :].numpy(), target.numpy(), np.ones(26), penalty)
    assert span == deepest
    np.testing.assert_allclose(layer.head.weight.numpy()[:, -3 * span :], np.array(weights).reshape(1, -1), rtol=1e-6)
    assert not layer.head.weight[:, : -3 * span].any()
    assert float((said - target).square().sum()) == pytest.approx(errors[span, penalty])
