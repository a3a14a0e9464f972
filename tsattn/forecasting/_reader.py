"""From windows of rows to what a network reads, and to the unit of what it says."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from tsattn._inputs import plain_frame
from tsattn._panel import Panel
from tsattn.nn.lag_ridge import LagRidge
from tsattn.training.windows import Reading
from tsattn.transformations._base import PanelTransformer

FLOOR = 0.1  # of the rows' unit: a window that varies less is not blown up to vary as much


@dataclass(frozen=True)
class Reader:
    """What was learned about windows; called with a batch of them.

    Attributes
    ----------
    n_targets : int
        The first columns of a row.
    within : bool
        Whether a network reads each window in units of its own.
    saliency : transformer or None
        Fitted; reads the window as the network does.
    saliency_scale : Tensor, (channels,)
        What its outputs are divided by.
    linear : LagRidge or None
        The forecast that the network adds to; None for the last value.
    spread : Tensor, (ahead, targets)
        Root mean square of what it leaves, in units of the window.
    """

    n_targets: int
    within: bool
    saliency: Any
    saliency_scale: Tensor
    linear: LagRidge | None
    spread: Tensor

    def __call__(self, series: Float[Tensor, "b t c"], known: Float[Tensor, "b a k"]) -> Reading:
        """Return the network's inputs, the forecast without it, and the unit of its outputs.

        Where the future of columns is known, inputs go on through it: zeros but for these columns, and one more channel
        that is 1 there and 0 before.
        """
        z, scale = self.window(series)
        inputs = [z]
        if self.saliency is not None:
            inputs.append(Salient.apply(z, self) / self.saliency_scale.to(z.device))
        n_known = known.shape[2]
        if n_known:
            ahead = (known - self.centre(series)[..., -n_known:]) / scale[..., -n_known:]
            beyond = torch.cat([z.new_zeros(*ahead.shape[:2], z.shape[2] - n_known), ahead], 2)
            whole = torch.cat([z, beyond], 1)
            flag = torch.cat([torch.zeros_like(z[..., :1]), torch.ones_like(beyond[..., :1])], 1)
            steps = (0, 0, 0, known.shape[1])
            inputs = [torch.cat([whole, flag], 2), *(torch.nn.functional.pad(part, steps) for part in inputs[1:])]
        unit = scale[..., : self.n_targets] * self.spread.to(z.device)
        return Reading(tuple(inputs), self.base(series, known), unit)

    def base(self, series: Float[Tensor, "b t c"], known: Float[Tensor, "b a k"]) -> Float[Tensor, "b h q"]:
        """Return the forecast without the network."""
        if self.linear is None:
            return series[:, -1:, : self.n_targets].expand(-1, len(self.spread), -1)
        forecast: Tensor = self.linear(series, known)
        return forecast

    def centre(self, series: Float[Tensor, "b t c"]) -> Float[Tensor, "b 1 c"]:
        """Return what 0 stands for in each window."""
        return series.mean(1, keepdim=True) if self.within else torch.zeros_like(series[:, :1])

    def window(self, series: Float[Tensor, "b t c"]) -> tuple[Float[Tensor, "b t c"], Float[Tensor, "b 1 c"]]:
        """Return windows in units of their own, and the units."""
        apart = series - self.centre(series)
        if not self.within:
            return apart, torch.ones_like(apart[:, :1])
        scale = (apart.square().mean(1, keepdim=True) + FLOOR**2).sqrt()
        return apart / scale, scale

    def salient(self, z: Float[Tensor, "b t c"]) -> Float[Tensor, "b t s"]:
        """Return the saliency of windows, before its own scaling."""
        n, steps, _ = z.shape
        panel = panel_of(z)
        if isinstance(self.saliency, PanelTransformer):  # ours, without the checks of each call
            found = np.asarray(self.saliency._apply(panel)).transpose(0, 2, 1)
        else:
            found = self.saliency.transform(plain_frame(panel)).to_numpy(dtype=np.float64).reshape(n, steps, -1)
        return torch.from_numpy(np.ascontiguousarray(found)).to(z)


def panel_of(z: Float[Tensor, "b t c"]) -> Panel:
    """Windows as series under numbers."""
    n, steps, width = z.shape
    values = z.detach().cpu().double().numpy().reshape(-1, width)
    return Panel(values, np.full(n, steps), list(range(width)), pd.RangeIndex(n), named=False)


class Salient(torch.autograd.Function):
    """Saliency of windows, with its exact slope where it is linear, and none where it is not."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, reader: Reader) -> Tensor:
        """Return the saliency."""
        ctx.saliency = reader.saliency
        return reader.salient(z)

    @staticmethod
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor | None, None]:
        """Carry slopes back to the windows."""
        if not getattr(ctx.saliency, "linear", False):
            return None, None
        back = ctx.saliency.pull_back(slopes.mT.cpu().double().numpy())
        return torch.from_numpy(np.ascontiguousarray(back)).to(slopes).mT, None
