import subprocess
import sys
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib import dates
from matplotlib.figure import Figure
from matplotlib.image import imread
from numpy.testing import assert_allclose

from tsattn.plots import plot_events
from tsattn.transformations import UVTFSaliency

INDEX = pd.date_range("2024-05-01", periods=41, freq="h", name="hour")


@pytest.fixture
def X():
    t = np.arange(41)
    return pd.DataFrame({"hand": np.sin(t / 5), "foot": np.cos(t / 7)}, index=INDEX)


@pytest.fixture
def events():
    return pd.DataFrame({
        "instance": 0, "variate": ["hand", "hand", "foot"], "position": [12.5, 30.0, 3.0], "sigma": [2.0, 4.0, 3.0],
        "polarity": [1, -1, 1]})


def lines_of(ax):
    """The (start, end, height) of each bar of a panel."""
    return [(*segment[:, 0], segment[0, 1]) for collection in ax.collections for segment in collection.get_segments()]


def markers_of(ax):
    return {line.get_marker(): list(zip(*line.get_data(), strict=True)) for line in ax.lines}


def test_scopes_are_bars_at_their_scale_and_centres_are_markers(X, events):
    axes = plot_events(X.reset_index(drop=True), events)[0].figure.axes
    series, scales = axes[0], axes[2]
    assert_allclose(series.lines[0].get_ydata(), X["hand"])
    assert_allclose(sorted(lines_of(scales)), [(6.5, 18.5, 2), (18, 40, 4)])  # the second is cut at the end
    assert markers_of(scales) == {"^": [(12.5, 2.0)], "v": [(30.0, 4.0)]}


def test_time_is_shared_and_in_the_index_own_labels(X, events):
    figure = plot_events(X, events, attention=np.ones(41))[0].figure
    at = markers_of(figure.axes[2])["^"][0][0]
    assert dates.num2date(at).replace(tzinfo=None) == INDEX[12] + pd.Timedelta("30min")
    assert len({ax.get_xlim() for ax in figure.axes}) == 1
    assert figure.axes[-1].get_xlabel() == "hour"


def test_strips_hold_saliency_and_attention(X, events):
    saliency = X.add_suffix("__saliency")
    figure = plot_events(X, events, saliency, np.arange(41.0))[0].figure
    strips = [ax for ax in figure.axes if ax.get_ylabel() in ("saliency", "attention")]
    assert [ax.get_ylabel() for ax in strips] == ["saliency", "saliency", "attention"]
    for ax, values in zip(strips, [X["hand"], X["foot"], np.arange(41)], strict=True):
        assert_allclose(ax.collections[0].get_array().ravel(), values)
    low, high = strips[0].collections[0].get_clim()
    assert low == -high  # white stands at 0
    assert strips[2].collections[0].get_clim() == (0, 40)


def test_attention_of_each_column_goes_below_it(X, events):
    figure = plot_events(X, events, attention=X.abs(), columns=["foot", "hand"])[0].figure
    assert [ax.get_ylabel() for ax in figure.axes if ax.get_ylabel() in ("foot", "hand", "attention")] == [
        "foot", "hand", "attention", "attention"]
    strips = [ax for ax in figure.axes if ax.get_ylabel() == "attention"]
    assert_allclose(strips[0].collections[0].get_array().ravel(), X["foot"].abs())


def test_given_axes_are_used(X, events):
    figure = Figure()
    axes = figure.subplots(2)
    assert plot_events(X, events, axes=axes).tolist() == axes.tolist()
    assert axes[0].get_ylabel() == "hand"
    with pytest.raises(ValueError, match="axes must be one for each of 2 columns, got 1"):
        plot_events(X, events, axes=axes[0])


@pytest.mark.parametrize("index", [
    pd.period_range("2024-01", periods=41, freq="M"), pd.RangeIndex(100, 141),
    pd.date_range("2024", periods=41, tz="Asia/Tokyo"), pd.Index(np.arange(41) / 10),
])
def test_every_index_can_be_drawn_and_written(X, events, index, tmp_path):
    plot_events(X.set_axis(index), events, X)[0].figure.savefig(tmp_path / "events.png")
    assert (tmp_path / "events.png").stat().st_size > 1000


