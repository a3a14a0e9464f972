"""What one training promises: reproducible, quiet towards the rest of the process, finite, blind to held-out series."""

import json
import math
import random
import subprocess
import threading

import numpy as np
import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tsattn._checks import DivergenceError
from tsattn.training import (
    Crop,
    Jitter,
    Mixup,
    Sequences,
    TimeWarp,
    Training,
    accuracy,
    cross_entropy,
    fit_network,
    predict_network,
    squared_error,
)

PLAIN = {"epochs": 3, "batch_size": 32, "lr": 2e-3, "warmup": 0.3, "augment": ()}  # what the defaults are not


def fit(net, data, seed=5, **parameters):
    return fit_network(net, data, Training(**{**PLAIN, **parameters}), metric=accuracy, seed=seed,
                       strata=data.target.numpy())


EVERYTHING = {"validation": 0.2, "averaging": 0.9, "augment": (Jitter(), TimeWarp(), Crop(), Mixup()), "batch_size": 13}


@pytest.mark.slow
def test_p26_two_processes_give_the_same_bits(program, tmp_path):
    for name in "ab":
        subprocess.run([*program, tmp_path / name, "epochs=3", "validation=0.2"], check=True, capture_output=True)
    one, other = (json.loads((tmp_path / name).read_text()) for name in "ab")
    assert one == other
    assert len(one[0]) == 64


def test_p26_the_seed_decides(net, data, digest):
    one, same, other = (digest(fit(net, data, seed=seed, **EVERYTHING).network) for seed in [5, 5, 6])
    assert one == same != other


def test_without_a_seed_each_training_is_another(net, data, digest):
    one, other = (digest(fit(net, data, seed=None, epochs=1).network) for _ in range(2))
    assert one != other


def test_p26_trainings_side_by_side_do_not_disturb_each_other(net, data, digest):
    alone = digest(fit(net, data, **EVERYTHING).network)
    found = []
    threads = [threading.Thread(target=lambda: found.append(digest(fit(net, data, **EVERYTHING).network)))
               for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alone] * 4


@pytest.mark.parametrize("seed", [None, 5])
def test_p29_global_generators_and_settings_are_left_alone(seed, net, data):
    def state():
        return (random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist(),  # noqa: NPY002
                torch.get_num_threads(), torch.is_grad_enabled(), torch.get_default_dtype(),
                torch.are_deterministic_algorithms_enabled())

    before = state()
    fitted = fit(net, data, seed=seed, **EVERYTHING)
    predict_network(fitted.network, data)
    assert state() == before


def test_p28_batch_size_and_threads_change_a_prediction_by_rounding_only(net, data):
    network = fit(net, data).network
    before = torch.get_num_threads()
    results = []
    try:
        for n_threads, batch_size in [(1, 256), (1, 1), (1, 17), (2, 256), (8, 17)]:
            torch.set_num_threads(n_threads)
            results.append(predict_network(network, data, batch_size=batch_size))
    finally:
        torch.set_num_threads(before)
    for result in results[1:]:
        assert_close(result, results[0], atol=1e-5, rtol=0)


def test_predictions_come_in_the_order_of_the_series(net, data):
    network = fit(net, data).network
    expected = [network(*batch.inputs, lengths=batch.lengths)
                for batch in (data.batch(torch.tensor([position])) for position in range(len(data)))]
    assert_close(predict_network(network, data, batch_size=13), torch.cat(expected).detach(), atol=1e-5, rtol=0)


def test_it_learns(net, data):
    fitted = fit(net, data, epochs=40, lr=1e-2)
    assert (predict_network(fitted.network, data).argmax(-1) == data.target).float().mean() > 0.9
    assert not fitted.network.training
    assert all(parameter.grad is None for parameter in fitted.network.parameters())


