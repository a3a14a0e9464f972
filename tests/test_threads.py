"""Rows are shared out among threads: every row once, in order, on no more threads than asked for or worth it."""

from threading import Barrier, get_ident

import pytest

from tsattn import _threads
from tsattn._threads import over_rows


def ranges(*arguments, **options):
    return over_rows(lambda first, last: (first, last), *arguments, **options)


@pytest.fixture(autouse=True)
def three_cpus(monkeypatch):
    monkeypatch.setattr(_threads, "n_threads", lambda: 3)


@pytest.mark.parametrize(("arguments", "options", "parts"), [
    ((13, 49_999), {}, [(0, 13)]),  # not worth a second thread
    ((13, 99_999), {}, [(0, 6), (6, 13)]),  # one for each of two
    ((13, 250_000), {"threads": 2}, [(0, 2), (2, 5), (5, 7), (7, 10), (10, 13)]),  # each worth to be handed over
    ((13, 1_000_000), {}, [(k, k + 1) for k in range(11)] + [(11, 13)]),  # of three, the CPUs
    ((13, 1_000_000), {"threads": 2}, [(0, 1), (1, 3), (3, 4), (4, 6), (6, 8), (8, 9), (9, 11), (11, 13)]),  # four each
    ((13, 1_000_000), {"threads": 1}, [(0, 13)]),
    ((13, 1_000_000), {"threads": 5, "worth": 2_000_000}, [(0, 13)]),
    ((2, 1_000_000), {"threads": 5}, [(0, 1), (1, 2)]),
    ((1, 1_000_000), {}, [(0, 1)]),
    ((0, 1_000_000), {}, [(0, 0)]),
    ((13, 1_000_000), {"align": 5}, [(0, 5), (5, 10), (10, 13)]),
])
def test_ranges_by_hand(arguments, options, parts):
    assert ranges(*arguments, **options) == parts


def test_as_many_threads_as_asked_for_work_at_once():
    """Each part waits for four others: with fewer than five threads, none would ever go on."""
    together = Barrier(5)

    def work(*_part):
        together.wait(timeout=10)
        return get_ident()

    assert len(set(over_rows(work, 5, 10, threads=5, worth=2))) == 5
