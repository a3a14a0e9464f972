"""A training that is killed and started again ends with the same bits as one that was never stopped."""

import copy
import json
import os
import signal
import subprocess
import time
from functools import partial

import numpy as np
import pytest
import torch

from tsattn._checks import DivergenceError, ModelFileError
from tsattn._files import read_tensors, write_tensors
from tsattn.models.committee import Committee
from tsattn.nn.ridge_head import ProportionRidge
from tsattn.training import Jitter, Sequences, Training, accuracy, fit_network
from tsattn.training import loop as loop_module

SETTINGS = {
    5: ["epochs=20", "validation=0.2", "averaging=0.9"],
    2: ["epochs=20", 'optimizer="sgd"', 'averaging="tail"', 'monitor="accuracy"', "validation=0.2", "patience=15"],
}


def run(program, tmp_path, settings, name="state"):
    state = tmp_path / name
    subprocess.run([*program, state, *settings], check=True, timeout=120, capture_output=True)
    return json.loads(state.read_text())


def kill_later(program, tmp_path, settings, checkpoint, rng):
    """Start, wait for the file to change some times, and kill: at no particular step. The epochs that it had done."""
    before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
    process = subprocess.Popen([*program, tmp_path / "never", *settings], stdout=subprocess.DEVNULL)
    while process.poll() is None and (checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0) == before:
        time.sleep(0.001)
    time.sleep(rng.uniform(0, 0.05))
    process.send_signal(signal.SIGKILL)
    process.wait()
    return len(read_tensors(checkpoint)[1]["history"]["rows"]) if checkpoint.exists() else None


@pytest.mark.slow
@pytest.mark.parametrize("kills", SETTINGS)
def test_p51_killed_and_resumed_gives_the_same_bits(kills, program, tmp_path):
    settings, checkpoint = SETTINGS[kills], tmp_path / "progress"
    straight = run(program, tmp_path, settings, "straight")
    resumable = [*settings, f'checkpoint="{checkpoint}"']
    rng, seen = np.random.default_rng(51), []
    for _ in range(kills):
        seen.append(kill_later(program, tmp_path, resumable, checkpoint, rng))
    assert any(epochs is not None and 0 < epochs < 20 for epochs in seen), seen
    assert run(program, tmp_path, resumable, "resumed") == straight
    assert not checkpoint.exists()


class Stop(Exception):
    pass


@pytest.fixture
def stop_after(monkeypatch):
    """Make training stop with an exception at the so-many-th step."""
    def arm(n_steps, error=Stop):
        step, count = loop_module._step, iter(range(n_steps))

        def counted(*arguments):
            if next(count, None) is None:
                monkeypatch.setattr(loop_module, "_step", step)
                raise error
            return step(*arguments)

        monkeypatch.setattr(loop_module, "_step", counted)

    return arm


def fit(net, data, **parameters):
    parameters = {"epochs": 6, "batch_size": 32, "lr": 2e-3, "augment": (Jitter(0.1),), **parameters}
    return fit_network(net, data, Training(**parameters), metric=accuracy, seed=parameters.pop("seed", 5),
                       strata=data.target.numpy())


def committee(net):
    return Committee(net(), ProportionRidge(3, 5, n_mixtures=13))


@pytest.mark.parametrize("advised", [False, True], ids=["alone", "advised"])
@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt])
@pytest.mark.parametrize("parameters", [
    {}, {"optimizer": "adam", "averaging": 0.9}, {"optimizer": "rmsprop", "averaging": "tail"},
    {"optimizer": "sgd", "validation": 0.2, "patience": 2, "schedule": "cosine", "checkpoint_every": 2}])
def test_p51_stopped_within_an_epoch_and_resumed(parameters, error, advised, net, data, digest, stop_after, tmp_path):
    if advised:
        net = partial(committee, net)
    straight = fit(net, data, **parameters)
    stop_after(14, error)  # 3 or 4 batches an epoch: within the fourth or fifth epoch
    with pytest.raises(error):
        fit(net, data, checkpoint=tmp_path / "progress", **parameters)
    assert len(read_tensors(tmp_path / "progress")[1]["history"]["rows"]) in {2, 3, 4}
    resumed = fit(net, data, checkpoint=tmp_path / "progress", **parameters)
    assert digest(resumed.network) == digest(straight.network)
    assert resumed.best_epoch == straight.best_epoch
    for one, other in zip(resumed.history, straight.history, strict=True):
        assert list(one) == list(other)
        assert {**one, "seconds": 0} == {**other, "seconds": 0}


