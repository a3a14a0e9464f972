"""Draw the guide's picture of what RACKNet reads off images: entropies of one octave's features, and the layers of all.

Run: python benchmarks/entropy_figure.py      (MNIST is fetched, or read from TSATTN_DATA)
As figure 3.4 of Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, has
it for one octave. Prints, of each octave, its features and the means of its Gaussians, and the architecture.
"""

from pathlib import Path

import matplotlib.pyplot as plt

from tsattn.datasets import load_mnist
from tsattn.design import image_features, racknet
from tsattn.plots import plot_architecture, plot_entropies

PICTURE = Path(__file__).parents[1] / "docs" / "entropies.png"
READ = 10000  # images
BUDGET = 100  # kernels


def main() -> None:
    X, _ = load_mnist("train")
    plan = racknet(image_features(X[:READ]), budget=BUDGET, random_state=0)
    for octave in plan.octaves:
        print(f"octave {octave.octave}: {octave.n_features} features, Gaussians at "
              f"{', '.join(f'{mean:.2f}' for mean in octave.mixture.means)} bits")
    print(plan.architecture)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
    plot_entropies(plan.octaves[0], ax=left)
    plot_architecture(plan.architecture, ax=right)
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()
