import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tsattn.transformations import UVTFEvents, UVTFSaliency

STATISTICS = ["count", "amplitude", "sigma", "position"]


def test_features_equal_the_loop_over_the_table(ragged):
    transformer = UVTFEvents(n_words=0).fit(ragged)
    table, features = transformer.events(ragged), transformer.transform(ragged)
    assert features.index.tolist() == [f"s{i}" for i in range(7)]
    assert features.columns.tolist() == [f"{column}__octave{octave}__{name}" for column in ragged.columns
                                         for octave in range(3) for name in STATISTICS]
    for name in features.index:
        steps = len(ragged.loc[name])
        for column in ragged.columns:
            for octave in range(3):
                own = table[(table["instance"] == name) & (table["variate"] == column) & (table["octave"] == octave)]
                expected = [0, 0, 0, 0] if own.empty else [
                    len(own), own["amplitude"].mean(), own["sigma"].mean(), ((own["position"] + 0.5) / steps).mean()]
                cells = [f"{column}__octave{octave}__{statistic}" for statistic in STATISTICS]
                assert_allclose(features.loc[name, cells].to_numpy(float), expected, atol=1e-12)


def test_the_table_is_that_of_the_saliency(ragged):
    expected = UVTFSaliency().fit(ragged).events(ragged)
    pd.testing.assert_frame_equal(UVTFEvents(n_words=0).fit(ragged).events(ragged), expected)
    pd.testing.assert_frame_equal(UVTFEvents(n_words=3, random_state=0).fit(ragged).events(ragged), expected)


def test_each_event_has_one_word(ragged):
    transformer = UVTFEvents(n_words=5, random_state=2).fit(ragged)
    features, table = transformer.transform(ragged), transformer.events(ragged)
    assert transformer.words_.shape[0] == 5
    for column in ragged.columns:
        words = features[[f"{column}__word{i}" for i in range(5)]].sum(axis=1)
        counts = table[table["variate"] == column].groupby("instance").size().reindex(features.index, fill_value=0)
        assert_array_equal(words, counts)


def test_bumps_and_dips_get_different_words():
    t = np.arange(97)
    bump = np.exp(-((t - 48) ** 2) / (2 * 2.0**2))
    X = np.stack([bump, -bump] * 5)[:, None]
    transformer = UVTFEvents(n_words=2, scaling=None, random_state=0, n_octaves=1, contrast=0.02)
    features = transformer.fit_transform(X).to_numpy()[:, -2:]
    assert (features.sum(axis=1) > 0).all()
    assert (features.argmax(axis=1)[::2] == features.argmax(axis=1)[0]).all()
    assert (features.argmax(axis=1)[1::2] == 1 - features.argmax(axis=1)[0]).all()


def test_one_seed_one_bag(ragged):
    def words(seed):
        return UVTFEvents(n_words=4, random_state=seed).fit(ragged).words_

    assert_array_equal(words(7), words(7))
    assert_array_equal(words(np.random.RandomState(7)), words(np.random.RandomState(7)))
    assert not np.array_equal(words(7), words(8))


def test_fewer_descriptors_than_words_leave_the_rest_at_zero():
    t = np.arange(61)
    X = pd.DataFrame({"x": np.exp(-((t - 30) ** 2) / (2 * 2.5**2))})
    transformer = UVTFEvents(n_words=50, random_state=0).fit(X)
    found = len(transformer.words_)
    assert 0 < found < 50
    features = transformer.transform(X)
    assert features.shape == (1, 3 * 4 + 50)
    assert (features.iloc[:, 12 + found:] == 0).all(axis=None)
    assert features.iloc[0, 12:].sum() == len(transformer.events(X))


def test_training_data_without_events_give_an_empty_bag(ragged):
    X = ragged[["hand"]]
    transformer = UVTFEvents(random_state=0).fit(X * 0)
    assert len(transformer.words_) == 0
    features = transformer.transform(X)
    assert features["hand__word0"].sum() == len(transformer.events(X))


def test_hierarchical_rows_keep_their_labels(ragged):
    tree = pd.concat({"north": ragged.loc[["s0", "s3"]], "south": ragged.loc[["s1"]]}, names=["pole"])
    features = UVTFEvents(n_words=0).fit_transform(tree)
    assert features.index.tolist() == [("north", "s0"), ("north", "s3"), ("south", "s1")]


def test_auto_octaves_are_those_of_the_training_data(ragged):
    transformer = UVTFEvents(n_words=0, n_octaves="auto").fit(ragged.loc[["s0"]])  # 37 samples: 3 octaves
    longer = pd.concat({"long": pd.concat([ragged.loc["s4"]] * 4, ignore_index=True)})
    assert transformer.transform(longer).shape == (1, 3 * 3 * 4)
    assert transformer.events(longer)["octave"].max() <= 2


def test_short_series_get_a_row_of_zeros_and_one_warning(ragged):
    transformer = UVTFEvents(n_words=3, random_state=0).fit(ragged)
    mixed = pd.concat([ragged.loc[["s1"]].head(1), ragged.loc[["s0"]]])
    with pytest.warns(UserWarning, match="1 of 2 series are shorter than 8 time points") as caught:
        features = transformer.transform(mixed)
    assert len(caught) == 1
    assert (features.loc["s1"] == 0).all()
    assert (features.loc["s0"] != 0).any()


@pytest.mark.parametrize("n_words", [-1, 2.5, True])
def test_the_number_of_words_is_checked(ragged, n_words):
    with pytest.raises((ValueError, TypeError), match="n_words must be an integer of at least 0"):
        UVTFEvents(n_words=n_words).fit(ragged)


def test_the_nearest_word_is_by_distance():
    from tsattn.transformations.events import _nearest

    words = np.array([[2.0, 0.0], [1.0, 0.0], [0.0, 1.0]])  # the first has the largest product with (1, 0)
    assert _nearest(np.array([[1.0, 0.0], [1.9, 0.0], [0.1, 0.3]]), words).tolist() == [1, 0, 2]


@pytest.mark.parametrize("n_words", [0, 3])
@pytest.mark.parametrize("seed", ["x", 1.5])
def test_the_seed_is_checked(ragged, seed, n_words):
    with pytest.raises(TypeError, match="random_state must be None, a numpy RandomState or an integer"):
        UVTFEvents(n_words=n_words, random_state=seed).fit(ragged)
