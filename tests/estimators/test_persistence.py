"""Saved estimators and transformers: the same after loading, and never anything else."""

import copy
import pickle
import random
import sys
import threading

import numpy as np
import pandas as pd
import pytest
import torch
from sktime.classification.dummy import DummyClassifier
from sktime.transformations.series.difference import Differencer

import tsattn
from tests.estimators.conftest import (
    CLASSIFIERS,
    ESTIMATORS,
    REGRESSORS,
    answers,
    every_task,
    fit,
    frame,
    make,
    quickly,
    said,
    series,
    target,
    there_and_back,
)
from tests.forecasting.test_forecasts import SMALL
from tsattn._checks import ModelFileError
from tsattn._files import read_tensors, write_tensors
from tsattn.classification import LSTMSANClassifier, XM2AClassifier
from tsattn.nn.glimpse import GlimpseLSTM
from tsattn.nn.multi_scale import growing
from tsattn.nn.recurrent import LSTM
from tsattn.nn.talk import SELF_TALK
from tsattn.regression import SDMARegressor
from tsattn.training import Training
from tsattn.training.augment import Jitter, Mixup
from tsattn.transformations import ScaleSpaceChannels, UVTFEvents, UVTFSaliency


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.tsattn"


pytestmark = pytest.mark.filterwarnings("ignore:.*windows are held out")  # series are short here


@pytest.fixture(scope="module", params=[*ESTIMATORS, *SMALL], ids=lambda cls: cls.__name__)
def quick(request, ragged):
    return quickly(request.param, ragged)


@pytest.fixture(scope="module", params=ESTIMATORS, ids=lambda cls: cls.__name__)
def quick_of_panels(request, ragged):
    return quickly(request.param, ragged)


@pytest.fixture(scope="module", params=SMALL, ids=lambda cls: cls.__name__)
def quick_forecaster(request, ragged):
    return quickly(request.param, ragged)


@pytest.fixture(scope="module", params=CLASSIFIERS, ids=lambda cls: cls.__name__)
def quick_classifier(request, ragged):
    return fit(make(request.param), ragged)


@pytest.fixture(scope="module", params=REGRESSORS, ids=lambda cls: cls.__name__)
def quick_regressor(request, ragged):
    return fit(make(request.param), ragged)


@pytest.fixture
def saved(quick, path):
    tsattn.save(quick, path)
    return path


def test_a_loaded_estimator_is_the_same(fitted, unseen, path):
    loaded = there_and_back(fitted, path)
    assert str(loaded) == str(fitted)
    assert (answers(loaded, unseen.X) == answers(fitted, unseen.X)).all()
    assert (loaded.predict(unseen.X) == fitted.predict(unseen.X)).all()
    pd.testing.assert_frame_equal(loaded.attention(unseen.X), fitted.attention(unseen.X))
    pd.testing.assert_frame_equal(loaded.history_, fitted.history_)
    assert loaded.get_fitted_params().keys() == fitted.get_fitted_params().keys()
    assert (loaded.n_parameters_, loaded.best_epoch_) == (fitted.n_parameters_, fitted.best_epoch_)
    with pytest.raises(ValueError, match="the 3 columns seen in fit"):
        loaded.predict(unseen.X.iloc[:, ::-1])


def test_a_loaded_estimator_can_be_fitted_cloned_and_saved_again(fitted, ragged, unseen, path):
    loaded = there_and_back(fitted, path)
    again = fit(loaded.clone(), ragged)
    assert (answers(again, unseen.X) == answers(fitted, unseen.X)).all()
    twice = there_and_back(loaded, path.with_name("twice"))
    assert (answers(twice, unseen.X) == answers(fitted, unseen.X)).all()


