"""The linear map of windows: against a loop, and what must hold of any such map."""

import numpy as np
import pytest
import torch

from tests.reference import lag_ridge as slow
from tsattn.nn.lag_ridge import LagRidge, Moments, choose


def windows(n=40, steps=6, channels=3, ahead=2, targets=2, known=1, seed=0):
    """Random windows with what is known of their future, and their future."""
    draw = np.random.default_rng(seed).standard_normal
    return tuple(torch.from_numpy(draw(shape)) for shape in [(n, steps, channels), (n, known), (n, ahead, targets)])


@pytest.mark.parametrize("kind", ["own", "all"])
@pytest.mark.parametrize("channels", [2, 400])
def test_the_map_is_the_loops(kind, channels):
    series, known, future = windows(channels=channels)
    moments = Moments.of(kind, [(series[:25], known[:25], future[:25]), (series[25:], known[25:], future[25:])])
    (found,) = moments.maps([1e-2])
    arrays = series.numpy(), known.numpy(), future.numpy()
    assert np.allclose(found, slow.solve(kind, *arrays, 1e-2), atol=1e-9)
    assert moments.error(found) == pytest.approx(slow.error(kind, found.numpy(), *arrays), rel=1e-9)


@pytest.mark.parametrize("kind", ["own", "all"])
def test_a_forecast_is_the_loops(kind):
    series, known, future = windows()
    (weight,) = Moments.of(kind, [(series, known, future)]).maps([1e-3])
    found = LagRidge(weight, n_targets=2, kind=kind).double()(series, known)
    for i in range(3):
        for j in range(2):
            read = np.array(slow.row(kind, series[i].numpy(), known[i].numpy(), j))
            outputs = read @ weight.numpy() if kind == "own" else (read @ weight.numpy()).reshape(-1, 2)[:, j]
            assert np.allclose(found[i, :, j], outputs + series[i, -1, j].numpy(), atol=1e-5)


def test_a_line_goes_on():
    steps = torch.arange(9.0).double()
    lines = torch.stack([3 + 2 * steps, 1 - steps, 4 + 0 * steps]).unsqueeze(2)
    known = torch.zeros(3, 0)
    (weight,) = Moments.of("own", [(lines[:, :6], known, lines[:, 6:])]).maps([1e-12])
    forecast = LagRidge(weight, n_targets=1, kind="own")(lines[:, :6].float(), known)
    assert torch.allclose(forecast, lines[:, 6:].float(), atol=1e-4)


def test_a_strong_penalty_forecasts_the_last_value():
    series, known, future = windows()
    for kind in ("own", "all"):
        (weight,) = Moments.of(kind, [(series, known, future)]).maps([1e12])
        forecast = LagRidge(weight, n_targets=2, kind=kind)(series.float(), known.float())
        assert torch.allclose(forecast, series[:, -1:, :2].float().expand(-1, 2, -1), atol=1e-6)


@pytest.mark.parametrize("kind", ["own", "all"])
def test_a_forecast_follows_the_level_of_its_target_alone(kind):
    series, known, future = windows()
    (weight,) = Moments.of(kind, [(series, known, future)]).maps([1e-2])
    layer = LagRidge(weight, n_targets=2, kind=kind)
    moved = layer(series.float() + torch.tensor([7.0, -3.0, 50.0]), known.float())
    expected = layer(series.float(), known.float()) + torch.tensor([7.0, -3.0])
    assert torch.allclose(moved, expected, atol=1e-4)


def test_moments_of_parts_add_up():
    series, known, future = windows()
    whole = Moments.of("all", [(series, known, future)])
    parts = [Moments.of("all", [(series[part], known[part], future[part])]) for part in (slice(0, 7), slice(7, None))]
    both = parts[0] + parts[1]
    assert both.n == whole.n
    assert torch.allclose(both.gram, whole.gram)
    assert torch.allclose(both.cross, whole.cross)
    assert torch.allclose(both.square, whole.square)


def test_all_channels_are_chosen_only_where_they_are_clearly_better():
    generator = torch.Generator().manual_seed(3)
    noise = torch.randn(400, 5, 2, generator=generator)
    known = torch.zeros(400, 0)

    def chosen(future):
        parts = [[(noise[part], known[part], future[part])] for part in torch.arange(400).split(50)]
        return choose(lambda: [batch for part in parts[:4] for batch in part], lambda: parts[4:])[0].kind

    other = noise[:, -1:, :1] + noise[:, -2:-1, 1:] - noise[:, -1:, 1:]  # told by the second channel alone
    assert chosen(other) == "all"
    own = noise[:, -2:-1, :1] + 0.5 * torch.randn(400, 1, 1, generator=generator)
    assert chosen(own) == "own"


def test_a_target_that_jumps_does_not_decide_for_all():
    steps = torch.arange(200.0)
    wave = torch.sin(steps[:, None] / 3 + torch.arange(8.0) / 4)
    jumps = torch.zeros(200, 8)
    jumps[160:, 6:] = 1e4  # after the window, in the part held out
    both = torch.stack([wave, jumps], 2)
    known = torch.zeros(200, 0)
    parts = [[(both[part, :6], known[part], both[part, 6:])] for part in torch.arange(200).split(40)]
    found, _ = choose(lambda: [batch for part in parts[:4] for batch in part], lambda: parts[4:], kinds=["own"])
    assert found.penalty < 1e-2


def test_both_parts_together_solve_the_second_choice():
    series, known, future = windows(n=60)
    held = [[(series[40:50], known[40:50], future[40:50])], [(series[50:], known[50:], future[50:])]]
    train, both = choose(lambda: [(series[:40], known[:40], future[:40])], lambda: held, kinds=["own"])
    assert train.penalty == both.penalty
    expected = slow.solve("own", series.numpy(), known.numpy(), future.numpy(), both.penalty)
    assert np.allclose(both.solve(2).weight, expected, atol=1e-5)


def test_errors_say_the_rule():
    series, known, future = windows()
    with pytest.raises(ValueError, match=r"penalty must be a positive finite number, got 0\.0"):
        choose(lambda: [(series, known, future)], lambda: [[(series, known, future)]], penalties=[0.0])
    with pytest.raises(ValueError, match="unknown kind 'both'"):
        LagRidge(torch.zeros(2, 1), n_targets=1, kind="both")
