"""LSTM-SAN's published forms as entries: what the parts of its mask are worth, and its places and competitor.

Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, tables 5.9 and 5.6.
Table 5.9 is of images, at the bottleneck and with an undilated convolution: only the order of its rows can be compared.
Table 5.6 is of another set of motions; every row has an accuracy of 100 % there, so that it compares losses. Table 5.7
is of a flight's fuel, which is not public; other numbers in other units can share its order alone.
"""

from dataclasses import dataclass
from typing import Any

from tsattn.benchmark.form import PaperForm
from tsattn.benchmark.suite import Entry


@dataclass(frozen=True)
class PublishedSAN(PaperForm):
    """LSTM-SAN as published, with the attention that its fields say."""

    estimator = "LSTMSANClassifier"
    attention_module: str | None = "san"
    placement: str = "bottleneck"
    absolute: bool = True
    channel_alignment: bool = True
    extrema: bool = True
    smoothing: bool = True


@dataclass(frozen=True)
class PublishedSANRegressor(PublishedSAN):
    """The same network, for numbers."""

    estimator = "LSTMSANRegressor"


def _form(name: str, note: str, **fields: Any) -> Entry:
    return Entry(name, PublishedSAN(**fields), ours=True, note=note)


def _placements(form: type[PublishedSAN], tasks: tuple[str, ...], score: str, printed: tuple[float, ...]
                ) -> tuple[Entry, ...]:
    """The network without attention, and with either kind in either place, with the score that was printed of them."""
    return tuple(Entry(name, form(module, placement), ours=True, note=note, published=dict.fromkeys(tasks, value),
                       published_as=score)
                 for (name, note, module, placement), value in zip(PLACES, printed, strict=True))


BASE = "LSTM-4 without attention"
PLACES = (
    ("lstm4", BASE, None, "bottleneck"),
    ("ran-bottleneck", "recurrent attention", "ran", "bottleneck"),
    ("ran-full", "recurrent attention", "ran", "full"),
    ("san-bottleneck", "scale-space attention", "san", "bottleneck"),
    ("san-full", "scale-space attention", "san", "full"),
)
ABLATION = (
    _form("lstm4", BASE, attention_module=None),
    _form("san-plain", "the signed difference alone", absolute=False, channel_alignment=False, extrema=False,
          smoothing=False),
    _form("san-abs", "absolute", channel_alignment=False, extrema=False, smoothing=False),
    _form("san-abs-cca", "absolute, channels aligned", extrema=False, smoothing=False),
    _form("san-abs-cca-extrema", "absolute, channels aligned, extrema", smoothing=False),
    _form("san", "all parts of the mask"),
    _form("san-no-abs", "all but the absolute value", absolute=False),
    _form("san-no-cca", "all but the alignment of channels", channel_alignment=False),
    _form("san-no-extrema", "all but the extrema", extrema=False),
)
PLACEMENT = _placements(PublishedSAN, ("hdm05",), "log_loss", (0.1118, 0.1055, 0.0751, 0.0641, 0.0084))
NUMBERS = _placements(PublishedSANRegressor, ("covid3month", "sml2010-hours"), "mae",
                      (40.88, 37.04, 33.40, 33.40, 31.48))
