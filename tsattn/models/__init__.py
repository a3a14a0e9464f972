"""Networks of series, one paper a file: (batch, time, channel) and lengths in, features out; heads are separate."""

from tsattn.models.pooled import Pooled
from tsattn.models.sdma import SDMA

__all__ = ["SDMA", "Pooled"]
