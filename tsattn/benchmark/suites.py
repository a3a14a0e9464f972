"""The suites: each a table of tasks and entries. `tsattn list` prints them.

The estimators of this package are made in functions of their own, so that a suite can be read, listed and filtered
without them being imported.
"""

from typing import Any

from tsattn._checks import check_one_of
from tsattn.benchmark.competitors import dtw_neighbour, minirocket, tsfresh_forest
from tsattn.benchmark.suite import Entry, Info, Suite, Task
from tsattn.benchmark.tasks import auslan, basic_motions, hdm05, japanese_vowels, spoken_arabic_digits


def sdma(seed: int, _info: Info) -> Any:
    """SDMA in its best form: the package's defaults."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(random_state=seed)


def sdma_paper(seed: int, _info: Info) -> Any:
    """SDMA as published: event saliency, one direction, last step, RMSprop."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier.paper(random_state=seed)


def sdma_no_saliency(seed: int, _info: Info) -> Any:
    """The best form without saliency: one branch, no gate."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(saliency=None, random_state=seed)


def sdma_events(seed: int, _info: Info) -> Any:
    """The best form with the published event saliency in place of scale-space channels."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(saliency="events", random_state=seed)


def sdma_one_way(seed: int, _info: Info) -> Any:
    """The best form with one gate: saliency attends the series, not the other way (SDCA)."""
    from tsattn.classification import SDMAClassifier

    return SDMAClassifier(mutual=False, random_state=seed)


def sdma_joined(seed: int, _info: Info) -> Any:
    """Series and scale-space channels joined in one branch, without a gate."""
    from tsattn.classification import SDMAClassifier
    from tsattn.transformations import ScaleSpaceChannels

    return ScaleSpaceChannels(keep=True, missing="interpolate") * SDMAClassifier(saliency=None, random_state=seed)


SDMA = (
    Entry("sdma", sdma, ours=True, explain=True),
    Entry("sdma-paper", sdma_paper, ours=True, explain=True, note="the published form and training"),
    Entry("sdma-no-saliency", sdma_no_saliency, ours=True, note="one branch of sdma, no gate"),
)
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

SUITES = {suite.name: suite for suite in (
    Suite("demo", "What ships inside sktime, in minutes", (
        Task("japanese_vowels", japanese_vowels, about="9 speakers, 270 / 370 utterances"),
        Task("basic_motions", basic_motions, about="4 activities, 40 / 40 recordings"),
    ), SDMA + QUICK, seeds=2, reference="sdma"),
    Suite("clean", "Splits without leakage: other sessions, speakers and actors", CLEAN, (
        *SDMA,
        Entry("minirocket", minirocket, equal_length=True, note="channels standardised; no probabilities",
              options={"hdm05": {"unwrap": False}}),
        ), seeds=5, reference="sdma"),
    Suite("clean-ladder", "What each part of SDMA is worth, chosen inside the training part",
          tuple(Task(task.name, task.load, "validation", task.folds, task.steps, task.about) for task in CLEAN), (
              *SDMA,
              Entry("sdma-events", sdma_events, ours=True, explain=True, note="event saliency in the network of sdma"),
              Entry("sdma-one-way", sdma_one_way, ours=True, note="saliency attends the series only"),
              Entry("sdma-joined", sdma_joined, ours=True, note="series and channels in one branch"),
          ), seeds=3, reference="sdma-no-saliency"),
)}


def suite_named(name: str) -> Suite:
    """A suite by name; an unknown one raises ValueError with the names there are."""
    return SUITES[check_one_of("suite", name, SUITES)]
