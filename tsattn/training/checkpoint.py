"""Progress on disk: a killed training goes on where its last epoch ended, and ends with the same bits.

A checkpoint belongs to one training: the same series, targets and validation part, the same parameters, the same
network. It carries a fingerprint of these, and any other training refuses it. It is deleted when training ends well:
the network is then in the caller's hands, and the same path is free for the next training. When training is interrupted
or diverges, it stays, and a signal that asks it to stop leaves there the last epoch that was done.
"""

import hashlib
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tsattn._checks import ModelFileError
from tsattn._files import read_tensors, write_tensors
from tsattn.training.averaging import live, overwrite
from tsattn.training.data import Sequences
from tsattn.training.description import describe, describe_network
from tsattn.training.processes import own_part, whole
from tsattn.training.run import Run
from tsattn.training.stored import check_numbers, check_state

KIND = "checkpoint"
FREE = {"checkpoint", "checkpoint_every", "verbose", "groups", "device"}  # parameters that may change on the way;
# of the groups, the split they make is compared


def seed_of(path: str | Path | None) -> int | None:
    """The seed of the training that a checkpoint belongs to; None if there is none."""
    if path is None or not _is_written(path):
        return None
    return _seed(_read(path)[1], path)


def _is_written(path: str | Path) -> bool:
    """Whether a checkpoint has its file; raise if something else stands there."""
    if Path(path).is_dir():
        raise IsADirectoryError(f"checkpoint must name a file, and {str(path)!r} is a folder: name a file in it")
    if Path(path).exists() and not Path(path).is_file():
        raise OSError(f"checkpoint must name a file, and {str(path)!r} is a device or a pipe")
    return Path(path).exists()


def write(run: Run) -> None:
    """Write the run's state, all of it that changes, if it has a checkpoint."""
    path = run.training.checkpoint
    if path is None:
        return
    parts = _parts(run)  # gathered from all processes
    if run.processes.first:
        write_tensors(path, *_state(run, parts, fingerprint=run.fingerprint))


def kept(run: Run) -> Callable[[], None]:
    """Keep the run's state as it is now, in memory; returned is what writes it to its checkpoint."""
    path = run.training.checkpoint
    assert path is not None
    arrays, config = _state(run, _parts(run), fingerprint=run.fingerprint)
    arrays = {name: array.copy() for name, array in arrays.items()}
    return partial(write_tensors, path, arrays, config)


def hand_over(run: Run, path: Path) -> None:
    """Write what a run ends with, for another process to take over."""
    parts = {"best": _whole_state(run, run.best)}
    if run.processes.first:
        write_tensors(path, *_state(run, parts))


def take_over(run: Run, path: Path) -> None:
    """Let a run end with what another process has handed over."""
    arrays, config = _read(path)
    overwrite(run.best, _by_part(arrays)["best"])
    _put_back_numbers(run, config)


def _state(run: Run, parts: dict[str, dict[str, Tensor]], **more: Any) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """What a file holds of these parts of a run's state, and what else there is to say."""
    tensors = {f"{part}/{name}": value for part, values in parts.items() for name, value in values.items()}
    config = {"kind": KIND, "seed": run.seed, **more, "best_epoch": run.best_epoch,
              "best_score": run.best_score, "first_loss": run.first_loss, "averaged": run.average.count,
              # in rows under one head: JSON's objects come back with their keys in another order
              "history": {"columns": [*run.history[0]] if run.history else [],
                          "rows": [list(row.values()) for row in run.history]}}
    return {name: value.detach().cpu().numpy() for name, value in tensors.items()}, config


def resume(run: Run) -> None:
    """Put the run into its checkpoint's state, if it has a checkpoint and there is a file.

    Raises
    ------
    ModelFileError
        The file is damaged, or no checkpoint.
    ValueError
        The file belongs to another training; the message says in what they differ.
    FileNotFoundError
        The folder to write to is missing.
    IsADirectoryError
        A folder stands there.
    """
    path = run.training.checkpoint
    if path is None:
        return
    if not Path(os.path.realpath(path)).parent.is_dir():  # better now than after the first epoch
        raise FileNotFoundError(f"the folder of checkpoint {str(path)!r} must exist")
    run.fingerprint = fingerprint(run)  # once: all of it stays, and processes set what their modules share
    if not _is_written(path):
        return
    arrays, config = _read(path)
    mine, theirs = run.fingerprint, config.get("fingerprint")
    if not isinstance(theirs, dict):
        raise ModelFileError(f"damaged checkpoint {str(path)!r}: it does not say which training it belongs to")
    differing = sorted(name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name))
    if differing:
        raise ValueError(f"checkpoint {str(path)!r} belongs to another training, which differs in "
                         f"{', '.join(differing)}: delete it, or name another file")
    parts = _by_part(arrays)
    try:
        check_state(run, parts)
        check_numbers(run, config)
    except ValueError as error:
        raise ModelFileError(f"damaged checkpoint {str(path)!r}: {error}") from error
    _put_back(run, parts)
    _put_back_numbers(run, config)