def test_p51_a_best_epoch_before_the_stop_is_remembered(net, data, digest, stop_after, tmp_path):
    fold = tuple(range(0, len(data), 4))
    data.target[list(fold)] = data.target[list(fold)].flip(0)  # what is learned soon does harm there
    straight = fit(net, data, validation=fold, epochs=13, lr=0.03)
    stop_after(3 * straight.best_epoch + 5)  # 3 batches an epoch
    with pytest.raises(Stop):
        fit(net, data, validation=fold, epochs=13, lr=0.03, checkpoint=tmp_path / "progress")
    resumed = fit(net, data, validation=fold, epochs=13, lr=0.03, checkpoint=tmp_path / "progress")
    assert resumed.best_epoch == straight.best_epoch
    assert digest(resumed.network) == digest(straight.network)


def test_p51_an_unseeded_training_goes_on_with_its_own_seed(net, data, digest, stop_after, tmp_path):
    training = Training(epochs=4, validation=0.2, checkpoint=tmp_path / "progress")
    stop_after(7)
    with pytest.raises(Stop):
        fit_network(net, data, training)
    seed = read_tensors(tmp_path / "progress")[1]["seed"]
    resumed = fit_network(net, data, training)
    straight = fit_network(net, data, Training(epochs=4, validation=0.2), seed=seed)
    assert digest(resumed.network) == digest(straight.network)


def shifted(data):
    rows = data.rows[0][:-1].numpy().copy()
    rows[41, 1] += 1e-3
    return Sequences([rows], data.lengths, target=data.target, n_classes=data.n_classes)


def reweighted(data):
    weight = np.linspace(1, 2, len(data.target))
    return Sequences([data.rows[0][:-1].numpy()], data.lengths, target=data.target, n_classes=data.n_classes,
                     weight=weight)


def test_p51_a_foreign_checkpoint_is_refused(net, data, stop_after, tmp_path):
    path = tmp_path / "progress"
    stop_after(9)
    with pytest.raises(Stop):
        fit(net, data, checkpoint=path)
    before = path.read_bytes()
    for change, named in [({"lr": 0.5}, "lr"), ({"epochs": 7}, "epochs"), ({"augment": (Jitter(0.2),)}, "augment"),
                          ({"validation": 0.3}, "the validation part, validation"), ({"seed": 6}, "the seed")]:
        seed = change.pop("seed", 5)
        with pytest.raises(ValueError, match=f"belongs to another training, which differs in .*{named}.*: delete it"):
            fit_network(net, data, Training(**{"epochs": 6, "batch_size": 32, "lr": 2e-3, "augment": (Jitter(0.1),),
                                                 "checkpoint": path, **change}),
                        metric=accuracy, seed=seed)
    with pytest.raises(ValueError, match="differs in the series: delete it"):
        fit(net, shifted(data), checkpoint=path)
    with pytest.raises(ValueError, match="differs in the network: delete it"):
        fit(lambda: torch.nn.Sequential(net()), data, checkpoint=path)
    with pytest.raises(ValueError, match="differs in the targets or their weights: delete it"):
        fit(net, reweighted(data), checkpoint=path)
    assert path.read_bytes() == before


as_it_is = partial(torch.mul, other=1.0)


class Scaled(torch.nn.Module):
    """A network of one size, whatever its settings."""

    def __init__(self, net, factor=1.0, activation=torch.tanh, scale=as_it_is):
        super().__init__()
        self.body, self.factor, self.activation, self.scale = net(), factor, activation, scale

    def forward(self, x, lengths):
        return self.factor * self.scale(self.activation(self.body(x, lengths=lengths)))


