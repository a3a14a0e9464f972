"""What the caller has set of torch, NumPy and pandas neither changes an answer nor is changed by asking for one."""

import threading
import warnings
from contextlib import ExitStack, contextmanager

import numpy as np
import pandas as pd
import pytest
import torch

import tsattn
from tests.estimators.conftest import ESTIMATORS, answers, fit, make, problem
from tests.forecasting.test_forecasts import SMALL, panel, small
from tsattn._settings import made_in_float32
from tsattn.classification import ImageClassifier, RACKNetImageClassifier, SDMAClassifier
from tsattn.forecasting import Seq2SeqForecaster
from tsattn.training import TimeWarp, Training
from tsattn.transformations import ScaleSpaceChannels, UVTFEvents, UVTFSaliency

IMAGES, LABELS = np.random.default_rng(0).random((8, 16, 16)), np.arange(8) % 2
BRIEF = Training(epochs=1, batch_size=4, augment=(TimeWarp(),))
OF_IMAGES = {ImageClassifier: {"backbone": "lenet5"}, RACKNetImageClassifier: {"budget": 20, "max_components": 2}}
TRANSFORMERS = {UVTFEvents: {"n_words": 3, "random_state": 0}, UVTFSaliency: {}, ScaleSpaceChannels: {}}
ALL = [*ESTIMATORS, *SMALL, *OF_IMAGES, *TRANSFORMERS]
FEW = {SDMAClassifier, Seq2SeqForecaster, ImageClassifier, UVTFSaliency}  # one of a kind, for every day


@contextmanager
def put_back(now, there, setting):
    """A setting of the whole process."""
    before = there()
    now(setting)
    try:
        yield
        assert there() == setting
    finally:
        now(before)


@contextmanager
def warnings_as_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".*are held out")  # what the series deserve
        yield


SETTINGS = {
    "float64": lambda: put_back(torch.set_default_dtype, torch.get_default_dtype, torch.float64),
    "float16": lambda: put_back(torch.set_default_dtype, torch.get_default_dtype, torch.float16),
    "bfloat16": lambda: put_back(torch.set_default_dtype, torch.get_default_dtype, torch.bfloat16),
    "another device": lambda: torch.device("meta"),
    "no gradients": torch.no_grad,
    "inference": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "deterministic": lambda: put_back(torch.use_deterministic_algorithms, torch.are_deterministic_algorithms_enabled,
                                      True),
    "NumPy raises": lambda: np.errstate(all="raise"),
    "warnings as errors": warnings_as_errors,
    "texts as objects": lambda: pd.option_context("future.infer_string", False),
}


def learned(cls, data):
    """A fitted estimator of any class, and what it answers."""
    if cls in SMALL:
        y = panel()
        made = small(cls, training=BRIEF.clone().set_params(batch_size=32, validation=0.2, augment=()))
        made.fit(y, fh=[1, 2])
        return made, [made.predict(), made.predict_quantiles(alpha=[0.2]), made.attention(),
                      made.rolling(y.loc["s0"], first=50)]
    if cls in OF_IMAGES:
        made = cls(training=BRIEF.clone().set_params(augment=()), random_state=0, **OF_IMAGES[cls]).fit(IMAGES, LABELS)
        return made, [made.predict_proba(IMAGES), made.relevance(IMAGES)]
    if cls in TRANSFORMERS:
        made = cls(**TRANSFORMERS[cls]).fit(data.X)
        return made, [made.transform(data.X)]
    quick = {"training": BRIEF} if "training" in cls.get_param_names() else {}
    made = fit(make(cls, **quick), data)
    return made, [answers(made, data.X), made.attention(data.X), made.saliency_series(data.X)]


def same(found, expected):
    return all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(found, expected, strict=True))


@pytest.fixture(scope="module")
def data():
    return problem(1, [13, 17, 19, 23] * 2)


@pytest.fixture(scope="module")
def undisturbed(data):
    """Answers where nothing is set, by class."""
    known = {}

    def of(cls):
        if cls not in known:
            known[cls] = learned(cls, data)[1]
        return known[cls]

    return of


@pytest.mark.parametrize("cls", [pytest.param(cls, marks=[] if cls in FEW else [pytest.mark.long]) for cls in ALL],
                         ids=lambda cls: cls.__name__)
