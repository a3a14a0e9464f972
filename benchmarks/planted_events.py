"""How many planted events are found, and how many finds are events, against the noise, beside SciPy's find_peaks_cwt.

A find counts when it lies within half a sigma of an event that no other find has taken. Each detector is given the
same series; `strongest` keeps as many finds a series as it has events, by the size of the response.
Prints a table, mean ± standard deviation over seeds, and writes the curve as a picture and as JSON.

    python benchmarks/planted_events.py [folder]
"""

import json
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy.signal import find_peaks_cwt

from tsattn.datasets import make_planted_events
from tsattn.scalespace import detect

NOISE = [0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0]  # standard deviations; the events' height is 3
SEEDS = range(5)
SIZE = {"n_series": 100, "n_steps": 301, "n_channels": 1, "n_events": 2, "n_distractors": 2, "sigma": (2.0, 8.0)}
WIDTHS = np.geomspace(1, 12, 12)  # covers the planted scales, as tsattn's three octaves from 1.6 do


def found_by_tsattn(x: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    keypoints = detect(x)
    return [(keypoints.position[a:b, 0], abs(keypoints.value[a:b]))
            for a, b in zip(keypoints.offsets[:-1], keypoints.offsets[1:], strict=True)]


def found_by_scipy(x: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Peaks of the series and of its mirror image; SciPy gives no strength, so the height in the series stands in."""
    finds = []
    for series in x:
        peaks = np.concatenate([find_peaks_cwt(series, WIDTHS), find_peaks_cwt(-series, WIDTHS)]).astype(int)
        finds.append((peaks.astype(float), abs(series[peaks])))
    return finds


def hits(finds: np.ndarray, places: np.ndarray, sigmas: np.ndarray) -> int:
    """The number of one-to-one matches, each find to the nearest event that is still free."""
    free, n_hits = np.ones(len(places), bool), 0
    for find in finds:
        distance = np.where(free, abs(places - find) / sigmas, np.inf)
        nearest = int(distance.argmin())
        if distance[nearest] <= 0.5:
            free[nearest], n_hits = False, n_hits + 1
    return n_hits


def measure(finds: list[tuple[np.ndarray, np.ndarray]], truth: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    n_events, n_finds, n_hits, n_best = sum(len(t) for t, _ in truth), 0, 0, 0
    for (places, strength), (t, sigma) in zip(finds, truth, strict=True):
        order = np.argsort(-strength)
        n_finds += len(places)
        n_hits += hits(places[order], t, sigma)
        n_best += hits(places[order][: len(t)], t, sigma)
    return {"recall": n_hits / n_events, "precision": n_hits / max(n_finds, 1), "strongest": n_best / n_events}


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "benchmarks/results")
    rows = []
    for noise in NOISE:
        for seed in SEEDS:
            X, _, truth = make_planted_events(**SIZE, noise=noise, return_type="numpy3D", random_state=seed)
            x = X[:, 0] / X[:, 0].std()
            events = [(t.to_numpy(), s.to_numpy()) for t, s in
                      ((group["t"], group["sigma"]) for _, group in truth.groupby("instance"))]
            for name, detector in [("tsattn", found_by_tsattn), ("find_peaks_cwt", found_by_scipy)]:
                rows.append({"detector": name, "noise": noise, "seed": seed, **measure(detector(x), events)})
    show(rows)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "planted_events.json").write_text(json.dumps(rows, indent=0))
    draw(rows).savefig(folder / "planted_events.png", dpi=150)


def summary(rows: list[dict], detector: str, noise: float, measure: str) -> tuple[float, float]:
    values = [row[measure] for row in rows if row["detector"] == detector and row["noise"] == noise]
    return float(np.mean(values)), float(np.std(values, ddof=1))


def show(rows: list[dict]) -> None:
    print(f"{'noise':>6}  {'detector':16}" + "".join(f"{name:>18}" for name in ["recall", "precision", "strongest"]))
    for noise in NOISE:
        for detector in ["tsattn", "find_peaks_cwt"]:
            cells = (summary(rows, detector, noise, name) for name in ["recall", "precision", "strongest"])
            print(f"{noise:6.2f}  {detector:16}" + "".join(f"{mean:11.3f} ± {sd:.3f}" for mean, sd in cells))


def draw(rows: list[dict]) -> Figure:
    figure = Figure(figsize=(7, 2.8), layout="constrained")
    for ax, name in zip(figure.subplots(1, 3, sharey=True), ["recall", "precision", "strongest"], strict=True):
        for detector, marker in [("tsattn", "o-"), ("find_peaks_cwt", "s--")]:
            means, sds = zip(*(summary(rows, detector, noise, name) for noise in NOISE), strict=True)
            ax.errorbar(np.array(NOISE) / 3, means, sds, fmt=marker, markersize=4, label=detector)
        ax.set(title=name, xlabel="noise / height of the events", ylim=(0, 1.02))
    ax.legend(frameon=False)
    return figure


if __name__ == "__main__":
    main()
