"""What regressors do, beyond what every estimator promises."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sktime.datatypes import convert_to

import tsattn
from tests.regression.conftest import every_regressor, frame, learning, make, series
from tsattn._labels import check_values
from tsattn._panel import Panel
from tsattn.models.committee import Committee
from tsattn.models.sdma import SDMA
from tsattn.nn.recurrent import LSTM, LSTMTrunk
from tsattn.nn.ridge import best_ridge
from tsattn.nn.ridge_head import ProportionRidge, StepRidge
from tsattn.regression import LSTMSANRegressor, SDMARegressor, XM2ARegressor
from tsattn.regression._base import NetworkRegressor, units
from tsattn.training import Mixup, Training
from tsattn.training.run import alike
from tsattn.transformations import UVTFSaliency


def regressor(**options):
    return make(SDMARegressor, **options)


@pytest.fixture
def unweighed(monkeypatch):
    monkeypatch.setattr(Committee, "weigh", lambda *_: None)


def test_the_published_form():
    made = SDMARegressor.paper("type2", epochs=3, random_state=0)
    made.fit(frame(series(1, [13, 17, 19, 23])), [0.0, 3.0, 5.0, 7.0])
    network = made.network_
    assert isinstance(network.body, SDMA)
    assert network.body.n_features == 6
    assert isinstance(network.trunk, LSTMTrunk)
    assert (network.trunk.cell.input_size, network.trunk.cell.hidden_size) == (6, 6)
    assert (network.head.in_features, network.head.out_features) == (6, 1)
    assert isinstance(made.inputs_.saliency, UVTFSaliency)
    assert (made.loss, made.proportions) == ("absolute", 0)
    assert set(made.history_["lr"]) == {1e-3}
    assert len(made.history_) == 3
    assert SDMARegressor.paper().training.epochs == 50


def test_the_other_published_forms():
    X, y = frame(series(1, [13, 17, 19, 23])), [0.0, 3.0, 5.0, 7.0]
    heads = XM2ARegressor.paper("exp", epochs=1, random_state=0).fit(X, y)
    assert len(heads.network_.body.body.layers) == 6
    recurrent = LSTMSANRegressor.paper("bottleneck", attention_module=None, epochs=1, random_state=0).fit(X, y)
    assert [type(layer) for layer in recurrent.network_.body.body.layers] == [LSTM] * 4
    for made in (heads, recurrent):
        assert (made.loss, made.proportions, made.network_.trunk) == ("absolute", 0, None)
        assert made.network_.head.out_features == 1


def test_an_lstm_as_a_trunk_is_an_lstm_that_keeps_the_steps():
    trunk, x, lengths = LSTMTrunk(5), torch.randn(2, 7, 5), torch.tensor([7, 3])
    features, kept = trunk(x, lengths)
    layer = LSTM(5, 5)
    layer.load_state_dict(trunk.state_dict())
    assert torch.equal(features, layer(x, lengths))
    assert kept is lengths


@every_regressor
def test_units_of_the_target_do_not_matter(cls, ragged, unseen):
    plain = make(cls).fit(ragged.X, ragged.values)
    expected = plain.predict(unseen.X) - plain.target_mean_
    for scale, shift in [(1e-9, 0.0), (3.0, 1e6), (1e200, -1e201)]:
        changed = make(cls).fit(ragged.X, scale * ragged.values + shift)
        found = (changed.predict(unseen.X) - changed.target_mean_) / scale
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3 * plain.target_scale_)


def test_units_by_hand():
    assert units(np.array([1.0, 3.0, 5.0, 7.0])) == (4.0, np.sqrt(5))
    assert units(np.array([0.1] * 7)) == (0.1, 0.0)
    assert units(np.zeros(3)) == (0.0, 0.0)
    assert units(np.array([-1e299, 1e299])) == (0.0, 1e299)
    assert units(np.array([-1e-299, 1e-299])) == (0.0, 1e-299)


@every_regressor
@pytest.mark.filterwarnings("ignore:only single label")
@pytest.mark.parametrize("value", [0.0, 0.1, -1e12])
def test_p14_equal_values_are_answered_with_that_value(cls, value, ragged, unseen):
    made = make(cls).fit(ragged.X, np.full(24, value))
    assert made.predict(unseen.X).tolist() == [value] * 24
    assert (made.target_mean_, made.target_scale_) == (value, 0.0)
    assert made.attention(unseen.X).shape == unseen.X.shape


@every_regressor
@pytest.mark.filterwarnings("ignore:only single label")
def test_p13_one_series_is_answered_with_its_value(cls, ragged, unseen):
    made = make(cls).fit(ragged.X.loc[["i0"]], [3.5])
    assert made.predict(unseen.X).tolist() == [3.5] * 24


CONTAINERS = {"list": list, "array": np.array, "objects": lambda y: np.array(y, dtype=object), "Series": pd.Series,
              "DataFrame": lambda y: pd.DataFrame({"a": y})}


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
def test_whole_numbers_are_values(container, ragged, unseen):
    y = [70, 100] * 12
    made = regressor().fit(ragged.X, container(y))
    expected = regressor().fit(ragged.X, np.array(y, dtype=np.float64))
    found = made.predict(unseen.X)
    assert found.dtype == np.float64
    assert (found == expected.predict(unseen.X)).all()
    assert not set(np.round(found, 6)) <= {70.0, 100.0}


@pytest.mark.parametrize(("value", "error", "said"), [
    (np.nan, ValueError, "y must not hold missing values, found one at position 7"),
    (None, ValueError, "y must not hold missing values, found one at position 7"),
    (np.inf, ValueError, "y must not hold infinity, found inf at position 7"),
    (-np.inf, ValueError, "y must not hold infinity, found -inf at position 7"),
    (1e301, ValueError, r"y must stay below 1e\+300 in magnitude, found 1e\+301 at position 7"),
])
@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
def test_what_is_no_finite_number_is_refused(value, error, said, container, ragged):
    y = [float(i) for i in range(24)]
    y[7] = value
    with pytest.raises(error, match=said):
        regressor().fit(ragged.X, container(y))


@pytest.mark.parametrize("wrong", ["one", b"one", (1, 2)], ids=str)
def test_what_is_no_number_is_refused(wrong):
    y = np.array([0.0, 1.0, None], dtype=object)
    y[2] = wrong
    with pytest.raises(TypeError, match=r"found .* at position 2; learn labels with a class"):
        check_values(y)


@pytest.mark.parametrize(("dtype", "said"), [
    (None, "got complex128"), (object, "found 1j at position 1"), (list, "got complex128"),
], ids=str)
def test_complex_numbers_are_refused_with_a_cure_that_works(dtype, said):
    y = [0.5, 1j] if dtype is list else np.array([0.5, 1j], dtype=dtype)
    cure = r"learn np.abs\(y\) or np.asarray\(y, complex\).real"
    with pytest.raises(TypeError, match=f"y must hold real numbers, {said}; {cure}$"):
        check_values(y)
    assert check_values(np.abs(y)).tolist() == [0.5, 1]
    assert check_values(np.asarray(y, complex).real).tolist() == [0.5, 0]


def test_texts_are_refused_in_fit(ragged):
    with pytest.raises(TypeError, match="found 'flat' at position 0; learn labels with a classifier"):
        regressor().fit(ragged.X, ragged.y)


@pytest.mark.parametrize(("options", "said"), [
    ({"loss": "cubic"}, "unknown loss 'cubic'; choose one of 'squared', 'absolute'"),
    ({"loss": None}, "unknown loss None; choose one of"),
    ({"trunk": "oak"}, "unknown trunk 'oak'; choose one of 'residual', 'lstm'"),
    ({"scaling": "minmax"}, "unknown scaling 'minmax'"),
    ({"training": Training(monitor="accuracy", validation=0.2)}, "monitor='accuracy' needs classes"),
    ({"training": Training(validation=(23, 24))}, r"validation positions must lie in \[0, 24\), got 24"),
])
def test_nonsense_is_refused_in_fit(options, said, ragged):
    with pytest.raises(ValueError, match=said):
        regressor(**options).fit(ragged.X, ragged.values)


@pytest.mark.filterwarnings("ignore:only single label")
def test_a_lonely_series_cannot_be_held_out(ragged):
    with pytest.raises(ValueError, match=r"there is 1 series: use validation=0\.0"):
        regressor(training=Training(validation=0.2)).fit(ragged.X.loc[["i0"]], [1.0])


def test_several_targets_are_learned_one_by_one(ragged, unseen):
    y = pd.DataFrame({"a": ragged.values, "b": -3 * ragged.values})
    found = regressor().fit(ragged.X, y).predict(unseen.X)
    assert found.columns.tolist() == ["a", "b"]
    np.testing.assert_array_equal(found["a"], regressor().fit(ragged.X, ragged.values).predict(unseen.X))


def test_history_is_in_units_of_the_target(ragged):
    """A network that hardly learns is worse than nothing by its answers' variance; the unit is one."""
    training = Training(epochs=3, validation=0.25, lr=1e-9, augment=())
    made = regressor(training=training, proportions=0).fit(ragged.X, 1e6 * ragged.values)
    assert {"train_loss", "validation_loss", "lr", "seconds"} <= set(made.history_)
    assert "validation_accuracy" not in made.history_
    assert 0.1 < made.history_["validation_loss"].iloc[0] < 10


