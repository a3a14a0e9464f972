"""What a forecast rests on."""

import numpy as np
import pandas as pd
import pytest
import torch

from tests.forecasting.test_forecasts import panel, small, waves
from tsattn.forecasting._reader import Reader, Salient
from tsattn.transformations import ScaleSpaceChannels

pytestmark = pytest.mark.filterwarnings("ignore:0 windows are held out")  # series are short here


def test_saliency_has_its_exact_slope():
    saliency = ScaleSpaceChannels(sigmas=(0, 0.7, 1.5)).fit(np.zeros((1, 2, 9)))
    reader = Reader(1, True, saliency, torch.ones(4), None, torch.ones(1, 1))
    z = torch.randn(2, 9, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: Salient.apply(z, reader), z)


def test_shares_sum_to_one_on_the_last_window():
    y = panel()
    found = small().fit(y, fh=[1, 2]).attention(target="b", steps=(2,))
    assert found.shape == (16, 2)
    assert list(found.columns) == [("y", "a"), ("y", "b")]
    assert (found.to_numpy() >= 0).all()
    assert np.allclose(found.groupby(level=0).sum().sum(axis=1), 1)
    assert found.loc["s1"].index[-1] == y.loc["s1"].index[-1]


@pytest.mark.parametrize("independent", [False, True])
def test_the_lag_that_decides_is_found(independent):
    draw = np.random.default_rng(0)
    values = draw.standard_normal((400, 2))
    for t in range(5, 400):
        values[t, 0] = 3 * values[t - 5, 0] / (1 + abs(values[t - 5, 0])) + 0.05 * values[t, 0]
    y = pd.DataFrame(values, columns=["a", "b"])
    model = small(independent=independent, scaling="series", linear="own").fit(y, fh=[1])
    share = model.attention(target="a")[("y", "a")].to_numpy()
    assert share.argmax() == 8 - 5
    assert share.max() > 1.2 * np.sort(share)[-2]


def test_what_is_not_there_is_named():
    model = small().fit(waves(), fh=[1, 2])
    with pytest.raises(ValueError, match="unknown target 'z'"):
        model.attention(target="z")
    with pytest.raises(ValueError, match="unknown steps 3"):
        model.attention(steps=(3,))
    with pytest.raises(NotImplementedError, match="use ScaleSpaceChannels"):
        model.saliency_series(waves())
