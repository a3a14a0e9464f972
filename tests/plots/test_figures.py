import numpy as np
import pandas as pd
import pytest

from tsattn.plots.figures import (
    OURS,
    as_svg,
    figure,
    plot_channels,
    plot_confusions,
    plot_critical_difference,
    plot_learning_curves,
    plot_pareto,
    stacked,
)


@pytest.fixture
def ax():
    return figure()[1][0, 0]


def test_learning_curves_are_each_run_and_their_mean(ax):
    runs = [pd.DataFrame({"train_loss": [4.0, 2.0, 1.0]}), pd.DataFrame({"train_loss": [2.0, 1.0]})]
    assert plot_learning_curves({"net": runs, "none": []}, ax) is ax
    *thin, mean = ax.lines
    assert [line.get_ydata().tolist() for line in thin] == [[4, 2, 1], [2, 1]]
    assert mean.get_ydata().tolist() == [3, 1.5, 1]  # the shorter run is left out where it has ended
    assert mean.get_xdata().tolist() == [1, 2, 3]
    assert mean.get_label() == "net"


def test_histories_without_the_column_are_left_out(ax):
    plot_learning_curves({"net": [pd.DataFrame({"other": [1.0]})]}, ax)
    assert not ax.lines


def test_the_front_is_what_no_other_beats(ax):
    table = pd.DataFrame({"fit_seconds": [1.0, 2.0, 4.0, 8.0], "accuracy": [50.0, 40.0, 90.0, 90.0],
                          "accuracy_sd": [1.0, np.nan, 2.0, 0.0], "ours": [True, False, False, True]},
                         index=["quick", "beaten", "best", "slow"])
    plot_pareto(table, ax)
    front = ax.lines[0]
    assert (front.get_xdata().tolist(), front.get_ydata().tolist()) == ([1, 4], [50, 90])
    assert ax.get_legend_handles_labels()[1] == ["quick", "beaten", "best", "slow"]
    assert ax.get_xscale() == "log"


def test_ranks_stand_where_they_are_and_bars_join_groups(ax):
    ranks = pd.Series({"late": 3.5, "best": 1.25, "next": 1.75, "mid": 2.5})
    plot_critical_difference(ranks, ax, difference=1.0, groups=[["best", "next"], ["next", "mid"]], ours=["next"])
    said = [text.get_text() for text in ax.texts]
    names = [text.split() for text in said if "." in text and "critical" not in text]
    assert names == [["best", "1.25"], ["next", "1.75"], ["2.50", "mid"], ["3.50", "late"]]  # two to a side
    assert [line.get_xdata()[0] for line in ax.lines] == [1.25, 1.75, 2.5, 3.5]
    assert [line.get_color() == OURS for line in ax.lines] == [False, True, False, False]
    spans = [segment[:, 0].tolist() for bars in ax.collections for segment in bars.get_segments()]
    assert [1, 2.0] in spans  # the ruler
    for first, last in ([1.25, 1.75], [1.75, 2.5]):
        assert any(np.allclose(span, [first - 0.03, last + 0.03]) for span in spans)


def test_mistakes_are_written_in_per_cent_of_their_row(ax):
    counts = {"one": np.array([[3, 1, 0], [0, 500, 1], [0, 0, 0]]), "two": np.eye(3), "three": np.eye(3)[[1, 0, 2]]}
    plot_confusions(counts, ax, classes=["a", "b", "c"], across=2)
    canvas = ax.images[0].get_array()
    assert canvas[2:5, :3].tolist() == [[0.75, 0.25, 0], [0, 500 / 501, 1 / 501], [0, 0, 0]]  # there is no c
    assert canvas[2:5, 5:8].tolist() == np.eye(3).tolist()
    assert canvas[7:10, :3].tolist() == np.eye(3)[[1, 0, 2]].tolist()
    assert [(text.get_position(), text.get_text()) for text in ax.texts] == [
        ((1, 1.2), "one"), ((6, 1.2), "two"), ((1, 6.2), "three"),
        ((1, 2), "25"), ((2, 3), "·"), ((1, 7), "100"), ((0, 8), "100")]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"] * 2


def test_channels_are_rows_and_events_bars_at_their_channel(ax):
    events = pd.DataFrame({"variate": ["b", "stranger"], "position": [3.0, 1.0], "sigma": [1.5, 1.0]})
    values = np.arange(14.0).reshape(7, 2)
    plot_channels(values, ax, columns=["a", "b"], events=events)
    (image,), (bars,) = ax.images, ax.collections
    assert image.get_array().tolist() == values.T.tolist()
    assert image.get_clim() == (0, 13)
    assert [segment.tolist() for segment in bars.get_segments()] == [[[1.5, 1], [4.5, 1]]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]


def test_signed_values_have_colours_about_0(ax):
    plot_channels(np.array([[-3.0, 1.0]]), ax, signed=True)
    assert ax.images[0].get_clim() == (-3, 3)


def test_colours_are_explained_by_a_bar(ax):
    plot_channels(np.array([[-3.0, 1.0]]), ax, signed=True, bar=True)
    drawn, other = ax.figure, ax.figure.axes[1]
    assert other.get_ylim() == (-3, 3)
    drawn.draw_without_rendering()
    assert not ax.get_tightbbox().overlaps(other.get_tightbbox())


def test_rows_have_titles_of_their_own_that_touch_nothing():
    drawn, axes = stacked(["one: right", "two: taken for one"], 3, width=9, heights=[2, 3])
    assert axes.shape == (2, 3)
    assert drawn.get_size_inches().tolist() == [9, 5]
    for ax in axes.ravel():
        plot_channels(np.ones((7, 16)), ax, columns=[f"joint_{k}__cos" for k in range(16)], bar=True)
        ax.set_title("what it is", loc="left")
    drawn.draw_without_rendering()
    boxes = [ax.get_tightbbox() for ax in drawn.axes] + [row._suptitle.get_window_extent() for row in drawn.subfigs]
    assert len(boxes) == 14
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])


def test_nothing_to_see_is_drawn_too(ax):
    plot_channels(np.zeros((5, 2)), ax, columns=["a", "b"], events=pd.DataFrame())
    assert ax.images[0].get_clim() == (0, 1)


def test_svg_stands_alone():
    drawn, axes = figure(1, 2)
    axes[0, 0].plot([1, 2])
    text = as_svg(drawn).decode()
    assert text.startswith("<?xml")
    assert "<text" not in text  # letters are outlines: no font is needed
    assert "<dc:date>" not in text


def test_pyplot_stays_out_of_it():
    import subprocess
    import sys

    code = "import sys, tsattn.plots.figures; assert 'matplotlib.pyplot' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
