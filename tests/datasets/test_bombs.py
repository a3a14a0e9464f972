"""Small files that unpack to large ones, and headers that promise more than there is, are refused on the way."""

import bz2
import gzip
import io
import lzma
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from tsattn._checks import DatasetNotFoundError
from tsattn.datasets import _sources, _unpack
from tsattn.datasets._images import parse_png
from tsattn.datasets._mat import read_variable
from tsattn.datasets._npz import parse_npz
from tsattn.datasets._sources import Source, locate, members, read
from tsattn.datasets.digits import parse_idx

ROOM = 2**16
ZEROS = bytes(2**20)
PACK = {"gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress}


def tar(*entries, mode="w", form=tarfile.GNU_FORMAT):
    """An archive of (name, content) pairs, or of entries as they are."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, format=form) as archive:
        for name, content in entries:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def header(name, size, kind):
    """One block: a header as it may stand anywhere in an archive."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.type = size, kind
    return entry.tobuf(tarfile.GNU_FORMAT)


def sparse(size):
    """A member of no bytes that says to be of `size`."""
    block = bytearray(header("hole.tsd", 0, tarfile.GNUTYPE_SPARSE))
    block[483:495] = b"%011o\0" % size
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + bytes(1024)


def zipped(entries, packing=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return file.getvalue()


def element(kind, data):
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def matrix(name, parts, n, kind=6):
    """A variable of a MATLAB file, of shape (n, 1)."""
    return element(14, element(6, struct.pack("<II", kind, 0)) + element(5, struct.pack("<ii", n, 1))
                   + element(1, name.encode()) + parts)


def compressed(data):
    """Such an element is not filled up to eight bytes."""
    return struct.pack("<II", 15, len(data)) + data


def mat(*variables, pack=True):
    """A MATLAB file."""
    kept = [compressed(zlib.compress(one)) if pack else one for one in variables]
    return b"MATLAB 5.0 MAT-file".ljust(126) + b"IM" + b"".join(kept)


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("packing", PACK)
def test_a_packed_file_is_read_up_to_its_limit(packing, tmp_path):
    path = tmp_path / f"file.{packing}"
    path.write_bytes(PACK[packing](b"1 2\n" * 100) + PACK[packing](b"3 4\n") + bytes(7))
    assert read(path, limit=404) == b"1 2\n" * 100 + b"3 4\n"
    with pytest.raises(ValueError, match=f"damaged file '{path}': more than 403 bytes unpacked"):
        read(path, limit=403)


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: content[:9],
                                    lambda content: content + b"more", lambda content: content[:12] + content[13:]])
def test_a_packed_file_is_whole_or_damaged(packing, damage, tmp_path):
    path = tmp_path / f"file.{packing}"
    path.write_bytes(damage(PACK[packing](bytes(range(256)) * 9)))
    with pytest.raises(ValueError, match="damaged file"):
        read(path)


def test_what_a_file_is_packed_by_its_bytes_say_and_not_its_name(tmp_path):
    (tmp_path / "as_named.csv.gz").write_bytes(b"1,2\n")  # a browser has unpacked it
    (tmp_path / "packed.csv").write_bytes(gzip.compress(b"1,2\n"))
    assert read(tmp_path / "as_named.csv.gz") == read(tmp_path / "packed.csv") == b"1,2\n"


