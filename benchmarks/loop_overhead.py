"""What the training loop costs over a bare one: the same network, series, batches and optimiser, side by side.

Run: python benchmarks/loop_overhead.py
Prints a JSON row for each network and recipe: milliseconds of processor time a step of both loops, set-up included,
the least of many turns that both take one after the other in one process on one thread, and their ratio; and the median
of the turns' ratios. Other work on the machine adds to a turn: on a busy one, no single ratio is good to better than a
tenth.

The bare loop cuts its batches out of one padded tensor by index, and does nothing but forward, loss, backward and step
(and clip the gradient, where the recipe does): no schedule, no check of the loss, no history, and no pass over the
series at the end, which proves that the last weights are sound. Batches are the same: without augmentation.
"""

import json
import statistics
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from tsattn.nn import build
from tsattn.training import Sequences, Training, fit_network
from tsattn.training.data import shuffled_batches
from tsattn.training.schedule import make_optimizer

N, STEPS, CHANNELS, CLASSES, EPOCHS, TURNS = 1024, 50, 8, 10, 10, 5


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(CHANNELS, 16, batch_first=True)
        self.head = nn.Linear(16, CLASSES)

    def forward(self, x, lengths):
        states, _ = self.lstm(x)
        return self.head(states[torch.arange(len(x)), lengths - 1])


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv1d(CHANNELS, 32, 7, padding=3), nn.BatchNorm1d(32), nn.ReLU(),
                                    nn.Conv1d(32, 32, 5, padding=2), nn.BatchNorm1d(32), nn.ReLU())
        self.head = nn.Linear(32, CLASSES)

    def forward(self, x, lengths):
        return self.head(self.layers(x.transpose(1, 2)).sum(-1) / lengths.unsqueeze(-1))


def make_data(ragged):
    rng = np.random.default_rng(0)
    lengths = rng.integers(STEPS // 2, STEPS + 1, N) if ragged else np.full(N, STEPS)
    return Sequences([rng.normal(size=(lengths.sum(), CHANNELS))], lengths, target=rng.integers(0, CLASSES, N),
                     n_classes=CLASSES)


def bare(make, data, training):
    """Train for the same epochs by a loop as one would write it by hand."""
    generator = torch.Generator().manual_seed(0)
    network = build(make, generator)
    optimizer = make_optimizer(training.optimizer, network, training.lr, training.weight_decay)
    whole = data.batch(torch.arange(len(data)))
    x, lengths, target = whole.inputs[0], whole.lengths, whole.target
    for _ in range(training.epochs):
        for index in shuffled_batches(torch.arange(len(data)), lengths, training.batch_size, generator):
            length = lengths[index]
            longest = x.shape[1] if data.equal else int(length.max())
            loss = functional.cross_entropy(network(x[index, :longest], length), target[index],
                                            label_smoothing=training.label_smoothing)
            optimizer.zero_grad()
            loss.backward()
            if training.clip is not None:
                nn.utils.clip_grad_norm_(network.parameters(), training.clip)
            optimizer.step()


def seconds(train, *arguments):
    began = time.process_time()
    train(*arguments)
    return time.process_time() - began


def main():
    torch.set_num_threads(1)
    recipes = {"paper": Training.paper(EPOCHS), "default": Training(epochs=EPOCHS, augment=()),
               "default with a moving average": Training(epochs=EPOCHS, augment=(), averaging=0.99)}
    for network in [Recurrent, Convolutional]:
        for ragged in [False, True]:
            data = make_data(ragged)
            for name, training in recipes.items():
                turns = [(seconds(bare, network, data, training), seconds(fit_network, network, data, training))
                         for _ in range(TURNS + 1)][1:]
                n_steps = EPOCHS * N / training.batch_size
                theirs, own = (1000 * min(column) / n_steps for column in zip(*turns, strict=True))
                middle = statistics.median(mine / other for other, mine in turns)
                print(json.dumps({"network": network.__name__, "lengths": "unequal" if ragged else "equal",
                                  "recipe": name, "bare_ms": round(theirs, 3), "ours_ms": round(own, 3),
                                  "ratio": round(own / theirs, 3), "median_ratio": round(middle, 3)}))


if __name__ == "__main__":
    main()
