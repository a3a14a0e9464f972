"""Ranks over data sets, one number at a time."""

import math


def mean_ranks(scores):
    """Of rows of scores, the higher the better: mean rank of each column, ties sharing their mean."""
    n, k = len(scores), len(scores[0])
    total = [0.0] * k
    for row in scores:
        for j in range(k):
            better = sum(1 for other in row if other > row[j])
            same = sum(1 for other in row if other == row[j])
            total[j] += better + (same + 1) / 2
    return [rank / n for rank in total]


def friedman(scores):
    """Friedman's chi-squared with the correction for ties."""
    n, k = len(scores), len(scores[0])
    ranks = mean_ranks(scores)
    plain = 12 * n / (k * (k + 1)) * (sum(rank**2 for rank in ranks) - k * (k + 1) ** 2 / 4)
    ties = 0
    for row in scores:
        for value in set(row):
            same = sum(1 for other in row if other == value)
            ties += same**3 - same
    return plain / (1 - ties / (n * (k**3 - k)))


def nemenyi(n_estimators, n_datasets, q):
    """The critical difference, of a tabulated q."""
    return q * math.sqrt(n_estimators * (n_estimators + 1) / (6 * n_datasets))


def cliques(ranks, difference):
    """Every set of neighbours in rank that lie within the difference, and that no larger such set holds."""
    names = sorted(ranks, key=ranks.get)
    spans = [(i, j) for i in range(len(names)) for j in range(i + 1, len(names))
             if ranks[names[j]] - ranks[names[i]] <= difference]
    return [names[i : j + 1] for i, j in spans if not any((a, b) != (i, j) and a <= i and j <= b for a, b in spans)]