@pytest.mark.parametrize("labels", [["b", "long name"], [7, -3], [True, False], [-1.0, 2.0], [1, "mixed"]], ids=str)
@pytest.mark.parametrize("dtype", [None, object])
def test_labels_keep_their_type(labels, dtype, equal, path):
    if labels[1] == "mixed":
        labels = [f"{label}" for label in labels]
    y = np.array(labels, dtype=dtype)[equal.y]
    made = make().fit(equal.X, y)
    loaded = there_and_back(made, path)
    assert loaded.classes_.tolist() == made.classes_.tolist()
    assert loaded.predict(equal.X).dtype == made.predict(equal.X).dtype == y.dtype
    assert list(map(type, loaded.classes_)) == list(map(type, made.classes_))


@pytest.mark.parametrize("columns", [["a", "b", "c"], [3, 5, 7], [("a", 1), ("a", 2), ("b", 1)], [0.5, "b", None]])
def test_column_labels_keep_their_type(columns, path):
    index = frame(series(1, [13, 17, 19, 23])).index
    X = pd.DataFrame(np.concatenate(series(1, [13, 17, 19, 23])), index=index,
                     columns=pd.Index(columns, tupleize_cols=False))
    made = make(saliency=None).fit(X, [0, 1, 0, 1])
    assert there_and_back(made, path).attention(X).columns.tolist() == columns


def test_gaps_and_weights_travel(ragged, path):
    X = ragged.X.copy()
    X.iloc[3:6, 0] = np.nan
    made = make(class_weight={"bump": 2.0, "flat": float("1e-3")}).fit(X, ragged.y)
    loaded = there_and_back(made, path)
    assert loaded.inputs_.widths == (6, 15)
    assert (loaded.predict_proba(X) == made.predict_proba(X)).all()
    assert loaded.class_weight == made.class_weight


@pytest.mark.filterwarnings("ignore:only single label")
def test_one_class_travels(ragged, path):
    loaded = there_and_back(make().fit(ragged.X, ["only"] * 24), path)
    assert loaded.predict(ragged.X).tolist() == ["only"] * 24


@pytest.mark.parametrize("transformer", [
    ScaleSpaceChannels(), ScaleSpaceChannels(sigmas="auto", keep=True), UVTFSaliency(amplitude="unit", cut=True),
    UVTFSaliency(scaling="series", n_octaves="auto"), UVTFEvents(n_words=3, random_state=0), UVTFEvents(n_words=0),
], ids=str)
def test_transformers_travel(transformer, ragged, unseen, path):
    made = transformer.clone().fit(ragged.X)
    loaded = there_and_back(made, path)
    assert str(loaded) == str(made)
    pd.testing.assert_frame_equal(loaded.transform(unseen.X), made.transform(unseen.X))


@every_task
def test_the_whole_training_travels(cls, ragged, path):
    training = Training(epochs=2, augment=(Jitter(0.1), Mixup()), validation=(0, 3), averaging="tail", lr=0.01)
    saliency = UVTFSaliency(sigma0=1.2, scaling=None)
    loaded = there_and_back(fit(make(cls, training=training, saliency=saliency), ragged), path)
    assert str(loaded.training) == str(training)
    assert str(loaded.saliency) == str(saliency)
    assert loaded.training.validation == (0, 3)


def test_what_predicting_does_not_need_stays_behind_with_one_warning(ragged, path, tmp_path):
    training = Training(epochs=2, validation=0.3, groups=lambda name: int(name[1:]) // 4,
                        augment=(Jitter(), lambda batch, generator: batch), checkpoint=str(tmp_path / "progress"))
    made = make(training=training).fit(ragged.X, ragged.y)
    with pytest.warns(UserWarning, match="cannot hold SDMAClassifier.training.groups, SDMAClassifier.training.augment"
                                         ".*predicting does not need it") as record:
        tsattn.save(made, path)
    assert len(record) == 1
    loaded = tsattn.load(path)
    assert loaded.training.groups is None
    assert loaded.training.checkpoint is None
    assert len(loaded.training.augment) == 1
    assert (loaded.predict_proba(ragged.X) == made.predict_proba(ragged.X)).all()
    seeded = make(random_state=np.random.RandomState(1)).fit(ragged.X, ragged.y)
    with pytest.warns(UserWarning, match="cannot hold SDMAClassifier.random_state"):
        assert there_and_back(seeded, path).random_state is None


