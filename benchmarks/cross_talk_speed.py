"""How fast the cross-talk mask is, forward and backward, against attention, and how exact; memory and growth in time.

Attention is torch's scaled_dot_product_attention of the same batch, heads, units and steps; its speed does not depend
on its numbers. The other competitor interpolates the mask, a smooth function of one scalar query for each sample,
between Chebyshev nodes (barycentric weights, the exact sum at the nodes): faster or slower, and how wrong, by the
number of nodes and the standard deviation of queries and keys. Times of one row are taken in turn, the best of a few
rounds. Errors are the worst of all rows over time (for the queries' gradient: over units), each as a part of the row's
largest entry, against the exact sum in float64. Memory is the greatest growth of a process of its own over both passes,
result and incoming gradient included, in tensors of (batch, heads, units, time).

usage: python benchmarks/cross_talk_speed.py [--rounds N] [--threads N] [--small]
"""

import argparse
import json
import math
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import torch
from torch.nn.functional import scaled_dot_product_attention

from tsattn.benchmark.machine import PeakMemory
from tsattn.nn.cross_talk import cross_talk

BATCH, HEADS, UNITS = 32, 8, 64
NODES = {0.5: (8, 16), 1: (16, 40), 3: (40, 256)}  # by standard deviation


def inputs(batch, heads, n_steps, spread, dtype=torch.float32):
    """Query, key, and a gradient for the result."""
    generator = torch.Generator().manual_seed(0)
    shapes = (batch, heads, UNITS), (batch, heads, n_steps), (batch, heads, UNITS, n_steps)
    query, key, grad = (torch.randn(shape, generator=generator).to(dtype) for shape in shapes)
    return (query * spread).requires_grad_(), (key * spread).requires_grad_(), grad


def naive(query, key):
    """The exact sum, one key head at a time, all kept for the gradient."""
    return sum((query.unsqueeze(-1) * key[:, None, None, k]).softmax(-1) for k in range(key.shape[1]))


def interpolated(query, key, n_nodes):
    """The sum at Chebyshev nodes that span each sample's queries, and between them by barycentric weights."""
    flat, angles = query.flatten(1), (torch.arange(n_nodes) + 0.5) * math.pi / n_nodes
    least, greatest = flat.detach().amin(1, keepdim=True), flat.detach().amax(1, keepdim=True)
    nodes = (least + greatest) / 2 + (greatest - least) / 2 * angles.cos()  # b n
    at_nodes = naive(nodes.unsqueeze(1), key).squeeze(1)  # b n t
    distances = flat.unsqueeze(-1) - nodes.unsqueeze(1)
    distances = torch.where(distances == 0, 1e-30, distances)
    weights = angles.sin() * (-1.0) ** torch.arange(n_nodes) / distances  # b (h u) n
    return (weights / weights.sum(-1, keepdim=True) @ at_nodes).unflatten(1, query.shape[1:])


def both_ways(work, *leaves, grad):
    """Seconds of a forward and a backward pass."""
    start = time.perf_counter()
    torch.autograd.grad(work(*leaves), leaves, grad)
    return time.perf_counter() - start


def compare(n_steps, batch, rounds):
    """One row: ours and attention in turn."""
    attended = [torch.randn(batch, HEADS, n_steps, UNITS, requires_grad=True) for _ in range(3)]
    back = torch.randn(batch, HEADS, n_steps, UNITS)
    times: dict[str, float] = {}
    for _ in range(rounds):
        for spread in (1, 3):
            query, key, grad = inputs(batch, HEADS, n_steps, spread)
            note(times, f"ours_std_{spread}_s", both_ways(cross_talk, query, key, grad=grad))
        note(times, "attention_s", both_ways(scaled_dot_product_attention, *attended, grad=back))
    ours = max(times["ours_std_1_s"], times["ours_std_3_s"])
    return {"time": n_steps, "batch": batch, **rounded(times), "part_of_attention": ours / times["attention_s"],
            "one_in": round(times["attention_s"] / ours, 1)}


