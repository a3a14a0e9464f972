import pytest

from tsattn.design import Architecture, Layer, RACKNetPlan
from tsattn.plots import plot_architecture
from tsattn.plots.pages import figure

MADE = Architecture(((Layer(8), Layer(77)), (Layer(44, edge=5),)), pooling="max")


@pytest.fixture
def ax():
    return figure()[1][0, 0]


def test_a_bar_a_layer_as_high_as_its_kernels(ax):
    assert plot_architecture(MADE, ax=ax) is ax
    assert [bar.get_height() for bar in ax.patches] == [8, 77, 44]
    assert [text.get_text() for text in ax.texts] == ["8", "77", "44"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["rack 1", "rack 2"]
    assert ax.get_title(loc="left") == "max pooling by 2 at each dotted line"


def test_racks_are_set_apart(ax):
    plot_architecture(MADE, ax=ax)
    (line,) = ax.lines
    first, second, third = (bar.get_x() + bar.get_width() / 2 for bar in ax.patches)
    assert second < line.get_xdata()[0] < third
    assert third - second > second - first
    assert ax.get_xticks().tolist() == pytest.approx([(first + second) / 2, third])


def test_each_edge_has_its_colour(ax):
    made = Architecture(((Layer(8), Layer(77, edge=7)), (Layer(44, edge=5), Layer(9, edge=7))))
    plot_architecture(made, ax=ax)
    legend = ax.get_legend()
    named = {text.get_text(): sign.get_facecolor()
             for text, sign in zip(legend.get_texts(), legend.get_patches(), strict=True)}
    assert len(set(named.values())) == 3
    assert [bar.get_facecolor() for bar in ax.patches] == [named[f"edge {edge}"] for edge in (3, 7, 5, 7)]
    alike = plot_architecture(Architecture(((Layer(3, edge=5),),)), ax=figure()[1][0, 0])
    assert [text.get_text() for text in alike.get_legend().get_texts()] == ["edge 5"]


def test_no_bar_lies_under_the_names_of_edges(ax):
    plot_architecture(MADE, ax=ax)
    ax.figure.canvas.draw()
    names = ax.get_legend().get_window_extent()
    assert not any(names.overlaps(bar.get_window_extent()) for bar in ax.patches)


def test_many_edges_have_as_many_colours(ax):
    made = Architecture((tuple(Layer(10 + n, edge=2 * n + 1) for n in range(8)),))
    plot_architecture(made, ax=ax)
    assert len({bar.get_facecolor() for bar in ax.patches}) == 8


def test_a_plan_is_told_where_its_architecture_is():
    with pytest.raises(TypeError, match=r"must be an Architecture, got RACKNetPlan; a plan has one, plan.architecture"):
        plot_architecture(RACKNetPlan(Architecture(((Layer(4),),)), (), "racknet", 0))
