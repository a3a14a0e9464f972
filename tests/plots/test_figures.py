import numpy as np
import pandas as pd
import pytest

from tsattn.plots.figures import (
    OURS,
    plot_channels,
    plot_confusions,
    plot_critical_difference,
    plot_learning_curves,
    plot_pareto,
)
from tsattn.plots.pages import as_svg, beside, figure, legend, stacked


@pytest.fixture
def ax():
    return figure()[1][0, 0]


def test_learning_curves_are_each_run_and_their_mean(ax):
    runs = np.array([[4.0, 2.0, 1.0], [2.0, 1.0, np.nan]])
    assert plot_learning_curves({"net": runs, "none": np.full((1, 3), np.nan)}, ax, quantity="loss") is ax
    (mean,), (thin,) = ax.lines, ax.collections
    assert [line[:, 1].tolist() for line in thin.get_segments()] == [[4, 2, 1], [2, 1]]
    assert mean.get_ydata().tolist() == [3, 1.5, 1]  # the shorter run is left out where it has ended
    assert mean.get_xdata().tolist() == [1, 2, 3]
    assert mean.get_label() == "net"
    assert ax.get_ylabel() == "loss"


def test_many_runs_are_a_band_and_their_mean(ax):
    runs = np.arange(11.0)[::-1, None] * [1, 10, 100]
    runs[:, 1] = np.nan  # nobody knows the second epoch
    runs[5:, 2] = np.nan
    plot_learning_curves({"net": runs}, ax)
    (mean,), (band,) = ax.lines, ax.collections
    assert (mean.get_xdata().tolist(), mean.get_ydata().tolist()) == ([1, 3], [5, 800])
    corners = {tuple(point) for point in band.get_paths()[0].vertices.tolist()}
    assert corners == {(1, 1), (1, 9), (3, 600), (3, 1000)}  # of five runs the ends


def test_one_run_too_few_for_a_band_is_drawn_itself(ax):
    plot_learning_curves({"net": np.arange(10.0)[:, None] * [1, 2]}, ax)
    (thin,) = ax.collections
    assert len(thin.get_segments()) == 10


@pytest.mark.parametrize(("values", "labels"), [
    ([7.0, 150.0], ["10", "30", "100"]), ([60.0, 450.0], ["100", "200", "500"]),
    ([0.02, 3.0], ["0.03", "0.1", "0.3", "1", "3"]), ([5e3, 2e6, np.nan], ["10,000", "100,000", "1,000,000"]),
    ([4.0], ["3", "4", "5", "6"])])
def test_logarithmic_axes_have_a_few_plain_numbers(ax, values, labels):
    n = len(values)
    table = pd.DataFrame({"fit_seconds": values, "accuracy": [50.0] * n, "accuracy_sd": [np.nan] * n,
                          "ours": [True] * n})
    plot_pareto(table, ax)
    assert [label.get_text() for label in ax.get_xticklabels()] == labels
    assert len(ax.xaxis.get_minorticklocs()) == 0
    low, high = ax.get_xlim()
    assert low < np.nanmin(values) <= np.nanmax(values) < high


def test_axes_beside_each_other_cut_nothing_off():
    names = ["a" * 3, "scale-space-ridge with a long name"]
    drawn, axes = beside(2, names)
    table = pd.DataFrame({"fit_seconds": [0.001, 1e6], "accuracy": [-1e6, 1e6], "accuracy_sd": [1.0, 2.0],
                          "ours": [True, False]}, index=names)
    for ax in axes[0]:
        plot_pareto(table, ax)
    legend(axes)
    drawn.draw_without_rendering()
    left, right = (ax.get_tightbbox() for ax in axes[0])
    assert not left.overlaps(right)
    assert (left.x0 >= 0, left.y0 >= 0) == (True, True)
    assert right.x1 <= drawn.bbox.x1


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
        *(((-0.8, row), name) for row, name in zip([2, 3, 4, 7, 8, 9], "abcabc", strict=True))]
    marks = {marks.get_label(): marks.get_offsets().tolist() for marks in ax.collections}
    assert marks == {"25": [[1, 2]], "·": [[2, 3]], "100": [[1, 7], [0, 8]]}


def test_marks_stand_in_the_middle_of_their_cells(ax):
    plot_confusions({"one": np.array([[3, 1], [0, 5]])}, ax, classes=["a", "b"], across=1)
    (mark,) = ax.collections
    assert mark.get_offset_transform() == ax.transData
    box = mark.get_transform().transform_path(mark.get_paths()[0]).get_extents()
    assert np.allclose([box.x0 + box.x1, box.y0 + box.y1], 0, atol=1e-6)
    assert 3 < box.height / ax.figure.dpi * 72 < 6  # points, of a digit of letters of 6


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
