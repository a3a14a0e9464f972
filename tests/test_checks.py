import math

import numpy as np
import pytest

from tsattn import _checks as checks


@pytest.mark.parametrize("value", [1, 0.5, np.float32(2), np.int64(3)])
def test_positive_numbers_pass(value):
    assert checks.check_positive("sigma", value) == float(value)


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf])
def test_positive_says_the_rule_and_the_value(value):
    with pytest.raises(ValueError, match=f"sigma must be a positive finite number, got {value!r}"):
        checks.check_positive("sigma", value)


@pytest.mark.parametrize("value", ["1", None, True, 1j])
def test_positive_refuses_other_types(value):
    with pytest.raises(TypeError, match="sigma must be a positive finite number"):
        checks.check_positive("sigma", value)


def test_zero_is_a_choice():
    assert checks.check_positive("contrast", 0, zero=True) == 0
    with pytest.raises(ValueError, match="non-negative"):
        checks.check_positive("contrast", -1, zero=True)


def test_int():
    assert checks.check_int("n", np.int32(3)) == 3
    with pytest.raises(ValueError, match="n must be an integer of at least 2, got 1"):
        checks.check_int("n", 1, minimum=2)
    for wrong in [2.0, True, "2"]:
        with pytest.raises(TypeError, match="n must be an integer"):
            checks.check_int("n", wrong)


def test_fraction():
    assert checks.check_fraction("p", 0) == 0
    assert checks.check_fraction("p", 1, one=True) == 1
    for wrong in [1, -0.1, math.nan]:
        with pytest.raises(ValueError, match=r"p must lie in \[0, 1\)"):
            checks.check_fraction("p", wrong)


def test_one_of_lists_the_choices():
    assert checks.check_one_of("mode", "reflect", ["reflect", "nearest"]) == "reflect"
    with pytest.raises(ValueError, match="unknown mode 'wrap'; choose one of 'reflect', 'nearest'"):
        checks.check_one_of("mode", "wrap", ["reflect", "nearest"])
    with pytest.raises(ValueError, match="unknown mode"):
        checks.check_one_of("mode", [], {"reflect"})


def test_switches():
    assert checks.check_bool("mutual", np.True_) is True
    assert checks.check_bool("mutual", False) is False
    for wrong in ("yes", 1, 0.0, None, np.array([True])):
        with pytest.raises(TypeError, match="mutual must be True or False, got "):
            checks.check_bool("mutual", wrong)


def test_seeds():
    assert checks.draw_seed(None) is None
    assert [checks.draw_seed(seed) for seed in (0, np.int8(3), 2**32 - 1)] == [0, 3, 2**32 - 1]
    state = np.random.RandomState(5)
    assert checks.draw_seed(state) == np.random.RandomState(5).randint(2**31 - 1)
    assert checks.draw_seed(state) != checks.draw_seed(np.random.RandomState(5))  # a state moves on


@pytest.mark.parametrize(("value", "error", "said"), [
    (2**70, ValueError, "an integer from 0 to 4294967295, got 1180591620717411303424; its remainder by"),
    (-1, ValueError, "an integer from 0 to 4294967295, got -1"), (True, TypeError, "got True"),
    (1.0, TypeError, "got 1.0"), ("0", TypeError, "got '0'"),
    (np.random.default_rng(0), TypeError, r"got Generator\(PCG64\).*draw one from it: int\(generator.integers\("),
])
def test_what_is_no_seed(value, error, said):
    with pytest.raises(error, match="random_state must be None, a numpy RandomState or .*" + said):
        checks.draw_seed(value)


@pytest.mark.parametrize(("call", "said"), [
    (lambda: checks.check_positive("x", np.float64(-1)), "got -1.0$"),
    (lambda: checks.check_int("x", np.int64(0)), "got 0$"),
    (lambda: checks.check_int("x", np.float32(0.5)), "got 0.5$"),
    (lambda: checks.check_int("x", np.bool_(True)), "got True$"),
    (lambda: checks.check_fraction("x", np.float64(2)), "got 2.0$"),
    (lambda: checks.check_bool("x", np.int8(1)), "got 1$"),
    (lambda: checks.check_one_of("x", np.str_("a"), [np.int64(3), (np.int64(1),)]), r"x 'a'; choose one of 3, \(1,\)$"),
    (lambda: checks.check_random_state(np.float64(1)), "got 1.0$"),
    (lambda: checks.check_random_state([np.int64(1)]), r"got \[1\]$"),
])
def test_errors_show_plain_numbers(call, said):
    with pytest.raises((TypeError, ValueError), match=said):
        call()


def test_times_are_shown_as_they_are():
    times = [np.datetime64("2020"), np.timedelta64(1, "D")]
    assert checks.plain(times) == times
    assert checks.plain({np.str_("a"): (np.bool_(False),)}) == {"a": (False,)}