@pytest.mark.parametrize(("options", "message"), [
    ({"encoder": LSTM}, "SDMAClassifier.encoder cannot be saved"),
    ({"cls": XM2AClassifier, "variant": growing}, "XM2AClassifier.variant cannot be saved"),
    ({"cls": LSTMSANClassifier, "attention_module": GlimpseLSTM}, "LSTMSANClassifier.attention_module cannot be"),
    ({"cls": XM2AClassifier, "talk": SELF_TALK}, "XM2AClassifier.talk cannot be saved"),
    ({"saliency": Differencer(na_handling="fill_zero")}, "SDMAClassifier.saliency cannot be saved.*ScaleSpaceChannels"),
    ({"cls": SDMARegressor, "encoder": LSTM}, "SDMARegressor.encoder cannot be saved"),
])
def test_what_predicting_needs_and_no_file_can_hold_is_refused(options, message, ragged, path):
    made = fit(make(**options), ragged)
    with pytest.raises(TypeError, match=message) as caught:
        tsattn.save(made, path)
    assert len(str(caught.value)) < 250
    assert not path.exists()


DAYS = [pd.Timestamp("2020"), pd.Timestamp("2021")]


@pytest.mark.parametrize(("columns", "labels", "options", "said"), [
    ([b"a", b"b", b"c"], [0, 1], {}, "the columns of X .*got b'a'"),
    ([pd.NaT, "b", "c"], [0, 1], {}, "the columns of X .*got NaT"),
    (list("abc"), [b"p", b"q"], {}, "the classes in y .*got bytes"),
    (list("abc"), DAYS, {}, "the classes in y .*got Timestamp"),
    (list("abc"), [np.datetime64("2020"), np.datetime64("2021")], {}, "the classes in y .*got datetime64"),
    (list("abc"), DAYS, {"class_weight": dict.fromkeys(DAYS, 1.0)}, "the classes in class_weight .*got Timestamp"),
], ids=str)
def test_labels_that_no_file_holds_are_named_with_the_cure(columns, labels, options, said, path):
    rows = series(1, [13, 17, 19, 23])
    X = pd.DataFrame(np.concatenate(rows), frame(rows).index, pd.Index(columns, tupleize_cols=False))
    made = make(saliency=None, **options).fit(X, np.array([*labels, *labels]))
    with pytest.raises(TypeError, match=f"^{said}.*rename them to text or whole numbers before fit$") as caught:
        tsattn.save(made, path)
    assert len(str(caught.value)) < 250
    assert not path.exists()


@every_task
def test_other_estimators_are_refused(cls, ragged, path):
    with pytest.raises(TypeError, match=r"only estimators and transformers of tsattn .*got DummyClassifier$") as caught:
        tsattn.save(DummyClassifier().fit(ragged.X, ragged.y), path)
    assert len(str(caught.value)) < 200
    targets = pd.DataFrame({"a": target(cls, ragged), "b": target(cls, ragged)[::-1]})
    kept = "regressors_" if cls in REGRESSORS else "classifiers_"
    with pytest.raises(TypeError, match=f"several targets cannot be saved as one file; save each of its {kept}"):
        tsattn.save(make(cls).fit(ragged.X, targets), path)


AUDITED = threading.local()
FORBIDDEN = ("subprocess.", "os.system", "os.exec", "os.spawn", "os.fork", "socket.", "pickle.", "exec", "compile",
             "urllib", "shutil.", "os.remove", "os.rename")


def _audit(event, args):
    if getattr(AUDITED, "on", False) and (event.startswith(FORBIDDEN) or event == "import"):
        AUDITED.seen.append((event, args[:1]))


