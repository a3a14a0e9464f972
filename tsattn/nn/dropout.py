"""Dropout that draws from a generator handed in.

Srivastava et al., "Dropout", JMLR 2014; whole channels at once: Tompson et al., "Efficient object localization using
convolutional networks", CVPR 2015. Differs from torch's own: that one draws from the global generator, which every
thread of a process shares, so that two fits side by side disturb each other.
"""

import torch
from torch import Tensor, nn

from tsattn._checks import check_fraction


class Stochastic(nn.Module):
    """A layer that draws while it trains; `bind` sets its `generator`.

    Examples
    --------
    A layer of your own draws from its source, and so repeats with the generator:

    >>> import torch
    >>> class Noise(Stochastic):
    ...     def forward(self, x):
    ...         return x + torch.randn(x.shape, generator=self.source()) if self.training else x
    >>> layer, noise = Noise(), []
    >>> for _ in range(2):
    ...     bind(layer, torch.Generator().manual_seed(0))
    ...     noise.append(layer(torch.zeros(3)))
    >>> torch.equal(*noise)
    True
    """

    generator: torch.Generator | None = None

    def source(self) -> torch.Generator:
        """The generator to draw from; raises where none is bound."""
        if self.generator is None:
            raise RuntimeError(f"{type(self).__name__} draws while it trains, and has no generator: "
                               "call tsattn.nn.bind(network, generator) first, or network.eval()")
        return self.generator


class Dropout(Stochastic):
    """Set elements, or whole channels, to zero while training, and scale the rest by 1 / (1 - p).

    Parameters
    ----------
    p : float
        Chance of each element, or channel, to become zero; in [0, 1).
    channelwise : bool, default=False
        One draw for each series and channel of a (batch, time, channel) tensor, held over time.

    Raises
    ------
    ValueError
        `p` lies outside [0, 1).
    RuntimeError
        The layer trains without a generator; see `bind`.

    Examples
    --------
    >>> import torch
    >>> layer = Dropout(0.5)
    >>> bind(layer, torch.Generator().manual_seed(0))
    >>> sorted(set(layer(torch.ones(100)).tolist()))
    [0.0, 2.0]
    """

    def __init__(self, p: float, channelwise: bool = False):
        super().__init__()
        self.p = check_fraction("p", p)
        self.channelwise = channelwise

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        shape = (x.shape[0], *[1] * (x.ndim - 2), x.shape[-1]) if self.channelwise else x.shape
        keep = 1 - self.p
        return x * x.new_empty(shape).bernoulli_(keep, generator=self.source()).div_(keep)

    def extra_repr(self) -> str:
        return f"p={self.p}, channelwise={self.channelwise}"


def bind(network: nn.Module, generator: torch.Generator | None) -> None:
    """Make every stochastic layer of `network` draw from `generator` (None: from nothing; they then only predict).

    Raises
    ------
    TypeError
        A layer of the network draws from the global generator, and no argument of ours can change that: torch's own
        dropout, or a recurrent layer or an attention with a `dropout` of its own.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> bind(nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5)), torch.Generator())
    Traceback (most recent call last):
    TypeError: 1 (Dropout) draws from torch's global generator: use tsattn.nn.Dropout in its place
    """
    for name, module in network.named_modules():
        if isinstance(module, Stochastic):
            module.generator = generator
        elif draws_globally(module):
            raise TypeError(f"{name or 'the network'} ({type(module).__name__}) draws from torch's global generator: "
                            "use tsattn.nn.Dropout in its place")


def draws_globally(module: nn.Module) -> bool:
    """Whether a torch layer draws from the global generator while it trains."""
    if isinstance(module, nn.modules.dropout._DropoutNd):
        return module.p > 0
    if isinstance(module, nn.RNNBase | nn.MultiheadAttention):
        return module.dropout > 0
    return isinstance(module, nn.RReLU | nn.FractionalMaxPool2d | nn.FractionalMaxPool3d)
