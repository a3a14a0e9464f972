"""The scale space in loops: one series or image at a time, float64, nothing clever. Knows nothing of the package."""

from functools import cache
from itertools import product

import numpy as np


def bessel(n, t):
    """exp(-t) I_n(t) = 1/pi times the integral of exp(t (cos a - 1)) cos(n a) over a half turn."""
    a = np.linspace(0, np.pi, 4001)
    f = np.exp(t * (np.cos(a) - 1)) * np.cos(n * a)
    return (f.sum() - (f[0] + f[-1]) / 2) * (a[1] - a[0]) / np.pi


@cache
def kernel(sigma, kind="discrete", truncate=4.0):
    if sigma == 0:
        return np.array([1.0])
    radius = max(int(np.ceil(truncate * sigma)), 3)
    weights = []
    for n in range(-radius, radius + 1):
        weights.append(bessel(abs(n), sigma**2) if kind == "discrete" else np.exp(-(n**2) / (2 * sigma**2)))
    return np.array(weights) / sum(weights)


def at(row, i, mode):
    """The sample i of a row that goes on beyond its ends."""
    n = len(row)
    if 0 <= i < n:
        return row[i]
    if mode == "constant":
        return 0.0
    if mode == "nearest":
        return row[0] if i < 0 else row[n - 1]
    while not 0 <= i < n:
        i = -1 - i if i < 0 else 2 * n - 1 - i
    return row[i]


def blur_row(row, sigma, mode="reflect", kind="discrete", truncate=4.0):
    weights = kernel(sigma, kind, truncate)
    radius = len(weights) // 2
    long = np.array([at(row, i, mode) for i in range(-radius, len(row) + radius)])
    return np.array([(weights * long[i : i + 2 * radius + 1]).sum() for i in range(len(row))])


def blur(x, sigma, mode="reflect", kind="discrete", truncate=4.0):
    """Every axis of x, one after another."""
    x = np.array(x, dtype=float)
    for axis in range(x.ndim):
        x = np.apply_along_axis(blur_row, axis, x, sigma, mode, kind, truncate)
    return x


