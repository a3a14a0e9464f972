"""What of a network is solved for and not trained: on the training part alone, once, before the first epoch."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tests.training.conftest import CHANNELS, CLASSES, Net
from tsattn._files import read_tensors, write_tensors
from tsattn.models.committee import Committee
from tsattn.nn.initialise import build
from tsattn.nn.ridge_head import ProportionRidge
from tsattn.nn.share import surely
from tsattn.training import Jitter, Sequences, Training, fit_network, predict_network, squared_error

FOLD = tuple(range(3, 101, 5))


class Asking(nn.Module):
    """Remembers what it is given to settle on."""

    def __init__(self):
        super().__init__()
        self.net = Net()
        self.asked = []

    def settle(self, batches):
        self.asked.append([list(batches()), list(batches())])

    def forward(self, x, lengths):
        return self.net(x, lengths)


class Interrupting:
    """Changes nothing, and is stopped at a step; equal to any other, as a checkpoint compares trainings."""

    def __init__(self, step):
        self.left = step

    def __repr__(self):
        return "Interrupting()"

    def __call__(self, batch, generator):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt
        return batch


def adviser():
    return ProportionRidge(CHANNELS, CLASSES, n_mixtures=13)


def committee():
    return Committee(Net(), adviser())


def numbered(data, **more):
    return Sequences([data.rows[0][:-1]], data.lengths, target=np.arange(len(data)), **more)


def test_it_is_asked_once_with_the_training_part_as_it_is(data):
    """Each series carries its number in its target, and what it is told again and again is the same."""
    made, weight = [], np.arange(len(data)) / 7

    def make():
        made.append(Asking())
        return made[-1]

    training = Training(epochs=2, validation=FOLD, augment=(Jitter(0.5),))
    fit_network(make, numbered(data, weight=weight), training, seed=1,
                loss=lambda output, target, smoothing: output.square().mean(1))
    assert len(made) == 1
    [both] = made[0].asked
    for batches in both:
        numbers = torch.cat([batch.target for batch in batches])
        assert sorted(numbers.tolist()) == [number for number in range(len(data)) if number not in FOLD]
        for batch in batches:
            for i, number in enumerate(batch.target):
                first, n = data.offsets[number], data.lengths[number]
                assert batch.lengths[i] == n
                assert torch.equal(batch.inputs[0][i, :n], data.rows[0][first : first + n])
                assert batch.weight[i] == np.float32(weight[number])


def changed(data):
    """Other values and classes of the series that are held out."""
    rows, target = data.rows[0][:-1].clone(), data.target.clone()
    for number in FOLD:
        first, n = data.offsets[number], data.lengths[number]
        rows[first : first + n] = 1000 - rows[first : first + n]
    target[list(FOLD)] = (target[list(FOLD)] + 1) % CLASSES
    return Sequences([rows], data.lengths, target=target, n_classes=CLASSES)


@pytest.mark.parametrize("make", [adviser, committee])
def test_p69_what_is_held_out_is_not_solved_for(make, data):
    training = Training(epochs=1, validation=FOLD)
    one, other = (fit_network(make, series, training, seed=5).network for series in (data, changed(data)))
    advisers = [getattr(network, "adviser", network).state_dict() for network in (one, other)]
    assert advisers[0]["head.weight"].any()
    assert advisers[0]["proportions.thresholds"].any()
    assert all(torch.equal(advisers[0][name], advisers[1][name]) for name in advisers[0])


def test_what_is_trained_leaves_it_as_it_was_solved(data):
    """The average of weights, an optimiser that decays them, and the last step change none of its bits."""
    training = Training(epochs=3, averaging=0.9, weight_decay=0.1)
    trained = fit_network(committee, data, training, seed=5).network
    expected = build(committee, torch.Generator().manual_seed(5))
    everything = data.batch(torch.argsort(data.lengths, stable=True))
    expected.settle(lambda: [everything])
    for name, value in expected.adviser.state_dict().items():
        assert torch.equal(trained.adviser.state_dict()[name], value)


class Says(nn.Module):
    """An adviser that says the same of every series."""

    def __init__(self, logits):
        super().__init__()
        self.logits = logits

    def settle(self, batches):
        return torch.cat([batch.target for batch in batches()]).unsqueeze(1) * 7.0

    def forward(self, x, lengths):
        return torch.tensor(self.logits).expand(len(x), -1)


def test_the_weights_learn_as_if_they_were_alone(data, digest):
    """Whatever the adviser says, losses and weights are the same, step by step."""
    silent, loud = (fit_network(lambda logits=logits: Committee(Net(), Says(logits)), data, Training(epochs=3), seed=5)
                    for logits in ([0.0] * CLASSES, [50.0, -50.0, 0.0, 3.0, 7.0]))
    assert [row["train_loss"] for row in loud.history] == [row["train_loss"] for row in silent.history]
    assert digest(loud.network) == digest(silent.network)
    assert not torch.equal(predict_network(loud.network, data), predict_network(silent.network, data))


class Knows(nn.Module):
    """Says 3 less than the target of each series, as one that has not seen it; and 5 of every series afterwards."""

    def settle(self, batches):
        return torch.cat([batch.target for batch in batches()]).double().unsqueeze(1) - 3

    def learn_again(self, batches):
        self.again = sorted(number for batch in batches() for number in batch.target.tolist())

    def forward(self, x, lengths):
        return torch.full((len(x), 1), 5.0)


class Level(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(CHANNELS, 1)

    def forward(self, x, lengths):
        return self.head(x.sum(1) / lengths.unsqueeze(-1))


def valued(data):
    """The same series with their numbers for values."""
    return Sequences([data.rows[0][:-1]], data.lengths, target=np.arange(len(data), dtype=np.float32))


def test_of_values_the_rest_is_learned_and_the_whole_is_validated(data):
    """Each series' own: the adviser is asked in batches of like lengths, and answers in their order."""
    seen = []

    def squared(output, target, smoothing):
        seen.append((output.requires_grad, target.tolist()))
        return squared_error(output, target)

    training = Training(epochs=2, validation=FOLD, label_smoothing=0.0)
    fitted = fit_network(lambda: Committee(Level(), Knows()), valued(data), training, loss=squared, seed=5)
    learned = [value for trained, targets in seen if trained for value in targets]
    assert learned == [3.0] * (2 * (len(data) - len(FOLD)))
    validated = {value for trained, targets in seen if not trained for value in targets}
    assert set(FOLD) <= validated <= set(range(len(data)))
    own = predict_network(fitted.network.network, valued(data))
    loss = (own[list(FOLD), 0] + 5 - torch.tensor(FOLD)).square().mean()
    assert fitted.history[fitted.best_epoch - 1]["validation_loss"] == pytest.approx(float(loss), rel=1e-5)
    # afterwards what is held out says how much of the network to keep, and the adviser learns from it too
    share = surely((torch.tensor(FOLD) - 5.0).view(-1, 1, 1).double(), own[list(FOLD)].unsqueeze(-1).double())
    assert fitted.network.share == pytest.approx(float(share), abs=1e-6)
    assert_close(predict_network(fitted.network, valued(data)), float(share) * own + 5)
    assert fitted.network.adviser.again == list(range(len(data)))


