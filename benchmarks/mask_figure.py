"""Draw the guide's picture: what each block of attention lets through of one garment, before LeNet-5's first pooling.

Run: python benchmarks/mask_figure.py      (Fashion-MNIST is fetched, or read from TSATTN_DATA)
As figure 5.8 of Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, has
them: a tile for each of the layer's six features. Each network has learned from the same 10000 images, the features
replaced by the masked ones, as published. Prints how much the tiles of an image differ: the standard deviation over
features of the mask at a pixel, mean over pixels and over 500 test images.
"""

from pathlib import Path

import matplotlib.pyplot as plt

from tsattn.classification import ImageClassifier
from tsattn.datasets import load_fashion_mnist
from tsattn.plots import plot_masks
from tsattn.training import Training

PICTURE = Path(__file__).parents[1] / "docs" / "masks.png"
BLOCKS = {"cbam": "CBAM", "bam": "BAM", "san-c": "scale space, plain", "san-d": "scale space, dilated"}
LEARNED, ASKED = 10000, 500
SHOWN = 0  # of the test images


def main() -> None:
    X, y = load_fashion_mnist("train")
    X_test, y_test = load_fashion_mnist("test")
    figure, axes = plt.subplots(len(BLOCKS), 2, figsize=(8, 5.4), width_ratios=[1, 6], layout="constrained")
    for (image, ax), (block, name) in zip(axes, BLOCKS.items(), strict=True):
        image.imshow(X_test[SHOWN], cmap="gray")
        image.set_axis_off()
        training = Training(epochs=4, lr=0.005, augment=())
        model = ImageClassifier("lenet5", attention=block, residual=False, training=training, random_state=0)
        model.fit(X[:LEARNED], y[:LEARNED])
        masks = model.masks(X_test[:ASKED])
        plot_masks(masks[SHOWN], columns=masks.shape[-1], ax=ax)
        ax.set_title(name, fontsize="medium")
        accuracy = 100 * (model.predict(X_test) == y_test).mean()
        print(f"{name:22} accuracy {accuracy:.1f} %, masks from {masks.min():.2f} to {masks.max():.2f}, "
              f"deviation over features {masks.std(axis=-1).mean():.3f}", flush=True)
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()