sys.addaudithook(_audit)


def test_p38_loading_runs_imports_and_reaches_nothing(saved):
    tsattn.load(saved)  # what load itself imports is imported now
    AUDITED.seen, AUDITED.on = [], True
    try:
        tsattn.load(saved)
    finally:
        AUDITED.on = False
    assert AUDITED.seen == []
    AUDITED.on = True
    try:
        compile("1", "canary", "eval")
    finally:
        AUDITED.on = False
    assert AUDITED.seen  # the hook can see


class Canary:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("write", [pickle.dump, torch.save], ids=["pickle", "torch"])
def test_p39_p40_other_files_are_not_model_files(write, tmp_path, path):
    with path.open("wb") as file:
        write(Canary(tmp_path / "canary"), file)
    with pytest.raises(ModelFileError, match="not a model file"):
        tsattn.load(path)
    assert not (tmp_path / "canary").exists()


def changed(saved, change):
    """Write the file again with its configuration or tensors changed, and a checksum that fits."""
    tensors, config = read_tensors(saved)
    tensors, config = dict(tensors), copy.deepcopy(config)
    change(tensors, config)
    write_tensors(saved, tensors, config)
    return saved


def at(config, *keys):
    for key in keys:
        config = config[key]
    return config


PARAMETERS = ("estimator", "parameters")
INPUTS = ("estimator", "state", "inputs_", "parameters")
# of the others, depth is no matter of architecture
DEEP = {name: {"architecture": "type1"} for name in ("SDMAClassifier", "SDMARegressor")}


def change_weight(ending, change):
    """Change the first tensor of the network whose name ends like that."""
    def changed(tensors, _):
        name = next(name for name in tensors if name.startswith("network.") and name.endswith(ending))
        tensors[name] = change(tensors[name])

    return changed


def of_device(config):
    """The parameters among which the device is: the training's, or those of a classifier that has none."""
    parameters = at(config, *PARAMETERS)
    return parameters["training"]["parameters"] if "training" in parameters else parameters


def change_training(**parameters):
    """Change parameters of the training, or give one to a classifier that has none."""
    return lambda _, config: at(config, *PARAMETERS).setdefault(
        "training", {"object": "Training", "parameters": {}})["parameters"].update(parameters)


