"""Both backends through one door, so that each statement is tested of both."""

import numpy as np
import pytest
import torch


class Backend:
    """Makes arrays of one kind, and numbers of them again."""

    def __init__(self, name):
        self.name = name

    def array(self, x):
        return torch.from_numpy(np.array(x)) if self.name == "torch" else np.array(x)

    @staticmethod
    def numpy(x):
        return x.detach().numpy() if isinstance(x, torch.Tensor) else x


@pytest.fixture(params=["numpy", "torch"])
def backend(request):
    return Backend(request.param)


@pytest.fixture
def walk():
    """A random walk of any shape along its last axis."""

    def make(*shape, seed=0, dtype=np.float64):
        return np.random.default_rng(seed).normal(size=shape).cumsum(-1).astype(dtype)

    return make
