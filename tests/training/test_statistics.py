from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tsattn._checks import DivergenceError
from tsattn.nn import Dropout
from tsattn.nn.convolution import BatchNorm
from tsattn.training import Sequences, Training, accuracy, fit_network, judge, predict_network
from tsattn.training.processes import Alone
from tsattn.training.statistics import ENOUGH, in_training_but_for_draws, means_over_calls

N, LENGTH, CHANNELS = 96, 5, 3


class OfSteps(nn.Module):
    """A layer that moves with training, dropout that evaluation has not, and a norm of each kind after them."""

    def __init__(self):
        super().__init__()
        self.dropout, self.layer, self.head = Dropout(0.5), nn.Linear(CHANNELS, 4), nn.Linear(4, 2)
        self.ours, self.torchs = BatchNorm(4), nn.BatchNorm1d(4)
        self.calls = []

    def forward(self, x, lengths):
        self.calls.append((self.dropout.training, self.ours.training, len(x)))
        x = self.dropout(self.layer(x))
        return self.head((self.ours(x, lengths) + self.torchs(x.transpose(1, 2)).transpose(1, 2)).mean(1))


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.head, self.calls = nn.Linear(CHANNELS, 2), 0

    def forward(self, x, lengths):
        self.calls += 1
        return self.head(x.mean(1))


def make_data(n=N, **more):
    rng = np.random.default_rng(3)
    classes = np.arange(n) % 2
    rows = rng.normal(1, 2, (n, LENGTH, CHANNELS)) + classes[:, None, None]
    return Sequences([rows.reshape(-1, CHANNELS)], [LENGTH] * n, target=classes, n_classes=2, **more), rows


def fit(make=OfSteps, n=N, **parameters):
    data, rows = make_data(n)
    training = Training(**{"epochs": 3, "lr": 0.05, "batch_size": 32, "augment": (), **parameters})
    return fit_network(make, data, training, metric=accuracy, seed=2), data, rows


def before_the_norms(network, rows):
    """What the norms read of all steps of all series, (step, 4): by numpy."""
    weight, bias = (value.detach().numpy() for value in (network.layer.weight, network.layer.bias))
    return rows.reshape(-1, CHANNELS) @ weight.T + bias


def norms_of(network):
    return [network.ours, network.torchs]