CHANGES = {
    "key": lambda t, c: c.update(extra=1),
    "no estimator": lambda t, c: c.pop("estimator"),
    "class": lambda t, c: c["estimator"].update(object="Lambda"),
    "foreign class": lambda t, c: c["estimator"].update(object="os.system"),
    "parameter": lambda t, c: at(c, *PARAMETERS).update(custom_objects=1),
    "state": lambda t, c: c["estimator"]["state"].update(is_fitted=True),
    "unfitted": lambda t, c: c["estimator"].pop("state"),
    "kind": lambda t, c: at(c, *PARAMETERS).update(pooling={"import": "os"}),
    "nested kind": lambda t, c: at(c, *PARAMETERS).update(pooling={"float": "1", "tuple": []}),
    "list": lambda t, c: at(c, *PARAMETERS).update(pooling=[1]),
    "url": lambda t, c: at(c, *PARAMETERS).update(pooling="https://example.org/encoder"),
    "file": change_training(checkpoint="/etc/passwd"),
    "epochs": change_training(epochs="many"),
    "device": lambda t, c: of_device(c).update(device="gpu0"),
    "size": lambda t, c: at(c, *PARAMETERS).update(hidden_size=10**15),
    "other size": lambda t, c: at(c, *PARAMETERS).update(hidden_size=10),
    "layers": lambda t, c: at(c, *PARAMETERS).update(n_layers=10**15, **DEEP.get(c["estimator"]["object"], {})),
    "heads": lambda t, c: at(c, *PARAMETERS).update(n_heads=10**15),
    "missing tensor": lambda t, c: t.pop(next(name for name in t if name.startswith("network."))),
    "spare tensor": lambda t, c: t.update(spare=np.zeros(3)),
    "spare weight": lambda t, c: t.update({"network.spare": np.zeros(3, np.float32)}),
    "weight's type": change_weight("bias", lambda bias: bias.astype(np.float64)),
    "nan weight": change_weight("bias", lambda bias: bias * np.nan),
    "format": lambda t, c: c.update(format="1"),
    "format below": lambda t, c: c.update(format=0),
    "true": lambda t, c: c.update(format=True),
}
OF_PANELS = {
    "mixtures": lambda t, c: at(c, *PARAMETERS).update(proportions=10**15),
    "mixture of no channel": change_weight("proportions.channels", lambda channels: channels + 1000),
    "mixture before all channels": change_weight("proportions.channels", lambda channels: channels - 1000),
    "scale": lambda t, c: t.update({at(c, *INPUTS, "scale", "parameters", "scale")["array"]: np.zeros(3)}),
    "centre": lambda t, c: t.update({at(c, *INPUTS, "scale", "parameters", "centre")["array"]: np.zeros(2)}),
    "fill": lambda t, c: at(c, *INPUTS).update(fill=3.0),
    "no column": lambda t, c: at(c, *INPUTS).update(columns={"list": []}),
    "columns": lambda t, c: at(c, *INPUTS, "columns", "list").reverse(),
    "saliency": lambda t, c: at(c, *INPUTS, "saliency").update(object="Training"),
    "sigmas": lambda t, c: at(c, *INPUTS, "saliency", "state").update(sigmas_={"tuple": [2.0, 1.0]}),
    "ladder": lambda t, c: at(c, *INPUTS, "saliency", "parameters").update(sigmas={"tuple": [2.0, 1.0]}),
}
MODEL, STANDING, PANELS = (("estimator", "state", name, "parameters") for name in ("model_", "_standing", "panels_"))
PLAN, READER = ((*MODEL, name, "parameters") for name in ("plan", "reader"))


def change(place, **parts):
    """Change parts of what stands at a place of the configuration."""
    return lambda _, config: at(config, *place).update(parts)


def change_array(place, name, changed):
    """Change an array that is referred to there, whatever kind it is of."""
    def change(tensors, config):
        (key,) = at(config, *place, name).values()
        tensors[key] = changed(tensors[key])

    return change


def stretch(_, config):
    """Say everywhere that windows are as long as no series is."""
    for place in (PLAN, PARAMETERS):
        at(config, *place)["look_back"] = 10**15


