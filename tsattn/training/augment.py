"""Random changes to a training batch that leave its classes as they are, or mix them in known shares.

Each is called as `change(batch, generator)` and returns a `Batch`, zero beyond each series' length. What changes time
changes it for all inputs alike; what changes values draws for each input by itself, and leaves channels alone that only
say where a value was observed (`Batch.flags`). Um et al., ICMI 2017, compare the
first five for wearable sensors; mixup: Zhang et al., ICLR 2018.
"""

from dataclasses import replace
from typing import Any

import torch
from skbase.base import BaseObject
from torch import Tensor
from torch.nn import functional

from tsattn._checks import check_fraction, check_int, check_positive
from tsattn.nn.mask import around, valid_steps
from tsattn.training.data import Batch


class Jitter(BaseObject):
    """Add Gaussian noise to every value.

    Parameters
    ----------
    sigma : float, default=0.05
        Standard deviation, in the units of the inputs (which are standardised, mostly).

    Examples
    --------
    >>> import torch
    >>> from tsattn.training import Batch, Jitter
    >>> batch = Batch((torch.zeros(1, 3, 1),), torch.tensor([2]))
    >>> changed = Jitter(0.1)(batch, torch.Generator().manual_seed(0))
    >>> (changed.inputs[0] != 0).flatten().tolist()
    [True, True, False]
    """

    def __init__(self, sigma: float = 0.05):
        self.sigma = sigma
        super().__init__()

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        sigma = check_positive("sigma", self.sigma, zero=True)
        noisy = [x + sigma * _normal(x.shape, x, generator) for x in batch.inputs]
        return _end_with_zeros(batch, _but_flags(batch, noisy))


class Scaling(BaseObject):
    """Multiply each channel of each series by a factor of its own, 1 on average.

    Parameters
    ----------
    sigma : float, default=0.1
        Standard deviation of the factors.

    Examples
    --------
    >>> import torch
    >>> from tsattn.training import Batch, Scaling
    >>> batch = Batch((torch.ones(1, 5, 2),), torch.tensor([5]))
    >>> len(Scaling(0.1)(batch, torch.Generator().manual_seed(0)).inputs[0].unique())  # one a channel, held over time
    2
    """

    def __init__(self, sigma: float = 0.1):
        self.sigma = sigma
        super().__init__()

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        sigma = check_positive("sigma", self.sigma, zero=True)
        scaled = [x * (1 + sigma * _normal((len(x), 1, *x.shape[2:]), x, generator)) for x in batch.inputs]
        return replace(batch, inputs=tuple(_but_flags(batch, scaled)))


class Shift(BaseObject):
    """Add to each channel of each series a level of its own, held over time.

    Only the first input, the series itself, is shifted: what is derived from it here are differences, which a level
    leaves as they are. It teaches a network that where a sensor rests tells little.

    Parameters
    ----------
    sigma : float, default=1.0
        Standard deviation of the levels.

    Examples
    --------
    >>> import torch
    >>> from tsattn.training import Batch, Shift
    >>> batch = Batch((torch.zeros(1, 3, 1), torch.zeros(1, 3, 1)), torch.tensor([2]))
    >>> [(x != 0).flatten().tolist() for x in Shift()(batch, torch.Generator().manual_seed(0)).inputs]
    [[True, True, False], [False, False, False]]
    """

    def __init__(self, sigma: float = 1.0):
        self.sigma = sigma
        super().__init__()

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        sigma = check_positive("sigma", self.sigma, zero=True)
        series, *others = batch.inputs
        shifted = series + sigma * _normal((len(series), 1, *series.shape[2:]), series, generator)
        return _end_with_zeros(batch, _but_flags(batch, [shifted, *others]))


class ChannelDrop(BaseObject):
    """Set whole columns of a series to zero: what was measured, what was derived from it, and that it was observed.

    What stems from one column (`Batch.columns`) goes together, in all inputs, or a network would read in one what is
    gone from another. One column always stays: if all of a series' are drawn, one of them at random.

    Parameters
    ----------
    p : float, default=0.1
        Chance of each column of each series.

    Examples
    --------
    >>> import torch
    >>> from tsattn.training import Batch, ChannelDrop
    >>> two_sensors_and_two_bands_of_each = torch.tensor([0, 1]), torch.tensor([0, 0, 1, 1])
    >>> batch = Batch((torch.ones(1, 1, 2), torch.ones(1, 1, 4)), torch.tensor([1]),
    ...               columns=two_sensors_and_two_bands_of_each)
    >>> [x.flatten().tolist() for x in ChannelDrop(0.9)(batch, torch.Generator().manual_seed(0)).inputs]
    [[0.0, 1.0], [0.0, 0.0, 1.0, 1.0]]
    """

    def __init__(self, p: float = 0.1):
        self.p = p
        super().__init__()

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        p = check_fraction("p", self.p)
        widths = [x.shape[2] for x in batch.inputs]
        columns = torch.arange(sum(widths)) if batch.columns is None else torch.cat(batch.columns)
        names, column = columns.unique(return_inverse=True)
        like = batch.inputs[0]
        draw = like.new_empty((len(like), len(names))).uniform_(generator=generator)
        keep = (draw >= p) | (draw == draw.amax(1, keepdim=True))  # the greatest draw stays, even where all are below p
        masks = keep[:, column.to(like.device)].split(widths, 1)
        return replace(batch, inputs=tuple(x * _at_channels(mask.unsqueeze(1), x)
                                           for x, mask in zip(batch.inputs, masks, strict=True)))


