"""SDMA's published forms as entries: its source's comparison of attentions, and of ways to make a saliency series.

Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, tables 6.2 and 6.3,
of AUSLAN. Its other data sets are a set of motions that is not public in that form, and one of forecasts whose scale is
not printed. What the source calls SAN and FusAtNet there are forms of its own, which it does not describe.
"""

from dataclasses import dataclass
from typing import Any

from tsattn.benchmark.form import Form
from tsattn.benchmark.suite import Entry, Info

ARCHITECTURES = ("single", "type1", "type2")


@dataclass(frozen=True)
class PublishedSDMA(Form):
    """SDMA as published, in the form that its fields say; without a saliency, the LSTM alone."""

    architecture: str = "single"
    mutual: bool = True
    salient: bool = True
    amplitude: str = "average"
    cut: bool = False

    def __call__(self, seed: int, _info: Info) -> Any:
        from tsattn.classification import SDMAClassifier
        from tsattn.transformations import UVTFSaliency

        saliency = UVTFSaliency(amplitude=self.amplitude, cut=self.cut) if self.salient else None
        return SDMAClassifier.paper(self.architecture, mutual=self.mutual, saliency=saliency, random_state=seed)


def _forms(name: str, printed: tuple[float, ...], note: str, **fields: Any) -> tuple[Entry, ...]:
    """The form in each architecture, with the accuracy that is printed of AUSLAN."""
    return tuple(Entry(f"{name}-{architecture}", PublishedSDMA(architecture, **fields), ours=True, note=note,
                       published={"auslan": value})
                 for architecture, value in zip(ARCHITECTURES, printed, strict=False))


ATTENTIONS = (
    *_forms("lstm", (71.16, 69.40), "no attention; both kinds of several layers are one without it", salient=False),
    *_forms("sdca", (80.17, 78.63, 82.77), "the saliency attends the series, not the other way", mutual=False),
    *_forms("sdma", (88.77, 85.96, 86.56), "each attends the other"),
)
UNBUILT = {
    "self-single": 72.91, "self-type1": 73.96, "dstp-type1": 71.05, "san-single": 74.23, "san-type1": 70.00,
    "fusatnet, data": 81.61, "fusatnet, data and saliency": 82.15,
}
SALIENCIES = (
    _forms("lstm", (71.16,), "no attention", salient=False)
    + _forms("scale-space", (73.26,), "series smoothed at the scale of their events", amplitude="scale-space")
    + _forms("unit-cut", (73.70,), "amplitude 1, masks that end", amplitude="unit", cut=True)
    + _forms("unit", (76.04,), "amplitude 1", amplitude="unit")
    + _forms("centre-cut", (73.89,), "amplitude of the centre, masks that end", amplitude="center", cut=True)
    + _forms("centre", (75.86,), "amplitude of the centre", amplitude="center")
    + _forms("average-cut", (84.24,), "mean amplitude, masks that end", cut=True)
    + _forms("average", (88.77,), "mean amplitude, as published")
)
