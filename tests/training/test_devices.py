"""Several devices: one training, shared out over processes; here two or three of them, on the CPU."""

import os
import random
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tests.training.conftest import N, Net, make_data
from tests.training.taking_part import Plain, Stopping, step_and_leave
from tsattn._checks import DivergenceError
from tsattn._files import read_tensors
from tsattn.classification import SDMAClassifier
from tsattn.nn.convolution import BatchNorm
from tsattn.nn.residual import ResidualTrunk
from tsattn.training import Batch, Crop, Jitter, Mixup, TimeWarp, Training, accuracy, check_training, fit_network
from tsattn.training import devices as devices_module
from tsattn.training.fabric import make_fabric
from tsattn.training.processes import Alone, Together

ROOT = Path(__file__).parents[2]
PLAIN = {"epochs": 3, "lr": 1e-2}
EVERYTHING = {"validation": 0.2, "averaging": 0.9, "augment": (Jitter(), TimeWarp(), Crop(), Mixup()), **PLAIN}


def fit(make, data, **parameters):
    return fit_network(make, data, Training(**parameters), metric=accuracy, seed=5, strata=data.target.numpy())


def without_seconds(history):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history]


@pytest.fixture
def importable(monkeypatch):
    """Other processes read what stands at the top of these modules, too."""
    monkeypatch.syspath_prepend(ROOT)


@pytest.mark.slow
@pytest.mark.parametrize(("strategy", "n", "batch_size"), [("ddp", 2, 13), ("fsdp", 2, 13), ("auto", 3, 4)])
def test_several_processes_give_the_weights_of_one(strategy, n, batch_size, importable, capfd):
    """Shares of a batch differ in size."""
    def state():
        return (dict(os.environ), random.getstate(), torch.get_rng_state().tolist(), torch.get_num_threads(),
                torch.distributed.is_initialized())

    data = make_data(weight=np.random.default_rng(3).uniform(0.5, 2, N))
    one = fit(Plain, data, batch_size=batch_size, **EVERYTHING)
    before = state()
    several = fit(Plain, data, batch_size=batch_size, devices=n, strategy=strategy, **EVERYTHING)
    assert state() == before
    assert capfd.readouterr() == ("", "")
    for name, value in one.network.state_dict().items():
        assert_close(several.network.state_dict()[name], value, atol=1e-4, rtol=0)
    assert not several.network.training
    assert several.best_epoch == one.best_epoch
    for row, expected in zip(without_seconds(several.history), without_seconds(one.history), strict=True):
        assert list(row) == list(expected)
        assert row == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("strategy", "optimizer", "averaging"), [("ddp", "sgd", "tail"), ("fsdp", "adamw", 0.9)])
def test_stopped_and_resumed_gives_the_same_bits(strategy, optimizer, averaging, importable, data, digest, tmp_path):
    """Dropout, batch normalisation and all: nothing hangs on which process is faster."""
    parameters = {"epochs": 5, "batch_size": 32, "validation": 0.2, "devices": 2, "strategy": strategy,
                  "optimizer": optimizer, "averaging": averaging}
    straight = fit(Net, data, augment=(Stopping(0),), **parameters)
    with pytest.raises(Exception, match="Stop"):
        fit(Net, data, augment=(Stopping(14),), checkpoint=tmp_path / "progress", **parameters)
    # of 3 batches each, and 3 for the statistics
    assert len(read_tensors(tmp_path / "progress")[1]["history"]["rows"]) == 2
    resumed = fit(Net, data, augment=(Stopping(0),), checkpoint=tmp_path / "progress", **parameters)
    assert list(tmp_path.iterdir()) == []
    assert digest(resumed.network) == digest(straight.network)
    assert without_seconds(resumed.history) == without_seconds(straight.history)