@pytest.mark.parametrize(("content", "message"), [
    (gzip.compress(ZEROS), "more than 65536 bytes unpacked"),
    (gzip.compress(ZEROS[:ROOM // 2]) * 3, "more than 65536 bytes unpacked"),
    (lzma.compress(ZEROS), "more than 65536 bytes unpacked"),
    (bz2.compress(ZEROS), "more than 65536 bytes unpacked"),
    (ZEROS, "more than 65536 bytes unpacked"),
    (gzip.compress(b"") * 2000, "more than 1024 streams"),
    (b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * ROOM, "it ends too early"),  # a name without an end
])
def test_p45_a_bomb_is_refused(content, message, tmp_path):
    (tmp_path / "bomb").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "bomb", limit=ROOM)


@pytest.mark.parametrize(("content", "message"), [
    (tar(("a.tsd", ZEROS), mode="w:gz"), "more than 65536 bytes unpacked"),
    (tar(*[(f"{n}.tsd", ZEROS[:5000]) for n in range(20)], mode="w:xz"), "more than 65536 bytes unpacked"),
    (tar(("a.tsd", ZEROS), mode="w:bz2"), "more than 65536 bytes unpacked"),
    (tar(("a.txt", ZEROS)), "more than 65536 bytes unpacked"),  # not asked for, and counted all the same
    (sparse(10**11 // 8 * 4) + bytes(1024), "is a sparse file"),
    (header("a", 10**10, tarfile.GNUTYPE_LONGNAME) + ZEROS, "more than 65536 bytes unpacked"),
    (header("a", 10**10, tarfile.XHDTYPE) + bytes(ROOM // 2), "damaged"),
    ((header("a", 1, tarfile.GNUTYPE_LONGNAME) + b"x" + bytes(511)) * 60, "damaged"),
    (tar(*[(f"{n}.tsd", b"") for n in range(20)]), "more than 8 members"),
    (header("a.tsd", 10**11 // 8, tarfile.REGTYPE) + bytes(512), "damaged"),
    (tar(("a.tsd", b"1")) [:512], "damaged"),
])
def test_p45_a_tar_bomb_is_refused(content, message, tmp_path, monkeypatch):
    monkeypatch.setattr(_unpack, "MEMBERS", 8 if "8 members" in message else 100)
    (tmp_path / "bomb.tar").write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        list(members(tmp_path / "bomb.tar", ".tsd", limit=ROOM))
    assert "bomb.tar" in str(caught.value)


def test_a_chain_of_long_names_is_damage(tmp_path):
    (tmp_path / "bomb.tar").write_bytes((header("a", 1, tarfile.GNUTYPE_LONGNAME) + b"x" + bytes(511)) * 3000)
    with pytest.raises(ValueError, match=r"damaged archive '.*bomb.tar'"):
        list(members(tmp_path / "bomb.tar", ".tsd"))


@pytest.mark.parametrize("cut", [512, 1024, 1536])
def test_an_archive_that_is_cut_short_does_not_pass_for_a_smaller_one(cut, tmp_path):
    (tmp_path / "cut.tar").write_bytes(tar(("a.tsd", b"1"), ("b.tsd", b"2"))[:cut])
    with pytest.raises(ValueError, match="damaged archive"):
        list(members(tmp_path / "cut.tar", ".tsd"))


def test_an_archive_with_a_damaged_header_does_not_pass_for_a_smaller_one(tmp_path):
    content = bytearray(tar(("a.tsd", b"1"), ("b.tsd", b"2")))
    content[1024] ^= 1
    (tmp_path / "damaged.tar").write_bytes(content)
    with pytest.raises(ValueError, match="damaged archive"):
        list(members(tmp_path / "damaged.tar", ".tsd"))


@pytest.mark.parametrize(("content", "message"), [
    (mat(matrix("data", element(9, ZEROS), 2**17)), "more than 65536 bytes unpacked"),
    (mat(*[matrix(f"other{n}", element(9, ZEROS[:30_000]), 3750) for n in range(4)]), "more than 5?5[0-9]{3} bytes"),
    (mat(matrix("data", element(1, ZEROS[:60_000]), 60_000)), "numbers of more than 65536 bytes"),
    (mat(matrix("data", element(14, b"") * 70_000, 70_000, kind=1), pack=False), "more than 65536 parts"),
    (mat(element(14, element(6, bytes(8)) + element(5, bytes(4 * 40)) + element(1, b"data"))), "without flags or dim"),
])
def test_p45_a_mat_bomb_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        read_variable(content, "data", limit=ROOM)


def lying(content, size):
    """A zip archive, its sizes replaced where they are told."""
    old, new = struct.pack("<I", len(ZEROS)), struct.pack("<I", size)
    return content.replace(old, new)


@pytest.mark.parametrize(("content", "message"), [
    (zipped([("X.npy", npy(np.zeros(2**17)))]), "more than 65536 bytes"),
    (zipped([("X.npy", npy(np.zeros(6000))), ("y.npy", npy(np.zeros(6000)))]), "more than 17"),
    (zipped([("X.npy", ZEROS)], zipfile.ZIP_LZMA), "packed in a way that is not read"),
    (lying(zipped([("X.npy", ZEROS)]), 100), "Bad CRC|damaged"),
    (zipped([(f"{n}.npy", b"") for n in range(20)], zipfile.ZIP_STORED), "more than 8 members"),
    (zipped([("X.npy", npy(np.zeros(9))[:100])]), "damaged"),
    (zipped([("X.npy", npy(np.zeros(9)).replace(b"(9,), ", b"(2**60,), "))]), "damaged"),
    (zipped([("X.npy", npy(np.zeros(9)).replace(b"'<f8'", b"'V0' ") )]), "must be a plain array"),
])
def test_p45_an_npz_bomb_is_refused(content, message, monkeypatch):
    monkeypatch.setattr(_unpack, "MEMBERS", 8)
    with pytest.raises(ValueError, match=message):
        parse_npz(content, ("X", "y"), "bomb.npz", limit=ROOM)


@pytest.mark.parametrize("lengths", [(2**31, 28, 28), (2**32 - 1,) * 3, (0, 2**31, 2**31), (2, 28, 28)])
def test_p45_an_idx_file_that_says_more_than_it_holds_is_refused(lengths):
    with pytest.raises(ValueError, match="values need"):
        parse_idx(bytes([0, 0, 8, 3]) + struct.pack(">III", *lengths) + bytes(784), 3, "file")


def test_p45_a_picture_of_more_pixels_than_any_is_refused_before_they_are_made():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8000, 8000, 8, 2, 0, 0, 0))
    with pytest.raises(ValueError, match="more than 16777216 pixels: 8000 x 8000"):
        parse_png(content + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b""), "bomb.png")


def source(**more):
    return Source("made/file.csv", "https://example.org", "0" * 64, "https://example.org/x", **more)


@pytest.mark.parametrize(("sent", "more", "message"), [
    (gzip.compress(ZEROS), {}, "more than 65536 bytes unpacked"),
    (zipped([("file.csv", ZEROS)]), {"member": "file.csv"}, "has more than 65536 bytes"),
    (zipped([("in.zip", zipped([("file.csv", ZEROS)]))]), {"member": "file.csv"}, "has more than 6[0-9]{4} bytes"),
    (zipped([("file.csv", gzip.compress(ZEROS))]), {"member": "file.csv"}, "more than 65536 bytes unpacked"),
    (tar(("a.tsd", ZEROS), mode="w:gz"), {"suffix": ".tsd"}, "more than 65536 bytes unpacked"),
    (bytes(ROOM + 1), {}, "more than 65536 bytes are sent"),
])
def test_p45_a_download_is_counted_as_it_comes_and_as_it_is_unpacked(sent, more, message, no_data, monkeypatch):
    import pooch

    def send(self, url, file, pup):
        for at in range(0, len(sent), 1000):
            file.write(sent[at : at + 1000])
            file.flush()

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", send)
    download = _sources._download
    monkeypatch.setattr(_sources, "_download", lambda one: download(one, most=ROOM, limit=ROOM))
    with pytest.raises(DatasetNotFoundError, match=message):
        locate(source(**more))
    assert not no_data[1].exists()


RUN = """
import sys
from tsattn.datasets import _images, _mat, _npz, _sources
from pathlib import Path
def peak():  # not getrusage's, which begins with that of the process that started this one
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
def of(path):
    if path.suffix == ".tar": return list(_sources.members(path, ".tsd"))
    if path.suffix == ".mat": return _mat.read_variable(path.read_bytes(), "data")
    if path.suffix == ".npz": return _npz.parse_npz(path.read_bytes(), ("X",), str(path))
    return _sources.read(path)
before = peak()
for path in sorted(Path(sys.argv[1]).iterdir()):
    try: of(path)
    except ValueError as error: print(path.name, "refused", error)
    print(path.name, peak() - before)
"""


def deflated(before, n_times, wbits=15):
    """A stream that begins so, and then has n_times MiB of zeros, without its end."""
    stream = zlib.compressobj(9, wbits=wbits)
    head = stream.compress(before) + stream.flush(zlib.Z_FULL_FLUSH)
    return head + (stream.compress(ZEROS) + stream.flush(zlib.Z_FULL_FLUSH)) * n_times


def test_p45_bombs_of_a_gigabyte_take_less_than_300_mb(tmp_path):
    first = matrix("data", element(9, b""), 1)[:-8]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, \
            archive.open("X.npy", "w", force_zip64=True) as member:
        for _ in range(200):
            member.write(ZEROS)
    bombs = {"a.gz": deflated(b"", 1000, wbits=31), "b.xz": lzma.compress(bytes(2**24), preset=0) * 64,
             "c.bz2": bz2.compress(bytes(2**24)) * 64,
             "d.tar": deflated(header("a.tsd", 2**30, tarfile.REGTYPE), 1000, wbits=31),
             "e.mat": mat(pack=False) + compressed(deflated(first, 1000)), "f.npz": file.getvalue(),
             "g.tar": deflated(header("a", 2**33 - 1, tarfile.XHDTYPE), 1000, wbits=31),
             "h.tar": sparse(2**32) + bytes(1024)}
    for name, content in bombs.items():
        (tmp_path / name).write_bytes(content)
    done = subprocess.run([sys.executable, "-c", RUN, tmp_path], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[2])
    lines = done.stdout.splitlines()
    assert sum(" refused " in line for line in lines) == len(bombs), done.stdout
    assert float(lines[-1].split()[1]) < 300, done.stdout