def test_where_nothing_is_held_out_the_network_is_kept_whole(data):
    fitted = fit_network(lambda: Committee(Level(), Knows()), valued(data), Training(epochs=1), loss=squared_error,
                         seed=5)
    assert fitted.network.share == 1
    assert not hasattr(fitted.network.adviser, "again")


def test_of_values_another_series_rest_is_not_learned(data):
    """Where the adviser's answers are mixed up, the network is told so: what is left depends on the series."""
    class Numbers(Knows):
        def settle(self, batches):
            return torch.cat([batch.target for batch in batches()]).double().unsqueeze(1) / 2

    seen = []

    def squared(output, target, smoothing):
        seen.extend(target.tolist() if output.requires_grad else [])
        return squared_error(output, target)

    fit_network(lambda: Committee(Level(), Numbers()), valued(data), Training(epochs=1), loss=squared, seed=5)
    assert sorted(seen) == [number / 2 for number in range(len(data))]


def test_validation_is_of_both(data):
    training = Training(epochs=2, validation=FOLD, label_smoothing=0.0, averaging=None)
    fitted = fit_network(committee, data, training, seed=5)
    outputs = predict_network(fitted.network, data)[list(FOLD)]
    loss = nn.functional.cross_entropy(outputs, data.target[list(FOLD)])
    assert fitted.history[fitted.best_epoch - 1]["validation_loss"] == pytest.approx(float(loss), rel=1e-5)


def test_a_network_with_nothing_to_train_comes_back_solved(data, tmp_path):
    training = Training(epochs=7, checkpoint=tmp_path / "progress", verbose=1)
    fitted = fit_network(adviser, data, training, seed=5)
    assert fitted.history == []
    assert fitted.best_epoch == 0
    assert not fitted.network.training
    assert list(tmp_path.iterdir()) == []
    expected = build(adviser, torch.Generator().manual_seed(5))
    assert not torch.equal(fitted.network.head.weight, expected.head.weight)
    everything = data.batch(torch.argsort(data.lengths, stable=True))
    expected.settle(lambda: [everything])
    assert all(torch.equal(fitted.network.state_dict()[name], value) for name, value in expected.state_dict().items())
    assert (predict_network(fitted.network, data).argmax(1) == data.target).float().mean() > 0.9


def test_progress_with_mixtures_of_no_channel_is_refused(data, tmp_path):
    """A checksum says that a file is whole, not that it is well meant: compiled code would read foreign memory."""
    path = tmp_path / "progress"
    training = Training(epochs=3, checkpoint=path, augment=())
    with pytest.raises(KeyboardInterrupt):
        fit_network(committee, data, training.clone().set_params(augment=(Interrupting(9),)), seed=5)
    tensors, config = read_tensors(path)
    tensors = {name: value + 10**9 if name.endswith("channels") else value for name, value in tensors.items()}
    write_tensors(path, tensors, config)
    with pytest.raises(ValueError, match="mixtures must be of channels 0 to 2, got channels 1000000000 to"):
        fit_network(committee, data, training.clone().set_params(augment=(Interrupting(10**6),)), seed=5)