@pytest.mark.slow
def test_p66_several_processes_diverge_as_one_does(importable, data, poison):
    caught = []
    for devices in (1, 2):
        with pytest.raises(DivergenceError, match=r"loss is nan in epoch 2, batch 2 of 8; the last good") as error:
            fit(Plain, data, batch_size=13, augment=(poison(9),), devices=devices, epochs=4)
        caught.append(error.value)
    one, several = (error.fitted for error in caught)
    assert str(caught[0]) == str(caught[1])
    assert several.best_epoch == one.best_epoch == 1
    assert len(several.history) == 1
    for name, value in one.network.state_dict().items():
        assert_close(several.network.state_dict()[name], value, atol=1e-4, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_processes_leave_without_threads_that_serve_their_group(strategy, importable):
    """With such a thread, a process may be aborted while it ends: one in many, when there is much else to do."""
    with devices_module._own_environment():
        joined, left = make_fabric("cpu", 2, strategy).launch(step_and_leave)
    assert "pt_gloo_runloop" in joined
    assert not any("gloo" in name for name in left)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_a_classifier_predicts_as_from_one_process(strategy):
    """What is solved for beside the network is the same, and so is what is learned."""
    rng = np.random.default_rng(7)
    y = np.array(["low", "high"])[rng.integers(0, 2, 43)]
    X = rng.normal(size=(43, 3, 17)) + np.where(y == "low", 0, 0.3)[:, None, None] * np.sin(np.arange(17))
    found = []
    for devices in ({}, {"devices": 2, "strategy": strategy}):
        training = Training(epochs=3, validation=0.2, batch_size=7, **devices)
        model = SDMAClassifier(hidden_size=5, proportions=29, dropout=0.0, trunk=partial(ResidualTrunk, dropout=0.0),
                               training=training, random_state=3)
        found.append(model.fit(X, y).predict_proba(X))
    assert_close(found[1], found[0], atol=1e-4, rtol=0)
    assert len(np.unique(found[0].round(3))) > 20


def fabric_of(rank, n, others=0.0):
    """What a process sees of Fabric, where all others together add `others` to what is summed."""
    def all_reduce(tensor, reduce_op):
        total = tensor + others
        return total / n if reduce_op == "mean" else total

    return SimpleNamespace(global_rank=rank, world_size=n, device=torch.device("cpu"), all_reduce=all_reduce)


@pytest.mark.parametrize(("size", "n"), [(7, 2), (7, 3), (2, 3), (1, 2)])
@pytest.mark.parametrize("weighted", [False, True])
def test_shares_are_the_batch(size, n, weighted):
    """Each series once, the losses' parts add up to the mean over the batch, and nobody is left without a series."""
    numbers = torch.arange(1.0, size + 1)
    batch = Batch((numbers.view(-1, 1, 1),), torch.ones(size, dtype=torch.int64), numbers,
                  numbers.square() if weighted else None)
    shares = [Together(fabric_of(rank, n), nn.Identity()).share(batch) for rank in range(n)]
    counted = [share.target[share.weight > 0] for share in shares]
    assert torch.cat(counted).tolist() == numbers.tolist()
    assert max(map(len, counted)) - min(map(len, counted)) <= 1
    assert all(len(share.lengths) == len(share.inputs[0]) >= 1 for share in shares)
    expected = Alone().mean(numbers.exp(), batch.weight)[0]
    sums = [torch.stack([(share.target.exp() * share.weight).sum(), share.weight.sum()]) for share in shares]
    parts = []
    for rank, share in enumerate(shares):
        process = Together(fabric_of(rank, n, sum(sums) - sums[rank]), nn.Identity())
        loss, value = process.mean(share.target.exp(), share.weight)
        assert_close(value, expected)
        parts.append(loss)
    assert_close(sum(parts) / n, expected)  # as gradients are averaged


def test_statistics_are_averaged_over_processes():
    network = nn.ModuleDict({"ours": BatchNorm(2), "torch's": nn.BatchNorm1d(3)})
    network["torch's"].running_mean.copy_(torch.tensor([1.0, 3.0, 7.0]))
    Together(fabric_of(0, 2, others=5.0), network).after_step()
    assert network["torch's"].running_mean.tolist() == [3.0, 4.0, 6.0]
    assert network["torch's"].running_var.tolist() == [3.0] * 3
    assert network["torch's"].weight.tolist() == [1.0] * 3
    assert network["ours"].running_var.tolist() == [1.0] * 2  # the same in all processes by itself


def test_dropout_goes_by_process_and_epoch():
    draws = {}
    for rank, epoch in [(0, 0), (0, 1), (1, 0), (0, 0)]:
        process = Together(fabric_of(rank, 2), nn.Identity())
        process.begin_epoch(17, epoch)
        draws.setdefault((rank, epoch), set()).add(torch.rand((), generator=process.dropout).item())
    assert [len(values) for values in draws.values()] == [1, 1, 1]
    assert len(set.union(*draws.values())) == 3


@pytest.mark.parametrize(("parameters", "message"), [
    ({"devices": 0}, "devices must be an integer of at least 1, got 0"),
    ({"devices": 2, "strategy": "dp"}, "unknown strategy 'dp'; choose one of 'auto', 'ddp', 'fsdp'"),
    ({"strategy": "fsdp"}, "a strategy needs devices of at least 2, got strategy='fsdp' and devices=1"),
])
def test_wrong_devices_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        check_training(Training(**parameters))


def test_devices_are_a_number():
    with pytest.raises(TypeError, match="devices must be an integer of at least 1, got 'auto'"):
        check_training(Training(devices="auto"))


@pytest.mark.parametrize(("device", "message"), [
    ("cuda", "devices must be at most the 2 GPUs that torch can use, got 3; device='cpu' takes any number"),
    ("cuda:1", "several devices are counted from the first one, got devices=3 and device='cuda:1': use device='cuda'"),
])
def test_more_gpus_than_there_are_are_refused(device, message, net, data, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(ValueError, match=message):
        fit(net, data, devices=3, device=device)


def test_batches_with_fewer_series_than_devices_are_refused(net, data):
    with pytest.raises(ValueError, match=r"each batch must have a series for each device, got devices=4 and batches "
                                         r"of 3: use fewer devices, or a greater batch_size"):
        fit(net, data, devices=4, batch_size=4)


def test_without_lightning_the_cure_is_named(net, data, monkeypatch):
    monkeypatch.setattr(devices_module, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"devices=2 needs Lightning Fabric, which is not installed: pip install "
                                          r"'tsattn\[devices\]', or use devices=1"):
        fit(net, data, devices=2)


def typed_in(batch, generator):
    return batch


def test_what_was_typed_into_a_session_is_refused(net, data, monkeypatch):
    session = sys.modules["__main__"]
    monkeypatch.setattr(typed_in, "__module__", "__main__")
    monkeypatch.setattr(session, "typed_in", typed_in, raising=False)
    monkeypatch.delattr(session, "__file__", raising=False)
    with pytest.raises(TypeError, match=r"augment must be known .*it is of a session, which other processes cannot"):
        fit(net, data, devices=2, augment=(typed_in,))


def test_a_layer_that_other_processes_cannot_know_is_refused(net, data):
    class Mine(torch.nn.Identity):
        pass

    def made():
        network = net()
        network.more = Mine()
        return network

    with pytest.raises(TypeError, match=r"the network must be known to other processes .*, got Net \(.*Mine"):
        fit(made, data, devices=2)


def test_what_other_processes_cannot_know_is_refused(net, data):
    with pytest.raises(TypeError, match=r"augment must be known to other processes for devices=2, .* or devices=1"):
        fit(net, data, devices=2, augment=(lambda batch, generator: batch,))
    with pytest.raises(TypeError, match="the loss must be known to other processes"):
        fit_network(net, data, Training(devices=2), loss=lambda output, target, smoothing: output.sum(1))


def test_one_of_several_processes_starts_none(net, data, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "1")
    with pytest.raises(RuntimeError, match=r"was started as one of several \(LOCAL_RANK=1\): start the script by"):
        fit(net, data, devices=2)


SCRIPT = """
import sys
import numpy as np
from tsattn.classification import SDMAClassifier
from tsattn.training import Training

X, y = np.random.default_rng(0).normal(size=(12, 2, 7)), np.arange(12) % 2
model = SDMAClassifier(hidden_size=3, proportions=7, training=Training(epochs=1, devices={devices}), random_state=0)
print(model.fit(X, y).predict(X).shape, "lightning" in sys.modules)
"""


@pytest.mark.slow
@pytest.mark.parametrize("devices", [1, 2])
def test_a_script_without_a_guard(devices, tmp_path):
    """One device asks for none, and reads nothing of Lightning; of two, the other process says what is missing."""
    path = tmp_path / "script.py"
    path.write_text(SCRIPT.format(devices=devices))
    result = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False, timeout=300)
    if devices == 1:
        assert result.stdout == "(12,) False\n"
    else:
        assert result.returncode != 0
        assert "RuntimeError: devices=2 starts processes that read the script again: put what it does under if " \
               "__name__ == '__main__':" in result.stderr
