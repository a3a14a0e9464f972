"""What SDMAClassifier does, beyond what every estimator promises."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from sktime.transformations.series.difference import Differencer
from sktime.transformations.series.summarize import SummaryTransformer

from tests.classification.conftest import LEARNING, classifier, frame, learning, series
from tests.reference.relevance import integrated
from tsattn._choices import LADDER
from tsattn._inputs import Inputs
from tsattn._panel import Panel
from tsattn._relevance import Following, attribution, relevance
from tsattn.classification import ScaleSpaceRidgeClassifier, SDMAClassifier
from tsattn.models.sdma import SDMA
from tsattn.nn.mutual_attention import one_way_gate
from tsattn.nn.recurrent import LSTM, BidirectionalLSTM
from tsattn.nn.sequence import Chain
from tsattn.training import Training
from tsattn.transformations import ScaleSpaceChannels, UVTFSaliency


def test_the_published_form():
    made = SDMAClassifier.paper(architecture="type2", epochs=3, random_state=0)
    X, y = frame(series(1, [13, 17, 19, 23])), [0, 1, 0, 1]
    body = made.fit(X, y).network_.body
    assert isinstance(body, SDMA)
    assert len(body.blocks) == 3
    assert body.n_features == 6
    assert isinstance(made.inputs_.saliency, UVTFSaliency)
    assert all(isinstance(layer, LSTM) for block in body.blocks for layer in (block.data, block.saliency))
    assert [block.saliency.cell.input_size for block in body.blocks] == [3, 3, 3]
    assert len(made.history_) == 3
    assert set(made.history_["lr"]) == {1e-3}
    assert made.network_.pooling(torch.arange(12.0).view(1, 4, 3), torch.tensor([2])).tolist() == [[3, 4, 5]]
    assert SDMAClassifier.paper().training.epochs == 25


def test_one_way_and_no_saliency(ragged):
    assert classifier(mutual=False).fit(ragged.X, ragged.y).network_.network.body.blocks[0].gate is one_way_gate
    body = classifier(saliency=None, architecture="type1", n_layers=2).fit(ragged.X, ragged.y).network_.network.body
    assert isinstance(body, Chain)
    assert len(body.layers) == 2


def test_parts_may_be_callables(ragged):
    made = classifier(encoder=BidirectionalLSTM).fit(ragged.X, ragged.y)
    assert (made.predict_proba(ragged.X) == classifier(encoder="bilstm").fit(ragged.X, ragged.y).predict_proba(
        ragged.X)).all()


@pytest.mark.parametrize(("options", "said"), [
    ({"architecture": "circle"}, "unknown architecture 'circle'; choose one of 'single', 'type1', 'type2'"),
    ({"encoder": "gru"}, "unknown encoder 'gru'; choose one of 'lstm'"),
    ({"pooling": "first"}, "unknown pooling 'first'; choose one of 'last', 'mean-max', 'attention', 'flatten'"),
    ({"saliency": "magic"}, "unknown saliency 'magic'; choose one of 'channels', 'events'"),
    ({"scaling": "minmax"}, "unknown scaling 'minmax'; choose one of 'standard', 'series', None"),
    ({"hidden_size": 0}, "hidden_size must be an integer of at least 1, got 0"),
    ({"gate": "soft"}, "unknown gate 'soft'; choose one of 'sigmoid', 'none'"),
    ({"gate": "none", "mutual": False}, "gate='none' adds both branches: it needs mutual=True, got mutual=False"),
    ({"trunk": "oak"}, "unknown trunk 'oak'; choose one of 'residual'"),
    ({"hidden_size": 7, "encoder": "bilstm"}, "n_features must be even, half for each direction, got 7"),
    ({"random_state": 2**70}, "random_state must be None, a numpy RandomState or an integer from 0 to 4294967295, got"),
    ({"dropout": 1.0}, r"dropout must lie in \[0, 1\), got 1.0"),
    ({"class_weight": "even"}, "unknown class_weight 'even'; choose one of 'balanced'"),
    ({"class_weight": {"x": 1.0}}, r"class_weight must name classes that y has, got 'x'; y has \['bump', 'flat'\]"),
    ({"class_weight": {"bump": -1.0}}, "class_weight must be finite, at least 0 and not all 0"),
    ({"class_weight": {"bump": 1e300}}, "class_weight must be finite, .* in the range of float32, got"),
    ({"saliency": SummaryTransformer()}, "saliency must be a transformer of series to series of the same length"),
    ({"saliency": Differencer(na_handling="keep_na")}, "saliency must be finite, and Differencer returned NaN"),
])
def test_nonsense_is_refused_in_fit(options, said, ragged):
    with pytest.raises(ValueError, match=said):
        classifier(**options).fit(ragged.X, ragged.y)


@pytest.mark.parametrize(("options", "said"), [
    ({"saliency": 3}, "saliency must be a name, a transformer of sktime or None, got 3"),
    ({"class_weight": 3}, "class_weight must be None, 'balanced' or a dict from label to weight, got 3"),
    ({"training": "fast"}, "training must be a Training, got 'fast'"),
    ({"mutual": "yes"}, "mutual must be True or False, got 'yes'"),
    ({"mutual": 1, "saliency": None}, "mutual must be True or False, got 1"),
    ({"random_state": np.random.default_rng(0)}, "random_state must be .* got Generator.PCG64.*; draw one from it"),
])
def test_wrong_types_are_refused_in_fit(options, said, ragged):
    with pytest.raises(TypeError, match=said):
        classifier(**options).fit(ragged.X, ragged.y)


def test_a_training_is_looked_at_before_series_are(ragged, monkeypatch):
    monkeypatch.setattr(Inputs, "learn", lambda *_, **__: pytest.fail("too late"))
    with pytest.raises(TypeError, match="must be a Training"):
        classifier(training="fast").fit(ragged.X, ragged.y)


@pytest.mark.parametrize(("label", "error", "said"), [
    (0.5, ValueError, r"numbers among them must be whole, found 0.5 at position 7 \(Unknown label type: continuous\)"),
    (np.inf, ValueError, "y must not hold infinity, found inf at position 7"),
    (np.nan, ValueError, "y must not hold missing labels, found one at position 7"),
    ("one", TypeError, r"y must hold labels of one kind, got float \(.*\) beside text \('one'\); make them all texts"),
])
@pytest.mark.parametrize("container", [list, lambda y: np.array(y, object), pd.Series], ids=["list", "array", "Series"])
def test_what_is_no_class_is_refused(label, error, said, container, ragged):
    y = [float(i % 2) for i in range(24)]
    classifier().fit(ragged.X, container(y))
    y[7] = label
    with pytest.raises(error, match=said):
        classifier().fit(ragged.X, container(y))


def test_any_series_transformer_may_be_the_saliency(ragged, unseen):
    made = classifier(saliency=Differencer(na_handling="fill_zero"), training=LEARNING).fit(ragged.X, ragged.y)
    assert made.score(unseen.X, unseen.y) > 0.8
    expected = np.diff(ragged.panel[0], axis=0) / made.inputs_.scale.scale
    shown = made.saliency_series(ragged.X).loc["i0"].to_numpy()
    np.testing.assert_allclose(shown[1:], expected, rtol=1e-9, atol=1e-12)
    assert not made.get_params(deep=False)["saliency"].is_fitted  # a clone was fitted


def test_a_series_without_a_value_gets_the_training_mean(ragged):
    X, y = ragged.X + 1000, ragged.y
    holed = X.copy()
    holed.loc["i4", "width"] = np.nan
    inputs = classifier().fit(holed, y).inputs_
    rest = X["width"][X.index.get_level_values(0) != "i4"]
    np.testing.assert_allclose(inputs.fill[1], rest.mean())
    np.testing.assert_allclose(inputs.scale.centre[1], rest.mean())


def test_class_weights_move_the_decision(ragged):
    def bumps(weight):
        made = classifier(class_weight=weight, training=Training(epochs=3, lr=5e-3)).fit(ragged.X, ragged.y)
        return made.predict_proba(ragged.X)[:, 0].mean()

    assert bumps({"bump": 20.0}) > bumps(None) > bumps({"flat": 20.0})
    rare = ragged.y.copy()
    rare[rare == "flat"] = np.where(np.arange(12) < 8, "flat", "bump")
    even = classifier(class_weight="balanced").fit(ragged.X, rare)
    by_hand = classifier(class_weight={"flat": 24 / 16, "bump": 24 / 32}).fit(ragged.X, rare)
    np.testing.assert_allclose(even.predict_proba(ragged.X), by_hand.predict_proba(ragged.X), rtol=0, atol=1e-6)


def test_history_names_what_happened(ragged):
    made = classifier(training=Training(epochs=3, validation=0.25)).fit(ragged.X, ragged.y)
    assert made.history_["epoch"].tolist() == [1, 2, 3]
    assert {"train_loss", "validation_loss", "validation_accuracy", "lr", "seconds"} <= set(made.history_)
    assert made.best_epoch_ == made.history_["validation_loss"].idxmin() + 1
    assert made.n_parameters_ == sum(value.numel() for value in made.network_.parameters())


def lead_of_series(made, panel, position):
    """The scaled series, and the lead of its class over the other as a function of the scaled series alone."""
    lengths = torch.tensor([len(panel[position])])
    prepared = made.inputs_(Panel.from_sktime(frame(panel)))
    x, saliency = (part.double() for part in prepared.batch(torch.tensor([position])).inputs)
    x, saliency = x[:, :lengths], saliency[:, :lengths]
    network = copy.deepcopy(made.network_).double()
    code = int(network(x, saliency, lengths=lengths).argmax())
    x = x[0].numpy()
    bands = made.inputs_.saliency.transform(pd.DataFrame(x, columns=["height", "width", "depth"])).to_numpy()
    own = made.inputs_.saliency_scale
    centre, scale = (bands.mean(axis=0), bands.std(axis=0)) if own.kind == "series" else (own.centre, own.scale)

    def lead(here):
        other = made.inputs_.saliency.transform(pd.DataFrame(here, columns=["height", "width", "depth"])).to_numpy()
        other = (other - centre) / scale
        with torch.no_grad():
            outputs = network(torch.tensor(here)[None], torch.tensor(other)[None], lengths=lengths)[0]
        return float(outputs[code] - outputs[1 - code])

    return x, lead


FOLLOWING = {
    "default": {}, "series": {"scaling": "series"}, "unscaled": {"scaling": None},
    "kept": {"saliency": ScaleSpaceChannels((0, 1.3), keep=True)},
    "advised": {"proportions": 2500},  # few mixtures have few, steep steps, which midpoints miss
    "ridge": {"cls": ScaleSpaceRidgeClassifier, "proportions": 2500},
}


@pytest.mark.parametrize("options", FOLLOWING.values(), ids=FOLLOWING)
@pytest.mark.slow
def test_attention_is_what_integrating_the_whole_slope_gives(options):
    panel = series(1, [11, 5, 7, 13])
    made = classifier(**{"proportions": 0} | options).fit(frame(panel), [0, 1, 0, 1])
    x, lead = lead_of_series(made, panel, 1)
    speaks = np.maximum(integrated(lead, x), 0)
    np.testing.assert_allclose(made.attention(frame(panel)).loc["i1"], speaks / speaks.sum(), rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize("options", FOLLOWING.values(), ids=FOLLOWING)
@pytest.mark.slow
def test_what_the_values_add_is_the_change_of_the_lead(options, ragged):
    made = learning(**{"proportions": 0} | options).fit(ragged.X, ragged.y)
    panel = Panel.from_sktime(ragged.X)
    start, pull_back = made.inputs_.following(made.inputs_.prepare(panel))
    added = attribution(made.network_, made.inputs_(panel), 3, Following(torch.tensor(start).float(), pull_back))
    for position in (0, 5, 23):
        x, lead = lead_of_series(made, ragged.panel, position)
        part = added[panel.offsets[position]:panel.offsets[position + 1]]
        np.testing.assert_allclose(part.sum(), lead(x) - lead(0 * x), rtol=0.03, atol=0.03)


@pytest.mark.parametrize("saliency", [UVTFSaliency(), ScaleSpaceChannels(magnitude=True), None],
                         ids=["events", "magnitude", "none"])
@pytest.mark.slow
def test_what_is_not_linear_moves_along_alone(saliency, ragged):
    made = classifier(saliency=saliency).fit(ragged.X, ragged.y)
    panel = Panel.from_sktime(ragged.X)
    assert made.inputs_.following(made.inputs_.prepare(panel)) is None
    expected = relevance(made.network_, made.inputs_(panel), 3)
    np.testing.assert_array_equal(made.attention(ragged.X), expected)


def test_saliency_is_computed_once_a_call_and_warns_once(monkeypatch):
    X, y = frame(series(1, [5, 13, 7, 17])), [0, 1, 0, 1]
    applied, apply = [], UVTFSaliency._apply
    monkeypatch.setattr(UVTFSaliency, "_apply", lambda self, panel: applied.append(panel.n) or apply(self, panel))
    made = classifier(saliency="events")
    calls = {"fit": lambda: made.fit(X, y), "predict": lambda: made.predict(X), "attention": lambda: made.attention(X),
             "saliency_series": lambda: made.saliency_series(X)}
    for name, call in calls.items():
        applied.clear()
        with pytest.warns(UserWarning, match="shorter than 8 time points") as caught:
            call()
        assert (name, len(applied), len(caught)) == (name, 1, 1)


def test_saliency_series_are_the_norm_over_bands(ragged):
    made = classifier().fit(ragged.X, ragged.y)
    scaled = (ragged.X - made.inputs_.scale.centre) / made.inputs_.scale.scale
    bands = ScaleSpaceChannels(LADDER).fit_transform(scaled)
    expected = np.linalg.norm(bands.to_numpy().reshape(-1, 3, 5), axis=-1)
    shown = made.saliency_series(ragged.X)
    pd.testing.assert_index_equal(shown.index, ragged.X.index)
    assert shown.columns.tolist() == ["height", "width", "depth"]
    np.testing.assert_allclose(shown, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("output", ["saliency", "both"])
def test_saliency_series_of_events_are_themselves(output, ragged):
    made = classifier(saliency=UVTFSaliency(output=output)).fit(ragged.X, ragged.y)
    scaled = (ragged.X - made.inputs_.scale.centre) / made.inputs_.scale.scale
    np.testing.assert_allclose(made.saliency_series(ragged.X), UVTFSaliency().fit_transform(scaled), rtol=1e-9,
                               atol=1e-12)


def test_there_is_no_saliency_to_show_without(ragged):
    with pytest.raises(ValueError, match="there is no saliency to show"):
        classifier(saliency=None).fit(ragged.X, ragged.y).saliency_series(ragged.X)