class Linear(nn.Module):
    """One weight and no bias: what a step does to it can be worked out by hand."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1, bias=False)

    def forward(self, x, lengths):
        return self.layer(x.sum(1))


def test_plain_descent_by_hand():
    """Loss (w x - y)^2 of x = 2, y = 3: the slope is 4 (2 w - 3); Nesterov's first step is 1.9 lr slopes long."""
    data = Sequences([np.array([[0.5], [1.5]])], [2], target=np.array([[3.0]]))
    still = Training(epochs=1, lr=1e-30, weight_decay=0.0, augment=())
    begun = fit_network(Linear, data, still, loss=squared_error, seed=1)
    w = begun.network.layer.weight.item()
    training = Training(epochs=1, lr=0.01, optimizer="sgd", schedule="constant", weight_decay=0.0, clip=None,
                        batch_size=32, augment=())
    fitted = fit_network(Linear, data, training, loss=squared_error, seed=1)
    assert fitted.network.layer.weight.item() == pytest.approx(w - 0.01 * 1.9 * 4 * (2 * w - 3), rel=1e-5)
    assert fitted.history[0]["train_loss"] == pytest.approx((2 * w - 3) ** 2, rel=1e-5)
    clipped = fit_network(Linear, data, training.clone().set_params(clip=0.5), loss=squared_error, seed=1)
    assert abs(clipped.network.layer.weight.item() - w) == pytest.approx(0.01 * 1.9 * 0.5, rel=1e-4)


def test_weights_of_series_are_shares_of_the_mean():
    """Two series that ask for 1 and -3: by weights 3 to 1 the best answer is 0."""
    data = Sequences([np.ones((2, 1))], [1, 1], target=np.array([[1.0], [-3.0]]), weight=[3.0, 1.0])
    training = Training(epochs=300, lr=0.05, optimizer="adam", weight_decay=0.0, schedule="cosine", augment=(),
                        batch_size=32)
    fitted = fit_network(Linear, data, training, loss=squared_error, seed=0)
    assert fitted.network.layer.weight.item() == pytest.approx(0.0, abs=1e-3)
    assert fitted.history[-1]["train_loss"] == pytest.approx((3 * 1 + 1 * 9) / 4, rel=1e-3)


def test_weights_of_zero_stop_nothing(net, data):
    silent = Sequences([data.rows[0][:-1]], data.lengths, target=data.target, weight=np.zeros(len(data)))
    fitted = fit(net, silent, weight_decay=0.0, epochs=1)
    assert fitted.history[0]["train_loss"] == 0


def test_history_is_a_row_an_epoch(net, data):
    fitted = fit(net, data, validation=0.2, epochs=5)
    assert [list(row) for row in fitted.history] == [
        ["epoch", "train_loss", "validation_loss", "validation_accuracy", "lr", "seconds"]] * 5
    assert [row["epoch"] for row in fitted.history] == [1, 2, 3, 4, 5]
    assert all(math.isfinite(value) for row in fitted.history for value in row.values())
    assert list(fit(net, data).history[0]) == ["epoch", "train_loss", "lr", "seconds"]


@pytest.mark.parametrize(("monitor", "column", "pick"), [
    ("loss", "validation_loss", min), ("accuracy", "validation_accuracy", max)])
@pytest.mark.parametrize("averaging", [None, 0.9])
def test_the_best_epoch_comes_back(monitor, column, pick, averaging, net, data):
    fold = tuple(range(0, len(data), 4))
    data.target[list(fold)] = data.target[list(fold)].flip(0)  # what is learned soon does harm there
    fitted = fit(net, data, validation=fold, monitor=monitor, epochs=13, lr=0.03, averaging=averaging)
    values = [row[column] for row in fitted.history]
    assert values[fitted.best_epoch - 1] == pick(values)
    assert values[-1] != pick(values)  # or the last epoch would do as well
    held = torch.tensor(fold)
    output, target = predict_network(fitted.network, data)[held], data.target[held]
    measured = cross_entropy(output, target) if monitor == "loss" else accuracy(output, target)
    assert measured.mean().item() == pytest.approx(pick(values), rel=1e-5)


def test_patience_stops_that_many_epochs_after_the_best(net, data):
    fitted = fit(net, data, validation=0.3, epochs=200, patience=3, lr=0.1, schedule="constant")
    assert len(fitted.history) == fitted.best_epoch + 3 < 200


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "rmsprop", "sgd"])
@pytest.mark.parametrize("averaging", [None, 0.9])
def test_p66_a_rate_of_a_million_stops_training(optimizer, averaging, net, data):
    with pytest.raises(DivergenceError, match=r"loss .* in epoch \d+, .*batch \d+") as caught:
        fit(net, data, epochs=10, lr=1e6, optimizer=optimizer, averaging=averaging)
    assert isinstance(caught.value, FloatingPointError)
    state = caught.value.fitted.network.state_dict()
    assert all(value.isfinite().all() for value in state.values())
    assert predict_network(caught.value.fitted.network, data).isfinite().all()


