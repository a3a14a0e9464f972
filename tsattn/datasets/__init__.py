"""Loaders of public data sets, series in the containers sktime uses and images as arrays, and series of known events.

A file is looked for below the folder that the environment variable `TSATTN_DATA` names, then in the user's cache, and
is then downloaded from its publisher, checked by checksum, into the cache. Nothing is imported or fetched before a
loader is called.
"""

from tsattn.datasets.auslan import load_auslan
from tsattn.datasets.digits import load_fashion_mnist, load_mnist
from tsattn.datasets.forecasting import load_ett, load_exchange_rate, load_m4
from tsattn.datasets.groups import groups_of
from tsattn.datasets.hdm05 import load_hdm05
from tsattn.datasets.kick_vs_punch import load_kick_vs_punch
from tsattn.datasets.objects import load_cifar10, load_coil20
from tsattn.datasets.photos import load_oxford_affine, load_photo, load_sift_keypoints
from tsattn.datasets.planted import load_planted_events, make_planted_events
from tsattn.datasets.shipped import card, cards
from tsattn.datasets.sml2010 import load_sml2010
from tsattn.datasets.spoken_arabic_digits import load_spoken_arabic_digits
from tsattn.datasets.ts_files import load_ts

__all__ = [
    "card",
    "cards",
    "groups_of",
    "load_auslan",
    "load_cifar10",
    "load_coil20",
    "load_ett",
    "load_exchange_rate",
    "load_fashion_mnist",
    "load_hdm05",
    "load_kick_vs_punch",
    "load_m4",
    "load_mnist",
    "load_oxford_affine",
    "load_photo",
    "load_planted_events",
    "load_sift_keypoints",
    "load_sml2010",
    "load_spoken_arabic_digits",
    "load_ts",
    "make_planted_events",
]
