"""Directions and descriptors of image keypoints in loops, of one level and one keypoint at a time."""

import numpy as np


def gradient(level, y, x):
    dy, dx = level[y + 1, x] - level[y - 1, x], level[y, x + 1] - level[y, x - 1]
    return np.hypot(dx, dy), np.arctan2(dy, dx)


def inner(level):
    for y in range(1, level.shape[0] - 1):
        for x in range(1, level.shape[1] - 1):
            yield y, x


def directions(level, row, column, sigma):
    """The histogram of 36 bins, smoothed."""
    bins, width = np.zeros(36), 1.5 * sigma
    for y, x in inner(level):
        square = (y - row) ** 2 + (x - column) ** 2
        if square > (3 * width) ** 2:
            continue
        size, turn = gradient(level, y, x)
        at = turn * 36 / (2 * np.pi)
        low = int(np.floor(at))
        share = size * np.exp(-square / (2 * width**2))
        bins[low % 36] += share * (1 - (at - low))
        bins[(low + 1) % 36] += share * (at - low)
    return np.array([sum(w * bins[(k + d) % 36] for d, w in zip(range(-2, 3), (1, 4, 6, 4, 1), strict=True)) / 16
                     for k in range(36)])


def angles(histogram):
    found = []
    for k in range(36):
        left, here, right = histogram[k - 1], histogram[k], histogram[(k + 1) % 36]
        if here > left and here >= right and here >= 0.8 * max(histogram):
            angle = (k + 0.5 * (left - right) / (left - 2 * here + right)) * 2 * np.pi / 36
            found.append(angle - 2 * np.pi if angle >= np.pi else angle)
    return found


def descriptor(level, row, column, sigma, angle):
    cells, width = np.zeros((4, 4, 8)), 3 * sigma
    for y, x in inner(level):
        u = (np.cos(angle) * (x - column) + np.sin(angle) * (y - row)) / width
        v = (-np.sin(angle) * (x - column) + np.cos(angle) * (y - row)) / width
        if abs(u) >= 2.5 or abs(v) >= 2.5:
            continue
        size, turn = gradient(level, y, x)
        share = size * np.exp(-(u**2 + v**2) / 8)
        o = (turn - angle) * 8 / (2 * np.pi)
        for r in range(4):
            for c in range(4):
                near = max(1 - abs(v + 1.5 - r), 0) * max(1 - abs(u + 1.5 - c), 0)
                for d in range(8):
                    apart = abs((o - d + 4) % 8 - 4)
                    cells[r, c, d] += share * near * max(1 - apart, 0)
    flat = cells.ravel() / np.linalg.norm(cells)
    flat = np.minimum(flat, 0.2)
    return flat / np.linalg.norm(flat)
