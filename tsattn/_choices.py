"""What the words of an estimator's parameters stand for."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from sktime.transformations.base import BaseTransformer
from torch import Tensor, nn
from torch.nn.functional import gelu, silu

from tsattn._checks import check_one_of
from tsattn.nn.attention import ATTENTION, ChannelsLast
from tsattn.nn.convolution import Convolution
from tsattn.nn.pooling import Attention, Flatten, Last, MeanMax
from tsattn.nn.recurrent import LSTM, BidirectionalLSTM, LSTMTrunk
from tsattn.nn.residual import ResidualTrunk, Trunk
from tsattn.nn.sequence import Chain
from tsattn.training import absolute_error, squared_error
from tsattn.transformations import ScaleSpaceChannels, UVTFSaliency

ENCODERS: dict[str, Callable[[int, int], nn.Module]] = {
    "lstm": LSTM,
    "bilstm": BidirectionalLSTM,
    "convolution": partial(Convolution, width=5, activation=False),  # a gate's argument has both signs
    "linear": partial(Convolution, width=1, activation=False),
    "conv-bilstm": partial(Chain, encoders=(partial(Convolution, width=7), BidirectionalLSTM)),
    **{f"lstm-{name}": partial(ChannelsLast, block=block) for name, block in ATTENTION.items()},
}
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu, "gelu": gelu, "silu": silu, "tanh": torch.tanh,
}
TRUNKS: dict[str, Trunk] = {"residual": ResidualTrunk, "lstm": LSTMTrunk}
POOLINGS: dict[str, Callable[[int], nn.Module]] = {
    "last": Last, "mean-max": MeanMax, "attention": Attention, "flatten": Flatten,
}
LOSSES = {"squared": squared_error, "absolute": absolute_error}  # of values
LADDER = (0.0, 0.7, 1.4, 2.8, 5.6, 11.2)  # wider than the transformer's own, which validation parts favoured less
SALIENCIES: dict[str, Callable[[], BaseTransformer]] = {
    "channels": partial(ScaleSpaceChannels, sigmas=LADDER), "events": UVTFSaliency,
}


def chosen(name: str, value: Any, choices: Mapping[str, Any]) -> Any:
    """What a name stands for; or the value itself, if it is of the kind that names stand for: a callable, a record."""
    one = next(iter(choices.values()))
    fits = callable(value) if callable(one) else isinstance(value, type(one))
    return value if fits else choices[check_one_of(name, value, choices)]


def chosen_or_none(name: str, value: Any, choices: Mapping[str, Any]) -> Any:
    """As `chosen`, with None for nothing."""
    return None if value is None else chosen(name, value, choices)