def compare_interpolated(n_steps, batch, rounds):
    """Ours and the interpolation in turn, by standard deviation and number of nodes."""
    for spread, numbers in NODES.items():
        query, key, grad = inputs(batch, HEADS, n_steps, spread)
        sides = {"ours": cross_talk, **{f"{n}_nodes": lambda q, k, n=n: interpolated(q, k, n) for n in numbers}}
        times: dict[str, float] = {}
        for _ in range(rounds):
            for name, work in sides.items():
                note(times, name, both_ways(work, query, key, grad=grad))
        wrong = {name: errors(work, n_steps, spread)["value"] for name, work in sides.items()}
        yield {"time": n_steps, "batch": batch, "std": spread, "seconds": rounded(times), "error": wrong}


def note(times, name, seconds):
    times[name] = min(times.get(name, math.inf), seconds)


def rounded(times):
    return {name: round(seconds, 5) for name, seconds in times.items()}


def errors(work, n_steps, spread):
    """The worst row of the value and of both gradients, of two samples."""
    query, key, grad = inputs(2, HEADS, n_steps, spread)
    doubles = [query.detach().double().requires_grad_(), key.detach().double().requires_grad_()]
    value, exact = work(query, key), naive(*doubles)
    pairs = [(value.detach(), exact.detach()), *zip(torch.autograd.grad(value, (query, key), grad),
                                torch.autograd.grad(exact, doubles, grad.double()), strict=True)]
    worst = [((ours - right).abs().amax(-1) / right.abs().amax(-1)).max().item() for ours, right in pairs]
    return dict(zip(("value", "by_query", "by_key"), (float(f"{error:.2g}") for error in worst), strict=True))


def most_memory(heads, dtype, holes):
    """Growth over both passes in tensors of the result's size."""
    batch, n_steps = max(256 // heads, 1), 1000
    query, key, _ = inputs(batch, heads, 1, 1, dtype)
    key = torch.randn(batch, heads, n_steps, dtype=dtype, requires_grad=True)
    mask = torch.rand(batch, n_steps) < 0.5 if holes else None
    if mask is not None:
        mask[:, 3] = True
    result = cross_talk(query, key[..., :7], None if mask is None else mask[:, :7])
    result.backward(torch.randn_like(result))  # what is compiled, loaded or made at the first call
    with PeakMemory() as peak:
        result = cross_talk(query, key, mask)
        result.backward(torch.randn_like(result))
    return round((peak.taken["peak_mb"] - peak.taken["before_mb"]) * 2**20 / result.nbytes, 2)


def memory():
    """A process for each, as one that has grown keeps what it has."""
    rows = {}
    for heads in (1, 8, 64):
        for dtype, holes in ((torch.float32, False), (torch.float32, True), (torch.float64, False)):
            name = f"{heads} heads, {str(dtype).removeprefix('torch.')}{', mask with holes' if holes else ''}"
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
                rows[name] = alone.submit(most_memory, heads, dtype, holes).result()
    return {"tensors_of_the_result": rows}


def growth(rounds):
    """Nanoseconds a step of one series, by its length."""
    rows = {}
    for n_steps in (50, 200, 1250, 5000, 20_000):
        query, key, grad = inputs(1, HEADS, n_steps, 1)
        best = min(both_ways(cross_talk, query, key, grad=grad) for _ in range(3 * rounds))
        rows[n_steps] = round(best / n_steps * 1e9)
    return {"ns_per_step": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--small", action="store_true", help="an eighth of the batch, to see that it runs")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    batch = BATCH // 8 if options.small else BATCH
    cross_talk(*inputs(1, 1, 7, 1)[:2]).sum().backward()
    for n_steps in (50, 1000, 4000):
        row = compare(n_steps, batch, options.rounds) | {"threads": options.threads}
        print(json.dumps(row | {"error": {std: errors(cross_talk, n_steps, std) for std in NODES}}), flush=True)
    for n_steps in (50, 1000):
        for row in compare_interpolated(n_steps, batch, options.rounds):
            print(json.dumps(row), flush=True)
    print(json.dumps(growth(options.rounds)), flush=True)
    print(json.dumps(memory()), flush=True)


if __name__ == "__main__":
    main()
