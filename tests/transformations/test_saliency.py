import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.ndimage import gaussian_filter1d
from sklearn.ensemble import RandomForestClassifier

from tsattn.classification import SDMAClassifier
from tsattn.training import Training
from tsattn.transformations import UVTFEvents, UVTFSaliency

WIDTH = 4.0
CENTRE = 73


def bump(centre=CENTRE, width=WIDTH, steps=151, height=1.0):
    """A lone Gaussian bump in a flat series."""
    return height * np.exp(-((np.arange(steps) - centre) ** 2) / (2 * width**2))


def strongest(events):
    return events.loc[events["value"].abs().idxmax()]


def test_a_bump_is_found_at_its_label_and_scale():
    index = pd.date_range("2024-03-01", periods=151, freq="h")
    X = pd.DataFrame({"x": bump()}, index=index)
    event = strongest(UVTFSaliency(scales_per_octave=5).fit(X).events(X))
    assert event["variate"] == "x"
    assert event["t"] == index[CENTRE]
    assert abs(event["position"] - CENTRE) <= 1
    # the response between sigma and k sigma peaks where sigma sqrt(k) = sqrt(2) width; one scale either way
    k = 2 ** (1 / 5)
    assert np.sqrt(2) * WIDTH / k < event["sigma"] * np.sqrt(k) < np.sqrt(2) * WIDTH * k
    assert event["polarity"] == 1
    assert event["value"] < 0
    start, end = index.get_loc(event["start"]), index.get_loc(event["end"])
    assert abs(start - (event["position"] - 3 * event["sigma"])) <= 1
    assert abs(end - (event["position"] + 3 * event["sigma"])) <= 1


def test_a_dip_is_a_bump_upside_down():
    up, down = pd.DataFrame({"x": bump()}), pd.DataFrame({"x": -bump()})
    found_up = UVTFSaliency(scaling=None).fit(up).events(up)
    found_down = UVTFSaliency(scaling=None).fit(down).events(down)
    assert len(found_up) > 0
    for name, sign in [("t", 1), ("sigma", 1), ("amplitude", -1), ("value", -1), ("polarity", -1)]:
        assert_allclose(found_down[name], sign * found_up[name])


def test_polarity_keeps_what_it_says(ragged):
    both = UVTFSaliency().fit(ragged).events(ragged)
    for name, sign in [("bump", 1), ("dip", -1)]:
        kept = UVTFSaliency(polarity=name).fit(ragged).events(ragged)
        pd.testing.assert_frame_equal(kept, both[both["polarity"] == sign].reset_index(drop=True))
        assert len(kept) > 0


def test_saliency_is_the_sum_of_masks_over_the_table(ragged):
    for refine in (False, True):
        transformer = UVTFSaliency(amplitude="average", refine=refine).fit(ragged)
        saliency, table = transformer.transform(ragged), transformer.events(ragged)
        for name in ("s0", "s4"):
            for column in ragged.columns:
                own = table[(table["instance"] == name) & (table["variate"] == column)]
                expected = np.zeros(len(ragged.loc[name]))
                for event in own.itertuples():
                    for t in range(len(expected)):
                        expected[t] += event.amplitude * np.exp(-(t - event.position) ** 2 / (2 * event.sigma**2))
                assert_allclose(saliency.loc[name, column], expected, rtol=1e-5, atol=1e-5)


def test_amplitude_is_the_mean_of_the_scaled_series_in_the_scope(ragged):
    transformer = UVTFSaliency().fit(ragged)
    table = transformer.events(ragged)
    z = (ragged - ragged.mean()) / ragged.std(ddof=0)
    inside = table[(table["position"] - 3 * table["sigma"] >= 0)]
    assert len(inside) > 10
    for event in inside.itertuples():
        expected = z.loc[(event.instance, slice(event.start, event.end)), event.variate].mean()
        assert_allclose(event.amplitude, expected, atol=1e-9)


def test_units_of_scaling(ragged):
    panel = ragged.loc[["s0", "s3"]]
    tables = {scaling: UVTFSaliency(scaling=scaling, contrast=0).fit(panel).events(panel)
              for scaling in ("standard", "minmax", "series", None)}
    plain = tables[None]
    scale = {"standard": panel.std(ddof=0), "minmax": panel.max() - panel.min()}
    for name, unit in scale.items():
        assert_allclose(tables[name]["value"], plain["value"] / unit[plain["variate"]].to_numpy(), rtol=1e-6)
    own = panel.groupby(level=0).std(ddof=0)
    units = [own.loc[event.instance, event.variate] for event in plain.itertuples()]
    assert_allclose(tables["series"]["value"], plain["value"] / units, rtol=1e-6)