@pytest.mark.parametrize(("loss", "measured"), [("squared", np.square), ("absolute", np.abs)])
def test_the_validation_loss_is_that_of_the_answer_on_what_was_held_out(loss, measured, ragged, unweighed):
    """Before that part says what share of the network to keep, and is learned from."""
    fold = (1, 4, 6, 11)
    made = regressor(loss=loss, training=Training(epochs=3, validation=fold)).fit(ragged.X, ragged.values)
    missed = (made.predict(ragged.X) - ragged.values)[list(fold)] / made.target_scale_
    assert made.history_["validation_loss"][made.best_epoch_ - 1] == pytest.approx(measured(missed).mean(), rel=1e-4)


def test_p69_the_ridge_has_not_seen_what_is_held_out_while_the_network_is_trained(ragged, unweighed):
    """Its weights are those of the other series alone; only the unit of the target is everybody's."""
    fold = (1, 4, 6, 11)
    y = ragged.values.copy()
    found = []
    for change in (y[list(fold)], y[list(fold)][::-1]):  # the unit stays
        y[list(fold)] = change
        made = regressor(training=Training(epochs=1, validation=fold)).fit(ragged.X, y)
        found.append([made.network_.network.head.weight]
                     + [adviser.head.weight for adviser in made.network_.adviser.advisers])
    for one, other in zip(*found, strict=True):
        assert torch.equal(one, other)
    assert found[0][2].any()


