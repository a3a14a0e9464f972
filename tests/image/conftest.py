import pytest
import torch


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(7)


@pytest.fixture
def draw(generator):
    def draw(*shape, dtype=torch.float64):
        return torch.randn(*shape, generator=generator, dtype=dtype)

    return draw
