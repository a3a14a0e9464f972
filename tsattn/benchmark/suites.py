"""The suites: each a table of tasks and entries. `tsattn list` prints them.

The estimators of this package are made in functions of their own, so that a suite can be read, listed and filtered
without them being imported.
"""

from dataclasses import replace
from typing import Any

from tsattn._checks import check_one_of
from tsattn.benchmark import san_forms
from tsattn.benchmark.competitors import dtw_neighbour, minirocket, tsfresh_forest
from tsattn.benchmark.suite import Entry, Info, Suite, Task
from tsattn.benchmark.tasks import auslan, basic_motions, hdm05, japanese_vowels, spoken_arabic_digits
from tsattn.benchmark.xm2a_forms import ABLATION, GRID, SPANS

# how the best form and its parts are trained where other recipes than `Training()` did better on validation parts
RECIPES = {
    "auslan": 'trained with Training(augment="strong")',
    "spoken_arabic_digits": 'trained with Training(augment="strong")',
    "hdm05": "trained with STRONG augmentation, its ChannelDrop replaced by ChannelDrop(0.3)",
}


def sdma(seed: int, info: Info) -> Any:
    """SDMAClassifier(), trained as `RECIPES` says for a data set."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(training=_training(info), random_state=seed)


def _training(info: Info) -> Any:
    """The `Training` that `RECIPES` says in words; None, the default, for other data sets."""
    from tsattn.training import STRONG, ChannelDrop, Training

    if info.task == "hdm05":
        others = tuple(change for change in STRONG if not isinstance(change, ChannelDrop))
        return Training(augment=(*others, ChannelDrop(0.3)))
    return Training(augment="strong") if info.task in RECIPES else None


def sdma_paper(seed: int, _info: Info) -> Any:
    """SDMA as published: event saliency, LSTMs, last step, RMSprop."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier.paper(random_state=seed)


def sdma_no_saliency(seed: int, info: Info) -> Any:
    """The best form without saliency: one branch, no gate."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(saliency=None, training=_training(info), random_state=seed)


def sdma_events(seed: int, info: Info) -> Any:
    """The best form with the published event saliency in place of scale-space channels."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(saliency="events", training=_training(info), random_state=seed)


def sdma_one_way(seed: int, info: Info) -> Any:
    """The best form with one gate: saliency attends the series, not the other way (SDCA)."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(mutual=False, training=_training(info), random_state=seed)


def sdma_sum(seed: int, info: Info) -> Any:
    """The best form with the branches added, without a gate: as many weights as the gated one."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(gate="none", training=_training(info), random_state=seed)


def sdma_joined(seed: int, info: Info) -> Any:
    """Series and scale-space channels joined in one branch, without a gate; as many weights but for some biases."""
    from tsattn._choices import LADDER
    from tsattn.classification import SDMAClassifier
    from tsattn.transformations import ScaleSpaceChannels

    channels = ScaleSpaceChannels(LADDER, keep=True, missing="interpolate")
    return channels * SDMAClassifier(saliency=None, training=_training(info), random_state=seed)


def sdma_bands(seed: int, info: Info) -> Any:
    """The scale-space channels alone, without the series: what does not change with a channel's level."""
    from tsattn._choices import LADDER
    from tsattn.classification import SDMAClassifier
    from tsattn.transformations import ScaleSpaceChannels

    channels = ScaleSpaceChannels(LADDER, missing="interpolate")
    return channels * SDMAClassifier(saliency=None, training=_training(info), random_state=seed)