@pytest.mark.parametrize("averaging", [None, 0.9, "tail"])
def test_statistics_are_of_the_weights_that_are_kept(averaging):
    """The means over batches of one size are the mean over all series, whatever the batches were."""
    fitted, _, rows = fit(averaging=averaging)
    said = before_the_norms(fitted.network, rows)
    for norm in norms_of(fitted.network):
        np.testing.assert_allclose(norm.running_mean, said.mean(0), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(norm.running_var, said.var(0), rtol=0.05)  # within batches, not between
        assert norm.momentum == 0.1
        assert not norm.training


def test_statistics_of_a_single_batch_are_those_of_all_series():
    fitted, _, rows = fit(batch_size=N)
    said = before_the_norms(fitted.network, rows)
    for norm in norms_of(fitted.network):
        np.testing.assert_allclose(norm.running_mean, said.mean(0), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(norm.running_var, said.var(0, ddof=1), rtol=1e-4)


def test_the_part_that_is_held_out_gives_no_statistics():
    fold = tuple(range(0, N, 4))
    fitted, _, rows = fit(validation=fold, batch_size=24)
    learned = np.delete(rows, fold, axis=0)
    for norm in norms_of(fitted.network):
        expected = before_the_norms(fitted.network, learned).mean(0)
        np.testing.assert_allclose(norm.running_mean, expected, rtol=1e-4, atol=1e-6)


def test_p66_a_training_that_diverged_has_them_too(poison):
    data, rows = make_data()
    with pytest.raises(DivergenceError) as caught:
        fit_network(OfSteps, data, Training(lr=0.05, batch_size=32, augment=(poison(4),)), seed=2)
    fitted = caught.value.fitted
    assert fitted.best_epoch == 1
    expected = before_the_norms(fitted.network, rows).mean(0)
    np.testing.assert_allclose(fitted.network.ours.running_mean, expected, rtol=1e-4)


def test_p66_changes_that_go_on_making_not_a_number_leave_those_of_training(poison):
    data = make_data()[0]
    with pytest.raises(DivergenceError, match="last good weights are those of epoch 1") as caught:
        fit_network(OfSteps, data, Training(lr=0.05, batch_size=32, augment=(poison(4, n_bad=1000),)), seed=2)
    state = caught.value.fitted.network.state_dict()
    assert all(value.isfinite().all() for value in state.values())
    assert int(state["torchs.num_batches_tracked"]) == 3


class Raise:
    """A change that adds 10 to every value."""

    def __call__(self, batch, generator):
        return replace(batch, inputs=tuple(x + 10 for x in batch.inputs))


def test_batches_are_changed_as_in_training():
    fitted, _, rows = fit(augment=(Raise(),))
    expected = before_the_norms(fitted.network, rows + 10).mean(0)
    np.testing.assert_allclose(fitted.network.ours.running_mean, expected, rtol=1e-4)


@pytest.mark.parametrize("augment", [(), "standard"])
def test_nothing_of_the_training_depends_on_them(augment, monkeypatch):
    asked = {"augment": augment, "validation": 0.25, "averaging": 0.9}
    taken, *_ = fit(**asked)
    monkeypatch.setattr(judge, "in_training_but_for_draws", lambda network: [])
    left, *_ = fit(**asked)
    assert [row["train_loss"] for row in taken.history] == [row["train_loss"] for row in left.history]
    assert [row["validation_loss"] for row in taken.history] != [row["validation_loss"] for row in left.history]


def test_a_pass_is_over_batches_as_in_training_without_dropout_and_not_over_all_of_very_many():
    n = 2 * (ENOUGH + 3)
    network = fit(n=n, batch_size=2, epochs=1)[0].network
    assert network.calls[: n // 2] == [(True, True, 2)] * (n // 2)
    assert network.calls[n // 2 :][:ENOUGH] == [(False, True, 2)] * ENOUGH
    assert all(call[:2] == (False, False) for call in network.calls[n // 2 :][ENOUGH:])


def test_a_network_without_batch_normalisation_is_not_asked():
    assert fit(Plain, epochs=1)[0].network.calls == 3 + 1  # the steps, and the proof of the last one


def test_evaluation_says_what_training_did_after_three_steps():
    """torch's running statistics are 0 and 1 in good part by then."""
    fitted, data, _ = fit(batch_size=N)
    said = predict_network(fitted.network, data)
    fitted.network.train().dropout.eval()
    with torch.no_grad():
        batch = data.batch(torch.arange(N))
        assert_close(said, fitted.network(*batch.inputs, lengths=batch.lengths), rtol=0.01, atol=0.01)


def test_each_call_of_a_norm_counts():
    """Two calls a pass, and one that misses the first pass."""
    norms = [BatchNorm(2), nn.BatchNorm1d(2, momentum=None), nn.BatchNorm2d(2, momentum=0.3)]
    x = torch.tensor([[1.0, 2.0], [3.0, 8.0]])
    with means_over_calls(norms):
        for shift in (0, 10, 50):
            norms[0](x.unsqueeze(0) + shift, torch.tensor([2]))
            norms[1](x + shift)
            norms[1](x - shift)
            if shift:
                norms[2]((x + shift).view(2, 2, 1, 1))
    assert [norm.running_mean.tolist() for norm in norms] == [[22, 25], [2, 5], [32, 35]]
    assert_close(norms[0].running_var, x.var(0))
    assert [norm.momentum for norm in norms] == [0.1, None, 0.3]
    assert not any(norm._forward_pre_hooks for norm in norms)


def test_an_error_leaves_norms_as_they_learn():
    def seen_by(norm):
        with means_over_calls([norm]):
            norm(torch.zeros(2))

    norm = nn.BatchNorm1d(2)
    with pytest.raises(ValueError, match="2D or 3D"):
        seen_by(norm)
    assert norm.momentum == 0.1
    assert not norm._forward_pre_hooks


class Frozen(OfSteps):
    def train(self, mode=True):
        super().train(mode)
        self.ours.eval()
        return self


def test_norms_that_learn_no_statistics_have_none_taken():
    network = Frozen()
    network.alone = nn.BatchNorm1d(4, track_running_stats=False)
    assert in_training_but_for_draws(network) == [network.torchs]
    assert network.training
    assert not network.dropout.training
    fitted = fit(Frozen)[0].network
    assert not fitted.ours.running_mean.any()
    assert fitted.torchs.running_mean.all()


@pytest.mark.parametrize("validation", [0.0, 0.25])
def test_statistics_of_several_processes_are_made_the_same_after_each_batch(validation, monkeypatch):
    """As after each step of the optimiser; what that does is tested with several devices."""
    done = []
    monkeypatch.setattr(Alone, "after_step", lambda self: done.append("after"))
    fit(epochs=1, validation=validation)
    assert len(done) == 3 + 3


def test_weights_that_never_were_judged_have_them_too(poison):
    """Training diverged before the first judgement on the validation part."""
    data = make_data()[0]
    with pytest.raises(DivergenceError, match="those of epoch 0") as caught:
        fit_network(OfSteps, data, Training(validation=0.25, batch_size=32, augment=(poison(1),)), seed=2)
    assert caught.value.fitted.network.ours.running_mean.all()
