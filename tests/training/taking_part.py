"""What processes of a training import to take part in one: little, since each starts by importing it."""

from pathlib import Path

import torch
from torch import nn

from tests.training.conftest import CHANNELS, CLASSES
from tsattn.nn.convolution import BatchNorm
from tsattn.training.fabric import leave


class Plain(nn.Module):
    """Without what sees a share of a batch only: dropout, and torch's batch normalisation."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(CHANNELS, 7, batch_first=True)
        self.norm = BatchNorm(7)
        self.head = nn.Linear(7, CLASSES)

    def forward(self, x, lengths):
        states = self.norm(self.lstm(x)[0], lengths)
        return self.head(states[torch.arange(len(x)), lengths - 1])


class Stop(Exception):
    pass


class Stopping:
    """A change that changes nothing, and stops a training at a step."""

    def __init__(self, step):
        self.left = step

    def __call__(self, batch, generator):
        self.left -= 1
        if not self.left:
            raise Stop
        return batch


def threads():
    return sorted(path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm"))


def step_and_leave(fabric):
    """The threads of a process that has taken a step together with another: while they are joined, and after."""
    def step():
        network = fabric.setup_module(nn.Linear(2, 1))
        fabric.backward(network(torch.ones(3, 2)).sum())
        return threads()

    joined = step()
    leave(fabric)
    return joined, threads()
