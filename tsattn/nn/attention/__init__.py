"""Blocks of attention, one a file, of any rank; where they stand, and what they are called."""

from tsattn.nn.attention.bam import BAM
from tsattn.nn.attention.block import AttentionBlock
from tsattn.nn.attention.cbam import CBAM
from tsattn.nn.attention.host import Attended, ChannelsLast
from tsattn.nn.attention.registry import ATTENTION
from tsattn.nn.attention.scale_space import SANBlock
from tsattn.nn.attention.squeeze_excitation import SqueezeExcitation

__all__ = ["ATTENTION", "BAM", "CBAM", "Attended", "AttentionBlock", "ChannelsLast", "SANBlock", "SqueezeExcitation"]
