"""What the words of an estimator's parameters stand for."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sktime.transformations.base import BaseTransformer
from torch import nn

from tsattn._checks import check_one_of
from tsattn.nn.convolution import Convolution
from tsattn.nn.pooling import Attention, Last, MeanMax
from tsattn.nn.recurrent import LSTM, BidirectionalLSTM
from tsattn.nn.residual import ResidualTrunk, Trunk
from tsattn.nn.sequence import Chain
from tsattn.transformations import ScaleSpaceChannels, UVTFSaliency

ENCODERS: dict[str, Callable[[int, int], nn.Module]] = {
    "lstm": LSTM,
    "bilstm": BidirectionalLSTM,
    "convolution": partial(Convolution, width=5, activation=False),  # a gate's argument has both signs
    "conv-bilstm": partial(Chain, encoders=(partial(Convolution, width=7), BidirectionalLSTM)),
}
TRUNKS: dict[str, Trunk] = {"residual": ResidualTrunk}
POOLINGS: dict[str, Callable[[int], nn.Module]] = {"last": Last, "mean-max": MeanMax, "attention": Attention}
LADDER = (0.0, 0.7, 1.4, 2.8, 5.6, 11.2)  # wider than the transformer's own, which validation parts favoured less
SALIENCIES: dict[str, Callable[[], BaseTransformer]] = {
    "channels": partial(ScaleSpaceChannels, sigmas=LADDER), "events": UVTFSaliency,
}


def chosen(name: str, value: Any, choices: Mapping[str, Any]) -> Any:
    """What a name stands for, or the callable itself."""
    return value if callable(value) else choices[check_one_of(name, value, choices)]
