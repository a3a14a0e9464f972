"""Files that somebody crafted, with checksums that fit: refused by one error, small and quick, or of use."""

import json
import random
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tsattn
from tests.estimators import crafted
from tests.estimators.conftest import ESTIMATORS, QUICK, fit, frame, make, problem, quickly, series
from tests.forecasting.test_forecasts import SMALL, panel, small, waves
from tsattn._checks import ModelFileError
from tsattn.classification import ImageClassifier, RACKNetImageClassifier, ScaleSpaceRidgeClassifier, SDMAClassifier
from tsattn.forecasting import SDMAForecaster
from tsattn.transformations import ScaleSpaceChannels, UVTFEvents, UVTFSaliency

pytestmark = pytest.mark.filterwarnings("ignore:.*windows are held out", "ignore:.*only one label")
FREE = 100_000_000  # bytes that reading may take beside twice the file's
LONGEST = 5  # seconds, of reading a small file


def image_classifier(cls, **options):
    X = np.random.default_rng(0).normal(size=(12, 20, 24))
    return cls(training=QUICK, random_state=0, **options).fit(X, np.arange(12) % 2)


DATA = problem(1, np.random.default_rng(0).integers(13, 29, 24))
MADE = {  # one of each kind that saves
    **{cls.__name__: lambda cls=cls: quickly(cls, DATA) for cls in (*ESTIMATORS, *SMALL)},
    "pretrained": lambda: small(scaling="standard").pretrain(panel(), fh=[1, 2]),
    "of events": lambda: fit(make(saliency="events"), DATA),
    "ImageClassifier": lambda: image_classifier(ImageClassifier),
    "RACKNetImageClassifier": lambda: image_classifier(RACKNetImageClassifier, budget=40, max_components=3),
    **{type(made).__name__: lambda made=made: made.clone().fit(DATA.X) for made in (
        ScaleSpaceChannels(), UVTFSaliency(), UVTFEvents(n_words=3, random_state=0))},
}
FEW = ("SDMARegressor", "ScaleSpaceRidgeClassifier", "pretrained", "UVTFEvents")


def saved(folder, names):
    """Models of these names in files of a folder."""
    for name in names:
        tsattn.save(MADE[name](), folder / f"{name}.tsattn")
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("sound"), FEW)


def at(config, *keys):
    for key in keys:
        config = config[key]
    return config


def said_of(path, content):
    """What comes of a file of this content; its size and its pace are what a file's may be."""
    path.write_bytes(content)
    said, took, grown = crafted.tried(path, random.Random(0))
    assert grown <= 2 * len(content) + FREE
    assert took < LONGEST
    return said


def lengths(tensors, config):
    """Lengths that add up to as many rows as there are, once 64 bits are full."""
    name = at(config, "estimator", "state", "panels_", "parameters", "panel", "parameters", "lengths")["array"]
    n = int(np.frombuffer(tensors[name][2], np.int64).sum())
    full = 2**63 - 1
    tensors[name] = "I64", [3], np.array([full, full, n + 2], np.int64).tobytes()


def parameter(**changed):
    return lambda tensors, config: config["estimator"]["parameters"].update(changed)


def learned(**changed):
    return lambda tensors, config: config["estimator"]["state"].update(changed)


def inner(config):
    return at(config, "estimator", "state", "inputs_", "parameters", "saliency")