def test_afterwards_the_ridge_learns_from_what_was_held_out(ragged):
    fold = (1, 4, 6, 11)
    held, whole = (regressor(proportions=0, training=Training(epochs=1, validation=part)).fit(ragged.X, ragged.values)
                   for part in (fold, 0.0))
    assert torch.equal(held.network_.adviser.head.weight, whole.network_.adviser.head.weight)


def test_by_default_the_last_fifth_says_what_the_network_is_worth(monkeypatch):
    """Of a target that is noise, little; and below 40 series nothing is held out."""
    assert repr(SDMARegressor.USUAL) == "Training(validation=0.2)"
    monkeypatch.setattr(NetworkRegressor, "USUAL", Training(validation=0.2, epochs=5))
    X = frame(series(3, [13] * 40), ["a", "b", "c"])
    noise = np.random.default_rng(0).standard_normal(40)
    made = SDMARegressor(hidden_size=4, proportions=0, random_state=0).fit(X, noise)
    assert "validation_loss" in made.history_
    assert made.share_ == made.network_.share < 0.5
    given = clone(made).set_params(training=Training(validation=tuple(range(32, 40)), epochs=5))
    assert np.array_equal(given.fit(X, noise).predict(X), made.predict(X))
    assert repr(made._usual(39)) == "Training()"


def test_without_a_ridge_there_is_nothing_to_share_with(ragged):
    assert regressor(linear=False, proportions=0).fit(ragged.X, ragged.values).share_ == 1


def test_the_usual_training_is_named_where_its_parameter_is_to_be_set():
    with pytest.raises(ValueError, match=r"pass training=Training\(validation=0.2\), the usual one, first"):
        SDMARegressor().set_params(training__lr=0.1)


def test_a_share_is_kept_in_a_file(ragged, unseen, tmp_path):
    made = regressor(training=Training(epochs=2, validation=0.5)).fit(ragged.X, ragged.values)
    made.network_.share.fill_(0.25)
    tsattn.save(made, tmp_path / "model")
    again = tsattn.load(tmp_path / "model")
    assert again.share_ == 0.25
    assert np.array_equal(again.predict(unseen.X), made.predict(unseen.X))


def test_the_answer_is_the_sum_of_ridge_and_network(ragged, unseen):
    made = regressor().fit(ragged.X, ragged.values)
    data = made.inputs_(Panel.from_sktime(unseen.X)).batch(torch.arange(24))
    ridges = made.network_.adviser
    assert [type(ridge) for ridge in ridges.advisers] == [StepRidge, ProportionRidge]
    with torch.no_grad():
        parts = [part(*data.inputs, lengths=data.lengths)[:, 0].numpy()
                 for part in (made.network_.network, ridges.advisers[int(ridges.chosen)])]
    together = made.target_mean_ + made.target_scale_ * sum(parts)
    np.testing.assert_allclose(made.predict(unseen.X), together, rtol=1e-6)
    assert min(part.std() for part in parts) > 1e-3


