"""Panels that the tests of all transformers share."""

import numpy as np
import pandas as pd
import pytest

LENGTHS = [37, 53, 37, 41, 61, 53, 37]
COLUMNS = ["hand", "foot", "head"]


def random_walks(lengths, seed, columns=COLUMNS):
    """A panel of smooth series, instances named s0, s1, ..."""
    rng = np.random.default_rng(seed)
    parts = {f"s{i}": pd.DataFrame(np.cumsum(rng.normal(size=(length, len(columns))), axis=0), columns=columns)
             for i, length in enumerate(lengths)}
    return pd.concat(parts, names=["who", "when"])


@pytest.fixture
def ragged():
    """Seven series of five lengths and three columns."""
    return random_walks(LENGTHS, seed=11)


@pytest.fixture
def even():
    """Eleven series of 47 steps, as an array (instances, channels, time)."""
    return random_walks([47] * 11, seed=13).to_numpy().reshape(11, 47, 3).transpose(0, 2, 1).copy()
