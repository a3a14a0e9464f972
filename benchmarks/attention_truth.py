"""Does attention show what decided? Measured on planted events, where it is known, for several definitions of it.

A classifier is trained on 120 series, and asked about those of 60 others that it classifies rightly. Printed, as mean ±
standard deviation over problems and seeds:

    channel    share of the attention on the channel that tells the class (chance: 1 / channels)
    event      share within 2 sigma of a telling event on that channel, over the share of the series that this covers
    other      the same for events that tell nothing: 1 where they draw no more attention than noise does
    hit        how often the most attended moment lies within 2 sigma of a telling event (chance: the covered share)
    top        how often the most attended single value does (chance: the covered share)
    drop       fall of the predicted class's probability when the tenth of the values that is attended most becomes the
               training mean, less the fall when a random tenth does

`size` is the value squared: what an eye for large values alone would show. Then the same for networks with fresh
weights, over all 60 series: no weight tells one event from another there, so that `event` and `other` must agree.
Definitions that multiply by the value attend any event more than noise even so.

    python benchmarks/attention_truth.py [seeds]
"""

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch

from tsattn._panel import Panel
from tsattn._relevance import integrated_gradients, margin
from tsattn.classification import SDMAClassifier
from tsattn.datasets import make_planted_events
from tsattn.nn import build
from tsattn.training import Training

PROBLEMS = [
    {"n_channels": 3, "n_classes": 2, "n_distractors": 0, "noise": 0.5},
    {"n_channels": 3, "n_classes": 2, "n_distractors": 1, "noise": 1.0},
    {"n_channels": 3, "n_classes": 4, "n_distractors": 1, "noise": 0.7},
    {"n_channels": 5, "n_classes": 4, "n_distractors": 2, "noise": 0.5},
]
N_TRAIN, N_TEST, N_STEPS = 120, 60, 101
COLUMNS = ["channel", "event", "other", "hit", "top", "drop"]


