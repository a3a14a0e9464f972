"""Temporal scale space as sktime transformers: dense bands, saliency series, events and their features."""

from tsattn.transformations.channels import ScaleSpaceChannels
from tsattn.transformations.events import UVTFEvents
from tsattn.transformations.saliency import UVTFSaliency

__all__ = ["ScaleSpaceChannels", "UVTFEvents", "UVTFSaliency"]