def test_scaling_is_learnt_in_fit(ragged):
    transformer = UVTFSaliency(contrast=0).fit(ragged)
    assert_allclose(transformer.centre_, ragged.mean())
    assert_allclose(transformer.scale_, ragged.std(ddof=0))
    doubled = transformer.events(ragged * 2)
    assert_allclose(doubled["value"], 2 * transformer.events(ragged)["value"], rtol=1e-9)


def test_outputs(ragged):
    alone = UVTFSaliency().fit_transform(ragged)
    assert alone.columns.tolist() == ["hand", "foot", "head"]
    assert alone.index.equals(ragged.index)
    both = UVTFSaliency(output="both").fit_transform(ragged)
    assert both.columns.tolist() == ["hand", "foot", "head", "hand__saliency", "foot__saliency", "head__saliency"]
    pd.testing.assert_frame_equal(both.iloc[:, :3], ragged)
    assert_allclose(both.iloc[:, 3:], alone)


@pytest.mark.parametrize("amplitude", ["average", "center", "unit"])
def test_events_output_places_amplitudes_at_their_labels(ragged, amplitude):
    transformer = UVTFSaliency(output="events", amplitude=amplitude).fit(ragged)
    result, table = transformer.transform(ragged), transformer.events(ragged)
    z = (ragged - ragged.mean()) / ragged.std(ddof=0)
    expected = ragged * 0
    for event in table.itertuples():
        x = z.loc[event.instance, event.variate].to_numpy()
        value = {"average": event.amplitude, "center": np.interp(event.position, np.arange(len(x)), x), "unit": 1}
        expected.loc[(event.instance, event.t), event.variate] += value[amplitude]
    assert_allclose(result, expected, atol=1e-12)


def test_events_output_has_no_room_for_a_series_an_event(ragged):
    with pytest.raises(ValueError, match=r"one number an event where output='events'"):
        UVTFSaliency(output="events", amplitude="scale-space").fit(ragged)


@pytest.mark.parametrize("index", [
    pd.date_range("2024-01-31", periods=151, freq="ME"), pd.period_range("2001-01", periods=151, freq="Q"),
    pd.RangeIndex(500, 500 + 7 * 151, 7), pd.timedelta_range("1h", periods=151, freq="15min"),
    pd.date_range("2024-01-01", periods=151, freq="h", tz="Europe/Vienna"),
], ids=["months", "periods", "sevens", "durations", "time zone"])
@pytest.mark.filterwarnings("error::UserWarning:tsattn")
def test_labels_are_the_index_own(index):
    X = pd.DataFrame({"x": bump()}, index=index)
    transformer = UVTFSaliency()
    if isinstance(index, pd.TimedeltaIndex):  # sktime knows no durations
        from tsattn._panel import Panel

        panel = Panel.from_sktime(X)
        assert panel.has_even_steps()
        assert panel.labels(np.array([0]), np.array([CENTRE]))[0] == index[CENTRE]
        return
    table = transformer.fit(X).events(X)
    assert strongest(table)["t"] == index[CENTRE]
    assert table["t"].dtype == index.dtype
    assert table["start"].dtype == index.dtype


def test_an_uneven_index_warns_once_that_sigma_is_in_samples():
    index = pd.DatetimeIndex(pd.date_range("2024-01-01", periods=151, freq="h").delete(70).append(
        pd.DatetimeIndex(["2024-03-03"])))
    X = pd.DataFrame({"x": bump()}, index=index)
    transformer = UVTFSaliency()
    with pytest.warns(UserWarning, match="sigma and scopes are counted in samples") as caught:
        transformer.fit_transform(X)
    assert len(caught) == 1
    with pytest.warns(UserWarning, match="counted in samples") as caught:
        transformer.events(X)
    assert len(caught) == 1


