"""Damaged files raise what the loaders document, whatever the damage, and nothing in a file is ever run."""

import ast
import gzip
import io
import lzma
import tarfile
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from tsattn.datasets import forecasting, kick_vs_punch, sml2010, spoken_arabic_digits, ts_files
from tsattn.datasets._amc import BONES, parse_amc
from tsattn.datasets._sources import members, read
from tsattn.datasets.auslan import parse_auslan

PACKAGE = Path(__file__).parents[2] / "tsattn" / "datasets"
N_MUTATIONS = 1000
GENERATOR = np.random.default_rng(17)


def numbers(n_rows, n_columns, separator):
    table = GENERATOR.normal(size=(n_rows, n_columns)).round(4)
    return "\n".join(separator.join(map(str, row)) for row in table)


def ts_text():
    rows = "\n".join(f"{':'.join(line.replace(' ', ',') for line in numbers(3, 7, ' ').splitlines())}:{label}"
                     for label in "abab")
    return (f"# a comment\n@problemName Made\n@timeStamps false\n@univariate false\n@dimensions 3\n@equalLength true\n"
            f"@seriesLength 7\n@classLabel true a b\n@data\n{rows}\n").encode()


def amc_text():
    values = iter(numbers(2, 62, "\n").split())
    frames = ["\n".join([str(n), *(" ".join([bone, *(next(values) for _ in dofs.split())])
                                   for bone, dofs in BONES.items())]) for n in (1, 2)]
    return "\n".join(["#!OML:ASF f\xfcr", ":DEGREES", *frames]).encode("latin-1")


def sml_text():
    names = " ".join(f"{n}:c{n}" for n in range(3, 25))
    rows = "\n".join(f"13/03/2012 10:{minute} {numbers(1, 22, ' ')}" for minute in ("00", 15, 30, 45))
    return f"# 1:Date 2:Time {names}\n{rows}\n".encode()


def ett_text():
    rows = "\n".join(f"2016-07-01 0{hour}:00:00,{numbers(1, 7, ',')}" for hour in range(5))
    return f"date,HUFL,HULL,MUFL,MULL,LUFL,LULL,OT\n{rows}\n".encode()


def m4_text():
    return b'"V1","V2","V3","V4"\n"H1","605","586.5","586"\n"H2","3124","2990",""\n"H3","12","-3.5e2",NA\n'


def mat_bytes(compressed):
    parts = np.empty((2, 1), dtype=object)
    for part in range(2):
        clips = np.empty((2, 2), dtype=object)
        for clip in range(2):
            clips[clip] = [GENERATOR.normal(size=(3, 62)), np.array(["1"])]
        parts[part, 0] = clips
    file = io.BytesIO()
    savemat(file, {"data": parts}, do_compression=compressed)
    return file.getvalue()


def tar_bytes(mode):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=f"w:{mode}") as archive:
        for name in ("a/x-1.tsd", "a/y-2.tsd"):
            content = numbers(3, 22, "\t").encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def parse_tar(content, where):
    Path(where).write_bytes(content)
    return parse_auslan({name.removesuffix(".tsd"): data for name, data in members(Path(where), ".tsd")}, where)


def parse_packed(content, where):
    Path(where).write_bytes(content)
    return spoken_arabic_digits.parse_digits(read(Path(where)), where)


DIGITS = f"\n{numbers(4, 13, ' ')}\n\n{numbers(3, 13, ' ')}\n".encode()
FORMATS = {
    "ts": (ts_text(), ts_files.parse_ts),
    "amc": (amc_text(), parse_amc),
    "tsd": (numbers(5, 22, "\t").encode(), lambda content, where: parse_auslan({"s/sign-1": content}, where)),
    "digits.txt": (DIGITS, spoken_arabic_digits.parse_digits),
    "sml.txt": (sml_text(), sml2010.parse_sml),
    "exchange.txt": (numbers(5, 8, ",").encode(), forecasting.parse_exchange),
    "ett.csv": (ett_text(), forecasting.parse_ett),
    "m4.csv": (m4_text(), forecasting.parse_m4),
    "mat": (mat_bytes(False), kick_vs_punch.parse_mat),
    "packed.mat": (mat_bytes(True), kick_vs_punch.parse_mat),
    "tar": (tar_bytes(""), parse_tar),
    "tar.xz": (tar_bytes("xz"), parse_tar),
    "txt.gz": (gzip.compress(DIGITS), parse_packed),
    "txt.xz": (lzma.compress(DIGITS), parse_packed),
}
WORDS = [b"nan", b"inf", b"1e999", b"1_0", b"", b"\n", b"\n\n", b":", b",", b'"', b"@data", b"?", b"-", b"\x00", b"\r",
         b"\xff\xfe", b"99999999999999999999", b"#", b"@dimensions 999999999\n", b"cos\nsystem\n(S'true'\ntR."]