OF_FORECASTERS = {
    "no model": lambda t, c: c["estimator"]["state"].pop("model_"),
    "model of another kind": change(("estimator", "state"), model_=3),
    "no series at all": lambda t, c: [c["estimator"]["state"].pop(name) for name in ("panels_", "_standing")],
    "window": change(PLAN, look_back=9),
    "window beyond all series": stretch,
    "no stride": change(PLAN, stride=0),
    "steps in disorder": change(PLAN, ahead={"tuple": [2, 1]}),
    "step back": change(PLAN, ahead={"tuple": [-1, 1]}),
    "no steps": change(PLAN, ahead={"tuple": []}),
    "step beyond all series": change(PLAN, ahead={"tuple": [1, 10**15]}),
    "column that is not there": change(PLAN, exogenous={"list": ["x"]}),
    "future of no column": change(PLAN, n_known=1),
    "kind of map": change(PLAN, kinds={"tuple": ["os.system"]}),
    "loss": change(PLAN, loss="os.system"),
    "levels without a middle": change(PLAN, levels={"tuple": [0.1, 0.9]}),
    "independent": change(PLAN, independent=True),
    "very many targets": change(MODEL, n_targets=10**15),
    "another target": change(MODEL, n_targets=1),
    "no units": change(MODEL, units=None),
    "share above 1": change_array(MODEL, "share", lambda share: share + 2),
    "share of more": change_array(MODEL, "share", lambda share: share.repeat(2)),
    "errors": change_array(MODEL, "errors", lambda errors: errors * np.nan),
    "fewer errors": change_array(MODEL, "errors", lambda errors: errors[:9]),
    "no map": change(READER, linear=None),
    "map of others": lambda t, c: [
        t.update({node["tensor"]: t[node["tensor"]][:, 1:]})
        for node in at(c, *READER, "linear", "parameters").values() if node],
    "spread": change_array(READER, "spread", lambda spread: -spread),
    "spread of more": change_array(READER, "spread", lambda spread: spread[:, :1]),
    "saliency's scale": change_array(READER, "saliency_scale", lambda scale: 0 * scale),
    "lengths": change_array((*PANELS, "panel", "parameters"), "lengths", lambda lengths: -lengths),
    "shorter lengths": change_array((*PANELS, "panel", "parameters"), "lengths", lambda lengths: lengths[:1]),
    "values that are none": change_array((*PANELS, "panel", "parameters"), "values", lambda values: values * np.nan),
    "columns": change((*PANELS, "panel", "parameters"), columns={"list": ["a", "b"]}),
    "observed": change_array(PANELS, "observed", lambda observed: observed[1:]),
    "units of another kind": change(PANELS, units="series"),
    "container": change(STANDING, container="os.system"),
    "container of one series": change(STANDING, container="pd.Series"),
    "names": change(STANDING, names={"list": []}),
    "what is kept": change(STANDING, kept=3),
    "no cutoff": change(STANDING, cutoff=None),
    "cutoffs without end": change(STANDING, cutoff={"range": [0, 10**15, 1], "name": None}),
    "horizon": change(STANDING, fh=1),
    "horizon without end": change((*STANDING, "fh", "parameters"), values={"range": [1, 10**9, 1], "name": None}),
    "rows": change_array((*STANDING, "y", "parameters"), "values", lambda values: values[1:]),
    "infinite rows": change_array((*STANDING, "y", "parameters"), "values", lambda values: values * np.inf),
    "labels": change((*STANDING, "y", "parameters"), columns={"list": ["a", "b"]}),
    "codes": lambda t, c: t.update({node["array"]: t[node["array"]] + 99
                                    for node in at(c, *STANDING, "y", "parameters", "index", "codes")}),
    "frequency": lambda t, c: at(c, *STANDING, "y", "parameters", "index", "levels")[1].update(freq="os.system"),
    "a path for a zone": lambda t, c: at(c, *STANDING, "cutoff").update(
        {"times": "../../etc/passwd", "since": at(c, *STANDING, "cutoff").pop("periods"), "unit": "us"}),
}

OF_CLASSES = {
    "no class": {"classes_": {"labels": [], "dtype": "<U4"}},
    "wide labels": {"classes_": {"labels": ["a", "b"], "dtype": "<V9"}},
}
OF_VALUES = {
    "infinite mean": {"target_mean_": {"float": "inf"}},
    "no mean": {"target_mean_": "70"},
    "whole mean": {"target_mean_": 70},
    "scale below 0": {"target_scale_": -1.0},
    "no scale": {"target_scale_": {"float": "nan"}},
    "classes": {"classes_": {"labels": ["a", "b"], "dtype": "<U4"}},
}


def check_refused(saved, change):
    with pytest.raises(ModelFileError, match="malformed model file"):
        tsattn.load(changed(saved, change))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_p41_p44_made_up_configurations_are_refused(change, saved):
    check_refused(saved, change)


@pytest.mark.parametrize("change", OF_PANELS.values(), ids=OF_PANELS)
def test_p41_p44_made_up_inputs_are_refused(change, quick_of_panels, path):
    tsattn.save(quick_of_panels, path)
    check_refused(path, change)


