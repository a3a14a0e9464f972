"""Files: written whole or not at all, read without running anything, and refused when they are not ours."""

import hashlib
import json
import os
import pickle
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tsattn import _files as files
from tsattn._checks import ModelFileError

TENSORS = {"a/weight": np.arange(15, dtype=np.float32).reshape(3, 5), "steps": np.array(7), "b": np.zeros((0, 2))}
CONFIG = {"kind": "test", "values": [1, 2.5, "σ", None, True]}


@pytest.fixture
def path(tmp_path):
    files.write_tensors(tmp_path / "model.tsattn", TENSORS, CONFIG)
    return tmp_path / "model.tsattn"


def python(code, *arguments, **options):
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, **options)


def finish(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def signed(header, data, metadata=None):
    """A file of our format with a true checksum, as somebody who knows the format would craft it."""
    header = {"__metadata__": {"format": "tsattn", "config": "{}", **(metadata or {})}, **header}
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode() + data).hexdigest()
    header["__metadata__"]["sha256"] = digest
    return framed(json.dumps(header).encode(), data)


def framed(header, data=b""):
    return len(header).to_bytes(8, "little") + header + data


def entry(shape=(2,), offsets=(0, 8), dtype="F32", **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets), **more}


def test_what_was_written_is_read(path):
    tensors, config = files.read_tensors(path)
    assert config == CONFIG
    assert tensors.keys() == TENSORS.keys()
    for name, array in TENSORS.items():
        assert tensors[name].dtype == array.dtype
        assert tensors[name].shape == array.shape  # an array without axes keeps none
        np.testing.assert_array_equal(tensors[name], array)


def test_arrays_in_any_memory_order_are_read_as_they_were(tmp_path):
    array = np.arange(15).reshape(3, 5)
    files.write_tensors(tmp_path / "f", {"turned": array.T, "sliced": array[:, ::2]}, {})
    tensors, _ = files.read_tensors(tmp_path / "f")
    np.testing.assert_array_equal(tensors["turned"], array.T)
    np.testing.assert_array_equal(tensors["sliced"], array[:, ::2])


def test_digest_does_not_depend_on_the_order_of_keys():
    assert files.digest_of({"a": 1, "b": 2}) == files.digest_of({"b": 2, "a": 1})
    assert files.digest_of({"a": 1}) != files.digest_of({"a": 2})