def test_short_series_have_no_events_and_one_warning(ragged):
    short = ragged.groupby(level=0, sort=False).head(7)
    transformer = UVTFSaliency().fit(ragged)
    mixed = pd.concat([short.loc[["s1", "s2"]], ragged.loc[["s0"]]])
    with pytest.warns(UserWarning, match="2 of 3 series are shorter than 8 time points") as caught:
        result = transformer.transform(mixed)
    assert len(caught) == 1
    assert (result.loc[["s1", "s2"]] == 0).all(axis=None)
    assert (result.loc["s0"] != 0).any(axis=None)


def test_warnings_are_about_the_callers_line(ragged):
    short = ragged.groupby(level=0, sort=False).head(7)
    y = np.arange(short.index.get_level_values(0).nunique()) % 2
    transformer = UVTFSaliency().fit(ragged)
    forest = UVTFEvents(n_words=0) * RandomForestClassifier(3, random_state=0)
    network = SDMAClassifier.paper(random_state=0).set_params(training=Training.paper(1))
    calls = [lambda: transformer.events(short), lambda: transformer.transform(short), lambda: forest.fit(short, y),
             lambda: network.fit(short, y)]
    for call in calls:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            call()
        said = [warning for warning in caught if "shorter than 8 time points" in str(warning.message)]
        assert {warning.filename for warning in said} == {__file__}


@pytest.mark.parametrize("name", ["cut", "refine"])
@pytest.mark.parametrize("value", ["no", 1, None])
def test_switches_are_true_or_false(ragged, name, value):
    with pytest.raises(TypeError, match=f"{name} must be True or False, got {value!r}"):
        UVTFSaliency(**{name: value}).fit(ragged)


def test_a_constant_series_has_no_events():
    X = pd.DataFrame({"x": np.full(71, 3.7)})
    transformer = UVTFSaliency().fit(X)
    assert len(transformer.events(X)) == 0
    assert (transformer.transform(X) == 0).all(axis=None)
    assert transformer.events(X).columns.tolist() == [
        "instance", "variate", "t", "position", "sigma", "start", "end", "amplitude", "value", "octave", "scale",
        "polarity"]


def test_hierarchical_events_name_every_level(ragged):
    tree = pd.concat({"north": ragged.loc[["s0", "s3"]], "south": ragged.loc[["s1"]]}, names=["pole"])
    transformer = UVTFSaliency().fit(ragged)
    table = transformer.events(tree)
    assert table.columns[:3].tolist() == ["pole", "who", "variate"]
    flat = transformer.events(ragged.loc[["s0", "s3", "s1"]])
    assert table["who"].tolist() == flat["instance"].tolist()
    pd.testing.assert_frame_equal(table.iloc[:, 2:], flat.iloc[:, 1:])


def test_events_are_sorted_and_each_series_has_its_own(ragged):
    transformer = UVTFSaliency().fit(ragged)
    table = transformer.events(ragged)
    place = table["instance"].str[1:].astype(int) * 3 + table["variate"].map({"hand": 0, "foot": 1, "head": 2})
    assert place.is_monotonic_increasing
    for name in ("s0", "s4"):
        alone = transformer.events(ragged.loc[[name]])
        pd.testing.assert_frame_equal(alone, table[table["instance"] == name].reset_index(drop=True))


def test_auto_octaves_leave_eight_samples(ragged):
    for steps, octaves in [(7, 1), (15, 1), (16, 2), (31, 2), (32, 3), (61, 3)]:
        X = ragged.loc[["s4"]].head(steps)
        assert UVTFSaliency(n_octaves="auto").fit(X).n_octaves_ == octaves


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.floats(0.01, 100), st.booleans(), st.floats(-1e3, 1e3), st.integers(0, 10_000))
def test_p35_unit_sign_and_offset_of_a_variate_do_not_move_its_events(factor, flip, offset, seed):
    x = np.cumsum(np.random.default_rng(seed).normal(size=43))
    factor = -factor if flip else factor
    one, two = pd.DataFrame({"x": x}), pd.DataFrame({"x": factor * x + offset})
    first, second = UVTFSaliency().fit(one).events(one), UVTFSaliency().fit(two).events(two)
    assert_allclose(second["position"], first["position"])
    assert_allclose(second["value"], np.sign(factor) * first["value"], rtol=1e-6, atol=1e-9)


