"""Learning rates as a function of the step alone, so that a resumed run goes on exactly; and the optimisers.

One cycle: Smith & Topin, "Super-convergence", 2018. Cosine: Loshchilov & Hutter, "SGDR", ICLR 2017, without restarts.
"""

import math
from collections.abc import Callable

import torch
from torch import nn

START, END = 1 / 25, 1e-4  # of the peak: where one cycle begins, and where it ends


def _half_cosine(progress: float, start: float, end: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2


def one_cycle(progress: float, warmup: float) -> float:
    """Rise from 1/25 to 1 during the first `warmup` of training, then fall to 1e-4, both along half a cosine."""
    if progress < warmup:
        return _half_cosine(progress / warmup, START, 1.0)
    return _half_cosine((progress - warmup) / (1 - warmup), 1.0, END)


def cosine(progress: float, warmup: float) -> float:
    """Rise in a straight line from 1/25 to 1 during the first `warmup`, then fall to 0 along half a cosine."""
    if progress < warmup:
        return START + (1 - START) * progress / warmup
    return _half_cosine((progress - warmup) / (1 - warmup), 1.0, 0.0)


def constant(progress: float, warmup: float) -> float:  # noqa: ARG001
    """Always 1."""
    return 1.0


SCHEDULES: dict[str, Callable[[float, float], float]] = {
    "one-cycle": one_cycle, "cosine": cosine, "constant": constant}


def make_optimizer(name: str, network: nn.Module, lr: float, weight_decay: float) -> torch.optim.Optimizer:
    """Make an optimiser over a network's parameters. Weights decay; biases and scales (one axis or none) do not.

    RMSprop has rho 0.9 and epsilon 1e-7, Keras' defaults; stochastic gradient descent a Nesterov momentum of 0.9.
    """
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {"params": [parameter for parameter in trained if parameter.ndim > 1], "weight_decay": weight_decay},
        {"params": [parameter for parameter in trained if parameter.ndim <= 1], "weight_decay": 0.0},
    ]
    return OPTIMIZERS[name]([group for group in groups if group["params"]] or groups, lr)


OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    # fused: one call for all parameters; a small network's step costs more in calls than in arithmetic
    "adamw": lambda groups, lr: torch.optim.AdamW(groups, lr, fused=True),
    "adam": lambda groups, lr: torch.optim.Adam(groups, lr, fused=True),
    "sgd": lambda groups, lr: torch.optim.SGD(groups, lr, momentum=0.9, nesterov=True, fused=True),
    "rmsprop": lambda groups, lr: torch.optim.RMSprop(groups, lr, alpha=0.9, eps=1e-7),
}
