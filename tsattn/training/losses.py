"""What training lowers, one value a series: `loss(output, target, label_smoothing) -> (batch,)`; and what it watches.

The loop takes the mean over a batch, by the series' weights where there are any.
"""

from dataclasses import dataclass

from jaxtyping import Float, Int, Num
from torch import Tensor
from torch.nn import functional


def cross_entropy(
    output: Float[Tensor, "b k"], target: Int[Tensor, " b"] | Float[Tensor, "b k"], label_smoothing: float = 0.0
) -> Float[Tensor, " b"]:
    """Cross entropy of the softmax of logits: -sum_k t_k log p_k.

    Label smoothing (Szegedy et al., CVPR 2016) replaces the target t by (1 - s) t + s / n_classes.

    Parameters
    ----------
    output : Tensor, (batch, n_classes)
    target : Tensor, (batch,) of class codes or (batch, n_classes) of shares
    label_smoothing : float, default=0.0

    Returns
    -------
    Tensor, (batch,)

    Examples
    --------
    >>> import torch
    >>> cross_entropy(torch.zeros(1, 4), torch.tensor([2]))
    tensor([1.3863])
    """
    return functional.cross_entropy(output, target, reduction="none", label_smoothing=label_smoothing)


def squared_error(
    output: Float[Tensor, "b *rest"], target: Num[Tensor, "b *flat_or_rest"], label_smoothing: float = 0.0  # noqa: ARG001
) -> Float[Tensor, " b"]:
    """Mean squared error of each series, over all its outputs. Label smoothing has no meaning here.

    Examples
    --------
    >>> import torch
    >>> squared_error(torch.zeros(2, 2), torch.tensor([[1.0, 2.0], [3.0, 1.0]]))
    tensor([2.5000, 5.0000])
    """
    return _mean_rest((output - target.view_as(output)).square())


def absolute_error(
    output: Float[Tensor, "b *rest"], target: Num[Tensor, "b *flat_or_rest"], label_smoothing: float = 0.0  # noqa: ARG001
) -> Float[Tensor, " b"]:
    """Mean absolute error of each series, over all its outputs. Label smoothing has no meaning here.

    Examples
    --------
    >>> import torch
    >>> absolute_error(torch.zeros(2, 2), torch.tensor([[1.0, -2.0], [3.0, 1.0]]))
    tensor([1.5000, 2.0000])
    """
    return _mean_rest((output - target.view_as(output)).abs())


@dataclass(frozen=True)
class Pinball:
    """Mean quantile loss of each series, over its targets and the levels: max(p e, (p - 1) e), with e target - output.

    Koenker & Bassett, "Regression quantiles", Econometrica 46, 1978: what it is least for is the quantile at level p.

    Parameters
    ----------
    levels : tuple of float
        From 0 to 1; a target's outputs, one for each level, stand side by side.

    Examples
    --------
    >>> import torch
    >>> Pinball((0.1, 0.5))(torch.tensor([[1.0, 1.0, 4.0, 4.0]]), torch.tensor([[3.0, 2.0]]))
    tensor([1.])
    """

    levels: tuple[float, ...]

    def __call__(
        self, output: Float[Tensor, "b k"], target: Num[Tensor, "b *flat_or_rest"], label_smoothing: float = 0.0  # noqa: ARG002
    ) -> Float[Tensor, " b"]:
        """Return the loss of each series. Label smoothing has no meaning here."""
        said = output.unflatten(1, (-1, len(self.levels)))
        error = target.view_as(said[..., 0]).unsqueeze(-1) - said
        level = output.new_tensor(self.levels)
        return _mean_rest((level * error).maximum((level - 1) * error))


def accuracy(output: Float[Tensor, "b k"], target: Int[Tensor, " b"]) -> Float[Tensor, " b"]:
    """1 where the greatest logit is the target's class, else 0; (batch,).

    Examples
    --------
    >>> import torch
    >>> accuracy(torch.tensor([[0.1, 0.9], [0.8, 0.2]]), torch.tensor([1, 1]))
    tensor([1., 0.])
    """
    return (output.argmax(-1) == target).float()


def _mean_rest(errors: Float[Tensor, "b *rest"]) -> Float[Tensor, " b"]:
    return errors.flatten(1).mean(-1) if errors.ndim > 1 else errors
