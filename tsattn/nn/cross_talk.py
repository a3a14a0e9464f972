"""The cross-talk mask of XM2A: each head's queries attend to the time steps by every head's keys.

Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, equations 7.8-7.9:

    M_{h1,h2} = softmax(q_{h1} k_{h2}^T)          Y_{h1} = sum_{h2} M_{h1,h2} * V_{h1} = (sum_{h2} M_{h1,h2}) * V_{h1}

The value does not depend on h2, so that the sum of the masks is all that is needed. Differs: the heads^2 masks are
never formed. One row at a time, or one key head at a time, is computed, added, forgotten, and computed again for the
gradients. The source does not print the softmax's axis; time is our reading.

A logit is a query times a key, and softmax does not see what is added to all logits alike, so the keys are taken less
each head's greatest (for positive queries) or its least (for negative ones) before the product: the exponents of the
large terms are then small numbers, and their rounding does not show, however large the logits are.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from tsattn._threads import over_rows
from tsattn.nn.mask import valid_steps

WORTH_A_THREAD = 1_000_000  # exponentials, 0.3 ms: a pool costs 0.1 ms
LOG2_E = math.log2(math.e)


def cross_talk(query: Tensor, key: Tensor, mask: Tensor | None = None) -> Tensor:
    """Sum over the key heads of the softmax over time of query times key.

    The sum is exact. Time grows with batch x heads x units x key heads x time, memory with the result alone. A sample's
    result does not depend on its batch mates or on what stands beyond its end, to the last bit on the CPU in float32,
    which is the fast path: a compiled kernel on `torch.get_num_threads()` threads. Other types and devices go through
    torch, one key head at a time. Half precision is computed in float32 and rounded.

    Parameters
    ----------
    query : Tensor, (batch, heads, units)
        The queries of every head, in units such that query times key is a logit.
    key : Tensor, (batch, key heads, time)
        The keys. There may be more or fewer key heads than heads.
    mask : Tensor of bool, (batch, time), or of integers, (batch,), or None, default=None
        Which steps are valid, or how many at the beginning of each series; None: all.

    Returns
    -------
    Tensor, (batch, heads, units, time)
        ``sum_k softmax_t(query[b, h, u] * key[b, k, t])``: each row sums to the number of key heads over the valid
        steps, and is zero elsewhere. Differentiable once, in query and key; a second time raises RuntimeError.

    Raises
    ------
    TypeError
        The tensors are not of one floating type, or the mask is neither of bool nor of integers.
    ValueError
        Shapes or devices do not fit together, or a series has no valid step.

    References
    ----------
    Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, equations
    7.8-7.9.

    Examples
    --------
    Two key heads: one prefers the second step three to one, the other prefers none.

    >>> import torch
    >>> key = torch.tensor([[[0.0, 1.0], [0.0, 0.0]]])
    >>> cross_talk(torch.tensor([[[0.0, 3.0]]]).log1p(), key)
    tensor([[[[1.0000, 1.0000],
              [0.7000, 1.3000]]]])
    """
    _check(query, key)
    if query.dtype in (torch.float16, torch.bfloat16):
        return cross_talk(query.float(), key.float(), mask).to(query.dtype)
    lengths, order = _order(mask, key)
    if order is None:
        masks: Tensor = _CrossTalk.apply(query, key, lengths)
        return masks
    masks = _CrossTalk.apply(query, key.gather(-1, order[:, None].expand_as(key)), lengths)
    return masks.gather(-1, order.argsort(-1)[:, None, None].expand_as(masks))


def _check(query: Tensor, key: Tensor) -> None:
    if query.dtype != key.dtype or not query.is_floating_point():
        raise TypeError(f"query and key must be of one floating type, got {query.dtype} and {key.dtype}")
    if query.ndim != 3 or key.ndim != 3 or query.shape[0] != key.shape[0]:
        raise ValueError("query must be (batch, heads, units) and key (batch, heads, time), of one batch, got "
                         f"{tuple(query.shape)} and {tuple(key.shape)}")
    if query.device != key.device:
        raise ValueError(f"query and key must be on one device, got {query.device} and {key.device}")


def _order(mask: Tensor | None, key: Tensor) -> tuple[Tensor, Tensor | None]:
    """How many steps are valid, and the order in which these come first where they do not."""
    batch, n_steps = key.shape[0], key.shape[-1]
    if mask is not None and (mask.is_floating_point() or mask.is_complex()):
        raise TypeError(f"mask must mark valid steps (bool) or count them (integers), got {mask.dtype}")
    order = None
    if mask is None:
        lengths = torch.full((batch,), n_steps, device=key.device)
    elif mask.dtype == torch.bool:
        if mask.shape != (batch, n_steps):
            raise ValueError(f"a mask must be (batch, time) = {(batch, n_steps)}, got {tuple(mask.shape)}")
        valid = mask.to(key.device)
        lengths = valid.sum(-1)
        if not torch.equal(valid, valid_steps(lengths, n_steps)):
            order = valid.byte().argsort(dim=-1, descending=True, stable=True)
    else:
        lengths = mask.to(key.device, torch.int64)
        if mask.shape != (batch,) or bool((mask > n_steps).any()):
            raise ValueError(f"lengths must be {batch} numbers of at most {n_steps} steps, got {mask.tolist()}")
    empty = (lengths < 1).nonzero().flatten().tolist()
    if empty:
        raise ValueError(f"each series must have at least one valid step, number {empty[0]} has none")
    return lengths, order


class _CrossTalk(torch.autograd.Function):
    """The masks of series whose valid steps stand first; only query, key and lengths are kept for the gradients."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, lengths: Tensor) -> Tensor:
        ctx.save_for_backward(query, key, lengths)
        return _masks_compiled(query, key, lengths) if _is_compiled(query) else _masks(query, key, lengths)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        query, key, lengths = ctx.saved_tensors
        by_query, by_key = (_slopes_compiled if _is_compiled(query) else _slopes)(query, key, lengths, grad)
        return by_query, by_key, None


