"""The linear map of windows: against a loop, and what must hold of any such map."""

import numpy as np
import pytest
import torch

from tests.reference import lag_ridge as slow
from tsattn.nn.lag_ridge import READ, Choice, LagRidge, Moments, choose

every_kind = pytest.mark.parametrize("kind", list(READ))


def windows(n=40, steps=6, channels=3, ahead=2, targets=2, known=1, seed=0):
    """Random windows with what is known of their future, and their future."""
    draw = np.random.default_rng(seed).standard_normal
    shapes = [(n, steps, channels), (n, ahead, known), (n, ahead, targets)]
    return tuple(torch.from_numpy(draw(shape)) for shape in shapes)


def solved(kind, batch, penalty):
    moments = Moments.of(READ[kind], [batch])
    return Choice([kind] * batch[2].shape[2], [penalty] * batch[2].shape[2], {READ[kind]: moments}).solve()


@every_kind
@pytest.mark.parametrize("channels", [2, 400])
def test_maps_are_the_loops(kind, channels):
    series, known, future = windows(channels=channels)
    parts = [(series[:25], known[:25], future[:25]), (series[25:], known[25:], future[25:])]
    moments = Moments.of(READ[kind], parts)
    (found,) = moments.maps([1e-2], shared=kind == "shared")
    arrays = series.numpy(), known.numpy(), future.numpy()
    expected = slow.solve(kind, *arrays, 1e-2)
    for j in range(2):
        assert np.allclose(found[j], expected[j], atol=1e-9)
    each = [slow.forecast(kind, expected, one, beside, 2) for one, beside, _ in zip(*arrays, strict=True)]
    assert np.allclose(moments.errors(found), np.square(np.stack(each) - arrays[2]).mean((0, 1)))


@every_kind
def test_a_forecast_is_the_loops(kind):
    series, known, future = windows()
    layer = solved(kind, (series, known, future), 1e-3)
    expected = slow.solve(kind, series.numpy(), known.numpy(), future.numpy(), 1e-3)
    found = layer(series.float(), known.float())
    for i in range(3):
        assert np.allclose(found[i], slow.forecast(kind, expected, series[i].numpy(), known[i].numpy(), 2), atol=1e-5)


def test_targets_may_have_maps_of_several_kinds():
    series, known, future = windows()
    moments = {read: Moments.of(read, [(series, known, future)]) for read in ("own", "all")}
    layer = Choice(["all", "shared"], [1e-3, 1e-2], moments).solve()
    found = layer(series.float(), known.float())
    for j, (kind, penalty) in enumerate([("all", 1e-3), ("shared", 1e-2)]):
        alone = solved(kind, (series, known, future), penalty)(series.float(), known.float())
        assert torch.allclose(found[..., j], alone[..., j], atol=1e-5)


@every_kind
def test_a_line_goes_on(kind):
    steps = torch.arange(9.0).double()
    lines = torch.stack([3 + 2 * steps, 1 - steps, 4 + 0 * steps]).unsqueeze(2)
    layer = solved(kind, (lines[:, :6], torch.zeros(3, 3, 0), lines[:, 6:]), 1e-12)
    assert torch.allclose(layer(lines[:, :6].float(), torch.zeros(3, 3, 0)), lines[:, 6:].float(), atol=1e-4)


@every_kind
def test_a_strong_penalty_forecasts_the_last_value(kind):
    series, known, future = windows()
    forecast = solved(kind, (series, known, future), 1e12)(series.float(), known.float())
    assert torch.allclose(forecast, series[:, -1:, :2].float().expand(-1, 2, -1), atol=1e-6)


@every_kind
def test_a_forecast_follows_the_level_of_its_target_alone(kind):
    series, known, future = windows()
    layer = solved(kind, (series, known, future), 1e-2)
    moved = layer(series.float() + torch.tensor([7.0, -3.0, 50.0]), known.float() + 50)
    expected = layer(series.float(), known.float()) + torch.tensor([7.0, -3.0])
    assert torch.allclose(moved, expected, atol=1e-4)


@pytest.mark.parametrize("read", ["own", "all"])
def test_moments_of_parts_add_up(read):
    series, known, future = windows()
    whole = Moments.of(read, [(series, known, future)])
    parts = [Moments.of(read, [(series[part], known[part], future[part])]) for part in (slice(0, 7), slice(7, None))]
    both = parts[0] + parts[1]
    assert both.n == whole.n
    for name in ("gram", "cross", "square"):
        assert torch.allclose(getattr(both, name), getattr(whole, name))


def parted(series, future, size=50):
    known = torch.zeros(len(series), 1, 0)
    parts = [[(series[part], known[part], future[part])] for part in torch.arange(len(series)).split(size)]
    middle = len(parts) // 2
    return lambda: [batch for part in parts[:middle] for batch in part], lambda: parts[middle:]


def test_each_target_has_the_plainest_map_that_serves_it():
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(600, 5, 4, generator=generator)
    change = x[:, -2] - x[:, -1]  # what a map may read of the last step but one
    noise = 0.3 * torch.randn(600, 4, generator=generator)
    future = x[:, -1] + noise + torch.stack(
        [change[:, 0], change[:, 1], -change[:, 2], change[:, 0]], 1)  # like each other; against them; by another
    found, both = choose(*parted(x, future.unsqueeze(1)))
    assert found.kinds == ["own", "own", "own", "all"]
    assert both.kinds == found.kinds
    alike = x[:, -1] + noise + change
    assert choose(*parted(x, alike.unsqueeze(1)))[0].kinds == ["shared"] * 4


def test_a_target_that_jumps_does_not_decide_for_others():
    steps = torch.arange(200.0)
    wave = torch.sin(steps[:, None] / 3 + torch.arange(8.0) / 4)
    jumps = torch.zeros(200, 8)
    jumps[160:, 6:] = 1e4  # after the window, in the part held out
    both = torch.stack([wave, jumps], 2)
    found, _ = choose(*parted(both[:, :6], both[:, 6:], size=20))
    assert found.penalties[0] < 1e-2


@every_kind
def test_the_second_choice_is_of_both_parts(kind):
    series, known, future = windows(n=60)
    held = [[(series[40:50], known[40:50], future[40:50])], [(series[50:], known[50:], future[50:])]]
    train, both = choose(lambda: [(series[:40], known[:40], future[:40])], lambda: held, kinds=[kind])
    assert train.penalties == both.penalties
    for part, rows in ((train, 40), (both, 60)):
        layer = part.solve()
        found = layer.own if kind != "all" else layer.whole
        for j, penalty in enumerate(part.penalties):
            arrays = series[:rows].numpy(), known[:rows].numpy(), future[:rows].numpy()
            assert np.allclose(found[j], slow.solve(kind, *arrays, penalty)[j], atol=1e-5)


def test_errors_say_the_rule():
    series, known, future = windows()
    batch = [(series, known, future)]
    with pytest.raises(ValueError, match=r"penalty must be a positive finite number, got 0\.0"):
        choose(lambda: batch, lambda: [batch], penalties=[0.0])
    with pytest.raises(ValueError, match="unknown kind 'both'"):
        choose(lambda: batch, lambda: [batch], kinds=["both"])


def test_maps_travel_with_the_module():
    layer = LagRidge(torch.ones(1, 2, 3))
    assert layer.state_dict().keys() == {"own"}
    assert layer(torch.zeros(4, 3, 1), torch.zeros(4, 3, 0)).shape == (4, 3, 1)