def _seed(config: dict[str, Any], path: str | Path) -> int:
    """The seed that a checkpoint says it has."""
    seed = config.get("seed")
    if type(seed) is not int or not 0 <= seed < 2**63:
        raise ModelFileError(f"damaged checkpoint {str(path)!r}: its seed must be a whole number from 0 to 2**63 - 1")
    return seed


def _by_part(arrays: dict[str, np.ndarray]) -> dict[str, dict[str, Tensor]]:
    parts: dict[str, dict[str, Tensor]] = {}
    for name, array in arrays.items():
        part, _, rest = name.partition("/")
        parts.setdefault(part, {})[rest] = torch.from_numpy(array)
    return parts


def _put_back_numbers(run: Run, config: dict[str, Any]) -> None:
    history = config["history"]
    run.history = [dict(zip(history["columns"], row, strict=True)) for row in history["rows"]]
    run.best_epoch, run.best_score = config["best_epoch"], config["best_score"]
    run.first_loss, run.average.count = config["first_loss"], config["averaged"]


def discard(run: Run) -> None:
    """Delete the checkpoint of a training that ended well; a symbolic link to it stays, and the path is free."""
    if run.training.checkpoint is not None:
        Path(os.path.realpath(run.training.checkpoint)).unlink(missing_ok=True)


def fingerprint(run: Run) -> dict[str, str]:
    """What must be the same for a checkpoint to be of use: a digest, or a text, by name."""
    training = {name: describe(value) for name, value in run.training.get_params(deep=False).items()
                if name not in FREE}
    return {**training, "the series": _digest_of_series(run.data), "the targets or their weights": _digest_of_targets(
                run.data), "the validation part": _digest(run.validation), "the seed": str(run.seed),
            "the network": hashlib.sha256(describe_network(run.network).encode()).hexdigest(),
            "the loss": describe(run.objective.loss), "the metric": describe(run.objective.metric)}


def _parts(run: Run) -> dict[str, dict[str, Tensor]]:
    states = run.optimizer.state_dict()["state"]
    return {
        "network": _whole_state(run, live(run.network)),
        "average": _whole_state(run, run.average.values),
        "best": _whole_state(run, run.best),
        "optimizer": {f"{number}/{name}": whole(own_part(torch.as_tensor(value)), value)
                      for number, state in states.items() for name, value in state.items()},
        "generator": {str(number): generator.get_state() for number, generator in enumerate(run.generators)},
    }


def _whole_state(run: Run, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """State by a network's names, whole where each process has its part. All processes must call it."""
    like = run.network.state_dict()
    return {name: whole(value, like[name]) for name, value in state.items()}


def _put_back(run: Run, parts: dict[str, dict[str, Tensor]]) -> None:
    overwrite(live(run.network), parts["network"])
    overwrite(run.average.values, parts.get("average", {}))
    overwrite(run.best, parts["best"])
    optimizer = run.optimizer.state_dict()
    optimizer["state"] = {}
    for name, value in parts.get("optimizer", {}).items():
        number, _, key = name.partition("/")
        optimizer["state"].setdefault(int(number), {})[key] = value
    run.optimizer.load_state_dict(optimizer)
    for place, generator in enumerate(run.generators):
        generator.set_state(parts["generator"][str(place)])


def _read(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    arrays, config = read_tensors(path)
    if config.get("kind") != KIND:
        raise ModelFileError(f"not a checkpoint: {str(path)!r} is a model file of another kind")
    return arrays, config


def _digest_of_series(data: Sequences) -> str:
    first = data.batch(torch.zeros(1, dtype=torch.int64))  # windows are read as they are cut: rows alone do not say how
    return _digest_of(*data.rows, data.lengths, data.offsets, *first.inputs, torch.tensor(data.n_drawn(len(data))))


def _digest_of_targets(data: Sequences) -> str:
    return _digest_of(data.target, data.weight, data.batch(torch.zeros(1, dtype=torch.int64)).target)


def _digest_of(*parts: Tensor | None) -> str:
    return hashlib.sha256("".join("-" if part is None else _digest(part) for part in parts).encode()).hexdigest()


def _digest(tensor: Tensor) -> str:
    array = np.ascontiguousarray(tensor.cpu().numpy())
    return hashlib.sha256(f"{array.dtype.str}{tensor.shape}".encode() + array.tobytes()).hexdigest()