def _is_compiled(query: Tensor) -> bool:
    return query.dtype == torch.float32 and query.device.type == "cpu"


class _Keys(NamedTuple):
    """The keys less each head's greatest and less its least, the steps of these two, and the valid steps."""

    sides: Float[Tensor, "b 2 k t"]
    tops: Int[Tensor, "b 2 k"]
    valid: Bool[Tensor, "b 1 1 t"]


def _two_sides(key: Float[Tensor, "b k t"], lengths: Int[Tensor, " b"]) -> _Keys:
    valid = valid_steps(lengths, key.shape[-1])[:, None]
    greatest = key.masked_fill(~valid, -math.inf).max(-1, keepdim=True)
    least = key.masked_fill(~valid, math.inf).min(-1, keepdim=True)
    sides = torch.stack([key - greatest.values, key - least.values], 1).masked_fill(~valid[:, None], 0)
    return _Keys(sides, torch.stack([greatest.indices, least.indices], 1).squeeze(-1), valid[:, None])


def _powers(
    query: Float[Tensor, "b h u"], sides: Float[Tensor, "b 2 t"], valid: Bool[Tensor, "b 1 1 t"]
) -> Float[Tensor, "b h u t"]:
    """exp(query * key) of one key head, up to a factor for each row; 0 where a step is not valid."""
    rows = query.unsqueeze(-1)
    logits = rows.clamp(min=0) * sides[:, None, None, 0]  # b h u t
    return logits.addcmul_(rows.clamp(max=0), sides[:, None, None, 1]).exp_().masked_fill_(~valid, 0)


def _masks(
    query: Float[Tensor, "b h u"], key: Float[Tensor, "b k t"], lengths: Int[Tensor, " b"]
) -> Float[Tensor, "b h u t"]:
    sides, _, valid = _two_sides(key, lengths)
    out = query.new_zeros(*query.shape, key.shape[-1])
    for k in range(key.shape[1]):
        powers = _powers(query, sides[:, :, k], valid)
        out.addcmul_(powers, powers.sum(-1, keepdim=True).reciprocal_())
    return out.masked_fill_(~valid, 0)  # where a row is NaN


