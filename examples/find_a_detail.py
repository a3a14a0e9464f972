"""Where a detail of a photograph, turned and enlarged, comes from: keypoints, matched by what lies around them."""

import numpy as np
from scipy.ndimage import affine_transform
from sklearn.datasets import load_sample_image

from tsattn.image import sift
from tsattn.plots import plot_keypoints

photo = load_sample_image("flower.jpg").mean(axis=2) / 255
turn, scale, centre = np.deg2rad(30), 1.5, np.array([210.0, 330.0])
matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) / scale
detail = affine_transform(photo, matrix, centre - matrix @ [150, 150], output_shape=(301, 301)).clip(0, 1)

(here, ours), (there, theirs) = sift.detect_and_describe(detail), sift.detect_and_describe(photo)
likeness = ours @ theirs.T
best, second = np.partition(likeness, -2, axis=1)[:, :-3:-1].T
sure = np.arccos(best.clip(-1, 1)) < 0.8 * np.arccos(second.clip(-1, 1))  # Lowe's ratio
found = there.position[likeness.argmax(axis=1)]
right = np.linalg.norm(here.position @ matrix.T + centre - matrix @ [150, 150] - found, axis=1) < 3

print(f"{len(here)} keypoints in the detail, {len(there)} in the photograph")
print(f"{sure.sum()} matches that no second comes near; {100 * right[sure].mean():.0f} % of them within 3 pixels")
plot_keypoints(detail, here.take(sure & right)).figure.savefig("detail.png", dpi=150)
print("picture: detail.png")
