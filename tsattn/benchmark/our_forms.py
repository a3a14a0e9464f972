"""Our classifiers as entries: at their best, as published, and without this or that part.

What is best was chosen on sessions, speakers and actors of the training parts.
"""

from typing import Any

from tsattn.benchmark.spaces import DEEP, MIXTURES, NETWORK
from tsattn.benchmark.suite import Entry, Info
from tsattn.benchmark.tuning import TunableEntry

# how the best form and its parts are trained where other recipes than `Training()` did better on validation parts
RECIPES = {
    "auslan": 'trained with Training(augment="strong")',
    "spoken_arabic_digits": 'trained with Training(augment="strong")',
    "hdm05": "trained with STRONG augmentation, its ChannelDrop replaced by ChannelDrop(0.3)",
}


def recipe(info: Info) -> Any:
    """The `Training` that `RECIPES` says in words; None, the default, for other data sets."""
    from tsattn.training import STRONG, ChannelDrop, Training

    if info.task == "hdm05":
        others = tuple(change for change in STRONG if not isinstance(change, ChannelDrop))
        return Training(augment=(*others, ChannelDrop(0.3)))
    return Training(augment="strong") if info.task in RECIPES else None


def sdma(seed: int, info: Info) -> Any:
    """SDMAClassifier(), trained as `RECIPES` says for a data set."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(training=recipe(info), random_state=seed)


def sdma_paper(seed: int, _info: Info) -> Any:
    """SDMA as published: event saliency, LSTMs, last step, RMSprop."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier.paper(random_state=seed)


def sdma_no_saliency(seed: int, info: Info) -> Any:
    """The best form without saliency: one branch, no gate."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(saliency=None, training=recipe(info), random_state=seed)


def sdma_events(seed: int, info: Info) -> Any:
    """The trained network with the published event saliency in place of scale-space channels."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(saliency="events", proportions=0, training=recipe(info), random_state=seed)


def sdma_one_way(seed: int, info: Info) -> Any:
    """The trained network with one gate: saliency attends the series, not the other way (SDCA)."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(mutual=False, proportions=0, training=recipe(info), random_state=seed)


def sdma_sum(seed: int, info: Info) -> Any:
    """The trained network with the branches added, without a gate: as many weights as the gated one."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(gate="none", proportions=0, training=recipe(info), random_state=seed)


def sdma_joined(seed: int, info: Info) -> Any:
    """Series and scale-space channels joined in one branch, without a gate; as many weights but for some biases."""
    from tsattn._choices import LADDER
    from tsattn.classification import SDMAClassifier
    from tsattn.transformations import ScaleSpaceChannels

    channels = ScaleSpaceChannels(LADDER, keep=True, missing="interpolate")
    return channels * SDMAClassifier(saliency=None, proportions=0, training=recipe(info), random_state=seed)


def sdma_bands(seed: int, info: Info) -> Any:
    """The scale-space channels alone, without the series: what does not change with a channel's level."""
    from tsattn._choices import LADDER
    from tsattn.classification import SDMAClassifier
    from tsattn.transformations import ScaleSpaceChannels

    channels = ScaleSpaceChannels(LADDER, missing="interpolate")
    return channels * SDMAClassifier(saliency=None, proportions=0, training=recipe(info), random_state=seed)


def sdma_series(seed: int, info: Info) -> Any:
    """The trained network on the series alone, one branch, no gate."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(saliency=None, proportions=0, training=recipe(info), random_state=seed)


def sdma_network(seed: int, info: Info) -> Any:
    """What is trained of the best form, alone: without the ridge on proportions."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(proportions=0, training=recipe(info), random_state=seed)


def scale_space_ridge(seed: int, _info: Info) -> Any:
    """What is not trained of the best form, alone: the ridge on proportions."""
    from tsattn.classification import ScaleSpaceRidgeClassifier

    return ScaleSpaceRidgeClassifier(random_state=seed)


def xm2a(seed: int, info: Info) -> Any:
    """XM2AClassifier(), trained as `RECIPES` says for a data set."""
    from tsattn.classification import XM2AClassifier

    return XM2AClassifier(training=recipe(info), random_state=seed)


def xm2a_paper(seed: int, _info: Info) -> Any:
    """XM2A as published: 6 layers of 8 heads of 64 units on the series alone."""
    from tsattn.classification import XM2AClassifier

    return XM2AClassifier.paper(random_state=seed)


def lstm_san(seed: int, info: Info) -> Any:
    """LSTMSANClassifier(), trained as `RECIPES` says for a data set."""
    from tsattn.classification import LSTMSANClassifier

    return LSTMSANClassifier(training=recipe(info), random_state=seed)


def lstm_san_paper(seed: int, _info: Info) -> Any:
    """LSTM-SAN as published: 4 LSTMs of 64 units on the series alone, attention after each."""
    from tsattn.classification import LSTMSANClassifier

    return LSTMSANClassifier.paper(random_state=seed)


SDMA = (
    TunableEntry("sdma", sdma, ours=True, notes=RECIPES, explain=True, space=NETWORK),
    Entry("sdma-paper", sdma_paper, ours=True, explain=True, note="the published form and training"),
    Entry("sdma-no-saliency", sdma_no_saliency, ours=True, notes=RECIPES,
          note="sdma without scale space: one branch, no gate, and the ridge on the series itself"),
)
HALVES = (
    Entry("sdma-network", sdma_network, ours=True, notes=RECIPES, note="what is trained of sdma, alone"),
    TunableEntry("scale-space-ridge", scale_space_ridge, ours=True, explain=True, space=MIXTURES,
                 note="what is not trained of sdma, alone"),
)
OTHERS = (
    TunableEntry("xm2a", xm2a, ours=True, notes=RECIPES, explain=True, space=DEEP),
    Entry("xm2a-paper", xm2a_paper, ours=True, note="the published form and training"),
    TunableEntry("lstm-san", lstm_san, ours=True, notes=RECIPES, explain=True, space=DEEP),
    Entry("lstm-san-paper", lstm_san_paper, ours=True, note="the published form and training"),
)
SDMA_PARTS = (
    Entry("sdma-events", sdma_events, ours=True, notes=RECIPES, explain=True,
          note="event saliency in the network of sdma"),
    Entry("sdma-one-way", sdma_one_way, ours=True, notes=RECIPES, note="saliency attends the series only"),
    Entry("sdma-sum", sdma_sum, ours=True, notes=RECIPES, note="branches added, no gate"),
    Entry("sdma-joined", sdma_joined, ours=True, notes=RECIPES, note="series and channels in one branch"),
    Entry("sdma-bands", sdma_bands, ours=True, notes=RECIPES, note="scale-space channels without the series"),
    Entry("sdma-series", sdma_series, ours=True, notes=RECIPES, note="the series without scale-space channels"),
)