class Crop(BaseObject):
    """Cut a stretch out of each series, at a random place; the series become shorter.

    Parameters
    ----------
    least : float, default=0.8
        Least share of the steps that is left; shares are drawn evenly from there to 1.

    Examples
    --------
    >>> import torch
    >>> from tsattn.training import Batch, Crop
    >>> batch = Batch((torch.arange(10.0).view(1, 10, 1),), torch.tensor([10]))
    >>> cut = Crop(0.5)(batch, torch.Generator().manual_seed(0))
    >>> int(cut.lengths) in range(5, 11), cut.inputs[0].flatten().diff().unique().tolist()  # one stretch, step by step
    (True, [1.0])
    """

    def __init__(self, least: float = 0.8):
        self.least = least
        super().__init__()

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        least = check_fraction("least", self.least, one=True)
        share, place = batch.inputs[0].new_empty((2, len(batch.lengths))).uniform_(generator=generator)
        lengths = (batch.lengths * (least + (1 - least) * share)).round().long().clamp_min(1)
        first = (place * (batch.lengths - lengths + 1)).long()
        steps = torch.arange(int(lengths.max()), device=lengths.device)
        return _resample(batch, (first.unsqueeze(-1) + steps).float(), lengths)


class TimeWarp(BaseObject):
    """Let time run faster here and slower there, smoothly, from a series' first step to its last.

    Speed is log-normal at evenly spaced knots and linear between them. Values between steps are interpolated linearly.

    Parameters
    ----------
    strength : float, default=0.2
        Standard deviation of the logarithm of speed at a knot.
    knots : int, default=4
        Number of knots, 2 to 1000.
    stretch : float, default=0.0
        Standard deviation of the logarithm of a factor on each series' length, at most 1.

    Examples
    --------
    >>> import torch
    >>> from tsattn.training import Batch, TimeWarp
    >>> batch = Batch((torch.arange(10.0).view(1, 10, 1),), torch.tensor([10]))
    >>> warped = TimeWarp()(batch, torch.Generator().manual_seed(0)).inputs[0].flatten()
    >>> warped[[0, -1]].tolist(), bool((warped.diff() > 0).all())  # both ends stay, and so does the order
    ([0.0, 9.0], True)
    """

    def __init__(self, strength: float = 0.2, knots: int = 4, stretch: float = 0.0):
        self.strength = strength
        self.knots = knots
        self.stretch = stretch
        super().__init__()

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        strength = check_positive("strength", self.strength, zero=True)
        stretch = check_positive("stretch", self.stretch, zero=True, maximum=1.0)
        n_knots = check_int("knots", self.knots, minimum=2, maximum=1000)
        like = batch.inputs[0]
        n_series = len(batch.lengths)
        speed = torch.exp(strength * _normal((n_series, n_knots), like, generator))
        factor = torch.exp(stretch * _normal((n_series,), like, generator))
        lengths = (batch.lengths * factor).round().long().clamp_min(1)
        steps = torch.arange(int(lengths.max()), device=lengths.device)
        # where a step stands between the first and the last one, 0 to 1, and how much time has run until there
        place = (steps.float() / (lengths.unsqueeze(-1) - 1).clamp_min(1)).clamp_max(1.0)
        run = _integral(speed, place)
        return _resample(batch, run / run.max(-1, keepdim=True).values.clamp_min(1e-9)
                         * (batch.lengths.unsqueeze(-1) - 1), lengths)


