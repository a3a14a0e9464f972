"""Are masked features better added to the features, or put in their place? Inside the training part alone.

Run: python benchmarks/residual_choice.py [BACKBONE DATA ...]      (data are fetched, or read from TSATTN_DATA)

A sixth of the training images, drawn by the seed with classes in their shares, is held out; the rest are learned from
as in the suites `san-images` and `san-images-resnet`, by scale-space attention with a dilated convolution. The test
images are not read. What is better here is the default of `ImageClassifier`.
"""

import sys

import numpy as np
from sklearn.model_selection import train_test_split

from tsattn.benchmark.image_suites import AttendedLeNet, AttendedResNet
from tsattn.datasets import load_cifar10, load_fashion_mnist, load_mnist

FORMS = {"lenet5": AttendedLeNet, "resnet20": AttendedResNet}
DATA = {"mnist": load_mnist, "fashion_mnist": load_fashion_mnist, "cifar10": load_cifar10}
ALL = [("lenet5", "mnist"), ("lenet5", "fashion_mnist"), ("resnet20", "cifar10")]
SEEDS = range(3)


def main() -> None:
    asked = list(zip(sys.argv[1::2], sys.argv[2::2], strict=True)) or ALL
    for backbone, data in asked:
        X, y = DATA[data]("train")
        found = {residual: [] for residual in (False, True)}
        for seed in SEEDS:
            learned, held = train_test_split(np.arange(len(y)), test_size=1 / 6, stratify=y, random_state=seed)
            for residual, scores in found.items():
                model = FORMS[backbone](attention="san-d", residual=residual)(seed, None)
                scores.append(100 * model.fit(X[learned], y[learned]).score(X[held], y[held]))
                print(f"{backbone}, {data}, seed {seed}, residual={residual}: {scores[-1]:.2f} %", flush=True)
        for residual, scores in found.items():
            print(f"{backbone}, {data}, residual={residual}: {np.mean(scores):.2f} ± {np.std(scores, ddof=1):.2f} % of "
                  f"{len(held)} held-out training images, {len(SEEDS)} seeds", flush=True)


if __name__ == "__main__":
    main()
