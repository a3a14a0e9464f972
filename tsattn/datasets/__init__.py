"""Loaders of public data sets, in the containers sktime uses, and series whose events are known.

A file is looked for below the folder that the environment variable `TSATTN_DATA` names, then in the user's cache, and
is then downloaded from its publisher, checked by checksum, into the cache. Nothing is imported or fetched before a
loader is called.
"""

from tsattn.datasets.auslan import load_auslan
from tsattn.datasets.groups import groups_of
from tsattn.datasets.hdm05 import load_hdm05
from tsattn.datasets.planted import load_planted_events, make_planted_events
from tsattn.datasets.shipped import card, cards
from tsattn.datasets.spoken_arabic_digits import load_spoken_arabic_digits

__all__ = [
    "card",
    "cards",
    "groups_of",
    "load_auslan",
    "load_hdm05",
    "load_planted_events",
    "load_spoken_arabic_digits",
    "make_planted_events",
]