BOMBS = {
    "lengths beyond 64 bits": ("pretrained", lengths),
    "octaves": ("UVTFEvents", parameter(n_octaves=10**6)),
    "octaves learned": ("UVTFEvents", learned(n_octaves_=10**6)),
    "words": ("UVTFEvents", parameter(n_words=10**6)),
    "scales": ("UVTFEvents", parameter(scales_per_octave=10**6)),
    "sigma": ("UVTFEvents", parameter(sigma0=1e9)),
    "sigmas": ("SDMARegressor", lambda t, c: [
        inner(c)["state"].update(sigmas_={"tuple": [0.0, 1e7]}),
        inner(c)["parameters"].update(sigmas={"tuple": [0.0, 1e7]})]),
    "layers": ("SDMARegressor", parameter(n_layers=20_000, architecture="type1")),
    "width": ("SDMARegressor", parameter(hidden_size=10**9)),
    "proportions": ("ScaleSpaceRidgeClassifier", parameter(proportions=10**9)),
    "shape": ("UVTFEvents", lambda t, c: t.update({"array.0": ("F64", [0, 2**62], b"")})),
    "device": ("ScaleSpaceRidgeClassifier", parameter(device="none")),
    "device of a training": ("SDMARegressor", lambda t, c: at(
        c, "estimator", "parameters", "training", "parameters").update(device="tpu")),
    "columns": ("UVTFEvents", learned(feature_names_in_={"list": [f"c{i}" for i in range(100_000)]})),
}


@pytest.mark.parametrize(("name", "change"), BOMBS.values(), ids=BOMBS)
def test_p44_a_crafted_file_is_refused_before_it_takes_memory(name, change, files, tmp_path):
    tensors, config = crafted.taken_apart((files / f"{name}.tsattn").read_bytes())
    change(tensors, config)
    assert said_of(tmp_path / "crafted", crafted.crafted(tensors, config)) == "refused"


HEADERS = {
    "lists": "[]", "lists in lists": "[[[]]]", "objects": "{}", "numbers": "1", "texts": '""', "keys": '{"a":{}}',
    "wide": '"\\ud83d\\ude00"',
}


@pytest.mark.parametrize("what", HEADERS)
@pytest.mark.parametrize("where", ["header", "config"])
def test_p44_a_header_of_14_megabytes_takes_300_at_most(what, where, tmp_path):
    many = f'{{"estimator": [{",".join([HEADERS[what]] * (14_000_000 // (len(HEADERS[what]) + 1)))}]}}'
    text = many if where == "header" else json.dumps({"__metadata__": {"format": "tsattn", "config": many}})
    path, content = tmp_path / "crafted", len(text.encode()).to_bytes(8, "little") + text.encode()
    path.write_bytes(content)
    del many, text
    said, took, grown = crafted.tried(path, random.Random(0))
    assert said == "refused"
    assert grown < min(2 * len(content) + FREE, 300_000_000)
    assert took < LONGEST


def test_p41_each_of_many_edits_is_refused_or_of_use(files, tmp_path):
    for number in range(160):
        draw = random.Random(f"quick-{number}")
        name = draw.choice(FEW)
        content, done = crafted.edited(draw, crafted.taken_apart((files / f"{name}.tsattn").read_bytes()))
        assert said_of(tmp_path / "crafted", content) in ("refused", "loaded"), (number, name, done)


