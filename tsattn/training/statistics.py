"""Statistics of batch normalisation for weights that are judged or kept.

What training leaves is a mean over the last few batches, each of other weights: after a few steps of a deep network, or
for weights that are averages, evaluation may then have nothing to do with training. Izmailov et al., "Averaging weights
leads to wider optima", UAI 2018, section 3.2, therefore take statistics anew in a pass over the training data.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from torch import nn

from tsattn.nn.convolution import BatchNorm
from tsattn.nn.dropout import Stochastic

AnyBatchNorm = BatchNorm | nn.modules.batchnorm._BatchNorm  # this library's, or torch's
ENOUGH = 50  # batches, at most: a running mean of momentum 0.1 is no surer than the mean of 19


def in_training_but_for_draws(network: nn.Module) -> list[AnyBatchNorm]:
    """Put a network into training mode without its dropout; the batch normalisations that then learn statistics.

    Values spread wider with dropout than they do when the network is asked. A norm that a network keeps in evaluation
    mode, frozen, stays as it is.
    """
    network.train()
    for module in network.modules():
        if isinstance(module, Stochastic):
            module.eval()
    return [module for module in network.modules()
            if isinstance(module, AnyBatchNorm) and module.training and module.running_mean is not None]


@contextmanager
def means_over_calls(norms: list[AnyBatchNorm]) -> Iterator[None]:
    """Within it, running statistics are plain means over the calls of each norm; what was there before is forgotten.

    Examples
    --------
    >>> import torch
    >>> norm = BatchNorm(1)
    >>> with means_over_calls([norm]):
    ...     for value in (3.0, 5.0, 10.0):
    ...         said = norm(torch.full((2, 4, 1), value), torch.tensor([4, 4]))
    >>> norm.running_mean, norm.momentum
    (tensor([6.]), 0.1)
    """
    with ExitStack() as undone:
        for norm in norms:
            undone.enter_context(_mean_over_calls(norm))
        yield


@contextmanager
def _mean_over_calls(norm: AnyBatchNorm) -> Iterator[None]:
    before, n_calls = norm.momentum, 0

    def count(*_: object) -> None:
        nonlocal n_calls
        n_calls += 1
        norm.momentum = 1 / n_calls

    hook = norm.register_forward_pre_hook(count)
    try:
        yield
    finally:
        hook.remove()
        norm.momentum = before