def test_nan_is_no_configuration(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        files.write_tensors(tmp_path / "f", {}, {"score": float("nan")})
    assert not (tmp_path / "f").exists()


def test_crafting_by_hand_makes_a_good_file(tmp_path):
    """So the crafted files below are refused for what is wrong with them, not for their making."""
    target = tmp_path / "crafted"
    target.write_bytes(signed({"w": entry()}, np.array([1, 2], dtype="<f4").tobytes()))
    assert files.read_tensors(target)[0]["w"].tolist() == [1, 2]


AUDIT = """
import sys
from tsattn._files import read_tensors
read_tensors(sys.argv[1])  # what is imported late is imported now

def hook(event, arguments):
    if event in {"exec", "compile", "import", "os.system", "os.exec", "os.fork", "subprocess.Popen",
                 "pickle.find_class", "ctypes.dlopen", "marshal.loads"}:
        raise SystemExit(f"{event} {arguments}")

sys.addaudithook(hook)
tensors, config = read_tensors(sys.argv[1])
assert len(tensors) == 3
sys.stdout.write("read")
"""


def test_p38_reading_runs_nothing(path):
    assert finish(python(AUDIT, path)) == "read"


class Canary:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_p39_a_pickle_under_our_name_is_not_run(tmp_path):
    canary, target = tmp_path / "canary", tmp_path / "model.tsattn"
    target.write_bytes(pickle.dumps(Canary(canary)))
    with pytest.raises(ModelFileError, match="not a model file"):
        files.read_tensors(target)
    assert not canary.exists()


def foreign(kind, target):
    import torch
    from safetensors.numpy import save_file

    if kind == "pt":
        torch.save({"weight": torch.ones(3)}, target)
    elif kind == "npz":
        with target.open("wb") as file:
            np.savez(file, weight=np.ones(3))
    elif kind == "zip bomb":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("weights", bytes(20_000_000))
    elif kind == "safetensors":
        save_file({"weight": np.ones(3)}, target)
    else:
        target.write_bytes({"pkl": pickle.dumps([1, 2]), "h5": b"\x89HDF\r\n\x1a\n" + bytes(96), "empty": b"",
                            "text": b"this is no model at all"}[kind])


@pytest.mark.parametrize("kind", ["pt", "npz", "zip bomb", "safetensors", "pkl", "h5", "empty", "text"])
def test_p40_other_formats_are_refused(kind, tmp_path):
    target = tmp_path / "model.tsattn"
    foreign(kind, target)
    with pytest.raises(ModelFileError, match="not a model file"):
        files.read_tensors(target)


def test_p42_every_prefix_is_refused(path, tmp_path):
    whole, cut = path.read_bytes(), tmp_path / "cut"
    for length in range(len(whole)):
        cut.write_bytes(whole[:length])
        with pytest.raises(ModelFileError, match="model file"):
            files.read_tensors(cut)
    cut.write_bytes(whole + b"\0")
    with pytest.raises(ModelFileError, match="model file"):
        files.read_tensors(cut)


def test_p42_a_file_cut_short_costs_no_memory(tmp_path):
    files.write_tensors(tmp_path / "whole", {"w": np.zeros(2_500_000)}, {})
    cut = tmp_path / "cut"
    cut.write_bytes((tmp_path / "whole").read_bytes()[:15_000_000])
    tracemalloc.start()
    with pytest.raises(ModelFileError, match="model file"):
        files.read_tensors(cut)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000  # refused by its header alone


def test_p43_a_thousand_changes_never_give_another_model(path, tmp_path):
    whole, changed, rng = path.read_bytes(), tmp_path / "changed", np.random.default_rng(43)
    refused = 0
    for number in range(1000):
        content = np.frombuffer(whole, dtype=np.uint8).copy()
        place = rng.integers(len(content))
        if number % 2:
            content[place] ^= 1 << rng.integers(8)
        else:
            content[place : place + 16] = rng.integers(0, 256, len(content[place : place + 16]))
        changed.write_bytes(content.tobytes())
        try:
            tensors, config = files.read_tensors(changed)
        except ModelFileError:
            refused += 1
            continue
        # a blank of the header's padding turned into another kind of blank, say
        assert config == CONFIG
        assert all(np.array_equal(tensors[name], array) for name, array in TENSORS.items())
    assert refused > 950


HUGE = 10**15
CRAFTED = {
    "more elements than bytes": signed({"w": entry([HUGE])}, bytes(8)),
    "elements and bytes beyond the file": signed({"w": entry([HUGE], [0, 4 * HUGE])}, bytes(8)),
    "a negative length": signed({"w": entry([-2], [0, -8])}, bytes(8)),
    "two negative lengths": signed({"w": entry([-2, -1])}, bytes(8)),
    "overlapping tensors": signed({"a": entry(), "b": entry(offsets=[4, 12])}, bytes(12)),
    "a gap": signed({"a": entry(), "b": entry(offsets=[12, 20])}, bytes(20)),
    "an end before the beginning": signed({"w": entry(offsets=[8, 0])}, bytes(8)),
    "bytes that belong to nothing": signed({"w": entry()}, bytes(9)),
    "offsets that are no integers": signed({"w": entry(offsets=[0, 8.0])}, bytes(8)),
    "a length that is true": signed({"w": entry([True], [0, 4])}, bytes(4)),
    "a shape that is a text": signed({"w": {**entry(), "shape": "2"}}, bytes(8)),
    "very many axes": signed({"w": entry([HUGE] * 100_000)}, bytes(8)),
    "an unknown type": signed({"w": entry(dtype="F31")}, bytes(8)),
    "a type that is a list": signed({"w": entry(dtype=["F32"])}, bytes(8)),
    "an entry that is a list": signed({"w": [1, 2]}, bytes(8)),
    "an entry with more in it": signed({"w": entry(code="import os")}, bytes(8)),
    "a key that stands twice": framed(b'{"__metadata__": {"format": "tsattn", "config": "{}", "config": "{}"}}'),
    "NaN in the header": framed(b'{"__metadata__": {"format": "tsattn", "config": "{}"}, "w": NaN}'),
    "NaN in the configuration": signed({}, b"", {"config": '{"lr": NaN}'}),
    "a configuration that is a list": signed({}, b"", {"config": "[1]"}),
    "a configuration that is a number": signed({}, b"", {"config": 5}),
    "metadata that is a list": framed(b'{"__metadata__": ["tsattn"]}'),
    "a header that is a list": framed(b"[1, 2]"),
    "a header of nested lists": framed(b"[" * 200_000),
    "a number of a million digits": framed(b'{"w": ' + b"9" * 1_000_000 + b"}"),
    "a name that leads out": signed({"../../outside": entry()}, bytes(8)),
    "a name from the root": signed({"/etc/outside": entry()}, bytes(8)),
    "a header longer than the file": (2**63).to_bytes(8, "little") + b"{}",
    "no header at all": framed(b""),
}


@pytest.mark.parametrize("what", CRAFTED)
def test_p44_crafted_headers_are_refused(what, tmp_path):
    target = tmp_path / "crafted"
    target.write_bytes(CRAFTED[what])
    began = time.perf_counter()
    with pytest.raises(ModelFileError, match="model file"):
        files.read_tensors(target)
    assert time.perf_counter() - began < 5


def test_p44_a_file_too_large_for_its_kind_is_not_read(tmp_path):
    """A header of 100 MB in a file of 1 GiB, which takes no room on the disk, is refused by its first bytes."""
    target = tmp_path / "crafted"
    with target.open("wb") as file:
        file.write((100 * 2**20).to_bytes(8, "little"))
        file.truncate(2**30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelFileError, match="announces a header"):
        files.read_tensors(target)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kilobytes


WRITE = """
import sys
import numpy as np
from tsattn._files import write_tensors
path, value, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sys.stdout.write("ready\\n")
sys.stdout.flush()
for number in range(times):
    value_now = value + number
    write_tensors(path, {"w": np.full(100_000, value_now)}, {"value": value_now})
"""


def value_of(path):
    """The number that a file was written with; raises unless all of it is of one writing."""
    tensors, config = files.read_tensors(path)
    assert (tensors["w"] == config["value"]).all()
    return config["value"]


def leftovers(path):
    return list(path.parent.glob(f".*{files.TEMPORARY}"))


@pytest.mark.slow
def test_p48_p49_killed_while_saving(tmp_path):
    target, rng, orphans = tmp_path / "model", np.random.default_rng(48), 0
    files.write_tensors(target, {"w": np.full(100_000, -1)}, {"value": -1})
    for _ in range(20):
        writer = python(WRITE, target, 0, 10**9)
        assert writer.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0, 0.05))
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        value_of(target)
        orphans += len(leftovers(target))
    assert orphans, "no writer was killed between opening its part and moving it: this test shows nothing"
    files.write_tensors(target, {"w": np.array([1])}, {"value": 1})
    assert value_of(target) == 1
    assert leftovers(target) == []


