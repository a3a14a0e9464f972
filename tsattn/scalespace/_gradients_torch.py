"""Gradients around keypoints of images as torch tensors, on their device; `gradients.py` says what they are.

A window as large as the largest keypoint's of a part is cut out around each; what lies outside of its own counts zero.
"""

from collections.abc import Callable
from typing import Any

import torch

from tsattn.scalespace._octavewise import Found

AT_ONCE = 1 << 21  # samples of windows


def directions(found: Found, n_bins: int, window: float) -> Any:
    """Histograms of directions (n, bins)."""
    width = window * found.own_sigma

    def some(part: Any) -> Any:
        dy, dx, size, turn = _window(found, part, 3 * width[part])
        square = dy**2 + dx**2
        w = width[part, None, None]
        share = torch.where(square <= (3 * w) ** 2, size * torch.exp(-0.5 * square / w**2), 0)
        at = turn * (n_bins / (2 * torch.pi)) + n_bins
        low = at.floor()
        bins = share.new_zeros(len(part), n_bins)
        for shift, amount in ((0, share * (1 - (at - low))), (1, share * (at - low))):
            bins.scatter_add_(1, ((low.long() + shift) % n_bins).flatten(1), amount.flatten(1))
        return bins

    return _in_parts(found, 3 * width, some, n_bins)


def cells(found: Found, which: Any, angle: Any, cell: float) -> Any:
    """Descriptors (m, 128), not yet divided by anything."""
    width = cell * found.own_sigma[which]
    reach = 2.5 * 2**0.5 * width

    def some(part: Any) -> Any:
        w, turned = width[part, None, None], angle[part, None, None]
        dy, dx, size, turn = _window(found, which[part], reach[part])
        v = (dy * turned.cos() - dx * turned.sin()) / w
        u = (dx * turned.cos() + dy * turned.sin()) / w
        inside = (u.abs() < 2.5) & (v.abs() < 2.5)
        share = torch.where(inside, size * torch.exp(-0.125 * (u**2 + v**2)), 0)
        return _deal(share, v + 2.5, u + 2.5, (turn - turned) * (8 / (2 * torch.pi)) + 16)

    return _in_parts(found, reach, some, 128)


def _deal(share: Any, v: Any, u: Any, o: Any) -> Any:
    """Shares at rows v, columns u and directions o dealt out to the nearest two of each, (n, 128)."""
    bins = share.new_zeros(len(share), 6 * 6 * 8)
    v, u = v.clamp(0, 4.999), u.clamp(0, 4.999)  # beyond, the share is zero
    low = [x.floor() for x in (v, u, o)]
    rest = [x - f for x, f in zip((v, u, o), low, strict=True)]
    for corner in range(8):
        amount, index = share, []
        for k, (f, r) in enumerate(zip(low, rest, strict=True)):
            up = corner >> k & 1
            amount = amount * (r if up else 1 - r)
            index.append(f.long() + up)
        at = (index[0] * 6 + index[1]) * 8 + index[2] % 8
        bins.scatter_add_(1, at.flatten(1), amount.to(bins.dtype).flatten(1))
    return bins.view(-1, 6, 6, 8)[:, 1:5, 1:5].reshape(-1, 128)


def _in_parts(found: Found, reach: Any, work: Callable[[Any], Any], width: int) -> Any:
    """What `work` makes of keypoints, (n, width), those of like windows together, in their own order."""
    out = found.octave.levels.new_zeros(len(reach), width)
    order = reach.argsort(stable=True)
    while len(order):
        side = 2 * int(reach[order[-1]].ceil()) + 2
        n = max(AT_ONCE // side**2, 1)
        part, order = order[-n:], order[:-n]
        out[part] = work(part).to(out.dtype)
    return out


def _window(found: Found, which: Any, reach: Any) -> tuple[Any, Any, Any, Any]:
    """Distances down and right of samples around keypoints, and magnitude and direction there, each (n, side, side).

    Beyond the level, and at its border, the magnitude is zero.
    """
    levels, place = found.octave.levels, found.place[which, 1:]
    height, width = levels.shape[2:]
    radius = int(reach.max().ceil()) if len(which) else 0
    steps = torch.arange(-radius, radius + 1, device=levels.device)
    y = place[:, 0].round().long()[:, None, None] + steps[:, None]
    x = place[:, 1].round().long()[:, None, None] + steps
    good = (y >= 1) & (y <= height - 2) & (x >= 1) & (x <= width - 2)
    stack = (found.series[which, None, None], found.level[which, None, None])
    row, column = y.clamp(1, height - 2), x.clamp(1, width - 2)
    dx = levels[(*stack, row, column + 1)] - levels[(*stack, row, column - 1)]
    dy = levels[(*stack, row + 1, column)] - levels[(*stack, row - 1, column)]
    size = torch.where(good, torch.hypot(dx, dy), 0)
    return y - place[:, 0, None, None], x - place[:, 1, None, None], size, torch.atan2(dy, dx)
