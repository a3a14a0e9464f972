"""The suites: each a table of tasks and entries. `tsattn list` prints them.

The estimators of this package are made in functions of their own, so that a suite can be read, listed and filtered
without them being imported.
"""

from dataclasses import replace

from tsattn._checks import check_one_of
from tsattn.benchmark import attention_forms, our_forms, racknet_forms, san_forms, sdma_forms
from tsattn.benchmark.competitors import dtw_neighbour, minirocket, tsfresh_forest
from tsattn.benchmark.forecast_suites import FORECAST, M4_SUITE, REGRESSION
from tsattn.benchmark.image_suites import LENET_SUITE, RESNET_SUITE
from tsattn.benchmark.regression_tasks import COVID, HOURS
from tsattn.benchmark.slow_competitors import SLOW
from tsattn.benchmark.spaces import FOREST, kernels
from tsattn.benchmark.suite import Entry, Suite, Task
from tsattn.benchmark.tasks import auslan, basic_motions, hdm05, japanese_vowels, spoken_arabic_digits
from tsattn.benchmark.tuning import TunableEntry
from tsattn.benchmark.xm2a_forms import ABLATION, GRID, SPANS
from tsattn.benchmark.xm2a_forms import UNBUILT as XM2A_UNBUILT

ANGLES = {"hdm05": {"resample": "15Hz", "angles": "sincos"}}  # chosen by leaving actors of the training part out
MINIROCKET = TunableEntry("minirocket", minirocket, equal_length=True, space=kernels("classifier"),
                          note="channels standardised; no probabilities")
QUICK = (
    MINIROCKET,
    TunableEntry("tsfresh-forest", tsfresh_forest, space=FOREST, note="tsfresh's minimal features, 500 trees"),
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


VOWELS = Task("japanese_vowels", japanese_vowels, about="9 speakers, 270 / 370 utterances")
CROSSED = (  # as many folds as a test needs, or as there are sessions or actors
    replace(VOWELS, split="cv", folds=10), replace(AUSLAN, split="cv", folds=9), replace(DIGITS, split="cv", folds=10),
    replace(HDM05, split="cv", folds=5),
)
SUITES = {suite.name: suite for suite in (
    Suite("demo", "What ships inside sktime, in minutes", (
        VOWELS,
        Task("basic_motions", basic_motions, about="4 activities, 40 / 40 recordings"),
    ), our_forms.SDMA + QUICK, seeds=2, reference="sdma"),
    Suite("clean", "Splits without leakage: other sessions, speakers and actors", CLEAN, (
        *on_angles(*our_forms.SDMA, *our_forms.HALVES, *our_forms.OTHERS),
        *(replace(entry, options={"hdm05": {"unwrap": False}}) for entry in (MINIROCKET, *SLOW)),
        ), seeds=5, reference="sdma"),
    Suite("clean-ladder", "What each part of SDMA's network is worth, inside the training part",
          tuple(Task(task.name, task.load, "validation", task.folds, task.steps, task.about) for task in CLEAN), (
              *on_angles(*our_forms.SDMA, *our_forms.HALVES, *our_forms.SDMA_PARTS),
          ), seeds=3, reference="sdma-network"),
    *(Suite(f"{name}-attention", "What its attention adds to its network, fold by fold", CROSSED, on_angles(*pair),
            reference=pair[1].name) for name, pair in attention_forms.PAIRS.items()),
    FORECAST, M4_SUITE, REGRESSION,
    Suite("sdma-paper", "SDMA as published, beside what its source printed", (AS_PUBLISHED,), sdma_forms.ATTENTIONS,
          seeds=3, reference="sdma-single", unbuilt={"auslan": sdma_forms.UNBUILT}),
    Suite("sdma-saliency", "Ways to make a saliency series, beside what its source printed", (AS_PUBLISHED,),
          sdma_forms.SALIENCIES, seeds=3, reference="average-single"),
    Suite("xm2a-ablation", "What XM2A's parts are worth, beside what its source printed, and its variants",
          (AS_PUBLISHED,), ABLATION + SPANS, seeds=3, reference="xm2a-average-layer-scale",
          unbuilt={"auslan": XM2A_UNBUILT}),
    Suite("xm2a-grid", "All of XM2A's descriptors, norms and talks", (AS_PUBLISHED,), GRID, seeds=3,
          reference="xm2a-average-layer-scale"),
    Suite("san-ablation", "What the parts of scale-space attention's mask are worth", (MOTIONS, AS_PUBLISHED),
          on_angles(*san_forms.ABLATION), seeds=3, reference="lstm4"),
    Suite("san-placement", "Scale-space and recurrent attention, at each layer and before each pooling", (MOTIONS,),
          on_angles(*san_forms.PLACEMENT), seeds=3, reference="lstm4"),
    Suite("san-regression", "Scale-space and recurrent attention, where a number is asked for", (COVID, HOURS),
          san_forms.NUMBERS, seeds=3, reference="lstm4"),
    Suite("racknet-series", "RACKNet's ways to share out kernels, on series", CLEAN,
          on_angles(*racknet_forms.SERIES), seeds=3, reference="random"),
    racknet_forms.IMAGE_SUITE, racknet_forms.RECURRENT_SUITE,
    LENET_SUITE, RESNET_SUITE,
)}


def suite_named(name: str) -> Suite:
    """A suite by name; an unknown one raises ValueError with the names there are."""
    return SUITES[check_one_of("suite", name, SUITES)]