def halve_row(row, average):
    if average:
        return np.array([(row[2 * i] + row[2 * i + 1]) / 2 for i in range(len(row) // 2)])
    return np.array([row[i] for i in range(0, len(row), 2)])


def halve(x, average):
    for axis in range(x.ndim):
        x = np.apply_along_axis(halve_row, axis, x, average)
    return x


def octaves(x, n_octaves=3, n_scales=3, sigma0=1.6, reduce="average", mode="reflect", kind="discrete"):
    """List of (levels, step, offset), for input without blur of its own and octaves from 0."""
    found, base, step = [], np.array(x, dtype=float), 1
    for o in range(n_octaves):
        own = [sigma0 * 2 ** (s / n_scales) * (2**o if reduce is None else 1) for s in range(n_scales + 3)]
        levels = [blur(base, own[0], mode, kind) if o == 0 else base]
        for s in range(1, n_scales + 3):
            levels.append(blur(levels[-1], np.sqrt(own[s] ** 2 - own[s - 1] ** 2), mode, kind))
        found.append((np.array(levels), step, (step - 1) / 2 if reduce == "average" else 0.0))
        if reduce is None:
            base = levels[n_scales]
            continue
        step *= 2
        if reduce == "average":
            missing = 4 * sigma0**2 - 0.25 - own[n_scales - 1] ** 2
            base = halve(blur(levels[n_scales - 1], np.sqrt(missing), mode, kind), True)
        else:
            base = halve(levels[n_scales], False)
    return found


def neighbours(dogs, place):
    for shifts in product((-1, 0, 1), repeat=len(place)):
        if any(shifts):
            yield dogs[tuple(p + d for p, d in zip(place, shifts, strict=True))]


def is_extremum(dogs, place, threshold, contrast):
    value = dogs[place]
    if value == 0 or abs(value) < contrast:
        return False
    sign = 1 if value > 0 else -1
    return all(sign * value > threshold * sign * other for other in neighbours(dogs, place))


def detect(x, threshold=1.0, contrast=0.005, n_scales=3, sigma0=1.6, edge_ratio=None, **options):
    """Rows (octave, scale, *position, sigma, value) in order."""
    rows = []
    for o, (levels, step, offset) in enumerate(octaves(x, n_scales=n_scales, sigma0=sigma0, **options)):
        dogs = levels[1:] - levels[:-1]
        for place in product(range(1, n_scales + 1), *[range(1, n - 1) for n in levels.shape[1:]]):
            if not is_extremum(dogs, place, threshold, contrast):
                continue
            if edge_ratio is not None and is_edge(dogs[place[0]], place[1:], edge_ratio):
                continue
            position = [p * step + offset for p in place[1:]]
            rows.append((o, place[0], *position, sigma0 * 2 ** (o + place[0] / n_scales), dogs[place]))
    return rows


def is_edge(image, place, ratio):
    y, x = place
    here = image[y, x]
    yy = image[y + 1, x] + image[y - 1, x] - 2 * here
    xx = image[y, x + 1] + image[y, x - 1] - 2 * here
    xy = (image[y + 1, x + 1] + image[y - 1, x - 1] - image[y + 1, x - 1] - image[y - 1, x + 1]) / 4
    determinant = yy * xx - xy**2
    return determinant <= 0 or (yy + xx) ** 2 / determinant >= (ratio + 1) ** 2 / ratio


def refine(dogs, place, most_moves=5):
    """(place, shift, value) of the fitted extremum, or None; the unknowns are (scale, *position)."""
    place = np.array(place)
    for _ in range(most_moves + 1):
        if (place < 1).any() or (place > np.array(dogs.shape) - 2).any():
            return None
        cube = dogs[tuple(slice(p - 1, p + 2) for p in place)]
        gradient, hessian = derivatives(cube)
        shift = -np.linalg.inv(hessian) @ gradient
        if (abs(shift) <= 0.6).all():
            return tuple(place), shift, dogs[tuple(place)] + gradient @ shift / 2
        place = place + np.rint(shift).astype(int)
    return None


def derivatives(cube):
    n = cube.ndim
    one = np.eye(n, dtype=int)

    def read(step):
        return cube[tuple(1 + step)]

    gradient = np.array([(read(one[i]) - read(-one[i])) / 2 for i in range(n)])
    hessian = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i == j:
                hessian[i, i] = read(one[i]) - 2 * read(0 * one[i]) + read(-one[i])
            else:
                a, b = one[i], one[j]
                hessian[i, j] = (read(a + b) + read(-a - b) - read(a - b) - read(b - a)) / 4
    return gradient, hessian


def scope_mean(row, centre, sigma):
    inside = [row[t] for t in range(len(row)) if centre - 3 * sigma <= t <= centre + 3 * sigma]
    return sum(inside) / len(inside)


def saliency(row, found, amplitude="average", cut=False):
    """The direct sum over events (centre, sigma) and samples."""
    out = np.zeros(len(row))
    for centre, sigma in found:
        smooth = blur_row(row, sigma)
        for t in range(len(row)):
            if cut and abs(t - centre) > 3 * sigma:
                continue
            mask = np.exp(-((t - centre) ** 2) / (2 * sigma**2))
            if amplitude == "average":
                out[t] += mask * scope_mean(row, centre, sigma)
            elif amplitude == "center":
                out[t] += mask * between(row, centre)
            elif amplitude == "unit":
                out[t] += mask
            else:
                out[t] += smooth[t]
    return out


def between(row, place):
    """The row at a fractional place, linearly; beyond its ends the end value."""
    place = min(max(place, 0), len(row) - 1)
    left = int(np.floor(place))
    if left == len(row) - 1:
        return row[left]
    return row[left] * (left + 1 - place) + row[left + 1] * (place - left)


def describe(row, centre, sigma, n_cells, per_cell=4):
    smooth = blur_row(row, sigma)
    ends = [centre + sigma * (-3 + 6 * k / (n_cells * per_cell)) for k in range(n_cells * per_cell + 1)]
    out = np.zeros(2 * n_cells)
    for k in range(n_cells * per_cell):
        change = between(smooth, ends[k + 1]) - between(smooth, ends[k])
        out[2 * (k // per_cell) + (0 if change > 0 else 1)] += abs(change)
    length = np.sqrt((out**2).sum())
    return out / length if length > 0 else out
