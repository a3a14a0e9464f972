"""What the encoder-decoder costs, and what it should be fed in training: JSON rows, one thread.

usage: TSATTN_DATA=folder python benchmarks/seq2seq.py [--speed] [--rounds N]

Speed: milliseconds of processor time of 32 series of 96 steps, 7 channels and 64 units, forward and both ways, with
the alignment's hidden layer by a sigmoid (ours) and by torch's tanh, taken in turn, the least of a few rounds; and the
two functions alone.

Feeding: what stands for the output a step before in training, its own value, the true one, or either by the toss of a
coin; in evaluation always its own. ETTh1, oil temperature less its last value, 24 hours from 96 hours of all channels
and the time of day: trained on the first 12 months, mean squared error on the next 4, in units of the training months'
variance.
"""

import argparse
import json
import math
import time

import numpy as np
import torch
from torch import nn

from tsattn.datasets import load_ett
from tsattn.models import Seq2Seq
from tsattn.nn import AdditiveAttention, build

BATCH, STEPS, AHEAD, EPOCH = 32, 96, 24, 400
FED = {"own": 0.0, "true": 1.0, "either": 0.5}  # the chance of the true one
MONTH = 30 * 24


class ByTanh(AdditiveAttention):
    """The same attention, as the equation has it."""

    def look(self, state, memory):
        units = (self.state(state).unsqueeze(1) + memory.keys / 2).tanh()
        weights = self.score(units).squeeze(-1).masked_fill(memory.beyond, -torch.inf).softmax(-1)
        return torch.bmm(weights.unsqueeze(1), memory.features).squeeze(1), weights


def spent(function):
    """Milliseconds of processor time, and what the function returns."""
    began = time.process_time()
    result = function()
    return 1000 * (time.process_time() - began), result


def speed(rounds):
    x, lengths = torch.randn(BATCH, STEPS, 7), torch.full((BATCH,), STEPS)
    for n_steps in (24, 96):
        networks = {"sigmoid": Seq2Seq(7, n_steps, 1), "tanh": Seq2Seq(7, n_steps, 1)}
        networks["tanh"].attention = ByTanh(64, 64)
        turns = {name: [] for name in networks}
        for _ in range(rounds):
            for name, network in networks.items():
                forward, output = spent(lambda network=network: network(x, lengths=lengths))
                turns[name].append((forward, forward + spent(output.square().sum().backward)[0]))
        for name, times in turns.items():
            forward, both = (round(min(column), 1) for column in zip(*times, strict=True))
            yield {"n_steps": n_steps, "by": name, "forward_ms": forward, "both_ways_ms": both}
    units = torch.randn(BATCH, STEPS, 64)
    for function in (torch.sigmoid, torch.tanh):
        best = min(spent(lambda function=function: [function(units) for _ in range(20)])[0] for _ in range(rounds))
        yield {"function": function.__name__, "ms": round(best / 20, 3)}


class Fed(Seq2Seq):
    """A network that in training is told the true output a step before, by a chance of `share`."""

    share: float
    target: torch.Tensor
    generator: torch.Generator

    def _decode(self, x, future, lengths):
        if not self.training:
            return super()._decode(x, future, lengths)
        features = self.encoder(x, lengths)
        memory, state = self.attention.memory(features, lengths), self.start(features[:, 0]).tanh()
        output, outputs, weights = x.new_zeros(len(x), 1), [], []
        for i in range(self.n_steps):
            context, weight = self.attention.look(state, memory)
            state = self.cell(torch.cat([context, output, future[:, i]], -1), state)
            outputs.append(self.head(state))
            weights.append(weight)
            told = torch.rand((), generator=self.generator) < self.share
            output = self.target[:, i] if told else outputs[-1]
        return torch.stack(outputs, 1), torch.stack(weights, 1)


def windows():
    """Series, what is known, and targets, of training and of later months."""
    table = load_ett()
    values = torch.tensor(table.to_numpy(), dtype=torch.float32)
    train = values[: 12 * MONTH]
    values = (values - train.mean(0)) / train.std(0)
    angle = torch.tensor(2 * np.pi * table.index.hour.to_numpy() / 24, dtype=torch.float32)
    hours = torch.stack([angle.sin(), angle.cos()], -1)
    for first, last in ((STEPS, 12 * MONTH), (12 * MONTH, 16 * MONTH)):
        start = torch.arange(first - STEPS, last - STEPS - AHEAD + 1).unsqueeze(1)
        past, after = start + torch.arange(STEPS), start + STEPS + torch.arange(AHEAD)
        level = values[past[:, -1:]]
        x = torch.cat([values[past] - level, hours[past]], -1)
        yield x, hours[after], (values[after] - level)[..., -1:]


def error(share, seed):
    """Mean squared error on later months."""
    (x, known, target), later = windows()
    generator = torch.Generator().manual_seed(seed)
    network = build(lambda: Fed(x.shape[2], AHEAD, 1, n_future=2), generator)
    network.share, network.generator = share, generator
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.01)
    lengths = torch.full((BATCH,), STEPS)
    for step in range(EPOCH):
        progress = step / EPOCH
        lr = progress / 0.2 if progress < 0.2 else (1 + math.cos(math.pi * (progress - 0.2) / 0.8)) / 2
        optimizer.param_groups[0]["lr"] = 3e-3 * lr
        drawn = torch.randint(len(x), (BATCH,), generator=generator)
        network.target = target[drawn]
        optimizer.zero_grad()
        (network(x[drawn], known[drawn], lengths=lengths) - network.target).square().mean().backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    network.eval()
    with torch.no_grad():
        output = network(*later[:2], lengths=torch.full((len(later[0]),), STEPS))
    return (output - later[2]).square().mean().item()


def main():
    """Print the rows asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--speed", action="store_true", help="speed alone")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for row in speed(options.rounds):
        print(json.dumps(row), flush=True)
    for seed in range(0 if options.speed else 3):
        for name, share in FED.items():
            print(json.dumps({"fed": name, "seed": seed, "squared_error": round(error(share, seed), 4)}), flush=True)


if __name__ == "__main__":
    main()
