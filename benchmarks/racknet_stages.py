"""How long RACKNet takes to read the shape of a network off a data set, stage by stage: the source's table 3.8.

Run: python benchmarks/racknet_stages.py [data sets]      (all by default)
Prints a table, and appends its rows to benchmarks/results/racknet_stages.jsonl: wall-clock seconds of one call each, of
finding and describing features, their entropies, the mixtures that give layers, and the clusters that give kernels;
beside them the number of training images or series, the features found, and the design for a budget of 400 kernels. A
few images or series are read before, so that nothing is compiled on the clock. Labels are no part of it.

Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, table 3.8. Differs:
the machine, and the data sets, of which the source has SVHN where the series stand here.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from tsattn._checks import check_one_of
from tsattn.benchmark.image_tasks import cifar10, coil20, fashion_mnist, mnist
from tsattn.benchmark.suites import ANGLES
from tsattn.benchmark.tasks import auslan, hdm05, spoken_arabic_digits
from tsattn.design import image_features, racknet, series_features
from tsattn.design._stopwatch import STAGES

RESULTS = Path(__file__).parent / "results" / "racknet_stages.jsonl"
FEW = 20


def images(load):
    """What reads the training images, all of them or the first few."""
    data = load()
    x = data.X[data.is_train]
    return len(x), lambda n: image_features(x[:n]), 2


def series(load, **options):
    """What reads the training series, all of them or the first few."""
    data = load(**options)
    X, _ = data.take(np.flatnonzero(data.is_train))
    lengths = X.groupby(level=0, sort=False).size().to_numpy()
    values = X.to_numpy()
    return len(lengths), lambda n: series_features(values[: lengths[:n].sum()], lengths[:n]), 1


DATA = {
    "mnist": lambda: images(mnist), "fashion_mnist": lambda: images(fashion_mnist), "cifar10": lambda: images(cifar10),
    "coil20": lambda: images(coil20), "auslan": lambda: series(auslan),
    "spoken_arabic_digits": lambda: series(spoken_arabic_digits),
    "hdm05": lambda: series(hdm05, **ANGLES["hdm05"]),
}


def row_of(name):
    """The seconds of each stage, and of the whole."""
    n, read, ndim = DATA[name]()
    racknet(read(FEW), ndim=ndim, random_state=0)
    began = time.perf_counter()
    plan = racknet(read(n), ndim=ndim, random_state=0)
    whole = time.perf_counter() - began
    return {"data": name, "n": n, "n_features": plan.n_features,
            **{stage: round(plan.seconds[stage], 2) for stage in STAGES}, "whole": round(whole, 2),
            "layers": "-".join(str(len(rack)) for rack in plan.architecture.racks)}


def main():
    print("| data | training | features | " + " | ".join(f"{stage} s" for stage in STAGES) + " | whole s | layers |")
    print("| --- |" + " ---: |" * 7 + " --- |")
    cores = len(os.sched_getaffinity(0))
    for name in sys.argv[1:] or DATA:
        row = row_of(check_one_of("data set", name, DATA))
        print("| " + " | ".join(str(value) for value in row.values()) + " |", flush=True)
        with RESULTS.open("a") as file:
            file.write(json.dumps({**row, "cores": cores}) + "\n")


if __name__ == "__main__":
    main()
