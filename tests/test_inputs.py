"""What a network is told about its channels: the column each stems from, and which only say what was observed."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from sktime.transformations.series.func_transform import FunctionTransformer

from tsattn._inputs import Inputs
from tsattn._panel import Panel
from tsattn.training import ChannelDrop
from tsattn.transformations import ScaleSpaceChannels, UVTFSaliency


def make_panel(columns, *, gaps=False, n=5, n_steps=13):
    index = pd.MultiIndex.from_product([[f"i{i}" for i in range(n)], range(n_steps)], names=["instance", "time"])
    values = np.random.default_rng(0).normal(size=(len(index), len(columns)))
    if gaps:
        values[3, 0] = np.nan
    return Panel.from_sktime(pd.DataFrame(values, index=index, columns=columns))


def told(columns, saliency, *, gaps=False):
    panel = make_panel(columns, gaps=gaps)
    inputs, _ = Inputs.learn(panel, scaling="standard", saliency=saliency)
    data = inputs(panel)
    return [part.tolist() for part in data.columns], [part.tolist() for part in data.flags]


@pytest.mark.parametrize(("saliency", "expected"), [
    (None, []),
    (UVTFSaliency(), [[0, 1]]),
    (UVTFSaliency(output="both"), [[0, 1, 0, 1]]),
    (ScaleSpaceChannels((0, 1, 2)), [[0, 0, 1, 1]]),
    (ScaleSpaceChannels((0, 1, 2), keep=True), [[0, 1, 0, 0, 1, 1]]),
], ids=str)
@pytest.mark.parametrize("columns", [["a", "b"], [0, 1], ["a", "a__b"], [("x", 1), ("x", 2)]], ids=str)
@pytest.mark.parametrize("gaps", [False, True])
def test_channels_belong_to_the_columns_they_are_named_after(columns, saliency, expected, gaps):
    stems, flags = told(columns, saliency, gaps=gaps)
    assert stems == [[0, 1] * (1 + gaps), *expected]
    assert flags == [[False, False] + gaps * [True, True], *([False] * len(part) for part in expected)]


def total(X):
    return X.sum(axis=1).to_frame("total").assign(b__twice=2 * X["b"])


def test_what_belongs_to_no_column_is_a_column_of_its_own():
    stems, _ = told(["a", "b"], FunctionTransformer(total))
    assert stems == [[0, 1], [2, 1]]


def test_a_dropped_column_is_gone_from_all_a_network_reads():
    panel = make_panel(["a", "b"], gaps=True, n=101)
    inputs, prepared = Inputs.learn(panel, scaling="standard", saliency=ScaleSpaceChannels((0, 1, 2)))
    data = inputs.sequences(prepared)
    series, bands = ChannelDrop(0.5)(data.batch(torch.arange(101)), torch.Generator().manual_seed(0)).inputs
    gone = (series[..., :2] == 0).all(1)  # series, column
    assert torch.equal((series[..., 2:] == 0).all(1), gone)
    assert torch.equal((bands == 0).all(1), gone.repeat_interleave(2, 1))
    assert gone.any(0).all()
    assert not gone.all(1).any()


def test_the_saliency_of_a_column_named_like_anothers_output_is_its_own():
    panel = make_panel(["a", "a__b"])
    inputs, prepared = Inputs.learn(panel, scaling=None, saliency=UVTFSaliency(scaling=None))
    together = inputs.saliency_of(prepared)
    for position, column in enumerate(["a", "a__b"]):
        one = panel.frame(panel.values, panel.columns)[[column]]
        alone = UVTFSaliency(scaling=None).fit_transform(one)
        np.testing.assert_allclose(together[:, position], alone.to_numpy()[:, 0])


@pytest.mark.parametrize("scaling", ["standard", "series", None])
@pytest.mark.parametrize("saliency", [None, UVTFSaliency(), ScaleSpaceChannels((0, 1, 2))], ids=str)
@pytest.mark.parametrize("gaps", [False, True])
def test_the_training_panel_is_prepared_as_any_other(scaling, saliency, gaps):
    panel = make_panel(["a", "b"], gaps=gaps)
    inputs, prepared = Inputs.learn(panel, scaling=scaling, saliency=saliency)
    for one, other in zip(inputs.sequences(prepared).rows, inputs(panel).rows, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("saliency", [None, UVTFSaliency(), ScaleSpaceChannels("auto")], ids=str)
@pytest.mark.parametrize("scaling", ["standard", "series"])
def test_p23_values_whose_squares_vanish_are_no_constants(scaling, saliency):
    """2^-1000 is 1e-301; a power of two changes no digit, so that nothing else may change."""
    panel = make_panel(["a", "b"])
    small = replace(panel, values=2.0**-1000 * panel.values)
    expected, found = (Inputs.learn(one, scaling=scaling, saliency=saliency)[0](one).rows for one in (panel, small))
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))