def test_p51_a_network_of_the_same_size_and_other_settings_is_another(net, data, stop_after, tmp_path):
    path = tmp_path / "progress"
    stop_after(9)
    with pytest.raises(Stop):
        fit(partial(Scaled, net), data, checkpoint=path)
    for setting in ({"factor": 2.0}, {"activation": torch.relu}, {"scale": partial(torch.mul, other=3.0)}):
        with pytest.raises(ValueError, match="differs in the network: delete it"):
            fit(partial(Scaled, net, **setting), data, checkpoint=path)
    fit(partial(Scaled, net), data, checkpoint=path)
    assert not path.exists()


def test_p51_a_folder_is_no_checkpoint(net, data, tmp_path):
    with pytest.raises(IsADirectoryError, match=r"checkpoint must name a file, .* is a folder: name a file in it"):
        fit(net, data, checkpoint=tmp_path)
    with pytest.raises(IsADirectoryError, match="checkpoint must name a file"):
        fit_network(net, data, Training(checkpoint=tmp_path))  # whose seed would be in the file


def test_p51_a_damaged_checkpoint_is_refused(net, data, stop_after, tmp_path):
    path = tmp_path / "progress"
    stop_after(9)
    with pytest.raises(Stop):
        fit(net, data, checkpoint=path)
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="checksum"):
        fit(net, data, checkpoint=path)


@pytest.fixture
def stopped(net, data, stop_after, tmp_path):
    """A checkpoint of a training that was stopped, its tensors and its configuration."""
    path = tmp_path / "progress"
    stop_after(9)
    with pytest.raises(Stop):
        fit(net, data, checkpoint=path, validation=0.2, averaging=0.9)
    return path, *read_tensors(path)


def resumed(net, data, path):
    return fit(net, data, checkpoint=path, validation=0.2, averaging=0.9)


TENSORS = {
    "a number for a layer": lambda t: t.update({"network/head.weight": np.zeros((1, 1), np.float32)}),
    "another type": lambda t: t.update({"network/head.bias": t["network/head.bias"].astype(np.float64)}),
    "no layer": lambda t: t.pop("network/head.bias"),
    "a layer more": lambda t: t.update({"network/neck.bias": t["network/head.bias"]}),
    "no network": lambda t: [t.pop(name) for name in [*t] if name.startswith("network/")],
    "no average": lambda t: [t.pop(name) for name in [*t] if name.startswith("average/")],
    "best of one": lambda t: t.update({"best/head.weight": np.zeros((1, 1), np.float32)}),
    "best is infinite": lambda t: t.update({"best/head.bias": np.inf * t["best/head.bias"]}),
    "no optimiser": lambda t: [t.pop(name) for name in [*t] if name.startswith("optimizer/")],
    "optimiser forgets a layer": lambda t: [t.pop(name) for name in [*t] if name.startswith("optimizer/0/")],
    "optimiser forgets squares": lambda t: t.pop("optimizer/0/exp_avg_sq"),
    "optimiser of a number": lambda t: t.update({"optimizer/0/exp_avg": np.zeros((1, 1), np.float32)}),
    "squares below 0": lambda t: t.update({"optimizer/0/exp_avg_sq": t["optimizer/0/exp_avg_sq"] - 1}),
    "steps that are none": lambda t: t.update({"optimizer/0/step": np.array(np.nan, np.float32)}),
    "layer of no network": lambda t: t.update({"optimizer/99/step": np.array(1, np.float32)}),
    "layer without a number": lambda t: t.update({"optimizer/x/step": np.array(1, np.float32)}),
    "no generator": lambda t: t.pop("generator/0"),
    "generator of another length": lambda t: t.update({"generator/0": t["generator/0"][:9]}),
    "generator that is none": lambda t: t.update({"generator/0": t["generator/0"] * 0 + 255}),
    "unknown part": lambda t: t.update({"rest/x": np.zeros(1)}),
    "no part": lambda t: t.update({"x": np.zeros(1)}),
}
NUMBERS = [None, True, -1, 1.5, "1", [], {}, 2**62, 10**30, [[1]]]


