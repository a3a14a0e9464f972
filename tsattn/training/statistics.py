"""Statistics of batch normalisation for weights that are kept.

What training leaves is a mean over the last few batches, each of other weights; after a few steps of a deep network, or
with weights that are averages, evaluation may then have nothing to do with training. Izmailov et al., "Averaging
weights leads to wider optima", UAI 2018, section 3.2, therefore take statistics anew in a pass over the training data;
Wu & Johnson, "Rethinking 'batch' in BatchNorm", arXiv:2105.07576, section 3, find a few thousand examples enough.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import nn

from tsattn.nn.convolution import BatchNorm

Normalisation = BatchNorm | nn.modules.batchnorm._BatchNorm  # this library's, or torch's
ENOUGH = 50  # batches that statistics are means over, at most


def batch_norms(network: nn.Module) -> list[Normalisation]:
    """The layers of a network that keep running statistics."""
    return [module for module in network.modules() if isinstance(module, Normalisation)]


@contextmanager
def taken_anew(norms: list[Normalisation]) -> Iterator[Callable[[], None]]:
    """Within it, running statistics are plain means over the batches seen, each begun by calling what is yielded.

    The layers are in training mode then, whatever the rest of the network is in, and in evaluation mode afterwards.

    Examples
    --------
    >>> import torch
    >>> norm = BatchNorm(1)
    >>> with taken_anew([norm]) as begin_batch:
    ...     for value in (3.0, 5.0, 10.0):
    ...         begin_batch()
    ...         said = norm(torch.full((2, 4, 1), value), torch.tensor([4, 4]))
    >>> norm.running_mean, norm.momentum, norm.training
    (tensor([6.]), 0.1, False)
    """
    before = [norm.momentum for norm in norms]
    n_begun = 0

    def begin_batch() -> None:
        nonlocal n_begun
        n_begun += 1
        for norm in norms:
            norm.momentum = 1 / n_begun

    for norm in norms:
        norm.train()
    try:
        yield begin_batch
    finally:
        for norm, momentum in zip(norms, before, strict=True):
            norm.momentum = momentum
            norm.eval()