class Mixup(BaseObject):
    """Mix each series with another of its batch, and their targets in the same shares.

    The partner is stretched to the series' length first. The series' own share is 1/2 at least, and its flags of what
    was observed stay as they are: a network reads 0 or 1 in prediction, and nothing between.

    Parameters
    ----------
    alpha : float, default=0.2
        Shares are drawn from a Beta(alpha, alpha) distribution.

    Examples
    --------
    Where a series' only value is its class, what is mixed shows the shares of the target:

    >>> import torch
    >>> from tsattn.training import Batch, Mixup
    >>> batch = Batch((torch.tensor([[[0.0]], [[1.0]]]),), torch.tensor([1, 1]), torch.tensor([0, 1]), n_classes=2)
    >>> mixed = Mixup(1.0)(batch, torch.Generator().manual_seed(2))
    >>> mixed.target
    tensor([[0.6502, 0.3498],
            [0.3520, 0.6480]])
    >>> mixed.inputs[0].flatten()
    tensor([0.3498, 0.6480])
    """

    def __init__(self, alpha: float = 0.2):
        self.alpha = alpha
        super().__init__()

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        alpha = check_positive("alpha", self.alpha)
        like, n_series = batch.inputs[0], len(batch.lengths)
        gammas = torch._standard_gamma(like.new_full((2, n_series), alpha), generator=generator)
        share = gammas[0] / gammas.sum(0).clamp_min(torch.finfo(gammas.dtype).tiny)
        share = torch.maximum(share, 1 - share)
        other = torch.randperm(n_series, generator=generator, device=like.device)
        partner = _stretched(_take(batch, other), batch.lengths, like.shape[1])
        mixed = [_blend(a, b, share) for a, b in zip(batch.inputs, partner.inputs, strict=True)]
        return replace(
            batch, inputs=tuple(_but_flags(batch, mixed)), target=_blend(_shares(batch), _shares(partner), share),
            weight=None if batch.weight is None else _blend(batch.weight, batch.weight[other], share))


def _normal(shape: Any, like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, device=like.device, dtype=like.dtype)


def _at_channels(values: Tensor, like: Tensor) -> Tensor:
    """View `values` (..., channel) so that they go with the third axis of `like` (b, t, channel, ...)."""
    return values.view(*values.shape, *[1] * (like.ndim - 3))


def _but_flags(batch: Batch, changed: list[Tensor]) -> list[Tensor]:
    """The changed inputs, with the flags among their channels as they were."""
    if batch.flags is None:
        return changed
    return [torch.where(_at_channels(flags, x), x, y)
            for flags, x, y in zip(batch.flags, batch.inputs, changed, strict=True)]


def _blend(a: Tensor, b: Tensor, share: Tensor) -> Tensor:
    share = share.view(-1, *[1] * (a.ndim - 1))
    return share * a + (1 - share) * b


def _end_with_zeros(batch: Batch, inputs: list[Tensor]) -> Batch:
    valid = valid_steps(batch.lengths, inputs[0].shape[1])
    return replace(batch, inputs=tuple(x * valid.view(*valid.shape, *[1] * (x.ndim - 2)) for x in inputs))


def _integral(speed: Tensor, place: Tensor) -> Tensor:
    """Integral from 0 to `place` (b, t) of the speed that is linear between evenly spaced knots (b, k)."""
    n_pieces = speed.shape[1] - 1
    whole = functional.pad(torch.cumsum((speed[:, :-1] + speed[:, 1:]) / 2, -1), (1, 0))  # up to each knot
    position = place * n_pieces
    piece = position.long().clamp_max(n_pieces - 1)
    into = position - piece
    begin = speed.gather(1, piece)
    return whole.gather(1, piece) + into * (begin + (speed.gather(1, piece + 1) - begin) * into / 2)


def _resample(batch: Batch, position: Tensor, lengths: Tensor) -> Batch:
    """Read all inputs at `position` (b, t), in steps, linearly between steps; the result's lengths are `lengths`.

    Flags are those of the nearest step: there is nothing between observed and not observed.
    """
    if batch.inputs[0].ndim == 5:
        raise ValueError(f"images, here {tuple(batch.inputs[0].shape)}, have no time to be changed: change them by "
                         "Translate and Flip")
    before, after, share = around(position, batch.lengths)
    series = torch.arange(len(lengths), device=lengths.device).unsqueeze(-1)
    inputs = []
    for number, x in enumerate(batch.inputs):
        between = share.view(*share.shape, *[1] * (x.ndim - 2))
        if batch.flags is not None:
            between = torch.where(_at_channels(batch.flags[number], x), between.round(), between)
        inputs.append(torch.lerp(x[series, before], x[series, after], between.to(x.dtype)))
    return _end_with_zeros(replace(batch, lengths=lengths), inputs)


def _take(batch: Batch, order: Tensor) -> Batch:
    return replace(batch, inputs=tuple(x[order] for x in batch.inputs), lengths=batch.lengths[order],
                   target=None if batch.target is None else batch.target[order], weight=None)


def _stretched(batch: Batch, lengths: Tensor, n_steps: int) -> Batch:
    """The same series, each stretched evenly to another length, in `n_steps` padded steps."""
    steps = torch.arange(n_steps, device=lengths.device)
    rate = (batch.lengths - 1).float() / (lengths - 1).clamp_min(1)
    return _resample(batch, steps * rate.unsqueeze(-1), lengths)


def _shares(batch: Batch) -> Tensor:
    """The target as real values: classes become shares of classes."""
    if batch.target is None:
        raise ValueError("mixup needs a target, got None")
    if batch.target.is_floating_point():
        return batch.target
    if batch.n_classes is None:
        raise ValueError("mixup of classes needs their number, got n_classes=None")
    return functional.one_hot(batch.target, batch.n_classes).to(batch.inputs[0].dtype)
