"""Attention of estimators of both tasks: aligned with the series, and where what is said of them comes from."""

import copy

import numpy as np
import pandas as pd
import torch

from tests.estimators.conftest import bumps, every_task, fit, make
from tsattn._panel import Panel
from tsattn._relevance import Following, relevance


def test_attention_is_aligned_and_sums_to_one(fitted, unseen):
    X = unseen.X[unseen.X.index.get_level_values(0).isin(["i3", "i11", "i20"])]
    attention = fitted.attention(X)
    pd.testing.assert_index_equal(attention.index, X.index)
    pd.testing.assert_index_equal(attention.columns, X.columns)
    assert (attention >= 0).all(axis=None)
    np.testing.assert_allclose(attention.groupby(level=0).sum().sum(axis=1), 1)
    alone = fitted.attention(X.loc[["i11"]])
    assert np.abs(alone - attention.loc[["i11"]]).to_numpy().sum() < 1e-3  # of 1: rounding decides kinks on the path


def test_company_moves_attention_by_rounding_alone(fitted, unseen):
    """In float32 a unit that is about to turn on or off is so for some companies and not for others."""
    network = copy.deepcopy(fitted.network_).double()

    def shares(X):
        prepared = fitted.inputs_.prepare(Panel.from_sktime(X))
        data, follows = fitted.inputs_.sequences(prepared), fitted.inputs_.following(prepared)
        data.rows = tuple(block.double() for block in data.rows)
        return relevance(network, data, 3, None if follows is None else Following(torch.tensor(follows[0]), follows[1]))

    X = unseen.X[unseen.X.index.get_level_values(0).isin(["i3", "i11", "i20"])]
    mine = X.index.get_level_values(0) == "i11"
    np.testing.assert_allclose(shares(X[mine]), shares(X)[mine], rtol=1e-6, atol=1e-12)


def test_attention_finds_the_planted_bump(unseen, learned):
    attention = learned.attention(unseen.X)
    places = [i for i in np.flatnonzero(bumps(learned, unseen.X)) if i % 2]
    assert len(places) >= 10
    share = np.array([attention.loc[f"i{i}", "height"].sum() for i in places])
    assert share.mean() > 0.6  # 0.33 by chance
    tops = [attention.loc[f"i{i}"].sum(axis=1).argmax() for i in places]
    top = [unseen.panel[i][:, 0].argmax() for i in places]
    assert np.mean(np.abs(np.subtract(tops, top)) <= 2) >= 0.9  # a quarter by chance


def test_attention_leaves_the_network_as_it_was(ragged, learned):
    pd.testing.assert_frame_equal(learned.attention(ragged.X), learned.attention(ragged.X))
    assert not learned.network_.training
    assert all(parameter.grad is None for parameter in learned.network_.parameters())


@every_task
def test_attention_of_an_array_has_numbers_for_names(cls, equal):
    attention = fit(make(cls), equal).attention(equal.X[:2])
    assert attention.index.tolist() == [(i, t) for i in range(2) for t in range(17)]
    assert attention.columns.tolist() == [0, 1, 2]