@pytest.mark.long
@pytest.mark.timeout(3 * 3600)
def test_p41_thousands_of_edits_of_each_kind_are_refused_or_of_use(tmp_path):
    """In a process of its own, which a file may kill without the tests' being lost."""
    saved(tmp_path, MADE)
    program = [sys.executable, Path(crafted.__file__), tmp_path, "41", "20000", "0"]
    told = subprocess.run(list(map(str, program)), capture_output=True, text=True, check=False,
                          cwd=Path(__file__).parents[2])
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    assert told.returncode == 0, (rows[-1], told.stderr[-2000:])
    ended = [row for row in rows if row["said"] != "started"]
    assert len(ended) == 20_000
    assert [row for row in ended if row["said"] not in ("refused", "loaded")] == []
    assert [row for row in ended if row["grown"] > 2 * row["size"] + FREE] == []
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("name", FEW)
def test_one_model_is_one_file(name, files, tmp_path):
    whole = (files / f"{name}.tsattn").read_bytes()
    for _ in range(2):
        tsattn.save(tsattn.load(files / f"{name}.tsattn"), tmp_path / "again")
        assert (tmp_path / "again").read_bytes() == whole
    made = tsattn.load(files / f"{name}.tsattn")
    tsattn.save(made, tmp_path / "one")
    tsattn.save(made, tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


NAMES = {  # three columns are called this
    "nan": [np.nan, "acc", "b"], "None": [None, "acc", "b"], "NaT": [pd.NaT, "a", "b"], "NA": [pd.NA, "a", "b"],
    "tuples": [("a", 1), ("a", 2), ("b", 1)], "tuples with nan": [("a", np.nan), ("a", 2), ("b", None)],
    "floats": [0.5, -0.0, np.inf], "NumPy's": pd.Index([np.int64(3), np.int8(5), np.float32(0.5)], dtype=object),
    "times": pd.date_range("2020", periods=3), "a time": [pd.Timestamp("2020"), "a", "b"], "truths": [True, False, "x"],
    "NumPy's truths": pd.Index([np.bool_(True), np.bool_(False), np.str_("x")], dtype=object),
    "periods": pd.period_range("2020", periods=3, freq="D"), "categories": pd.CategoricalIndex(list("abc")),
    "levels": pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)]), "huge": [10**30, "a", "b"],
    "bytes": [b"a", "b", "c"], "nullable": pd.Index(["a", "b", pd.NA], dtype="string"),
    "levels with nan": pd.MultiIndex.from_tuples([("a", np.nan), ("a", 2), ("b", 1)]),
}
IN_ROWS = frame(series(1, [24] * 4))


def of_columns(kind, columns):
    """(A model of columns of these names, what it says of the same data)."""
    if kind is SDMAForecaster:
        y = waves(40, columns=("a", "b", "c"))
        return small().fit(y.set_axis(columns, axis=1), fh=[1, 2]), lambda model: model.predict()
    X = IN_ROWS.set_axis(columns, axis=1)
    if kind is ScaleSpaceChannels:
        return ScaleSpaceChannels().fit(X), lambda model: model.transform(X)
    made = ScaleSpaceRidgeClassifier(proportions=20, random_state=0) if kind is ScaleSpaceRidgeClassifier else make()
    return made.fit(X, [0, 1, 0, 1]), lambda model: model.predict_proba(X)


def kept_or_refused(kind, name, path):
    """A model of such columns answers the same once it is loaded, or is refused before there is a file."""
    columns = NAMES[name] if isinstance(NAMES[name], pd.Index) else pd.Index(NAMES[name], tupleize_cols=False)
    made, said = of_columns(kind, columns)
    with suppress(TypeError):
        tsattn.save(made, path)
    if not path.exists():
        with pytest.raises(TypeError, match="cannot be saved"):
            tsattn.save(made, path)
        return
    pd.testing.assert_frame_equal(pd.DataFrame(said(tsattn.load(path))), pd.DataFrame(said(made)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", [ScaleSpaceChannels, ScaleSpaceRidgeClassifier], ids=lambda kind: kind.__name__)
def test_a_column_of_any_name_is_kept_or_refused(kind, name, tmp_path):
    kept_or_refused(kind, name, tmp_path / "model")


@pytest.mark.parametrize("kind", [SDMAClassifier, SDMAForecaster], ids=lambda kind: kind.__name__)
def test_a_column_called_nan_is_kept_by_networks(kind, tmp_path):
    made, _ = of_columns(kind, pd.Index(NAMES["nan"]))
    tsattn.save(made, tmp_path / "model")
    kept_or_refused(kind, "nan", tmp_path / "model")


def test_errors_have_public_names():
    assert {"ModelFileError", "DivergenceError", "DatasetNotFoundError"} <= {*tsattn.__all__} & {*dir(tsattn)}
    assert tsattn.ModelFileError is ModelFileError
    assert issubclass(tsattn.DivergenceError, FloatingPointError)
    assert issubclass(tsattn.DatasetNotFoundError, FileNotFoundError)
    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        _ = tsattn.missing
