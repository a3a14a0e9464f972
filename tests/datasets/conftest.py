import pytest


@pytest.fixture
def no_data(monkeypatch, tmp_path):
    """A machine without data and without a network; returns the data folder and the cache."""
    import pooch

    def refuse(*args, **kwargs):
        raise OSError("no network")

    (tmp_path / "data").mkdir()
    monkeypatch.setenv("TSATTN_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache")
    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    return tmp_path / "data", tmp_path / "cache"