def test_a_series_without_events_and_one_of_a_single_step_are_drawn(X, events, tmp_path):
    for series, found in [(X, events.iloc[:0]), (X.iloc[:1], events.iloc[:0])]:
        figure = plot_events(series, found, series)[0].figure
        figure.savefig(tmp_path / "drawn.png")
        assert len(figure.axes) == 6  # the series, the scales and the strip of each column
        assert figure.axes[0].get_legend() is None


def test_wrong_use_is_named(X, events):
    with pytest.raises(ValueError, match=r"columns must be one or more of \['hand', 'foot'\], got \['head'\]"):
        plot_events(X, events, columns=["head"])
    with pytest.raises(ValueError, match=r"of one series, got several by \['instance'\]"):
        plot_events(X, events.assign(instance=[0, 1, 1]))
    with pytest.raises(ValueError, match="X must be one series, got a panel"):
        plot_events(pd.concat({"a": X}), events)
    with pytest.raises(ValueError, match="saliency must have a column 'foot'"):
        plot_events(X, events, X[["hand"]])
    with pytest.raises(ValueError, match="attention must have the 41 time points of X, got 40"):
        plot_events(X, events, attention=np.ones(40))
    with pytest.raises(ValueError, match=r"events must have the columns \['variate', .*\], got \[\]; make them by"):
        plot_events(X, pd.DataFrame())
    with pytest.raises(ValueError, match=r"events must lie within the 41 time points of X, got positions 3 to 50"):
        plot_events(X, events.assign(position=[3, 7, 50.0]))
    with pytest.raises(ValueError, match=r"events must be of columns of X, \['hand'\], got \['foot'\]"):
        plot_events(X[["hand"]], events)
    with pytest.raises(ValueError, match=r"attention must have a column 'hand', got \['weight'\]; a Series or"):
        plot_events(X, events, attention=pd.DataFrame({"weight": np.ones(41)}))
    with pytest.raises(ValueError, match=r"X must be one series, .* got ndarray of shape \(2, 3, 41\)"):
        plot_events(np.zeros((2, 3, 41)), events)


def test_a_series_and_an_array_are_drawn_as_a_frame_is(X):
    for one in (X["hand"], X["hand"].rename(None), X["hand"].to_numpy(), X[["hand"]].to_numpy(), X.to_numpy()):
        uvtf = UVTFSaliency(sigma0=1.0).fit(one)
        saliency = uvtf.transform(one)
        attention = np.ones(np.shape(one))
        axes = plot_events(one, uvtf.events(one), saliency, attention)
        assert len(axes) == (1 if np.ndim(one) == 1 else np.shape(one)[1])
        assert_allclose(axes[0].lines[0].get_ydata(), X["hand"])
        assert [ax.get_ylabel() for ax in axes[0].figure.axes].count("attention") == len(axes)


def test_a_notebook_shows_the_figure_as_it_is_written(X, events, tmp_path):
    figure = plot_events(X, events)[0].figure
    figure.savefig(tmp_path / "events.png")
    shown, written = imread(BytesIO(figure._repr_png_())), imread(tmp_path / "events.png")
    assert_allclose(shown, written)
    assert shown.std() > 0.05  # something is drawn


def test_gaps_in_a_strip_leave_the_rest_of_it_visible(X, events):
    figure = plot_events(X, events, X.where(X > 0.5))[0].figure
    strip = next(ax for ax in figure.axes if ax.get_ylabel() == "saliency")
    assert strip.collections[0].get_clim() == (0, X["hand"].max())


def test_pyplot_and_the_settings_are_left_alone():
    code = ("import sys, matplotlib\n"
            "def settings(): return {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if k != 'backend'}\n"
            "before = settings()\n"
            "import tsattn.plots, pandas as pd\n"
            "none = pd.DataFrame(columns=['instance', 'variate', 'position', 'sigma', 'polarity'])\n"
            "assert tsattn.plots.plot_events(pd.Series([1.0, 2, 3]), none)[0].figure._repr_png_()\n"
            "assert settings() == before\n"
            "assert 'matplotlib.pyplot' not in sys.modules")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