def _slopes(
    query: Float[Tensor, "b h u"],
    key: Float[Tensor, "b k t"],
    lengths: Int[Tensor, " b"],
    grad: Float[Tensor, "b h u t"],
) -> tuple[Float[Tensor, "b h u"], Float[Tensor, "b k t"]]:
    """The gradients in query and key: with p = softmax(q k), d p_t / d (q k_s) = p_t (1[s = t] - p_s).

    The top, where the key head is greatest (or least), is left out of the sums: where it takes nearly all, its gradient
    is a small difference from the mean, which the other steps alone tell.
    """
    sides, tops, valid = _two_sides(key, lengths)
    by_query, by_key, positive = torch.zeros_like(query), [], (query > 0).unsqueeze(-1)
    for k in range(key.shape[1]):
        at = torch.where(positive, tops[:, None, None, :1, k], tops[:, None, None, 1:, k])  # b h u 1
        powers = _powers(query, sides[:, :, k], valid)
        unit, top = powers.gather(-1, at), grad.gather(-1, at)  # unit is 1, or NaN
        powers.scatter_(-1, at, 0)
        changes = (powers * grad).masked_fill_(~valid, 0)
        others, dot = powers.sum(-1, keepdim=True), changes.sum(-1, keepdim=True)
        scale = (unit + others).reciprocal_()
        changes.addcmul_(powers, (dot + unit * top).mul_(scale), value=-1)
        changes.scatter_(-1, at, (top * others - dot) * scale)
        del powers  # so that no more than two tensors of this size are held at once
        by_side = (changes.flatten(1, 2) @ sides[:, :, k].mT).unflatten(1, query.shape[1:]) * scale  # b h u 2
        by_query += torch.where(positive, by_side[..., :1], by_side[..., 1:]).squeeze(-1)
        by_key.append((query * scale.squeeze(-1)).flatten(1).unsqueeze(1) @ changes.flatten(1, 2))
        del changes
    return by_query, torch.cat(by_key, 1)


def _masks_compiled(
    query: Float[Tensor, "b h u"], key: Float[Tensor, "b k t"], lengths: Int[Tensor, " b"]
) -> Float[Tensor, "b h u t"]:
    from tsattn.nn import _cross_talk_kernel as kernel

    exponents, keys, _, counts = _arrays(query, key, lengths)
    out = query.new_empty(*query.shape, key.shape[-1])
    rows = out.flatten(1, 2).numpy()
    _share(lambda *part: kernel.masks(exponents, keys, counts, rows, *part), rows.shape[0] * rows.shape[1],
           rows.size * key.shape[1])
    return out


def _slopes_compiled(
    query: Float[Tensor, "b h u"],
    key: Float[Tensor, "b k t"],
    lengths: Int[Tensor, " b"],
    grad: Float[Tensor, "b h u t"],
) -> tuple[Float[Tensor, "b h u"], Float[Tensor, "b k t"]]:
    from tsattn.nn import _cross_talk_kernel as kernel

    exponents, keys, tops, counts = _arrays(query, key, lengths)
    batch, heads = key.shape[:2]
    by_query, by_key = np.empty((batch, heads, exponents.shape[1]), np.float32), np.zeros(key.shape, np.float32)
    rows = grad.contiguous().flatten(1, 2).numpy()
    by_samples = batch >= torch.get_num_threads()  # else threads share each sample's key heads

    def work(first: int, last: int) -> None:
        whole, some = ((first, last), (0, heads)) if by_samples else ((0, batch), (first, last))
        kernel.slopes(exponents, keys, tops, counts, rows, (by_query, by_key), whole + some)

    _share(work, batch if by_samples else heads, rows.size * heads)
    by_key /= LOG2_E
    return torch.from_numpy(by_query.sum(1)).view(query.shape), torch.from_numpy(by_key)


def _arrays(query: Tensor, key: Tensor, lengths: Tensor) -> tuple[Any, Any, Any, Any]:
    """What the kernels read: exponents of two, the keys' two sides and where these are zero, lengths.

    The sides are computed anew in the kernel, not by `_two_sides`: torch's threads wait for each other after each of
    its small steps, which on a busy machine takes longer than all the rest.
    """
    from tsattn.nn import _cross_talk_kernel as kernel

    (batch, heads, n_steps), counts = key.shape, lengths.numpy()
    keys, tops = np.empty((batch, 2, heads, n_steps), np.float32), np.empty((batch, 2, heads), np.int64)
    kernel.two_sides(key.detach().contiguous().numpy(), counts, keys, tops)
    return query.detach().flatten(1).contiguous().numpy() * np.float32(LOG2_E), keys, tops, counts


def _share(work: Callable[[int, int], None], n: int, cost: int) -> None:
    """Call `work` on ranges that cover n, on as many threads as torch uses and the cost, in exponentials, is worth."""
    over_rows(work, n, cost, threads=torch.get_num_threads(), worth=WORTH_A_THREAD)
