"""SIFT beside OpenCV's: which keypoints come back in another view, which are matched by what they show, and the time.

oxford_affine: the first view of each scene against each other one. Of both the strongest 1000 places; those that the
homography takes outside of the other view do not count. A pair corresponds if it lies within 2.5 pixels and a factor of
1.5 in scale, scales carried over by the homography, one to one, the nearest first.

    repeatability    pairs that correspond, as a part of the fewer of both views' places
    matching score   pairs of keypoints (the strongest 1000, one for each direction) that are each other's nearest by
                     descriptor, and correspond, as a part of the fewer of both

vlfeat_box: how many of the reference's keypoints have one within 1 pixel and a factor of 1.2, how many are detected,
and by how much positions differ in the median. Times: detection with descriptors, in turn, the best of the rounds.

usage: python benchmarks/sift.py [--rounds N] [--threads N] [--contrast C] [--keep]
needs opencv-python-headless (the extra "bench") and TSATTN_DATA
"""

import argparse
import json
import os
import time
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial.distance import cdist

from tsattn.datasets import load_oxford_affine, load_photo, load_sift_keypoints
from tsattn.image.sift import CONTRAST, detect_and_describe

SCENES, STRONGEST = ("graf", "boat"), 1000
PHOTOS = ("skimage_camera", "vlfeat_box", "opencv_box_in_scene")
RESULTS = Path(__file__).parent / "results" / "sift.jsonl"


def ours(image, contrast=CONTRAST):
    """Place (x, y), sigma, strength and descriptor of each keypoint."""
    found, descriptors = detect_and_describe(image, contrast=contrast)
    return found.position[:, ::-1], found.sigma, abs(found.value), descriptors


def opencv(image):
    """The same of OpenCV's, whose size is a diameter."""
    found, descriptors = cv2.SIFT_create().detectAndCompute(image, None)
    place = np.array([k.pt for k in found])
    return place, np.array([k.size / 2 for k in found]), np.array([k.response for k in found]), descriptors


def strongest(found, single):
    """The strongest keypoints; with `single` one a place."""
    place, sigma, strength, _ = found
    order = np.argsort(-strength, kind="stable")
    if single:
        _, first = np.unique(np.column_stack([place, sigma])[order].round(3), axis=0, return_index=True)
        order = order[np.sort(first)]
    return [column[order[:STRONGEST]] for column in found]


def carried(homography, place, sigma):
    """Places and scales in the other view."""
    x, y, w = homography @ np.vstack([place.T, np.ones(len(place))])
    scale = np.sqrt(abs(np.linalg.det(homography))) / abs(w) ** 1.5
    return np.column_stack([x / w, y / w]), sigma * scale


def inside(place, shape):
    """Which places lie in a view."""
    return (place >= 0).all(1) & (place <= np.array(shape[1::-1]) - 1).all(1)


def corresponding(one, other, homography, shapes):
    """Distances (n, m) of what lies in both views, infinite where a pair does not correspond, and both selections."""
    there, sigma = carried(homography, one[0], one[1])
    back, _ = carried(np.linalg.inv(homography), other[0], other[1])
    a, b = np.flatnonzero(inside(there, shapes[1])), np.flatnonzero(inside(back, shapes[0]))
    distance = cdist(there[a], other[0][b])
    ratio = abs(np.log(sigma[a][:, None] / other[1][b][None]))
    return np.where((distance <= 2.5) & (ratio <= np.log(1.5)), distance, np.inf), a, b


def one_to_one(distance):
    """How many pairs there are, the nearest first, each place in one."""
    rows, columns = np.nonzero(np.isfinite(distance))
    left, right, n = set(), set(), 0
    for k in np.argsort(distance[rows, columns], kind="stable"):
        if rows[k] not in left and columns[k] not in right:
            left.add(rows[k])
            right.add(columns[k])
            n += 1
    return n


def scores(one, other, homography, shapes):
    """Repeatability and matching score, in percent."""
    distance, a, b = corresponding(strongest(one, True), strongest(other, True), homography, shapes)
    repeated = 100 * one_to_one(distance) / min(len(a), len(b))
    one, other = strongest(one, False), strongest(other, False)
    distance, a, b = corresponding(one, other, homography, shapes)
    apart = cdist(one[3][a].astype(float), other[3][b].astype(float))
    nearest, back = apart.argmin(1), apart.argmin(0)
    mutual = back[nearest] == np.arange(len(a))
    right = mutual & np.isfinite(distance[np.arange(len(a)), nearest])
    return repeated, 100 * right.sum() / min(len(a), len(b))


def views(detectors):
    """One row a scene, view and detector."""
    for scene in SCENES:
        images, homographies = load_oxford_affine(scene)
        for name, work in detectors.items():
            found = [work(image) for image in images]
            for k, homography in enumerate(homographies, 1):
                repeated, matched = scores(found[0], found[k], homography, (images[0].shape, images[k].shape))
                yield {"scene": scene, "view": k + 1, "detector": name, "repeatability": repeated,
                       "matching": matched}


def reference(detectors):
    """How much of the reference each detector finds."""
    image, (wanted, _) = load_photo("vlfeat_box"), load_sift_keypoints()
    for name, work in detectors.items():
        place, sigma, _, _ = work(image)
        apart = place[None] - wanted[:, None, 1::-1]
        factor = abs(np.log(sigma[None] / wanted[:, None, 2]))
        near = (np.hypot(*apart.transpose(2, 0, 1)) <= 1) & (factor <= np.log(1.2))
        shift = np.median(apart[near], axis=0)
        yield {"detector": name, "found": 100 * near.any(1).mean(), "of": len(wanted), "detected": len(place),
               "places": len(np.unique(place.round(3), axis=0)), "shift_x": shift[0], "shift_y": shift[1]}


def times(detectors, rounds, threads):
    """Milliseconds, the best of the rounds, taken in turn; and how many times the last detector's ours takes."""
    cv2.setNumThreads(threads)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])  # which ours goes by
    for photo in PHOTOS:
        image, best = load_photo(photo), dict.fromkeys(detectors, np.inf)
        for _ in range(rounds + 1):
            for name, work in detectors.items():
                start = time.perf_counter()
                work(image)
                best[name] = min(best[name], 1000 * (time.perf_counter() - start))
        yield {"photo": photo, "pixels": f"{image.shape[0]} x {image.shape[1]}", "threads": threads,
               **{f"{name}_ms": ms for name, ms in best.items()}, "ratio": best["tsattn"] / best["opencv"]}


def show(rows):
    """Print rows as a table, and return them."""
    rows = list(rows)
    names = list(rows[0])
    cells = [names] + [[f"{v:.2f}" if isinstance(v, float) else str(v) for v in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
    print()
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--contrast", type=float, default=CONTRAST)
    parser.add_argument("--keep", action="store_true", help="append the rows to benchmarks/results/sift.jsonl")
    options = parser.parse_args()
    detectors = {"tsattn": lambda image: ours(image, options.contrast), "opencv": opencv}
    seen = show(views(detectors))
    means = [{"detector": name, **{what: float(np.mean([row[what] for row in seen if row["detector"] == name]))
                                   for what in ("repeatability", "matching")}} for name in detectors]
    rows = [*seen, *show(means), *show(reference(detectors)), *show(times(detectors, options.rounds, options.threads))]
    if options.keep:
        with RESULTS.open("a") as file:
            file.writelines(json.dumps({**row, "opencv": cv2.__version__}) + "\n" for row in rows)


if __name__ == "__main__":
    main()
