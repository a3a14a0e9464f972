"""A linear map from the steps that a window holds to those that come after it, solved in closed form.

Of n windows, with z the features of one and Y its steps to come less the target's last value, the map B has the least

    sum over windows of |Y - B z|^2 + a n |B|^2

so that a large a forecasts the last value, and a small one is least squares. What it reads is a target's own steps,
less their last one, by one map for all targets ("own"); or the steps of all channels, each less its last one, by a map
for each target ("all"). Without the levels themselves, and without a constant, a forecast moves with the level of its
target and heeds no other, and a series that stands still is forecast to. Linear maps of windows forecast as well as
many a network: Zeng, Chen, Zhang & Xu, "Are transformers effective for time series forecasting?", AAAI 2023; in closed
form, Toner & Darlow, "An analysis of linear time series forecasting models", ICML 2024.

a is chosen on windows that are held out. The map of all channels, with more weights and more to go wrong later, is
chosen only if it is better there by more than a standard error, over consecutive parts of these windows (Breiman,
Friedman, Olshen & Stone, "Classification and regression trees", 1984, 3.4.3, the rule of one standard error).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tsattn._checks import check_one_of, check_positive

PARTS = 8  # of the windows held out, over which a standard error is measured
PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
MOST = 1000  # steps times channels that a map of all channels reads: of longer windows, the latest steps
KINDS = ("own", "all")
TINY = 1e-12  # squared error that stands for none
# windows (b, steps, channels), what is known of their future (b, k), and their future (b, ahead, targets)
Batches = Iterable[tuple[Tensor, Tensor, Tensor]]


class LagRidge(nn.Module):
    """Linear forecast of a window.

    Parameters
    ----------
    weight : Tensor, (features, outputs)
        Outputs are the steps ahead ("own"), or the steps ahead of each target ("all").
    n_targets : int
        The first channels of a window.
    kind : {"own", "all"}
        What is read; see above.

    Examples
    --------
    The next value of a line, by its last step: 2 x_t - x_{t-1}.

    >>> import torch
    >>> forecast = LagRidge(torch.tensor([[-1.0]]), n_targets=1, kind="own")
    >>> forecast(torch.tensor([[[5.0], [7.0]]]), torch.zeros(1, 0))
    tensor([[[9.]]])
    """

    weight: Tensor

    def __init__(self, weight: Float[Tensor, "p k"], *, n_targets: int, kind: str) -> None:
        super().__init__()
        self.kind = check_one_of("kind", kind, KINDS)
        self.n_targets = n_targets
        self.register_buffer("weight", weight.float())

    def forward(self, series: Float[Tensor, "b t c"], known: Float[Tensor, "b k"]) -> Float[Tensor, "b h q"]:
        """Return the forecast of each target at each step ahead."""
        found = features(self.kind, series, known, self.n_targets) @ self.weight
        ahead = found.mT if self.kind == "own" else found.unflatten(1, (-1, self.n_targets))
        return ahead + series[:, -1:, : self.n_targets]


def features(kind: str, series: Tensor, known: Tensor, n_targets: int) -> Tensor:
    """What a map of that kind reads of each window; (b, targets, p) for "own", (b, p) for "all"."""
    lags = (series - series[:, -1:])[:, :-1]
    if kind == "own":
        return torch.cat([lags[..., :n_targets].mT, known.unsqueeze(1).expand(-1, n_targets, -1)], 2)
    latest = max(MOST // series.shape[2], 1)
    return torch.cat([lags[:, -latest:].flatten(1), known], 1)


@dataclass(frozen=True)
class Moments:
    """Sums over windows that are all a map is solved from; those of two parts add up.

    Attributes
    ----------
    n : int
        Rows of the least squares: windows, times targets where one map is for all.
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
            x = x.transpose(0, 1) if kind == "own" else x.unsqueeze(0)  # targets or 1, windows, p
            y = (future - series[:, -1:, :n_targets]).double().permute(2, 0, 1)  # targets, windows, ahead
            parts.append(cls(x.shape[0] * x.shape[1], x.mT @ x, x.mT @ y, y.square().sum((1, 2))))
        return sum(parts[1:], start=parts[0])

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(self.n + other.n, self.gram + other.gram, self.cross + other.cross, self.square + other.square)

    def maps(self, penalties: Sequence[float]) -> list[Float[Tensor, "p k"]]:
        """Return the map for each penalty."""
        shared = len(self.gram) == 1
        sizes, axes = torch.linalg.eigh(self.gram.sum(0))
        turned = axes.T @ (self._of_each_output() if shared else self.cross.sum(0))
        return [axes @ (turned / (sizes.clamp(min=0) + penalty * self.n).unsqueeze(1)) for penalty in penalties]

    def _of_each_output(self) -> Float[Tensor, "p k"]:
        return self.cross.permute(1, 2, 0).flatten(1)

    def error(self, weight: Float[Tensor, "p k"]) -> float:
        """Return the squared error of a map on these windows, a share of the last value's, in the mean over targets.

        By shares, as a target that jumps would else decide for all.
        """
        n_targets = len(self.cross)
        shared = len(self.gram) == 1 and weight.shape[1] == n_targets * self.cross.shape[2]
        each = weight.unflatten(1, (-1, n_targets)).permute(2, 0, 1) if shared else weight.unsqueeze(0)
        missed = (each * (self.gram @ each - 2 * self.cross)).sum((1, 2))
        return 1 + float((missed / self.square.clamp(min=TINY)).mean())


