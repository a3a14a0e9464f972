"""Data sets of the suites, read by name.

Two come inside sktime. The others are `tsattn.datasets`' own, and need their files: see `TSATTN_DATA` there.
"""

from typing import Any

import numpy as np

from tsattn.benchmark.data import Data


def japanese_vowels() -> Data:
    """JapaneseVowels (Kudo, Toyama & Shimbo 1999), the copy inside sktime: 270 + 370 utterances, 9 speakers."""
    from sktime.datasets import load_japanese_vowels

    return _from_sktime(load_japanese_vowels)


def basic_motions() -> Data:
    """BasicMotions (UEA archive), the copy inside sktime: 40 + 40 recordings, 4 activities."""
    from sktime.datasets import load_basic_motions

    return _from_sktime(load_basic_motions)


def _from_sktime(load: Any) -> Data:
    return Data.joined(*(load(split=part, return_type="pd-multiindex") for part in ("train", "test")))


def auslan() -> Data:
    """AUSLAN (Kadous 2002): train sessions 1-4, test sessions 5-9; a group is a session."""
    from tsattn.datasets import load_auslan

    return _ours(load_auslan, "auslan")


def spoken_arabic_digits() -> Data:
    """Spoken Arabic Digits (Hammami & Bedda 2010), 66 speakers / 22 others; a group is a speaker."""
    from tsattn.datasets import load_spoken_arabic_digits

    return _ours(load_spoken_arabic_digits, "spoken_arabic_digits")


def hdm05(**options: Any) -> Data:
    """HDM05 (Müller et al. 2007), by actor: bd, bk, dg / mm, tr; a group is an actor. Options as `load_hdm05` has."""
    from tsattn.datasets import load_hdm05

    return _ours(load_hdm05, "hdm05", **options)


def _ours(load: Any, name: str, **options: Any) -> Data:
    from tsattn.datasets import groups_of

    parts = [load(split=part, return_type="pd-multiindex", **options) for part in ("train", "test")]
    group_of = groups_of(name)
    groups = [group_of(instance) for X, _ in parts for instance in X.index.get_level_values(0).unique()]
    return Data.joined(*parts, groups=np.array(groups))