def mutate(content, generator):
    """One change: a bit, a run of bytes, a word put in, a stretch taken out or doubled, or the end cut off."""
    at, end = sorted(generator.integers(0, len(content), 2))
    kind = generator.integers(6)
    if kind == 0:
        return content[:at] + bytes([content[at] ^ (1 << int(generator.integers(8)))]) + content[at + 1 :]
    if kind == 1:
        run = generator.bytes(int(generator.integers(1, 9)))
        return content[:at] + run + content[at + len(run) :]
    if kind == 2:
        return content[:at] + WORDS[generator.integers(len(WORDS))] + content[at:]
    if kind == 3:
        return content[:at] + content[end:]
    if kind == 4:
        return content[:end] + content[at:]
    return content[:at]


HELD = {"ts": 4 * 3 * 7, "amc": 2 * 62, "tsd": 5 * 22, "sml.txt": 4 * 22, "exchange.txt": 5 * 8, "ett.csv": 5 * 7,
        "m4.csv": 7, **dict.fromkeys(["digits.txt", "txt.gz", "txt.xz"], 7 * 13),
        **dict.fromkeys(["mat", "packed.mat"], 2 * 2 * 3 * 62), **dict.fromkeys(["tar", "tar.xz"], 2 * 3 * 22)}


def found_in(read):
    """All real numbers in what a parser returns."""
    if isinstance(read, str):
        return []
    if isinstance(read, dict):
        read = list(read.values())
    if isinstance(read, list | tuple):
        return [value for part in read for value in found_in(part)]
    return np.asarray(getattr(read, "values", read), dtype=float).flatten().tolist()


@pytest.mark.parametrize("kind", FORMATS)
def test_p45_the_whole_file_is_read(kind, tmp_path):
    content, parse = FORMATS[kind]
    found = found_in(parse(content, str(tmp_path / f"file.{kind}")))
    assert len(found) == HELD[kind]
    assert np.isfinite(found).all()
    assert len(set(found)) > 0.98 * HELD[kind]  # no part twice


def refusals(kind, where, seed):
    """The messages of the errors that a thousand damages raise; an error of another kind ends the test."""
    content, parse = FORMATS[kind]
    generator = np.random.default_rng(seed)
    messages = []
    for _ in range(N_MUTATIONS):
        try:
            parse(mutate(content, generator), where)
        except ValueError as error:
            messages.append(str(error))
    return messages


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.timeout(60)
def test_p45_a_thousand_damages_raise_documented_errors_only(kind, tmp_path):
    where = str(tmp_path / f"file.{kind}")
    messages = refusals(kind, where, 29)
    assert len(messages) > N_MUTATIONS / 10
    assert [message for message in messages if where not in message] == []


@pytest.mark.parametrize("kind", ["ts", "amc", "tsd", "digits.txt", "sml.txt", "exchange.txt", "ett.csv", "m4.csv"])
def test_p45_the_error_of_a_text_file_names_the_line(kind):
    assert [message for message in refusals(kind, "file", 31) if ", line " not in message] == []


def test_p45_no_loader_unpickles_or_evaluates():
    banned = {"pickle", "joblib", "eval", "exec", "compile", "__import__", "allow_pickle", "read_pickle", "dill"}
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(node, "id", getattr(node, "attr", getattr(node, "arg", getattr(node, "name", None))))
            owner = getattr(getattr(node, "value", None), "id", None)
            assert name not in banned or owner == "re", f"{path.name}: {name}"
