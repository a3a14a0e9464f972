"""What local features say about a network, one number at a time."""

import math

import numpy as np


def entropy(amplitudes):
    """Bits of the distribution of a list of whole numbers."""
    total = 0.0
    for a in set(amplitudes):
        share = sum(1 for other in amplitudes if other == a) / len(amplitudes)
        total -= share * math.log2(share)
    return total


def within(x, centre, sigma):
    """Values of a series, or of an image, within 3 sigma of a place along every axis."""
    found = []
    for place in np.ndindex(*x.shape):
        if all(abs(at - middle) <= 3 * sigma for at, middle in zip(place, centre, strict=True)):
            found.append(x[place])
    return found


def shares(strategy, clusters):
    """The share of the budget of each layer, as the page of formulas has it."""
    n_layers = sum(len(rack) for rack in clusters)
    found = []
    for rack in clusters:
        row = []
        for n in rack:
            direct = len(rack) / n_layers * n / sum(rack)
            row.append({
                "uniform-rack": 1 / (len(clusters) * len(rack)),
                "uniform-layer": 1 / n_layers,
                "proportional": direct,
                "racknet": len(rack) / n_layers * (1 / n) / sum(1 / other for other in rack),
                "racknet-printed": (1 - direct) / (n_layers - 1),
            }[strategy])
        found.append(row)
    return found


def n_clusters(points, eps, least):
    """DBSCAN's number of clusters, by cosine distance: groups of core points that reach one another."""
    def distance(a, b):
        product = sum(x * y for x, y in zip(a, b, strict=True))
        return 1 - product / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))

    n = len(points)
    near = [[j for j in range(n) if distance(points[i], points[j]) <= eps] for i in range(n)]
    core = [i for i in range(n) if len(near[i]) >= least]
    seen, count = set(), 0
    for start in core:
        if start in seen:
            continue
        count, waiting = count + 1, [start]
        while waiting:
            i = waiting.pop()
            if i not in seen:
                seen.add(i)
                waiting += [j for j in near[i] if j in core]
    return max(count, 1)


def most_similar(upstream, own):
    """For each own kernel, the number of the upstream one with the largest cosine."""
    found = []
    for a in own:
        cosines = [np.vdot(a, b) / math.sqrt(np.vdot(a, a) * np.vdot(b, b)) for b in upstream]
        found.append(cosines.index(max(cosines)))
    return found


def convolution(x, kernels, bias):
    """Features of series or images (channels, *space) under kernels (features, channels, *edges); zeros beyond."""
    space, edges = x.shape[1:], kernels.shape[2:]
    out = np.zeros((len(kernels), *space))
    for k, kernel in enumerate(kernels):
        for place in np.ndindex(*space):
            out[(k, *place)] = bias[k]
            for shift in np.ndindex(*edges):
                there = tuple(at + by - edge // 2 for at, by, edge in zip(place, shift, edges, strict=True))
                if all(0 <= at < n for at, n in zip(there, space, strict=True)):
                    out[(k, *place)] += kernel[(slice(None), *shift)] @ x[(slice(None), *there)]
    return out


def halved(x, pooling):
    """(channels, *space) with two places as one along each axis; what is left at an end counts alone."""
    space = [-(-n // 2) for n in x.shape[1:]]
    out = np.zeros((len(x), *space))
    for place in np.ndindex(*space):
        part = x[(slice(None), *(slice(2 * at, 2 * at + 2) for at in place))].reshape(len(x), -1)
        out[(slice(None), *place)] = part.mean(1) if pooling == "average" else part.max(1)
    return out