@dataclass(frozen=True)
class Choice:
    """The kind of map and the penalty that forecast the windows held out best.

    Attributes
    ----------
    kind : {"own", "all"}
    penalty : float
    moments : Moments
        Of the windows it is to be solved on.
    """

    kind: str
    penalty: float
    moments: Moments

    def solve(self, n_targets: int) -> LagRidge:
        """Return the map."""
        return LagRidge(self.moments.maps([self.penalty])[0], n_targets=n_targets, kind=self.kind)


@torch.no_grad()
def choose(train: Callable[[], Batches], held: Callable[[], Iterable[Batches]], *, kinds: Sequence[str] = KINDS,
           penalties: Sequence[float] = PENALTIES) -> tuple[Choice, Choice]:
    """Choose the kind of map and the penalty on windows that are held out.

    Parameters
    ----------
    train : callable
        Returns windows in batches (series, known, future); called once a kind.
    held : callable
        Returns consecutive parts of the windows held out, each in batches; called once a kind.
    kinds, penalties : sequence
        What is chosen from; a later kind only if it is clearly better.

    Returns
    -------
    Choice, Choice
        To be solved on `train`, and on both parts.

    Raises
    ------
    ValueError
        A penalty is not above 0.

    Examples
    --------
    >>> import torch
    >>> waves = torch.sin(torch.arange(99.0)[:, None] / 3 + torch.arange(8.0) / 5).unsqueeze(2)
    >>> def part(first, last):
    ...     return [(waves[first:last, :6], torch.zeros(last - first, 0), waves[first:last, 6:])]
    >>> train, _ = choose(lambda: part(0, 60), lambda: [part(60, 80), part(80, 99)], kinds=["own"])
    >>> forecast = train.solve(1)(waves[60:, :6], torch.zeros(39, 0))
    >>> bool((forecast - waves[60:, 6:]).abs().max() < 0.01)
    True
    """
    for penalty in penalties:
        check_positive("penalty", penalty)
    best: tuple[Tensor, Choice, Choice] | None = None
    for kind in kinds:
        seen, parts = Moments.of(kind, train()), [Moments.of(kind, part) for part in held()]
        errors = torch.tensor([[part.error(weight) for part in parts] for weight in seen.maps(penalties)])
        least = int(errors.mean(1).argmin())
        if best is None or _clearly_less(errors[least], best[0]):
            both = sum(parts, start=seen)
            best = errors[least], Choice(kind, penalties[least], seen), Choice(kind, penalties[least], both)
    assert best is not None
    return best[1:]


def _clearly_less(errors: Float[Tensor, " n"], others: Float[Tensor, " n"]) -> bool:
    """Whether errors are smaller by more than a standard error of their differences."""
    gain = others - errors
    return bool(gain.mean() > gain.std() / len(gain) ** 0.5) if len(gain) > 1 else bool(gain.mean() > 0)
