"""Checks that the contents of a checkpoint fit the run that is to go on from it, before any of them is restored.

The file's checksum shows damage, but a file that somebody has made up has a checksum that fits.
"""

import math
from typing import Any

import torch
from torch import Tensor

from tsattn.training.averaging import live
from tsattn.training.run import Run

PARTS = {"network", "average", "best", "optimizer", "generator"}
MOST_AVERAGED = 2**62  # updates of the average so far: no training makes so many, and more can be counted in 64 bits
OF_OPTIMIZER = {  # what each remembers of a weight
    "adamw": {"step", "exp_avg", "exp_avg_sq"}, "adam": {"step", "exp_avg", "exp_avg_sq"},
    "sgd": {"momentum_buffer"}, "rmsprop": {"step", "square_avg"},
}


def check_state(run: Run, parts: dict[str, dict[str, Tensor]]) -> None:
    """Raise ValueError unless the tensors are those of a run: none missing, none more, each of its shape and type."""
    if not parts.keys() <= PARTS:
        raise ValueError(f"it has a part {min(parts.keys() - PARTS)!r}")
    expected = {"network": live(run.network), "average": run.average.values, "best": run.best, "generator": {
        str(number): generator.get_state() for number, generator in enumerate(run.generators)}}
    for part, state in expected.items():
        _check_alike(part, parts.get(part, {}), state)
    if not all(bool(value.isfinite().all()) for value in parts["best"].values()):
        raise ValueError("its best weights are not finite")
    for number, generator in enumerate(run.generators):
        try:
            torch.Generator(generator.device).set_state(parts["generator"][str(number)])
        except RuntimeError as error:
            raise ValueError("the state of a random generator cannot be restored") from error
    _check_optimizer(run, parts.get("optimizer", {}), parts["network"])


def _check_alike(part: str, state: dict[str, Tensor], like: dict[str, Tensor]) -> None:
    """Raise unless a state has the same names as another, and under each a tensor of the same shape and type."""
    if state.keys() != like.keys():
        raise ValueError(f"tensors of {part} are missing, or there are others: {min(state.keys() ^ like.keys())!r}")
    for name, value in like.items():
        if (state[name].shape, state[name].dtype) != (value.shape, value.dtype):
            raise ValueError(f"{part}/{name} has shape {tuple(state[name].shape)} of {state[name].dtype} where "
                             f"{tuple(value.shape)} of {value.dtype} belongs")


def _check_optimizer(run: Run, state: dict[str, Tensor], network: dict[str, Tensor]) -> None:
    """Raise unless an optimiser's state is complete: only a weight that was never changed may be missing from it."""
    names = {id(parameter): name for name, parameter in run.network.named_parameters()}
    weights = [weight for group in run.optimizer.param_groups for weight in group["params"]]
    keys = OF_OPTIMIZER[run.training.optimizer]
    like: dict[str, Tensor] = {}
    for number, weight in enumerate(weights):
        name = names[id(weight)]
        if not any(f"{number}/{key}" in state for key in keys) and torch.equal(network[name], run.initial[name].cpu()):
            continue
        like |= {f"{number}/{key}": torch.tensor(0.0) if key == "step" else weight for key in keys}
    _check_alike("optimizer", state, like)
    for name, value in state.items():
        steps, squares = name.endswith("/step"), name.endswith("_sq") or name.endswith("/square_avg")
        if (steps and not 0 < value < 2**31) or (squares and bool((value < 0).any())):
            raise ValueError(f"optimizer/{name} holds a value that no training leads to")


def check_numbers(run: Run, config: dict[str, Any]) -> None:
    """Raise ValueError unless what stands beside the tensors, such as the seed and the history, fits the run."""
    rows = check_history(config.get("history"))
    held_out = len(run.validation) > 0
    least = {"epoch", "train_loss", "lr", "seconds"} | ({"validation_loss"} if held_out else set())
    score, first = config.get("best_score"), config.get("first_loss")
    fine = {
        "seed": type(config.get("seed")) is int and config["seed"] == run.seed,
        "history": all(least <= row.keys() for row in rows) and len(rows) <= run.epochs
        and [row["epoch"] for row in rows] == [*range(1, len(rows) + 1)],
        "best_epoch": _whole(config.get("best_epoch"), len(rows)),
        "best_score": isinstance(score, list) and len(score) <= 2 and all(map(_real, score))
        and bool(score) == (config.get("best_epoch") != 0),
        "first_loss": (first is None and not rows) or (type(first) is float and _real(first)),
        "averaged": _whole(config.get("averaged"), MOST_AVERAGED),
    }
    wrong = [name for name, fits in fine.items() if not fits]
    if wrong:
        raise ValueError(f"{wrong[0]} is not of this training")


def check_history(history: Any) -> list[dict[str, Any]]:
    """Return the rows of a history from a checkpoint; raise ValueError unless it is well formed."""
    if not isinstance(history, dict) or history.keys() != {"columns", "rows"}:
        raise ValueError("it has no history")
    columns, rows = history["columns"], history["rows"]
    named = isinstance(columns, list) and all(type(name) is str for name in columns) and isinstance(rows, list)
    if not named or len({*columns}) != len(columns) or not all(
            isinstance(row, list) and len(row) == len(columns) and all(map(_real, row)) for row in rows):
        raise ValueError("its history must be rows of finite numbers under columns with different names")
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _real(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < math.inf


def _whole(value: Any, most: int) -> bool:
    return type(value) is int and 0 <= value <= most
