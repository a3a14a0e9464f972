"""A small network with everything that draws or remembers, data of unequal lengths, and a training to run as a process.

As a program: `conftest.py STATE [NAME=VALUE ...]` trains with these parameters and writes the digest of the weights.
"""

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tsattn.nn import Dropout
from tsattn.training import Jitter, Sequences, Training, accuracy, fit_network

N, CHANNELS, CLASSES = 101, 3, 5


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(CHANNELS, 7, batch_first=True)
        self.dropout = Dropout(0.2)
        self.norm = nn.BatchNorm1d(7)
        self.head = nn.Linear(7, CLASSES)

    def forward(self, x, lengths):
        states, _ = self.lstm(x)
        last = states[torch.arange(len(x)), lengths - 1]
        return self.head(self.norm(self.dropout(last)))


def make_data(seed=11, **more):
    rng = np.random.default_rng(seed)
    lengths, classes = rng.integers(2, 13, N), rng.integers(0, CLASSES, N)
    rows = rng.normal(size=(lengths.sum(), CHANNELS)) + 2 * np.repeat(classes, lengths)[:, None]
    more = {"target": classes, "n_classes": CLASSES, **more}
    return Sequences([rows], lengths, **more)


def digest_of(network):
    return hashlib.sha256(b"".join(value.numpy().tobytes() for value in network.state_dict().values())).hexdigest()


@pytest.fixture
def net():
    return Net


@pytest.fixture
def data():
    return make_data()


@pytest.fixture
def digest():
    return digest_of


class Poison:
    """A change that leaves the first batches as they are, and makes not-a-number of some later ones."""

    def __init__(self, n_good, n_bad=1):
        self.n_good, self.n_bad = n_good, n_bad

    def __call__(self, batch, generator):
        self.n_good -= 1
        if not -self.n_bad <= self.n_good < 0:
            return batch
        return replace(batch, inputs=tuple(x * float("nan") for x in batch.inputs))


@pytest.fixture
def poison():
    return Poison


@pytest.fixture
def program():
    return [sys.executable, __file__]


def main(state, *settings):
    torch.set_num_threads(1)
    parameters = {name: json.loads(value) for name, _, value in (setting.partition("=") for setting in settings)}
    training = Training(**{"augment": (Jitter(0.1),), **parameters})
    data = make_data()
    fitted = fit_network(Net, data, training, metric=accuracy, seed=5, strata=data.target.numpy())
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in fitted.history]
    Path(state).write_text(json.dumps([digest_of(fitted.network), fitted.best_epoch, rows]))


if __name__ == "__main__":
    main(*sys.argv[1:])