def test_all_settings_at_once_change_no_bit(cls, data, undisturbed):
    expected = undisturbed(cls)
    with ExitStack() as stack:
        for name, setting in SETTINGS.items():
            if name not in ("float64", "float16"):
                stack.enter_context(setting())
        _, found = learned(cls, data)
        assert torch.get_default_dtype() == torch.bfloat16  # what is made in it loses most bits
        assert torch.get_default_device().type == "meta"
        assert torch.is_inference_mode_enabled()
        assert torch.is_autocast_enabled("cpu")
        assert not torch.is_grad_enabled()
        assert np.geterr() == dict.fromkeys(("divide", "over", "under", "invalid"), "raise")
    assert same(found, expected)


@pytest.mark.long
@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("cls", [SDMAClassifier, Seq2SeqForecaster, ImageClassifier], ids=lambda cls: cls.__name__)
def test_each_setting_changes_no_bit(cls, setting, data, undisturbed):
    expected = undisturbed(cls)
    with SETTINGS[setting]():
        _, found = learned(cls, data)
    assert same(found, expected)


@pytest.mark.parametrize("setting", ["float64", pytest.param("another device", marks=pytest.mark.long),
                                     pytest.param("inference", marks=pytest.mark.long)])
@pytest.mark.parametrize("cls", [SDMAClassifier, Seq2SeqForecaster, ImageClassifier], ids=lambda cls: cls.__name__)
def test_a_file_is_read_under_each_setting(cls, setting, data, tmp_path):
    made, _ = learned(cls, data)
    given = {SDMAClassifier: [data.X], ImageClassifier: [IMAGES]}.get(cls, [])
    expected = made.predict(*given)
    tsattn.save(made, tmp_path / "plain")
    with SETTINGS[setting]():
        tsattn.save(made, tmp_path / "set")
        read = [tsattn.load(tmp_path / name) for name in ("plain", "set")]
    assert all(same([one.predict(*given)], [expected]) for one in read)
    assert all(value.dtype != torch.float64 for one in read for value in one.network_.state_dict().values())


def test_another_thread_keeps_the_default_dtype_meanwhile():
    """The default dtype is of the whole process: a call that answers it may not take it from others."""
    inside, done, found = threading.Event(), threading.Event(), []

    def call():
        with made_in_float32():
            found.append(torch.zeros(1).dtype)
            inside.set()
            done.wait(60)

    with SETTINGS["float64"]():
        thread = threading.Thread(target=call)
        thread.start()
        inside.wait(60)
        found.append(torch.zeros(1).dtype)
        done.set()
        thread.join()
    assert found == [torch.float32, torch.float64]


@pytest.mark.parametrize("make_it", [
    lambda: torch.tensor([1.0, 2]), lambda: torch.full((2,), 0.5), lambda: torch.arange(0.0, 2), lambda: torch.eye(2),
    lambda: torch.linspace(0, 1, 3), lambda: torch.randn(2, generator=torch.Generator().manual_seed(0)),
    lambda: torch.arange(3) / 2, lambda: 0.5 * torch.arange(3), lambda: torch.where(torch.ones(2) > 0, 0.1, 0.2),
    lambda: torch.arange(3).sqrt(), lambda: torch.nn.Linear(2, 1).weight * 0])
def test_what_has_no_dtype_of_its_own_is_float32(make_it):
    expected = make_it()
    with SETTINGS["float64"](), made_in_float32():
        found = make_it()
    assert found.dtype == torch.float32
    assert torch.equal(found, expected)


@pytest.mark.parametrize("make_it", [
    lambda: torch.tensor(np.ones(2)), lambda: torch.from_numpy(np.ones(2)), lambda: torch.arange(2).double(),
    lambda: torch.arange(2).to(torch.float64), lambda: torch.zeros(2, dtype=torch.float64) / 3,
    lambda: torch.as_tensor(np.float64(2)), lambda: torch.arange(2).to(torch.ones(1, dtype=torch.float64))])
def test_what_is_float64_by_name_stays_so(make_it):
    with SETTINGS["float64"](), made_in_float32():
        assert make_it().dtype == torch.float64
