"""Gaussian scale space of series and images: smoothing, pyramids, keypoints, events and saliency series.

Pure functions. NumPy arrays go through compiled kernels, torch tensors through torch on their device; neither numba
nor torch is imported before it is needed. Positions and sigmas are in input samples, whatever the octave.
"""

from tsattn.scalespace.describe import describe
from tsattn.scalespace.events import Events, events
from tsattn.scalespace.extrema import detect
from tsattn.scalespace.gaussian import blur, gaussian_kernel
from tsattn.scalespace.keypoints import BUMP, DIP, Keypoints
from tsattn.scalespace.octaves import Octave, bands, octaves
from tsattn.scalespace.saliency import saliency_series

__all__ = [
    "BUMP",
    "DIP",
    "Events",
    "Keypoints",
    "Octave",
    "bands",
    "blur",
    "describe",
    "detect",
    "events",
    "gaussian_kernel",
    "octaves",
    "saliency_series",
]