def test_p49_parts_of_living_writers_and_other_machines_stay(tmp_path):
    target, machine = tmp_path / "model[1]", files._machine()
    dead = python("")
    finish(dead)
    names = {"mine": f".model[1].{machine}.{os.getpid()}.ab", "dead": f".model[1].{machine}.{dead.pid}.ab",
             "elsewhere": f".model[1].00000000.{dead.pid}.ab", "other": f".model1.{machine}.{dead.pid}.ab"}
    parts = {what: tmp_path / f"{name}{files.TEMPORARY}" for what, name in names.items()}
    for part in parts.values():
        part.touch()
    files.write_atomic(target, b"1")
    assert {what for what, part in parts.items() if part.exists()} == {"mine", "elsewhere", "other"}


FULL = """
import os, resource, stat, sys
from pathlib import Path
from tsattn._files import write_atomic
path, how = Path(sys.argv[1]), sys.argv[2]
if how == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
else:
    path.parent.chmod(0o555)
    if os.getuid() == 0:
        os.setuid(65534)  # nothing is forbidden to root
try:
    write_atomic(path, bytes(2000))
except OSError as error:
    sys.stdout.write(f"{type(error).__name__}|{error}|{error.filename}")
"""


@pytest.mark.parametrize(("how", "kind"), [("full", "OSError"), ("read-only", "PermissionError")])
def test_p50_no_room_or_no_permission_leaves_the_old_file(how, kind):
    with tempfile.TemporaryDirectory() as folder:  # not pytest's, which only its owner may enter
        Path(folder).chmod(0o755)
        target = Path(folder) / "model"
        files.write_atomic(target, b"old")
        name, message, filename = finish(python(FULL, target, how)).split("|")
        Path(folder).chmod(0o755)
        assert name == kind
        assert f"cannot write '{target}'" in message
        assert filename == str(target)
        assert target.read_bytes() == b"old"
        assert leftovers(target) == []


def test_p50_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"cannot write '.*missing/model'"):
        files.write_atomic(tmp_path / "missing" / "model", b"1")


def test_p50_permissions_and_owner_are_kept(tmp_path):
    target = tmp_path / "model"
    files.write_atomic(target, b"old")
    target.chmod(0o640)
    if os.getuid() == 0:
        os.chown(target, 12345, 23456)
    before = target.stat()
    files.write_atomic(target, b"new")
    after = target.stat()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(after.st_mode) == 0o640
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "model", tmp_path / "latest"
    files.write_atomic(target, b"old")
    link.symlink_to(target)
    files.write_atomic(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_p53_writers_racing_leave_one_whole_file(tmp_path):
    target = tmp_path / "model"
    files.write_tensors(target, {"w": np.array([0])}, {"value": 0})
    writers = [python(WRITE, target, 1000 * number, 20) for number in range(1, 9)]
    reads = 0
    while any(writer.poll() is None for writer in writers):
        value_of(target)
        reads += 1
    for writer in writers:
        finish(writer)
    assert value_of(target) % 1000 == 19  # the last writing of one of them
    assert reads > 1
    assert leftovers(target) == []
