"""XM2A's published forms as entries: the source's ablation, and its variants of how far each head sees.

Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, table 7.4, with the
other methods of table 7.3, and figure 7.4 (which prints no numbers). Table 7.4 has heads that talk to themselves
without a norm only: what talk and norm are worth cannot be told apart there, and the grid has the rest.
"""

from dataclasses import dataclass
from itertools import product

from tsattn.benchmark.form import PaperForm
from tsattn.benchmark.suite import Entry

PRINTED = {  # table 7.4: (descriptor, norm, talk) -> accuracy %
    ("max", "none", "self"): {"spoken_arabic_digits": 94.99, "auslan": 80.40},
    ("max", "batch", "input"): {"spoken_arabic_digits": 96.02, "auslan": 85.70},
    ("max", "batch", "scale"): {"spoken_arabic_digits": 96.24, "auslan": 86.24},
    ("max", "layer", "input"): {"spoken_arabic_digits": 95.96, "auslan": 86.12},
    ("max", "layer", "scale"): {"spoken_arabic_digits": 97.52, "auslan": 88.15},
    ("average", "none", "self"): {"spoken_arabic_digits": 95.12, "auslan": 80.73},
    ("average", "batch", "input"): {"spoken_arabic_digits": 96.21, "auslan": 86.56},
    ("average", "batch", "scale"): {"spoken_arabic_digits": 96.02, "auslan": 87.38},
    ("average", "layer", "input"): {"spoken_arabic_digits": 96.50, "auslan": 86.93},
    ("average", "layer", "scale"): {"spoken_arabic_digits": 98.12, "auslan": 89.52},
}


UNBUILT = {  # of table 7.3
    "vgg": 80.50, "inception": 81.29, "self": 82.50, "senet": 82.54, "bam": 82.89, "transformer": 85.52, "msmsa": 87.63,
}


@dataclass(frozen=True)
class Published(PaperForm):
    """XM2A as published, in the form that its name says."""

    estimator = "XM2AClassifier"
    descriptor: str = "average"
    norm: str = "layer"
    talk: str = "scale"
    variant: str = "default"


def _entry(form: tuple[str, str, str]) -> Entry:
    return Entry("-".join(("xm2a", *form)), Published(*form), ours=True, published=PRINTED.get(form, {}))


ABLATION = tuple(map(_entry, PRINTED))
GRID = tuple(map(_entry, product(("max", "average"), ("none", "batch", "layer"), ("self", "input", "scale"))))
SPANS = tuple(Entry(f"xm2a-{variant}", Published(variant=variant), ours=True)
              for variant in ("msmsa", "exp", "pool", "exp-pool", "hybrid"))
