"""Model files that somebody crafted who can compute checksums: edits of sound files, and what comes of reading them.

As a program, `crafted.py FOLDER SEED NUMBER FIRST`, it makes so many edits of the files in a folder, and writes a line
of JSON for each: what was edited, what came of it, how long it took, and by how much memory grew.
"""

import copy
import hashlib
import json
import random
import sys
import time
import warnings
from pathlib import Path

import numpy as np

MANY = 2**63 - 1
NUMBERS = (-1, 0, 1, 2, 3, 7, 1000, 20_000, 10**6, 10**9, 2**31, 2**62, MANY, 10**30, 10**400, 0.5, 1.5, -1.0, 1e6, 1e7,
           1e300)
OTHERS = (None, True, False, "", "x", "os.system", "cuda:63", "meta", "auto", [], {}, [1], [[]], {"float": "nan"},
          {"float": "inf"}, {"tuple": []}, {"tuple": [1]}, {"tuple": [0, 1e7]}, {"list": []}, {"dict": []},
          {"list": [None]}, {"dict": [[1, 2]]}, {"dict": [["a", 1]]}, {"array": "array.0"}, {"tensor": "array.0"},
          {"object": "Training", "parameters": {}}, {"object": "ScaleSpaceChannels", "parameters": {}},
          {"object": "UVTFEvents", "parameters": {}}, {"object": "Jitter", "parameters": {}}, {"list": [{"list": []}]},
          {"range": [0, 2**62, 1], "name": None}, {"range": [0, 3, 1], "name": None}, {"labels": [], "dtype": "|O"},
          {"labels": ["a", "b"], "dtype": "<U9"}, {"index": ["a"], "dtype": "str", "name": None}, "a" * 10_000,
          {"frame": []}, {"frame": [["a", 3]]}, {"labels": ["a"], "dtype": "<U100000000"})
DTYPES = ("int64", "uint64", "int8", "float16", "float32", "float64", "bool")


def crafted(tensors, config):
    """The bytes of a file of these tensors, (dtype, shape, bytes) by name, with a checksum that fits."""
    header, position = {}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [position, position + len(data)]}
        position += len(data)
    data = b"".join(data for _, _, data in tensors.values())
    header["__metadata__"] = {"format": "tsattn", "config": json.dumps(config, sort_keys=True)}
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode() + data).hexdigest()
    header["__metadata__"]["sha256"] = digest
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def taken_apart(content):
    """The tensors and the configuration that a file is crafted of."""
    size = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8:8 + size]), content[8 + size:]
    config = json.loads(header.pop("__metadata__")["config"])
    return {name: (entry["dtype"], entry["shape"], data[slice(*entry["data_offsets"])])
            for name, entry in header.items()}, config


def nodes(config, where=()):
    """Every place in a configuration: (where, container, key)."""
    for key in list(config) if isinstance(config, dict) else range(len(config)):
        yield (*where, key), config, key
        if isinstance(config[key], dict | list):
            yield from nodes(config[key], (*where, key))


def odd(draw, value):
    """A value in another's place; more often of its own kind."""
    if type(value) in (int, float) and draw.random() < 0.7:
        return draw.choice(NUMBERS)
    if isinstance(value, str) and draw.random() < 0.2:
        return value[:-1]
    return draw.choice(NUMBERS if draw.random() < 0.4 else OTHERS)


def edit_config(draw, tensors, config):
    """Change one place, or all of that name, or a parameter and what was learned by it."""
    places = list(nodes(config))
    where, container, key = draw.choice(places)
    how = draw.random()
    if isinstance(container, list) and how < 0.2:
        container.extend([container[key]] * draw.choice([1, 100]))
        return f"{where} repeated"
    if isinstance(container, dict) and how < 0.1:
        del container[key]
        return f"{where} left out"
    value = odd(draw, container[key])
    alike = [(other, name) for _, other, name in places
             if isinstance(name, str) and isinstance(key, str) and name.strip("_") == key.strip("_")]
    for other, name in alike if alike and how > 0.6 else [(container, key)]:
        if name in other if isinstance(other, dict) else True:
            other[name] = copy.deepcopy(value)
    return f"{where} = {str(value)[:60]}{' everywhere' if how > 0.6 and alike else ''}"


