"""Layers, one idea a file: (batch, time, channel) in and out, masks for the steps beyond a series' end."""

from tsattn.nn.additive_attention import AdditiveAttention
from tsattn.nn.bam import BAM
from tsattn.nn.cbam import CBAM
from tsattn.nn.cross_talk import cross_talk
from tsattn.nn.dropout import Dropout, Stochastic, bind
from tsattn.nn.glimpse import GlimpseLSTM
from tsattn.nn.initialise import build
from tsattn.nn.mask import valid_steps
from tsattn.nn.multi_scale_attention import MultiScaleAttention
from tsattn.nn.scale_attention import SANBlock
from tsattn.nn.squeeze_excitation import SqueezeExcitation

__all__ = [
    "BAM",
    "CBAM",
    "AdditiveAttention",
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