def test_p66_the_batch_is_named_and_the_last_good_epoch_kept(net, data, digest, poison):
    good = fit(net, data, epochs=5, schedule="constant", batch_size=13)  # 8 batches an epoch
    with pytest.raises(DivergenceError, match=r"loss is nan in epoch 4, batch 3 of 8; the last good weights are those "
                                              r"of epoch 3: lower lr \(0.002\)") as caught:
        fit(net, data, epochs=5, schedule="constant", batch_size=13, augment=(poison(26),))
    fitted = caught.value.fitted
    assert [row["train_loss"] for row in fitted.history] == [row["train_loss"] for row in good.history[:3]]
    three = fit(net, data, epochs=3, schedule="constant", batch_size=13)
    assert digest(fitted.network) == digest(three.network)
    assert not fitted.network.training


def test_p66_a_last_step_that_ruins_the_weights_is_noticed(net, data):
    """The loss is 0, its slope 0 times infinity: nothing is wrong before the step, and no batch comes after it."""
    def root(output, target, label_smoothing):
        return (0 * output).abs().sum(-1).sqrt()

    with pytest.raises(DivergenceError, match="weights are no longer finite at the end of epoch 1") as caught:
        fit_network(net, data, Training(epochs=1, batch_size=len(data)), loss=root, seed=1)
    assert all(value.isfinite().all() for value in caught.value.fitted.network.state_dict().values())


def test_p66_validation_that_is_not_finite_stops_training(net, data):
    rows = data.rows[0][:-1].clone()
    rows[data.offsets[7]] = torch.inf
    broken = Sequences([rows], data.lengths, target=data.target)
    with pytest.raises(DivergenceError, match="validation loss is nan at the end of epoch 1") as caught:
        fit(net, broken, validation=(7, 11))
    assert all(value.isfinite().all() for value in caught.value.fitted.network.state_dict().values())


def test_a_network_that_draws_globally_is_refused(data):
    with pytest.raises(TypeError, match=r"1 \(Dropout\) draws from torch's global generator"):
        fit_network(lambda: nn.Sequential(nn.Linear(3, 5), nn.Dropout(0.1)), data, Training(), seed=0)


def test_series_without_a_target_are_refused(net, data):
    with pytest.raises(ValueError, match="must have a target"):
        fit_network(net, Sequences([data.rows[0][:-1]], data.lengths), Training())


def test_accuracy_needs_classes(net, data):
    with pytest.raises(ValueError, match="use monitor='loss'"):
        fit_network(net, data, Training(monitor="accuracy", validation=0.2))


def test_the_bar_is_quiet_where_nobody_looks(net, data, capfd):
    fit(net, data, verbose=1)
    assert capfd.readouterr() == ("", "")


def test_low_precision_computes_and_keeps_weights_in_float32(net, data, digest):
    low, full = (fit(net, data, precision=precision) for precision in ["bfloat16", "float32"])
    assert digest(low.network) != digest(full.network)
    assert low.history[-1]["train_loss"] == pytest.approx(full.history[-1]["train_loss"], rel=0.02)
    assert {value.dtype for value in low.network.state_dict().values()} == {torch.float32, torch.int64}
    assert digest(fit(net, data, precision="auto", device="cpu").network) == digest(full.network)


@pytest.mark.gpu
def test_a_gpu_trains_and_predicts(net, data, tmp_path):
    fitted = fit(net, data, device="cuda", checkpoint=tmp_path / "progress", epochs=40, lr=1e-2, averaging=0.9,
                 augment=EVERYTHING["augment"], validation=0.2)
    assert {value.device.type for value in fitted.network.state_dict().values()} == {"cpu"}
    here, there = (predict_network(fitted.network, data, device=device) for device in ["cpu", "cuda"])
    assert_close(here, there, atol=1e-4, rtol=0)
    assert (here.argmax(-1) == data.target).float().mean() > 0.7
