"""A rack as one recurrent convolution layer, whose iterations have as many kernels as the rack's layers.

Liang & Hu, "Recurrent convolutional neural network for object recognition", CVPR 2015, equation 1-2: with u what the
layer reads, the same at each iteration,

    x_1 = f(W * u),    x_t = f(W * u + R * x_{t-1})

Garg & Candan, "RACKNet", ICMR 2019; Garg's dissertation (Arizona State University, 2020), 3.4.6.2, let iterations
differ in their number of kernels. Where they do not, W and R are those of the iteration before; where they do, a kernel
l of W_t is the one of W_{t-1} that is most similar to it,

    W_t[l] = W_{t-1}[mu(l)],    mu(l) = argmax_h cos(W_{t-1}[h], K_t[l])

The map is found anew at each pass. Gradients follow it to W_{t-1}, and reach K_t too, which thereby goes on saying what
the kernel would have become: else a map could not change by it. Differs: that the source's layers of a rack are
iterations is our reading of it; R is an iteration's own where counts change; a bias is W's in the first iteration and
R's in the others, where theirs is one; kernels of unlike edges are compared about their middles.
"""

from collections.abc import Iterator
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn.design.layers import Finish, Lengths, Space, kernels
from tsattn.design.plan import Layer
from tsattn.nn.rank import CONVOLVE


def most_similar(upstream: Float[Tensor, "h *k"], own: Float[Tensor, "l *k"]) -> Int[Tensor, " l"]:
    """Return, for each kernel, the one upstream with the largest cosine.

    Examples
    --------
    >>> import torch
    >>> most_similar(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[0.1, 3.0], [2.0, 1.0], [0.0, 1.0]]))
    tensor([1, 0, 1])
    """
    sides = (nn.functional.normalize(side.detach().flatten(1), dim=1) for side in (own, upstream))
    one, other = sides
    return (one @ other.mT).argmax(1)


def resized(weight: Float[Tensor, "l c *e"], edge: int) -> Float[Tensor, "l c *f"]:
    """Kernels of another edge: zeros about their middle, or their middle alone.

    Examples
    --------
    >>> import torch
    >>> resized(torch.ones(1, 1, 3), 5).tolist(), resized(torch.arange(5.0).view(1, 1, 5), 3).tolist()
    ([[[0.0, 1.0, 1.0, 1.0, 0.0]]], [[[1.0, 2.0, 3.0]]])
    """
    more = (edge - weight.shape[-1]) // 2
    return nn.functional.pad(weight, (more, more) * (weight.ndim - 2)) if more else weight


class RecurrentRack(nn.Module):
    """The layers of a rack as iterations of one recurrent layer; see this file's head.

    Parameters
    ----------
    n_inputs, layers, ndim, normalise
        As for `tsattn.design.network.Rack`.

    Examples
    --------
    >>> import torch
    >>> rack = RecurrentRack(3, (Layer(4), Layer(4), Layer(6)), ndim=1, normalise=False)
    >>> rack(torch.zeros(2, 3, 11), torch.tensor([11, 4])).shape, len(rack.feed), len(rack.back)
    (torch.Size([2, 6, 11]), 2, 2)
    """

    def __init__(self, n_inputs: int, layers: tuple[Layer, ...], *, ndim: int, normalise: bool) -> None:
        super().__init__()
        self.layers, self.ndim = layers, ndim
        before = [None, *layers]
        # new kernels, and a new recurrence, where an iteration is not as the one before
        self.feed = nn.ModuleList(kernels(n_inputs, layer, ndim, bias=not normalise and last is None)
                                  for last, layer in zip(before, layers, strict=False)
                                  if last is None or last.kernels != layer.kernels)
        self.back = nn.ModuleList(kernels(layers[t - 1].kernels, layers[t], ndim, bias=not normalise)
                                  for t in range(1, len(layers)) if not self._as_before(t))
        self.finishes = nn.ModuleList(Finish(layer.kernels, ndim, normalise=normalise) for layer in layers)

    def _as_before(self, t: int) -> bool:
        """Whether iteration t, from 0, goes from as many kernels to as many, of the same edge, as the one before."""
        return t > 1 and self.layers[t - 2].kernels == self.layers[t - 1].kernels and \
            self.layers[t - 1] == self.layers[t]

    def forward(self, u: Space, lengths: Lengths) -> Space:
        """Return the last iteration's features."""
        feed: Iterator[Any] = iter(self.feed)
        back: Iterator[Any] = iter(self.back)
        first, recurrence = next(feed), None
        weight, bias = first.weight, first.bias
        x: Tensor = self.finishes[0](self._convolve(u, weight, bias), lengths)
        for t in range(1, len(self.layers)):
            layer = self.layers[t]
            if layer.kernels != self.layers[t - 1].kernels:
                own = next(feed).weight
                upstream = resized(weight, layer.edge)
                weight = upstream[most_similar(upstream, own)] + (own - own.detach())
            if not self._as_before(t):
                recurrence = next(back)
            assert recurrence is not None
            drive = self._convolve(u, resized(weight, layer.edge), None)
            x = self.finishes[t](drive + recurrence(x), lengths)
        return x

    def _convolve(self, u: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        found: Tensor = CONVOLVE[self.ndim](u, weight, bias, padding=weight.shape[-1] // 2)
        return found