def edit_tensor(draw, tensors, config):
    """Change values, the shape or the type of an array, or leave it out, or add one."""
    name = draw.choice(list(tensors))
    dtype, shape, data = tensors[name]
    how = draw.choice(["extreme", "extreme", "extreme", "one", "shape", "dtype", "gone", "more", "empty", "short"])
    size = {"F": np.float32, "I": np.int64}.get(dtype[0], np.uint8)
    array = np.frombuffer(data, np.uint8).copy()
    kinds = {"F64": "f8", "F32": "f4", "F16": "f2", "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1", "U64": "u8",
             "U32": "u4", "U16": "u2", "U8": "u1", "BOOL": "u1"}
    array = array.view(kinds[dtype])
    if how in ("extreme", "one") and array.size:
        kind = np.dtype(kinds[dtype])
        values = [np.nan, np.inf, -1, 0, 1e300, 1e30] if kind.kind == "f" else [
            np.iinfo(kind).max, np.iinfo(kind).min, 0, 1, 3]
        with np.errstate(all="ignore"):
            value = np.array(draw.choice(values)).astype(kind)
        part = slice(None) if how == "extreme" else draw.randrange(array.size)
        array[part] = value
        tensors[name] = dtype, shape, array.tobytes()
        return f"{name} {how} {value}"
    if how == "shape":
        shape = draw.choice([[*shape, 1], [1, *shape], [array.size], shape[::-1], [1] * 32 + shape])
        tensors[name] = dtype, shape, data
        return f"{name} shape {shape}"
    if how == "empty":
        shape = draw.choice([[0], [0, 2**62], [2**62, 0, 2**62], [2**31, 0], [0, 1], [1, 0]])
        tensors[name] = dtype, shape, b""
        return f"{name} shape {shape}"
    if how == "dtype":
        dtype = draw.choice([key for key in kinds if len(data) % np.dtype(kinds[key]).itemsize == 0])
        n = len(data) // np.dtype(kinds[dtype]).itemsize
        tensors[name] = dtype, [n], data
        return f"{name} dtype {dtype}"
    if how == "gone":
        del tensors[name]
    elif how == "short":
        tensors[name] = dtype, [max(array.size - 1, 0)], array[:-1].tobytes()
    else:
        for number in range(draw.choice([1, 1000])):
            tensors[f"{draw.choice(['network.x', 'array.x', name])}{number}"] = dtype, shape, data
    return f"{name} {how} {size.__name__}"


def edited(draw, sound):
    """An edited copy of a file that was taken apart, and what was done."""
    tensors, config = dict(sound[0]), copy.deepcopy(sound[1])
    done = []
    for _ in range(draw.choice([1, 1, 1, 2])):
        edit = edit_tensor if tensors and draw.random() < 0.3 else edit_config
        done.append(edit(draw, tensors, config))
    return crafted(tensors, config), "; ".join(done)


def used(model, draw):
    """Ask a loaded model what it is there for."""
    if hasattr(model, "transform"):
        model.transform(np.random.default_rng(1).normal(size=(3, len(model.feature_names_in_), 24)))
        return
    if hasattr(model, "pretrain"):
        used_forecaster(model, draw)
        return
    shape = getattr(model.inputs_, "shape", None)
    known = model.inputs_.columns if shape is None and hasattr(model, "inputs_") else [0]
    X = np.random.default_rng(1).normal(size=(3, len(known), 24))
    if hasattr(model.inputs_, "shape"):
        X = np.random.default_rng(1).normal(size=(3, 20, 24))
    model.predict(X)
    if hasattr(model, "predict_proba"):
        model.predict_proba(X)


def used_forecaster(model, draw):
    from tests.forecasting.test_forecasts import panel, waves

    columns = [f"c{i}" for i in range(model.model_.n_targets)]
    if model.state == "pretrained":
        if draw.random() < 0.3:
            model.pretrain(panel((30, 30), columns=columns), fh=[1, 2])
        model.fit(waves(40, columns=columns), fh=[1, 2])
    model.predict()
    model.predict_interval(coverage=0.8)


def memory(what):
    """A line of what the system knows of this process's memory, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(what))


def tried(path, draw):
    """Load and use a file: (what came of it, seconds and bytes that loading took)."""
    import tsattn
    from tsattn._checks import ModelFileError

    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, began = memory("VmRSS"), time.perf_counter()
    model, said = None, "loaded"
    try:
        model = tsattn.load(path)
    except ModelFileError:
        said = "refused"
    except Exception as error:
        said = f"load: {type(error).__name__}: {error}"
    took, grown = time.perf_counter() - began, memory("VmHWM") - before
    if model is not None:
        try:
            used(model, draw)
        except Exception as error:
            if not str(error).startswith("X must stay"):  # of a model of numbers like 1e300, these are too far away
                said = f"use: {type(error).__name__}: {error}"
        grown = max(grown, memory("VmHWM") - before)
    return said, took, grown


def main(folder, seed, number, first):
    """Make the edits from the first on; each is drawn by its own number."""
    warnings.simplefilter("ignore")
    sound = {path.stem: taken_apart(path.read_bytes()) for path in sorted(Path(folder).glob("*.tsattn"))}
    target = Path(folder) / "edited"
    for path in sorted(Path(folder).glob("*.tsattn")):  # what is compiled and imported late is there from now on
        tried(path, random.Random(0))
    for edit in range(first, number):
        draw = random.Random(f"{seed}-{edit}")
        kind = draw.choice(list(sound))
        content, done = edited(draw, sound[kind])
        target.write_bytes(content)
        row = {"number": edit, "kind": kind, "done": done, "size": len(content)}
        sys.stdout.write(json.dumps({**row, "said": "started"}) + "\n")
        sys.stdout.flush()
        said, took, grown = tried(target, draw)
        sys.stdout.write(json.dumps({**row, "said": said, "took": took, "grown": grown}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
