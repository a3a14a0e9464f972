"""What tests of forecasters share."""

import pytest

from tsattn.forecasting import _network


@pytest.fixture
def no_learning(monkeypatch):
    """Fails a test in which anything is learned."""
    def learn(*args, **kwargs):
        raise AssertionError("something was learned")

    monkeypatch.setattr(_network, "learn", learn)