def definitions(made: SDMAClassifier, X: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Name and attention, (series, time, channel), of each definition; the library's first."""
    n, n_channels, n_steps = X.shape
    yield "attention(X)", made.attention(X).to_numpy().reshape(n, n_steps, n_channels)
    batch = made.inputs_(Panel.from_sktime(X)).batch(torch.arange(n))
    x, saliency = batch.inputs
    owners = torch.tensor([int(str(name).split("__")[0]) for name in made.inputs_.saliency_names])
    chosen = made.network_(x, saliency, lengths=batch.lengths).argmax(1)

    def lead(*inputs):
        return margin(made.network_(*inputs, lengths=batch.lengths), chosen)

    def onto_columns(of_x, of_saliency):
        return of_x + torch.zeros_like(of_x).index_add(2, owners, of_saliency)

    path = integrated_gradients(lead, [x, saliency], [0 * x, 0 * saliency])
    here = [part.clone().requires_grad_() for part in (x, saliency)]
    slopes = torch.autograd.grad(lead(*here).sum(), here)
    times = [part.detach() * slope for part, slope in zip(here, slopes, strict=True)]
    maps = {
        "integrated, series alone": path[0].clamp(min=0),
        "integrated, size": path[0].abs(),
        "integrated, both inputs": onto_columns(*path).clamp(min=0),
        "integrated, both, size": onto_columns(*path).abs(),
        "gradient x input": times[0].clamp(min=0),
        "gradient x input, both": onto_columns(*times).clamp(min=0),
        "gradient x input, both, size": onto_columns(*(part.abs() for part in times)),
        "gradient": slopes[0].abs(),
        "gradient, both": onto_columns(*(part.abs() for part in slopes)),
        "gradient of the gated": gated_slope(made, x, saliency, batch.lengths).abs(),
        "gradient of the gated x input": (gated_slope(made, x, saliency, batch.lengths) * x).abs(),
        "size": x**2,
    }
    for name, found in maps.items():
        share = found.detach().double()
        yield name, (share / share.sum((1, 2), keepdim=True)).numpy()


def gated_slope(made: SDMAClassifier, x: torch.Tensor, saliency: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Slope of the sum of the first block's data features through their gate, the gate held constant."""
    block = next(part for part in made.network_.modules() if hasattr(part, "branches"))
    x = x.clone().requires_grad_()
    data, attention = block.branches(x, saliency, lengths)
    (slope,) = torch.autograd.grad((data * attention.sigmoid().detach()).sum(), x)
    return slope


def covered(truth: pd.DataFrame, y: np.ndarray, n_channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Where events lie that tell the class, and where others do; a distractor of the class's own kind tells it too."""
    telling = np.zeros((len(y), N_STEPS, n_channels), bool)
    others = telling.copy()
    number = {name: i for i, name in enumerate(sorted(truth["instance"].unique()))}
    for event in truth.itertuples():
        i, channel = number[event.instance], int(event.variate[1:])
        kind = channel if event.amplitude > 0 else channel + n_channels
        where = telling if kind == int(y[i]) else others
        where[i, abs(np.arange(N_STEPS) - event.t) <= 2 * event.sigma, channel] = True
    return telling, others & ~telling


def fall(made: SDMAClassifier, X: np.ndarray, order: np.ndarray) -> float:
    """Mean fall of the predicted class's probability when each series' values at the head of `order` become 0."""
    n, n_channels, n_steps = X.shape
    flat = X.transpose(0, 2, 1).reshape(n, -1).copy()
    first = order[:, : flat.shape[1] // 10]
    np.put_along_axis(flat, first, np.tile(made.inputs_.scale.centre, n_steps)[first], 1)
    before = made.predict_proba(X)
    after = made.predict_proba(flat.reshape(n, n_steps, n_channels).transpose(0, 2, 1))
    chosen = before.argmax(1)[:, None]
    return float(np.mean(np.take_along_axis(before, chosen, 1) - np.take_along_axis(after, chosen, 1)))


def rows(problem: dict, seed: int, fresh: bool) -> Iterator[dict]:
    X, y, truth = make_planted_events(N_TRAIN + N_TEST, N_STEPS, return_type="numpy3D", random_state=seed, **problem)
    made = SDMAClassifier(training=Training(epochs=30), random_state=seed).fit(X[:N_TRAIN], y[:N_TRAIN])
    n_channels = problem["n_channels"]
    asked = np.arange(N_TRAIN, N_TRAIN + N_TEST)
    right = made.predict(X[asked]) == y[asked]
    telling, others = covered(truth, y, n_channels)
    generator = np.random.default_rng(seed)
    for state in ["trained", "fresh"] if fresh else ["trained"]:
        if state == "fresh":
            made.network_ = build(lambda: made._network(made.inputs_, len(made.classes_)),
                                  torch.Generator().manual_seed(seed)).eval()
        keep = asked[right] if state == "trained" else asked
        n = np.arange(len(keep))
        channel = y[keep].astype(int) % n_channels
        random = fall(made, X[keep], generator.random((len(keep), n_channels * N_STEPS)).argsort(1))
        for name, found in definitions(made, X[keep]):
            order = (-found.reshape(len(keep), -1)).argsort(1)
            yield {"state": state, "definition": name, "accuracy": right.mean(), "chance": 1 / n_channels,
                   "channel": found[n, :, channel].sum(1).mean(),
                   "event": (found * telling[keep]).sum() / len(keep) / telling[keep].mean(),
                   "other": (found * others[keep]).sum() / len(keep) / others[keep].mean() if others.any() else np.nan,
                   "hit": telling[keep][n, found.sum(2).argmax(1), channel].mean(),
                   "hit_chance": telling[keep][n, :, channel].mean(),
                   "top": telling[keep].reshape(len(keep), -1)[n, order[:, 0]].mean(),
                   "top_chance": telling[keep].mean(), "drop": fall(made, X[keep], order) - random}


def show(found: pd.DataFrame) -> None:
    print(f"{'':30}" + "".join(f"{name:>15}" for name in COLUMNS))
    for name, group in found.groupby("definition", sort=False):
        cells = (f"{group[column].mean():8.2f} ± {group[column].std():4.2f}" for column in COLUMNS)
        print(f"{name:30}" + "".join(cells))


def main() -> None:
    n_seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    everything = []
    for problem in PROBLEMS:
        found = pd.DataFrame([row for seed in range(n_seeds) for row in rows(problem, seed, fresh=True)])
        everything.append(found)
        chance = found[["accuracy", "chance", "hit_chance", "top_chance"]].mean().round(2).to_dict()
        print(f"\n{problem}, {n_seeds} seeds: {chance}", flush=True)
        show(found[found["state"] == "trained"])
    for state, found in pd.concat(everything).groupby("state", sort=False):
        print(f"\nall problems, {state}")
        show(found)


if __name__ == "__main__":
    main()