@pytest.mark.parametrize(("options", "kind"), [
    ({"linear": False}, ProportionRidge), ({"proportions": 0}, StepRidge), ({"linear": False, "proportions": 0}, None)])
def test_either_ridge_can_be_left_out(options, kind, ragged):
    network = regressor(**options).fit(ragged.X, ragged.values).network_
    assert type(getattr(network, "adviser", None)) is (kind or type(None))


def test_an_answer_goes_on_beyond_the_values_that_were_learned_from():
    """Of series that rise, the next value; those asked about stand above all others."""
    rising = [np.arange(start, start + 12.0)[:, None] for start in range(80)]
    made = learning(SDMARegressor).fit(frame(rising[:40], ["a"]), np.arange(12.0, 52))
    assert made.score(frame(rising[40:], ["a"]), np.arange(52.0, 92)) > 0.9


def test_the_network_learns_what_the_ridge_leaves_of_each_series(ragged):
    """Its training loss, of a network that stays as it was drawn, is that of the rest that left-out answers leave."""
    training = Training(epochs=1, lr=1e-12, augment=(), batch_size=24)
    made = regressor(training=training, trunk=None, dropout=0.0, linear=False).fit(ragged.X, ragged.values)
    series = made.inputs_(Panel.from_sktime(ragged.X))
    order = torch.cat(alike(series, torch.arange(24)))  # in which the ridge is told of them
    data = series.batch(order)
    target = torch.tensor((ragged.values - made.target_mean_) / made.target_scale_)[order, None]
    with torch.no_grad():
        features = made.network_.adviser.proportions(data.inputs[-1], data.lengths)
        own = made.network_.network.train()(*data.inputs, lengths=data.lengths)
    rest = target - best_ridge(features, target).left_out
    assert made.history_["train_loss"][0] == pytest.approx(float((own - rest).square().mean()), rel=1e-4)
    assert float((own - rest).square().mean()) != pytest.approx(float((own - target).square().mean()), rel=0.2)


def test_the_loss_that_is_lowered_is_the_one_asked_for(ragged):
    """Of series that cannot be told apart, the squared error is least at the mean, the absolute one at the median."""
    X, y = frame([np.zeros((11, 3))] * 24), np.array([0.0] * 18 + [100.0] * 6)
    training = Training(epochs=60, batch_size=24, lr=0.02, augment=(), weight_decay=0.0)
    options = {"training": training, "linear": False, "proportions": 0, "dropout": 0.0, "trunk": None}
    found = {loss: regressor(loss=loss, **options).fit(X, y).predict(X)[0] for loss in ("squared", "absolute")}
    assert found["squared"] == pytest.approx(25, abs=2)
    assert found["absolute"] == pytest.approx(0, abs=2)


@every_regressor
def test_mixtures_of_series_have_mixtures_of_values(cls, ragged, unseen):
    training = Training(epochs=2, augment=(Mixup(1.0),))
    assert np.isfinite(make(cls, training=training).fit(ragged.X, ragged.values).predict(unseen.X)).all()


def test_it_learns_beyond_two_values(ragged, unseen):
    """The height of the bump, which is another one in each series."""
    rng = np.random.default_rng(3)
    heights, panels = rng.uniform(1, 5, (2, 40)), []
    for row in heights:
        panels.append([0.1 * rng.normal(size=(23, 2)) + [[h, 0]] * np.exp(-((np.arange(23) - 11)[:, None] ** 2) / 8)
                       for h in row])
    made = learning(SDMARegressor).fit(frame(panels[0], ["a", "b"]), heights[0])
    assert made.score(frame(panels[1], ["a", "b"]), heights[1]) > 0.8


@pytest.mark.parametrize("container", ["numpy3D", "df-list", "nested_univ"])
def test_containers_give_the_same(container):
    X, y = frame(series(5, [13] * 24)), np.arange(24.0)
    expected = regressor().fit(X, y).predict(X)
    other = convert_to(X, container)
    np.testing.assert_allclose(regressor().fit(other, y).predict(other), expected, rtol=0, atol=1e-4)


def test_masked_values_are_refused():
    with pytest.raises(TypeError, match="y must be an array without a mask, got a masked array; leave out what is"):
        check_values(np.ma.masked_array([1.0, 2.0], [True, False]))