def edited_numbers(config):
    """Each entry of a configuration left out, or replaced by each of many: (what is done, the edited one)."""
    for name in set(config) - {"fingerprint", "kind"}:
        yield f"{name} left out", {key: value for key, value in config.items() if key != name}
        for value in NUMBERS:
            if value != config[name] and (name, value) not in (("averaged", 2**62), ("first_loss", 1.5)):
                yield f"{name}={value!r}", {**config, name: value}
    for change in ({"rows": []}, {"columns": []}, {"rows": [[1]]}, {"rows": [["a"] * 6]}, {"columns": {}}):
        yield f"history of {change}", {**config, "history": {**config["history"], **change}}


@pytest.mark.parametrize("change", TENSORS.values(), ids=TENSORS)
def test_p51_made_up_tensors_of_a_checkpoint_are_refused(change, net, data, stopped):
    path, tensors, config = stopped
    change(tensors)
    write_tensors(path, tensors, config)
    with pytest.raises(ModelFileError, match="damaged checkpoint"):
        resumed(net, data, path)


def test_p51_made_up_numbers_of_a_checkpoint_are_refused(net, data, stopped, monkeypatch):
    path, tensors, config = stopped
    monkeypatch.setattr(loop_module, "train", lambda run: None)  # what is taken for a checkpoint is enough here
    for done, edited in edited_numbers(copy.deepcopy(config)):
        write_tensors(path, tensors, edited)
        with pytest.raises(ModelFileError, match="damaged checkpoint"):
            raise AssertionError(f"{done}: {resumed(net, data, path)}")
    for fingerprint in (None, 3, []):
        write_tensors(path, tensors, {**config, "fingerprint": fingerprint})
        with pytest.raises(ModelFileError, match="does not say which training"):
            resumed(net, data, path)


def test_a_checkpoint_may_be_a_symbolic_link(net, data, digest, stop_after, tmp_path):
    (tmp_path / "disk").mkdir()
    target, path = tmp_path / "disk" / "state", tmp_path / "progress"
    path.symlink_to(target)
    stop_after(9)
    with pytest.raises(Stop):
        fit(net, data, checkpoint=path)
    assert path.is_symlink()
    assert target.is_file()
    assert digest(fit(net, data, checkpoint=path).network) == digest(fit(net, data).network)
    assert path.is_symlink()
    assert not target.exists()
    path.unlink()
    path.symlink_to(tmp_path / "missing" / "state")
    with pytest.raises(FileNotFoundError, match="the folder of checkpoint"):
        fit(net, data, checkpoint=path)


def test_a_pipe_is_no_checkpoint(net, data, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="a device or a pipe"):
        fit(net, data, checkpoint=tmp_path / "pipe")


def test_a_model_is_no_checkpoint(net, data, tmp_path):
    write_tensors(tmp_path / "model", {}, {"kind": "model"})
    with pytest.raises(ModelFileError, match="not a checkpoint"):
        fit(net, data, checkpoint=tmp_path / "model")


def test_the_checkpoint_is_gone_when_training_ends_well(net, data, tmp_path):
    fit(net, data, checkpoint=tmp_path / "progress")
    assert list(tmp_path.iterdir()) == []


def test_the_checkpoint_stays_when_what_comes_after_training_fails(net, data, tmp_path):
    def fail(*_):
        raise MemoryError

    def make():
        made = net()
        made.weigh = fail
        return made

    with pytest.raises(MemoryError):
        fit(make, data, checkpoint=tmp_path / "progress", validation=0.5)
    assert (tmp_path / "progress").exists()


def test_a_checkpoint_that_cannot_be_written_is_named_before_training(net, data, tmp_path, stop_after):
    stop_after(0)
    with pytest.raises(FileNotFoundError, match="missing"):
        fit(net, data, checkpoint=tmp_path / "missing" / "progress")


def test_the_checkpoint_stays_when_training_diverges(net, data, poison, tmp_path):
    with pytest.raises(DivergenceError):
        fit(net, data, checkpoint=tmp_path / "progress", augment=(poison(6),))
    assert len(read_tensors(tmp_path / "progress")[1]["history"]["rows"]) == 1
