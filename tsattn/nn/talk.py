"""Who talks to whom in XM2A: heads are described by a query and a key, and queries meet keys in masks.

Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, equations 7.5-7.9
and section 7.6.4.3. With S_h the features of head h, u the unit and t the time:

    q_h[u] = mean_t S_h[u, t]            k_h[t] = mean_u S_h[u, t]            (or the greatest in place of the mean)

    self     M_h = softmax(q_h k_h^T)                                         (7.7)
    scale    M_h = sum over all heads g of softmax(q_h k_g^T)                 (7.8, and the sum in 7.10)
    input    M_h = softmax(q_V k_h^T) + softmax(q_h k_V^T)                    (described in words)

Of the input talk the source says no more than who meets whom; that there is one value V for all heads, a projection of
the input, and that V is what both masks attend, is our reading. Nor does it print along which axis the softmax runs:
time is our reading, an attention over time steps for each unit, and units the other one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tsattn.nn.cross_talk import cross_talk
from tsattn.nn.mask import valid_steps


class Described(NamedTuple):
    """The queries and keys of some heads."""

    query: Float[Tensor, "b h u"]
    key: Float[Tensor, "b h t"]


Descriptor = Callable[[Tensor, Tensor], Described]


def average(features: Float[Tensor, "b h u t"], lengths: Int[Tensor, " b"]) -> Described:
    """Describe heads by means: over the valid steps (equation 7.5), and over the units (7.6)."""
    valid = valid_steps(lengths, features.shape[-1]).to(features.dtype)  # b t
    # a product, not a masked sum: nothing of the features' size is made
    total = (features.flatten(1, 2) @ valid.unsqueeze(-1)).view(features.shape[:-1])  # b h u
    query = total / lengths[:, None, None]
    return Described(query, features.mean(2))


def maximum(features: Float[Tensor, "b h u t"], lengths: Int[Tensor, " b"]) -> Described:
    """Describe heads by the greatest value: over the valid steps, and over the units."""
    valid = valid_steps(lengths, features.shape[-1])[:, None, None]
    return Described(features.masked_fill(~valid, -torch.inf).amax(-1), features.amax(2))


DESCRIPTORS: dict[str, Descriptor] = {"average": average, "max": maximum}


@dataclass(frozen=True)
class SoftmaxAxis:
    """How queries (b, h, u) and keys (b, k, t) make masks (b, h, u, t), summed over the k key heads.

    Parameters
    ----------
    masks : callable
        `masks(query, key, lengths)`.
    size : callable
        `size(query, lengths)`: how many entries share the weight 1, for each series.
    """

    masks: Callable[[Tensor, Tensor, Tensor], Tensor]
    size: Callable[[Tensor, Tensor], Tensor]


def masks_over_units(
    query: Float[Tensor, "b h u"], key: Float[Tensor, "b k t"], lengths: Int[Tensor, " b"]  # noqa: ARG001
) -> Float[Tensor, "b h u t"]:
    """Sum over the key heads of the softmax over units of query times key.

    `cross_talk` with exchanged roles, one head at a time: each keeps no more than its queries and the keys, so that
    this holds no more than the other axis does. Beyond the lengths the masks mean nothing.

    Examples
    --------
    >>> import torch
    >>> masks_over_units(torch.tensor([[[0.0, 3.0]]]).log1p(), torch.ones(1, 2, 1), torch.tensor([1]))
    tensor([[[[0.4000],
              [1.6000]]]])
    """
    return torch.stack([cross_talk(key, of_head).sum(1) for of_head in query.split(1, 1)], 1).mT


def valid_count(query: Float[Tensor, "b h u"], lengths: Int[Tensor, " b"]) -> Int[Tensor, " b"]:  # noqa: ARG001
    """How many steps a series has."""
    return lengths


def unit_count(query: Float[Tensor, "b h u"], lengths: Int[Tensor, " b"]) -> Int[Tensor, " b"]:
    """How many units a head has."""
    return lengths.new_full(lengths.shape, query.shape[-1])


OVER_TIME = SoftmaxAxis(cross_talk, valid_count)
OVER_UNITS = SoftmaxAxis(masks_over_units, unit_count)
SOFTMAX_AXES = {"time": OVER_TIME, "units": OVER_UNITS}


@dataclass(frozen=True)
class Talk:
    """Who attends to whom.

    Parameters
    ----------
    masks : callable
        `masks(heads, value, axis, lengths)`: the heads' descriptors and the value's, a `SoftmaxAxis`, and the lengths;
        returns the sum of the masks of each head, (batch, head, unit, time).
    describes_value : bool, default=False
        Whether there is one value for all heads, made of the input and described by itself.
    """

    masks: Callable[[Described, Described, SoftmaxAxis, Tensor], Tensor]
    describes_value: bool = False


def _each_by_itself(
    query: Float[Tensor, "b h u"], key: Float[Tensor, "b h t"], axis: SoftmaxAxis, lengths: Int[Tensor, " b"]
) -> Float[Tensor, "b h u t"]:
    """Each head's queries meet the keys of the same head only: heads become samples."""
    one_head = query.reshape(-1, 1, query.shape[-1]), key.reshape(-1, 1, key.shape[-1])
    return axis.masks(*one_head, lengths.repeat_interleave(query.shape[1])).view(*query.shape, -1)


def self_masks(
    heads: Described, value: Described, axis: SoftmaxAxis, lengths: Int[Tensor, " b"]  # noqa: ARG001
) -> Float[Tensor, "b h u t"]:
    """Each head's query meets its own key (equation 7.7)."""
    return _each_by_itself(heads.query, heads.key, axis, lengths)


def scale_masks(
    heads: Described, value: Described, axis: SoftmaxAxis, lengths: Int[Tensor, " b"]  # noqa: ARG001
) -> Float[Tensor, "b h u t"]:
    """Each head's query meets the keys of all heads (equation 7.8)."""
    return axis.masks(heads.query, heads.key, lengths)


def input_masks(
    heads: Described, value: Described, axis: SoftmaxAxis, lengths: Int[Tensor, " b"]
) -> Float[Tensor, "b h u t"]:
    """The value's query meets each head's key, and each head's query the value's key."""
    asked = _each_by_itself(value.query.expand_as(heads.query), heads.key, axis, lengths)
    return asked + axis.masks(heads.query, value.key, lengths)


SCALE_TALK, INPUT_TALK, SELF_TALK = Talk(scale_masks), Talk(input_masks, describes_value=True), Talk(self_masks)
TALKS = {"scale": SCALE_TALK, "input": INPUT_TALK, "self": SELF_TALK}
