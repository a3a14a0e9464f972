"""Devices that are no devices, or are not there, are refused with what would do."""

import pytest
import torch

from tsattn.training import Training, fit_network, predict_network


@pytest.mark.parametrize("device", ["gpu0", "meta", "mps", "cpu:x", "", None])
def test_unknown_devices_are_refused(device, net, data):
    with pytest.raises(ValueError, match=f"device must be 'auto', 'cpu', 'cuda' or 'cuda:<number>', got {device!r}"):
        fit_network(net, data, Training(epochs=1, device=device))


@pytest.mark.parametrize(("device", "n_there"), [("cuda", 0), ("cuda:0", 0), ("cuda:2", 2), ("cuda:7", 1)])
def test_a_gpu_that_is_not_there_is_refused(device, n_there, net, data, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: n_there)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: n_there > 0)
    said = f"device must be there, and of {n_there} GPUs that torch can use none is {device!r}: use 'auto' or 'cpu'"
    with pytest.raises(ValueError, match=said):
        fit_network(net, data, Training(epochs=1, device=device))
    with pytest.raises(ValueError, match=said):
        predict_network(net(), data, device=device)
