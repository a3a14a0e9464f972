"""Series that are held out choose the epoch, and nothing else."""

import numpy as np
import torch

from tsattn.training import Sequences, Training, cross_entropy, fit_network


def test_p69_held_out_series_enter_no_training_batch(net, data):
    """Each series carries its number in its target; the training batches are watched."""
    fold = tuple(range(3, len(data), 5))
    numbered = Sequences([data.rows[0][:-1]], data.lengths, target=np.arange(len(data)))
    trained, measured = [], []

    def watch(output, target, label_smoothing):
        (trained if torch.is_grad_enabled() else measured).extend(target.tolist())
        return cross_entropy(output, target % 5, label_smoothing)

    fit_network(net, numbered, Training(epochs=2, validation=fold), loss=watch, seed=1)
    others = [number for number in range(len(data)) if number not in fold]
    assert sorted(trained) == sorted(others * 2)
    assert sorted(measured) == sorted([*fold * 2, *others])  # at the end, whether the weights hold up


def test_p69_what_is_held_out_only_chooses_the_epoch(net, data, digest):
    """Other classes of the held-out series: the same losses and weights in training, step by step, to the last."""
    fold = tuple(range(0, len(data), 4))
    target = data.target.clone()
    target[list(fold)] = target[list(fold)].flip(0)
    other = Sequences([data.rows[0][:-1]], data.lengths, target=target)

    def train(series):
        networks, at_steps, at_measurements = [], [], []

        def make():
            networks.append(net())
            return networks[-1]

        def watch(*arguments):
            (at_steps if torch.is_grad_enabled() else at_measurements).append(digest(networks[-1]))
            return cross_entropy(*arguments)

        training = Training(epochs=3, batch_size=32, validation=fold)
        fitted = fit_network(make, series, training, loss=watch, seed=5, strata=data.target.numpy())
        return at_steps, at_measurements, fitted.history

    (steps, ends, one), (other_steps, other_ends, two) = train(data), train(other)
    assert len(set(steps)) == 3 * 3  # batches of 32 of the 75 others
    assert steps == other_steps
    assert len(set(ends[:3])) == 3  # an epoch is measured at its end, and the best weights once more at the very end
    assert ends[:3] == other_ends[:3]
    assert [row["train_loss"] for row in one] == [row["train_loss"] for row in two]
    assert [row["validation_loss"] for row in one] != [row["validation_loss"] for row in two]