def test_p35_shifting_a_bump_shifts_its_events():
    """Of 200 bumps of any width, height and place, each by its own number of samples of the coarsest octave."""
    rng = np.random.default_rng(35)
    place, shift = rng.integers(55, 66, 200), 8 * rng.integers(-2, 3, 200)
    size = [{"width": width, "height": sign} for width, sign in
            zip(rng.uniform(3, 5, 200), rng.choice([-1, 1], 200), strict=True)]
    early, late = (np.stack([bump(where, **own) for where, own in zip(centre, size, strict=True)])[:, None]
                   for centre in (place, place + shift))
    first, second = UVTFSaliency().fit(early).events(early), UVTFSaliency().fit(late).events(late)
    number = first["instance"].to_numpy()
    away = (first["position"] - place[number]).abs().to_numpy() < 20
    expected = first.assign(position=first["position"] + shift[number])[away]
    number = second["instance"].to_numpy()
    there = (second["position"] - (place + shift)[number]).abs().to_numpy() < 20
    assert_allclose(second[there]["position"].to_numpy(), expected["position"].to_numpy())
    assert set(expected["instance"]) == set(range(200))


@pytest.mark.parametrize(("name", "value", "message"), [
    ("output", "series", "unknown output 'series'; choose one of 'saliency', 'both', 'events'"),
    ("amplitude", "max", "unknown amplitude 'max'"), ("scaling", "robust", "unknown scaling 'robust'"),
    ("n_octaves", 0, "n_octaves must be an integer of at least 1, got 0"), ("sigma0", -1, "sigma0 must be a positive"),
    ("polarity", "up", "unknown polarity 'up'"), ("missing", "drop", "unknown missing 'drop'"),
    ("mode", "wrap", "unknown mode 'wrap'"), ("contrast", -0.1, "contrast must be a non-negative"),
])
def test_wrong_parameters_are_named_in_fit(ragged, name, value, message):
    with pytest.raises(ValueError, match=message):
        UVTFSaliency(**{name: value}).fit(ragged)


def test_cut_masks_end_with_their_scope(ragged):
    whole = UVTFSaliency(amplitude="unit").fit(ragged)
    cut = UVTFSaliency(amplitude="unit", cut=True).fit_transform(ragged)
    table = whole.events(ragged)
    for name in ("s0", "s4"):
        for column in ragged.columns:
            t, expected = np.arange(len(ragged.loc[name])), np.zeros(len(ragged.loc[name]))
            for event in table[(table["instance"] == name) & (table["variate"] == column)].itertuples():
                inside = np.abs(t - event.position) <= 3 * event.sigma
                expected += inside * np.exp(-((t - event.position) ** 2) / (2 * event.sigma**2))
            assert_allclose(cut.loc[name, column], expected, atol=1e-5)


def test_scale_space_amplitude_sums_the_series_smoothed_at_each_scale(ragged):
    z = (ragged - ragged.mean()) / ragged.std(ddof=0)
    transformer = UVTFSaliency(amplitude="scale-space", mode="nearest").fit(ragged)
    result, table = transformer.transform(ragged), transformer.events(ragged)
    own = table[(table["instance"] == "s4") & (table["variate"] == "foot")]
    x = z.loc["s4", "foot"].to_numpy()
    expected = sum(gaussian_filter1d(x, sigma, mode="nearest") for sigma in own["sigma"])
    assert len(own) > 0
    # scipy samples the Gaussian: from sigma 2 up its values are the discrete one's to about a hundredth
    assert_allclose(result.loc["s4", "foot"], expected, atol=0.02 * len(own))


def test_amplitudes_weigh_the_masks(ragged):
    found = UVTFSaliency().fit(ragged).events(ragged)
    counts = found.groupby(["instance", "variate"]).size()
    name, column = counts.idxmin()
    event = found[(found["instance"] == name) & (found["variate"] == column)].iloc[0]
    assert counts.min() == 1
    unit, average, center = (UVTFSaliency(amplitude=amplitude).fit_transform(ragged).loc[name, column]
                             for amplitude in ("unit", "average", "center"))
    x = ((ragged - ragged.mean()) / ragged.std(ddof=0)).loc[name, column].to_numpy()
    assert_allclose(average, event["amplitude"] * unit, atol=1e-5)
    assert_allclose(center, np.interp(event["position"], np.arange(len(x)), x) * unit, atol=1e-5)


def test_auto_octaves_are_those_of_the_longest_series(ragged):
    short = ragged.groupby(level=0, sort=False).head(9).loc[["s0"]]
    assert UVTFSaliency(n_octaves="auto").fit(pd.concat([short, ragged.loc[["s4"]]])).n_octaves_ == 3
