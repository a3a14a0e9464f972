"""A linear map from the steps that a window holds to those that come after it, solved in closed form.

Of n windows, with z the features of one and Y a target's steps to come less its last value, the map B has the least

    sum over windows of |Y - B z|^2 + a n |B|^2

so that a large a forecasts the last value, and a small one is least squares. What it reads is the target's own steps,
less their last one, by one map for all targets ("shared") or one for each ("own"); or the steps of all channels, each
less its last one ("all"); and beside either what is known of the future, less the last step. Without the levels
themselves, and without a constant, a forecast moves with the level of its target and heeds no other, and a series that
stands still is forecast to. Linear maps of windows forecast as well as many a network: Zeng, Chen, Zhang & Xu, "Are
transformers effective for time series forecasting?", AAAI 2023; in closed form, Toner & Darlow, "An analysis of linear
time series forecasting models", ICML 2024.

Each target has the kind of map and the a that forecast it best on windows that are held out; a kind with more weights,
and so with more to go wrong later, only if it is better there by more than a standard error, over consecutive parts of
these windows (Breiman, Friedman, Olshen & Stone, "Classification and regression trees", 1984, 3.4.3).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tsattn._checks import check_one_of, check_positive

PARTS = 8  # of the windows held out, over which a standard error is measured
PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
MOST = 1000  # steps times channels that a map of all channels reads: of longer windows, the latest steps
READ = {"shared": "own", "own": "own", "all": "all"}  # what each kind of map reads; from few weights to many
KINDS = tuple(READ)
# windows (b, steps, channels), what is known of their future (b, steps ahead, last channels), and their future (b,
# ahead, targets: first channels)
Batches = Iterable[tuple[Tensor, Tensor, Tensor]]


class LagRidge(nn.Module):
    """Linear forecast of a window: for each target from its own steps, from those of all channels, or their sum.

    Parameters
    ----------
    own, whole : Tensor, (targets, features, ahead), or None
        Maps of each target's own steps, and of all channels'; both read what is known of the future.

    Examples
    --------
    The next value of a line, by its last step: 2 x_t - x_{t-1}.

    >>> import torch
    >>> LagRidge(torch.tensor([[[-1.0]]]))(torch.tensor([[[5.0], [7.0]]]), torch.zeros(1, 1, 0))
    tensor([[[9.]]])
    """

    own: Tensor | None
    whole: Tensor | None

    def __init__(self, own: Float[Tensor, "q p h"] | None, whole: Float[Tensor, "q r h"] | None = None) -> None:
        super().__init__()
        self.register_buffer("own", None if own is None else own.float())
        self.register_buffer("whole", None if whole is None else whole.float())

    def forward(self, series: Float[Tensor, "b t c"], known: Float[Tensor, "b a k"]) -> Float[Tensor, "b h q"]:
        """Return the forecast of each target, which are the first channels, at each step ahead."""
        parts = [(kind, weight) for kind, weight in (("own", self.own), ("all", self.whole)) if weight is not None]
        n_targets = len(parts[0][1])
        found = [features(kind, series, known, n_targets) @ weight.to(series) for kind, weight in parts]
        # from (targets, windows, ahead)
        return sum(found[1:], start=found[0]).permute(1, 2, 0) + series[:, -1:, :n_targets]


def features(kind: str, series: Tensor, known: Tensor, n_targets: int) -> Tensor:
    """What a map reads of each window: (targets, b, p) where it is the target's own steps, (1, b, p) if all."""
    last = series[:, -1:]
    lags = (series - last)[:, :-1]
    beside = (known - last[..., series.shape[2] - known.shape[2] :]).flatten(1)
    if kind == "all":
        latest = max(MOST // series.shape[2], 1)
        return torch.cat([lags[:, -latest:].flatten(1), beside], 1).unsqueeze(0)
    return torch.cat([lags[..., :n_targets].permute(2, 0, 1), beside.expand(n_targets, -1, -1)], 2)


@dataclass(frozen=True)
class Moments:
    """Sums over windows that are all a map is solved from; those of two parts add up.

    Attributes
    ----------
    n : int
        Windows.
    gram : Tensor, (targets, p, p), or (1, p, p) where all targets read the same
    cross : Tensor, (targets, p, ahead)
    square : Tensor, (targets,)
        Squared error of the last value as a forecast.
    """

    n: int
    gram: Float[Tensor, "r p p"]
    cross: Float[Tensor, "q p h"]
    square: Float[Tensor, " q"]

    @classmethod
    def of(cls, kind: str, batches: Batches) -> "Moments":
        """Add up over windows, in float64."""
        parts = []
        for series, known, future in batches:
            n_targets = future.shape[2]
            x = features(kind, series.double(), known.double(), n_targets)
            y = (future - series[:, -1:, :n_targets]).double().permute(2, 0, 1)  # targets, windows, ahead
            parts.append(cls(len(series), x.mT @ x, x.mT @ y, y.square().sum((1, 2))))
        return sum(parts[1:], start=parts[0])

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(self.n + other.n, self.gram + other.gram, self.cross + other.cross, self.square + other.square)

    def maps(self, penalties: Sequence[float], *, shared: bool = False) -> list[Float[Tensor, "q p h"]]:
        """Return the maps for each penalty; one for all targets, if `shared`."""
        n, gram, cross = self.n, self.gram, self.cross
        if shared:
            n, gram, cross = n * len(cross), gram.sum(0, keepdim=True), cross.sum(0, keepdim=True)
        sizes, axes = torch.linalg.eigh(gram)
        turned = axes.mT @ cross
        found = [axes @ (turned / (sizes.clamp(min=0) + penalty * n).unsqueeze(2)) for penalty in penalties]
        return [weight.expand(len(self.cross), -1, -1) for weight in found]

    def errors(self, weight: Float[Tensor, "q p h"]) -> Float[Tensor, " q"]:
        """Return each target's mean squared error by its map on these windows."""
        missed = (weight * (self.gram @ weight - 2 * self.cross)).sum((1, 2))
        return (self.square + missed) / (self.n * weight.shape[2])


@dataclass(frozen=True)
class Choice:
    """The kind of map and the penalty of each target, and the windows to solve them on.

    Attributes
    ----------
    kinds : list of {"shared", "own", "all"}
    penalties : list of float
    moments : dict
        By what is read, "own" or "all".
    """

    kinds: list[str]
    penalties: list[float]
    moments: Mapping[str, Moments]

    def solve(self) -> LagRidge:
        """Return the maps."""
        found: dict[str, Tensor] = {}
        for kind, penalty in sorted(set(zip(self.kinds, self.penalties, strict=True))):
            moments = self.moments[READ[kind]]
            (weight,) = moments.maps([penalty], shared=kind == "shared")
            mine = [j for j, pair in enumerate(zip(self.kinds, self.penalties, strict=True)) if pair == (kind, penalty)]
            found.setdefault(READ[kind], torch.zeros_like(moments.cross))[mine] = weight[mine]
        return LagRidge(found.get("own"), found.get("all"))


@torch.no_grad()
def choose(train: Callable[[], Batches], held: Callable[[], Iterable[Batches]], *, kinds: Sequence[str] = KINDS,
           penalties: Sequence[float] = PENALTIES) -> tuple[Choice, Choice]:
    """Choose each target's kind of map and penalty on windows that are held out.

    Parameters
    ----------
    train : callable
        Returns windows in batches (series, known, future); called at most twice.
    held : callable
        Returns consecutive parts of the windows held out, each in batches; called at most twice.
    kinds, penalties : sequence
        What is chosen from; a later kind only if it is clearly better.

    Returns
    -------
    Choice, Choice
        To be solved on `train`, and on both parts.

    Raises
    ------
    ValueError
        A penalty is not above 0, or a kind unknown.

    Examples
    --------
    >>> import torch
    >>> waves = torch.sin(torch.arange(99.0)[:, None] / 3 + torch.arange(8.0) / 5).unsqueeze(2)
    >>> def part(first, last):
    ...     return [(waves[first:last, :6], torch.zeros(last - first, 2, 0), waves[first:last, 6:])]
    >>> train, _ = choose(lambda: part(0, 60), lambda: [part(60, 80), part(80, 99)])
    >>> forecast = train.solve()(waves[60:, :6], torch.zeros(39, 2, 0))
    >>> train.kinds, bool((forecast - waves[60:, 6:]).abs().max() < 0.01)
    (['shared'], True)
    """
    for penalty in penalties:
        check_positive("penalty", penalty)
    for kind in kinds:
        check_one_of("kind", kind, KINDS)
    seen = {read: Moments.of(read, train()) for read in dict.fromkeys(READ[kind] for kind in kinds)}
    unseen = {read: [Moments.of(read, part) for part in held()] for read in seen}
    best: list[tuple[Tensor, str, float]] = []
    for kind in kinds:
        maps = seen[READ[kind]].maps(penalties, shared=kind == "shared")
        errors = torch.stack([torch.stack([part.errors(weight) for part in unseen[READ[kind]]]) for weight in maps])
        least = errors.mean(1).argmin(0).tolist()  # of each target, among penalties
        found = [(errors[place, :, j], kind, penalties[place]) for j, place in enumerate(least)]
        best = [new if _clearly_less(new[0], old[0]) else old for new, old in zip(found, best or found, strict=True)]
    chosen = [kind for _, kind, _ in best], [penalty for _, _, penalty in best]
    both = {read: sum(unseen[read], start=moments) for read, moments in seen.items()}
    return Choice(*chosen, seen), Choice(*chosen, both)


def _clearly_less(errors: Float[Tensor, " n"], others: Float[Tensor, " n"]) -> bool:
    """Whether errors are smaller by more than a standard error of their differences."""
    gain = others - errors
    return bool(gain.mean() > gain.std() / len(gain) ** 0.5) if len(gain) > 1 else bool(gain.mean() > 0)
