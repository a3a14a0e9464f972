import numpy as np
import pytest

from tsattn.design import Architecture, Layer, Mixture, OctavePlan, RACKNetPlan
from tsattn.plots import plot_entropies
from tsattn.plots.pages import figure


@pytest.fixture
def octave():
    counts = np.zeros(301, np.int64)
    counts[[200, 201, 300]] = 5, 10, 5
    mixture = Mixture((0.75, 0.25), (2.0, 3.0), (0.05, 0.05))
    return OctavePlan(1, 20, 20, counts, mixture, (4.0, 5.0), (3, 3), (7, 2))


def test_the_histogram_and_each_gaussian(octave):
    ax = figure()[1][0, 0]
    assert plot_entropies(octave, ax=ax) is ax
    heights = np.array([bar.get_height() for bar in ax.patches])
    assert heights.sum() * 0.01 == pytest.approx(1)
    assert ax.patches[0].get_x() == pytest.approx(2.0)  # from the first bin that holds any
    assert [line.get_label() for line in ax.lines] == [
        "2.00 bits: a layer of 7 clusters", "3.00 bits: a layer of 2 clusters"]
    areas = [np.trapezoid(line.get_ydata(), line.get_xdata()) for line in ax.lines]
    assert areas == pytest.approx([0.75, 0.25], abs=0.2)  # cut where no feature is
    assert ax.get_title() == "octave 1, 20 features"


def test_one_bin_can_be_drawn(octave):
    counts = np.array([4], np.int64)
    one = OctavePlan(0, 4, 4, counts, Mixture((1.0,), (0.005,), (0.05,)), (2.0,), (3,), (1,))
    assert len(plot_entropies(one, ax=figure()[1][0, 0]).patches) == 1


def test_a_plan_is_told_where_its_octaves_are():
    with pytest.raises(TypeError, match=r"must be an OctavePlan, got RACKNetPlan; a plan has one for each rack"):
        plot_entropies(RACKNetPlan(Architecture(((Layer(4),),)), (), "racknet", 0))
