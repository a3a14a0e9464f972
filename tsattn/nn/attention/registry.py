"""Blocks of attention by name, for features of any number and rank."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tsattn.nn.attention.bam import BAM
from tsattn.nn.attention.block import AttentionBlock
from tsattn.nn.attention.cbam import CBAM
from tsattn.nn.attention.scale_space import SANBlock
from tsattn.nn.attention.squeeze_excitation import SqueezeExcitation

UNITS = 4  # hidden ones that a block of few channels is left: of fewer, a ReLU may shut all for every sample


def with_units(block: Callable[..., AttentionBlock], n_features: int, **options: Any) -> AttentionBlock:
    """Build a block with a reduction of 16, as published, or with one that leaves `UNITS` hidden units."""
    return block(n_features, reduction=min(16, max(n_features // UNITS, 1)), **options)


ATTENTION: Mapping[str, Callable[..., AttentionBlock]] = {  # by name: block(n_features, ndim=1, **options)
    "san-c": SANBlock,
    "san-d": partial(SANBlock, dilation=2),
    "se": partial(with_units, SqueezeExcitation),
    "cbam": partial(with_units, CBAM),
    "bam": partial(with_units, BAM),
}
