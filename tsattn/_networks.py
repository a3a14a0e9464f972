"""Which network the parameters of an estimator mean, a class a family, for estimators of any task.

To be mixed in before a task's base class. The parameters themselves, which are attributes here, are described where
users meet them: in the classes of a task. `_trained(widths, n_columns, n_outputs)` returns what is trained, with fresh
weights, called as `network(*inputs, lengths=lengths)`: `widths` are the channels of each input (the series, and what is
read beside it, if anything is), `n_columns` the columns that the user's series have.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from torch import nn

from tsattn._checks import check_bool, check_fraction, check_int, check_one_of, draw_seed
from tsattn._choices import ACTIVATIONS, ENCODERS, POOLINGS, TRUNKS, chosen, chosen_or_none
from tsattn._inputs import Prepared
from tsattn.design import (
    Architecture,
    Features,
    ImageRackNetwork,
    RACKNetPlan,
    SeriesRackNetwork,
    image_features,
    racknet,
    series_features,
)
from tsattn.design.plan import RACK_POOLINGS
from tsattn.image.backbones import BACKBONES, Backbone
from tsattn.image.of_images import OfImages
from tsattn.image.slot import BLOCKS
from tsattn.models.joined import Joined
from tsattn.models.lstm_san import LSTMSAN
from tsattn.models.pooled import Pooled
from tsattn.models.sdma import ARCHITECTURES, SDMA
from tsattn.models.xm2a import XM2A
from tsattn.nn.attention import ATTENTION, ChannelsLast, SANBlock
from tsattn.nn.glimpse import GlimpseLSTM
from tsattn.nn.multi_scale import VARIANTS
from tsattn.nn.multi_scale_attention import NORMS, MultiScaleAttention
from tsattn.nn.mutual_attention import Gate, mutual_gate, one_way_gate, sum_gate
from tsattn.nn.recurrent import LSTM, BidirectionalLSTM
from tsattn.nn.sequence import Chain, Encoder
from tsattn.nn.talk import DESCRIPTORS, SOFTMAX_AXES, TALKS
from tsattn.scalespace._ladder import check_ladder_of_octaves

GATES: dict[tuple[str, bool], Gate] = {  # by `gate` and `mutual`
    ("sigmoid", True): mutual_gate, ("sigmoid", False): one_way_gate, ("none", True): sum_gate,
}
SWITCHES = ("absolute", "channel_alignment", "extrema", "smoothing")
WIDEST, DEEPEST, MOST_HEADS, FARTHEST = 2**16, 100, 1000, 1000  # of hidden_size, n_layers, n_heads and dilation
SAN = ("san-c", "san-d")  # of the blocks for images, those that the switches are of


def check_width(hidden_size: Any) -> int:
    """Return `hidden_size`; raise unless it is a number of units that fits a machine."""
    return check_int("hidden_size", hidden_size, maximum=WIDEST)


def check_depth(n_layers: Any) -> int:
    """Return `n_layers`; raise unless it is a number of layers that can be trained."""
    return check_int("n_layers", n_layers, maximum=DEEPEST)


class PooledNetwork:
    """What most families have: features of steps, read by a trunk, pooled over time."""

    trunk: Any
    dropout: float
    pooling: Any

    def _pooled(self, body: nn.Module, n_features: int, n_outputs: int) -> nn.Module:
        return Pooled(body, n_features, n_outputs, pooling=chosen("pooling", self.pooling, POOLINGS),
                      trunk=chosen_or_none("trunk", self.trunk, TRUNKS),
                      dropout=check_fraction("dropout", self.dropout))


class SDMANetwork(PooledNetwork):
    """SDMA, or plain sequence layers where there is no second input."""

    architecture: str
    mutual: bool
    gate: str
    encoder: Any
    hidden_size: int | str
    n_layers: int

    def _trained(self, widths: tuple[int, ...], n_columns: int, n_outputs: int) -> nn.Module:
        check_bool("mutual", self.mutual)
        check_one_of("architecture", self.architecture, ARCHITECTURES)
        encoder = chosen("encoder", self.encoder, ENCODERS)
        hidden = 2 * n_columns if self.hidden_size == "auto" else check_width(self.hidden_size)
        n_layers = check_depth(self.n_layers)
        if len(widths) == 1:
            n_layers = 1 if self.architecture == "single" else n_layers
            body: nn.Module = Chain(*widths, hidden, encoders=[encoder] * n_layers)
        else:
            body = SDMA(*widths, hidden=hidden, architecture=self.architecture, n_layers=n_layers,
                        encoder=encoder, gate=self._gate())
        return self._pooled(body, hidden, n_outputs)

    def _gate(self) -> Gate:
        check_one_of("gate", self.gate, ["sigmoid", "none"])
        if (self.gate, self.mutual) not in GATES:
            raise ValueError(f"gate='none' adds both branches: it needs mutual=True, got mutual={self.mutual!r}")
        return GATES[self.gate, self.mutual]


class XM2ANetwork(PooledNetwork):
    """XM2A on all inputs as channels of one."""

    variant: Any
    talk: Any
    descriptor: Any
    norm: Any
    n_heads: int
    n_units: int
    n_layers: int
    residual: bool
    activation: Any
    softmax_axis: Any
    rescale: bool
    separate_values: bool
    encoder: Any
    hidden_size: int | str

    def _trained(self, widths: tuple[int, ...], n_columns: int, n_outputs: int) -> nn.Module:  # noqa: ARG002 - of all
        width = sum(widths)
        body = XM2A(
            width, hidden=width if self.hidden_size == "auto" else check_width(self.hidden_size),
            encoder=chosen_or_none("encoder", self.encoder, ENCODERS),
            n_layers=check_depth(self.n_layers),
            layer=self._layer(), residual=check_bool("residual", self.residual))
        return self._pooled(Joined(body), body.n_features, n_outputs)

    def _layer(self) -> Any:
        return partial(
            MultiScaleAttention, n_heads=check_int("n_heads", self.n_heads, maximum=MOST_HEADS),
            n_units=check_int("n_units", self.n_units, maximum=WIDEST),
            variant=chosen("variant", self.variant, VARIANTS),
            activation=chosen_or_none("activation", self.activation, ACTIVATIONS),
            descriptor=chosen("descriptor", self.descriptor, DESCRIPTORS), talk=chosen("talk", self.talk, TALKS),
            softmax_axis=chosen("softmax_axis", self.softmax_axis, SOFTMAX_AXES),
            norm=chosen("norm", self.norm, NORMS), rescale=check_bool("rescale", self.rescale),
            separate_values=check_bool("separate_values", self.separate_values))


class LSTMSANNetwork(PooledNetwork):
    """LSTM-SAN on all inputs as channels of one."""

    attention_module: Any
    placement: str
    dilation: int
    hidden_size: int
    n_layers: int
    bidirectional: bool

    def _trained(self, widths: tuple[int, ...], n_columns: int, n_outputs: int) -> nn.Module:  # noqa: ARG002 - of all
        layer: Encoder = BidirectionalLSTM if check_bool("bidirectional", self.bidirectional) else LSTM
        body = LSTMSAN(sum(widths), hidden=check_width(self.hidden_size),
                       n_layers=check_depth(self.n_layers), layer=layer, attended=self._attended(layer),
                       placement=self.placement)
        return self._pooled(Joined(body), body.n_features, n_outputs)

    def _attended(self, layer: Encoder) -> Encoder | None:
        """What builds a layer with attention."""
        switches: Any = {name: check_bool(name, getattr(self, name)) for name in SWITCHES}
        block = partial(SANBlock, dilation=check_int("dilation", self.dilation, maximum=FARTHEST), **switches)
        glimpse = partial(BidirectionalLSTM, layer=GlimpseLSTM) if self.bidirectional else GlimpseLSTM
        others = {name: partial(ChannelsLast, layer=layer, block=ATTENTION[name]) for name in ("se", "cbam", "bam")}
        return chosen_or_none("attention_module", self.attention_module,
                              {"san": partial(ChannelsLast, layer=layer, block=block), "ran": glimpse, **others})


NOTHING_FOUND = Features(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros((0, 1)), np.zeros(0, np.int64))


class Designed:
    """What networks of series and of images have whose shape is read off the training data."""

    check_is_fitted: Callable[[], None]
    dropout: float
    budget: int
    strategy: str
    n_octaves: int | str
    min_features: float
    max_components: int
    rack_pooling: str
    normalise: bool
    recurrent: bool
    random_state: Any
    plan_: RACKNetPlan

    @property
    def architecture_(self) -> Architecture:
        """What the network is built from."""
        self.check_is_fitted()
        return self.plan_.architecture

    def _design(self, find: Callable[[], Features], ndim: int) -> None:
        """Shape the network by features, which take long to find."""
        self.plan_ = self._planner(ndim, draw_seed(self.random_state))(find())

    def _check_design(self) -> None:
        """Raise, naming the parameter, unless a network can be shaped by them."""
        check_bool("normalise", self.normalise)
        check_bool("recurrent", self.recurrent)
        check_ladder_of_octaves(self.n_octaves)
        self._planner(1, 0)(NOTHING_FOUND)

    def _planner(self, ndim: int, seed: int | None) -> Callable[[Features], RACKNetPlan]:
        """What shapes a network by features."""
        return partial(
            racknet, budget=self.budget, strategy=self.strategy, ndim=ndim, min_features=self.min_features,
            max_components=self.max_components,
            pooling=check_one_of("rack_pooling", self.rack_pooling, RACK_POOLINGS), dropout=self.dropout,
            random_state=seed)


class RACKNetNetwork(Designed):
    """Racks of convolutions, as many and as wide as the training series say, on all inputs as channels of one."""

    pooling: Any
    proportions: int

    def _check_parameters(self) -> None:
        super()._check_parameters()  # type: ignore[misc] # of a task's base class
        chosen("pooling", self.pooling, POOLINGS)
        check_int("proportions", self.proportions, minimum=0)
        self._check_design()

    def _study(self, prepared: Prepared) -> None:
        series = prepared.series
        self._design(partial(series_features, series.values, series.lengths, n_octaves=self.n_octaves), 1)

    def _trained(self, widths: tuple[int, ...], n_columns: int, n_outputs: int) -> nn.Module:  # noqa: ARG002 - of all
        body = SeriesRackNetwork(self.plan_.architecture, sum(widths), normalise=self.normalise,
                                 recurrent=self.recurrent)
        return Pooled(Joined(body), body.n_features, n_outputs, pooling=chosen("pooling", self.pooling, POOLINGS))


class RACKNetImageNetwork(Designed):
    """Racks of convolutions, as many and as wide as the training images say; `size` is theirs, height and width."""

    def _check_parameters(self) -> None:
        super()._check_parameters()  # type: ignore[misc] # of a task's base class
        self._check_design()

    def _study(self, X: np.ndarray) -> None:
        self._design(partial(image_features, X, n_octaves=self.n_octaves), 2)

    def _trained(self, size: tuple[int, int], n_channels: int, n_outputs: int) -> nn.Module:
        body = ImageRackNetwork(self.plan_.architecture, n_channels, size, normalise=self.normalise,
                                recurrent=self.recurrent)
        return OfImages(body, n_outputs)


class ImageNetwork:
    """A network of images, with attention at its layers; `size` is theirs, height and width."""

    backbone: Any
    attention: Any
    placement: str
    residual: bool | str
    mask_activation: Any
    dropout: float

    def _trained(self, size: tuple[int, int], n_channels: int, n_outputs: int) -> nn.Module:
        backbone = Backbone(self.backbone) if callable(self.backbone) else \
            chosen("backbone", self.backbone, BACKBONES)
        if isinstance(self.backbone, nn.Module):
            raise TypeError("backbone must build a network, got one that is built, "
                            f"{type(self.backbone).__name__}: pass its class, or a function")
        body = backbone.make(n_channels, size, attention=self._block(backbone), placement=self.placement)
        if not isinstance(getattr(body, "n_features", None), int):
            raise TypeError(f"backbone must build a module with an attribute n_features, got {type(body).__name__} "
                            "without")
        return OfImages(body, n_outputs, dropout=check_fraction("dropout", self.dropout))

    def _block(self, backbone: Backbone) -> Any:
        """What builds a block of attention of this network."""
        switches: Any = {name: check_bool(name, getattr(self, name)) for name in SWITCHES}
        as_backbone = isinstance(self.residual, str) and self.residual == "auto"
        switches["residual"] = backbone.residual if as_backbone else \
            check_bool("residual", self.residual, "True, False or 'auto'")
        activation = chosen_or_none("mask_activation", self.mask_activation, ACTIVATIONS)
        blocks: dict[str, Any] = dict(BLOCKS)
        blocks |= {name: partial(blocks[name], width=backbone.width, activation=activation, **switches) for name in SAN}
        return chosen_or_none("attention", self.attention, blocks)
