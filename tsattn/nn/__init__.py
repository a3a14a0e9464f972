"""Layers, one idea a file: (batch, time, channel) in and out, masks for the steps beyond a series' end."""

from tsattn.nn.additive_attention import AdditiveAttention
from tsattn.nn.attention import (
    ATTENTION,
    BAM,
    CBAM,
    Attended,
    AttentionBlock,
    ChannelsLast,
    SANBlock,
    SqueezeExcitation,
)
from tsattn.nn.cross_talk import cross_talk
from tsattn.nn.dropout import Dropout, Stochastic, bind
from tsattn.nn.glimpse import GlimpseLSTM
from tsattn.nn.initialise import build
from tsattn.nn.mask import valid_steps
from tsattn.nn.multi_scale_attention import MultiScaleAttention

__all__ = [
    "ATTENTION",
    "BAM",
    "CBAM",
    "AdditiveAttention",
    "Attended",
    "AttentionBlock",
    "ChannelsLast",
    "Dropout",
    "GlimpseLSTM",
    "MultiScaleAttention",
    "SANBlock",
    "SqueezeExcitation",
    "Stochastic",
    "bind",
    "build",
    "cross_talk",
    "valid_steps",
]
