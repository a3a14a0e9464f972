"""Networks of series, one paper a file: (batch, time, channel) and lengths in, features out; heads are separate."""

from tsattn.models.joined import Joined
from tsattn.models.lstm_san import LSTMSAN
from tsattn.models.pooled import Pooled
from tsattn.models.sdma import SDMA
from tsattn.models.seq2seq import Seq2Seq
from tsattn.models.xm2a import XM2A

__all__ = ["LSTMSAN", "SDMA", "XM2A", "Joined", "Pooled", "Seq2Seq"]
