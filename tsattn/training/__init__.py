"""One training loop for every network: what to feed it, how to train, what comes back."""

from tsattn.training.augment import ChannelDrop, Crop, Jitter, Mixup, Scaling, Shift, TimeWarp
from tsattn.training.augment_images import Flip, Translate
from tsattn.training.config import STANDARD, STRONG, Training, check_training
from tsattn.training.data import Batch, Sequences
from tsattn.training.loop import fit_network, predict_network
from tsattn.training.losses import Pinball, absolute_error, accuracy, cross_entropy, squared_error
from tsattn.training.run import Fitted

__all__ = [
    "STANDARD", "STRONG", "Batch", "ChannelDrop", "Crop", "Fitted", "Flip", "Jitter", "Mixup", "Pinball", "Scaling",
    "Sequences", "Shift", "TimeWarp", "Training", "Translate", "absolute_error", "accuracy", "check_training",
    "cross_entropy", "fit_network", "predict_network", "squared_error",
]