@pytest.mark.parametrize("change", OF_FORECASTERS.values(), ids=OF_FORECASTERS)
def test_p41_p44_made_up_forecasters_are_refused(change, quick_forecaster, path):
    tsattn.save(quick_forecaster, path)
    check_refused(path, change)


@pytest.mark.parametrize("state", OF_CLASSES.values(), ids=OF_CLASSES)
def test_p41_p44_made_up_classes_are_refused(state, quick_classifier, path):
    tsattn.save(quick_classifier, path)
    check_refused(path, lambda tensors, config: config["estimator"]["state"].update(state))


@pytest.mark.parametrize("state", OF_VALUES.values(), ids=OF_VALUES)
def test_p41_p44_made_up_units_are_refused(state, quick_regressor, path):
    tsattn.save(quick_regressor, path)
    check_refused(path, lambda tensors, config: config["estimator"]["state"].update(state))


@pytest.mark.parametrize("name", ["target_mean_", "target_scale_"])
def test_p41_p44_missing_units_are_refused(name, quick_regressor, path):
    tsattn.save(quick_regressor, path)
    check_refused(path, lambda tensors, config: config["estimator"]["state"].pop(name))


def test_a_made_up_width_of_labels_fills_no_memory(quick_classifier, path):
    def widen(tensors, config):
        config["estimator"]["state"]["classes_"]["dtype"] = "<U100000000"

    tsattn.save(quick_classifier, path)
    assert tsattn.load(changed(path, widen)).classes_.nbytes < 1000


def nodes(config):
    """Every place in a configuration, as (container, key)."""
    for key in list(config) if isinstance(config, dict) else range(len(config)):
        yield config, key
        if isinstance(config[key], dict | list):
            yield from nodes(config[key])


@pytest.mark.slow
def test_p41_a_thousand_changes_give_an_estimator_or_model_file_error(saved):
    tensors, config = read_tensors(saved)
    draw = random.Random(5)
    others = [None, True, -1, 0, 10**30, 1.5, "", "x", [], {}, [1], {"array": "array.0"}, {"tuple": [1]},
              {"float": "nan"}, {"object": "Training", "parameters": {}}, {"list": [{"dict": [[1, 2]]}]}]
    refused = 0
    for _ in range(1000):
        mutated = copy.deepcopy(config)
        for container, key in draw.sample(list(nodes(mutated)), draw.choice([1, 1, 2])):
            container[key] = draw.choice(others)
        write_tensors(saved, tensors, mutated)
        try:
            assert tsattn.load(saved).is_fitted
        except ModelFileError:
            refused += 1
    assert refused > 700


def test_p43_flipped_bits_are_refused(saved):
    draw, whole = random.Random(7), saved.read_bytes()
    for _ in range(200):
        raw = bytearray(whole)
        raw[draw.randrange(len(raw))] ^= 1 << draw.randrange(8)
        saved.write_bytes(bytes(raw))
        with pytest.raises(ModelFileError):
            tsattn.load(saved)


def test_p60_a_newer_format_names_the_version_it_needs(saved):
    def newer(tensors, config):
        config |= {"format": 2, "needs": "7.1.0", "unheard": {"of": []}}

    with pytest.raises(ModelFileError, match=r"needs tsattn version >= 7\.1\.0: its format is 2"):
        tsattn.load(changed(saved, newer))


def test_p61_a_device_that_is_not_here_becomes_auto(saved, quick, unseen):
    def on_gpu(tensors, config):
        of_device(config)["device"] = "cuda:63"

    loaded = tsattn.load(changed(saved, on_gpu))
    assert loaded.training.device == "auto"
    assert (said(loaded, unseen.X) == said(quick, unseen.X)).all(axis=None)


def test_loading_draws_nothing(saved):
    before = torch.get_rng_state()
    tsattn.load(saved)
    assert torch.equal(torch.get_rng_state(), before)


