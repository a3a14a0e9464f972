"""Layers, one idea a file: (batch, time, channel) in and out, masks for the steps beyond a series' end."""

from tsattn.nn.additive_attention import AdditiveAttention
from tsattn.nn.dropout import Dropout, Stochastic, bind
from tsattn.nn.initialise import build
from tsattn.nn.mask import valid_steps
from tsattn.nn.multi_scale_attention import MultiScaleAttention

__all__ = ["AdditiveAttention", "Dropout", "MultiScaleAttention", "Stochastic", "bind", "build", "valid_steps"]