ANGLES = {"hdm05": {"resample": "15Hz", "angles": "sincos"}}  # chosen by leaving actors of the training part out
SDMA = (
    Entry("sdma", sdma, ours=True, notes=RECIPES, explain=True),
    Entry("sdma-paper", sdma_paper, ours=True, explain=True, note="the published form and training"),
    Entry("sdma-no-saliency", sdma_no_saliency, ours=True, notes=RECIPES, note="one branch of sdma, no gate"),
)
SDMA_PARTS = (
    Entry("sdma-events", sdma_events, ours=True, notes=RECIPES, explain=True,
          note="event saliency in the network of sdma"),
    Entry("sdma-one-way", sdma_one_way, ours=True, notes=RECIPES, note="saliency attends the series only"),
    Entry("sdma-sum", sdma_sum, ours=True, notes=RECIPES, note="branches added, no gate"),
    Entry("sdma-joined", sdma_joined, ours=True, notes=RECIPES, note="series and channels in one branch"),
)
BANDS = Entry("sdma-bands", sdma_bands, ours=True, notes=RECIPES, note="scale-space channels without the series")
MINIROCKET = Entry("minirocket", minirocket, equal_length=True, note="channels standardised; no probabilities")
QUICK = (
    MINIROCKET,
    Entry("tsfresh-forest", tsfresh_forest, note="tsfresh's minimal features, 500 trees"),
    Entry("dtw-1nn", dtw_neighbour, seeded=False, equal_length=True, note="no warping window"),
)
AUSLAN = Task("auslan", auslan, steps=64, folds=4, about="train sessions 1-4, test sessions 5-9")
DIGITS = Task("spoken_arabic_digits", spoken_arabic_digits, steps=50, about="66 speakers / 22 others")
HDM05 = Task("hdm05", hdm05, steps=400, folds=3, about="actors bd, bk, dg / mm, tr")
CLEAN = (AUSLAN, DIGITS, HDM05)
AS_PUBLISHED = replace(AUSLAN, split="paper", about="70 % and 20 % of all sessions' series; one person made them all")
MOTIONS = replace(HDM05, split="paper", about="70 % and 20 % of all actors' motions")


def on_angles(*entries: Entry) -> tuple[Entry, ...]:
    """The entries, reading HDM05 as `ANGLES` says."""
    return tuple(replace(entry, options=ANGLES) for entry in entries)


SUITES = {suite.name: suite for suite in (
    Suite("demo", "What ships inside sktime, in minutes", (
        Task("japanese_vowels", japanese_vowels, about="9 speakers, 270 / 370 utterances"),
        Task("basic_motions", basic_motions, about="4 activities, 40 / 40 recordings"),
    ), SDMA + QUICK, seeds=2, reference="sdma"),
    Suite("clean", "Splits without leakage: other sessions, speakers and actors", CLEAN, (
        *on_angles(*SDMA, BANDS),
        replace(MINIROCKET, options={"hdm05": {"unwrap": False}}),
        ), seeds=5, reference="sdma"),
    Suite("clean-ladder", "What each part of SDMA is worth, chosen inside the training part",
          tuple(Task(task.name, task.load, "validation", task.folds, task.steps, task.about) for task in CLEAN), (
              *on_angles(*SDMA, *SDMA_PARTS, BANDS),
          ), seeds=3, reference="sdma-no-saliency"),
    Suite("xm2a-ablation", "What XM2A's parts are worth, beside what its source printed, and its variants",
          (AS_PUBLISHED,), ABLATION + SPANS, seeds=3, reference="xm2a-average-layer-scale"),
    Suite("xm2a-grid", "All of XM2A's descriptors, norms and talks", (AS_PUBLISHED,), GRID, seeds=3,
          reference="xm2a-average-layer-scale"),
    Suite("san-ablation", "What the parts of scale-space attention's mask are worth", (MOTIONS, AS_PUBLISHED),
          on_angles(*san_forms.ABLATION), seeds=3, reference="lstm4"),
    Suite("san-placement", "Scale-space and recurrent attention, at each layer and before each pooling", (MOTIONS,),
          on_angles(*san_forms.PLACEMENT), seeds=3, reference="lstm4"),
)}


def suite_named(name: str) -> Suite:
    """A suite by name; an unknown one raises ValueError with the names there are."""
    return SUITES[check_one_of("suite", name, SUITES)]
