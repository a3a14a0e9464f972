import hashlib
import io
import lzma
import pickle
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import tsattn.datasets as datasets
from tsattn._checks import DatasetNotFoundError
from tsattn.datasets import (
    auslan,
    card,
    cards,
    digits,
    forecasting,
    groups_of,
    photos,
    sml2010,
    spoken_arabic_digits,
    ts_files,
)
from tsattn.datasets._archive import CHECKSUMS
from tsattn.datasets._sources import Source, content_digest, find, locate, read

LOADERS = [datasets.load_auslan, datasets.load_spoken_arabic_digits, datasets.load_hdm05,
           datasets.load_kick_vs_punch, datasets.load_sml2010, datasets.load_ett, datasets.load_exchange_rate,
           datasets.load_m4, lambda: datasets.load_ts("GunPoint")]
SOURCES = [
    auslan.SOURCE, forecasting.ETT, forecasting.EXCHANGE, *sml2010.SOURCES.values(),
    *spoken_arabic_digits.SOURCES.values(), *(forecasting.m4_source(*key) for key in forecasting.M4),
    *digits.MNIST.values(), *digits.FASHION.values(), *photos.PHOTOS.values(), photos.KEYPOINTS,
    *photos.oxford_sources("boat"), *photos.oxford_sources("graf"),
    *(ts_files._source(problem.split("/")[1], part) for problem in CHECKSUMS for part in ("train", "test")),
]
CONTENT = b"1,2,3\n"
SOURCE = Source("made/file.csv", "https://example.org", hashlib.sha256(CONTENT).hexdigest(), "https://example.org/x.zip",
                "file.csv")


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def send(monkeypatch, content):
    """Put `content` where the network would be; returns the list of addresses asked."""
    import pooch

    asked = []

    def retrieve(url, known_hash, fname, path, downloader):
        asked.append(url)
        (Path(path) / fname).write_bytes(content)
        return str(Path(path) / fname)

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    return asked


@pytest.mark.parametrize("loader", LOADERS)
def test_offline_the_error_says_where_to_get_the_file_and_where_to_put_it(loader, no_data):
    data, _ = no_data
    with pytest.raises(DatasetNotFoundError, match=r"is not on this machine, and .*; get it from http") as caught:
        loader()
    assert f"put it at '{data}/" in str(caught.value)


def test_a_file_is_looked_for_in_the_data_folder_then_in_the_cache(no_data):
    data, cache = no_data
    for folder in (cache, data):
        (folder / "made").mkdir(parents=True)
        (folder / "made" / "file.csv.xz").write_bytes(lzma.compress(CONTENT))
        assert locate(SOURCE) == folder / "made" / "file.csv.xz"


@pytest.mark.parametrize("inside", [{"folder/file.csv": CONTENT}, {"inner.zip": zipped(**{"file.csv": CONTENT})}])
def test_a_download_is_checked_and_kept(inside, no_data, monkeypatch):
    _, cache = no_data
    asked = send(monkeypatch, zipped(**inside))
    assert locate(SOURCE).read_bytes() == CONTENT
    assert locate(SOURCE) == cache / "made" / "file.csv"
    assert asked == ["https://example.org/x.zip"]


@pytest.mark.parametrize(("sent", "message"), [
    (zipped(**{"file.csv": b"1,2,4\n"}), "checksum [0-9a-f]{64} where [0-9a-f]{64} was expected"),
    (zipped(**{"other.csv": CONTENT}), "no file 'file.csv' in https://example.org/x.zip"),
    (b"<html>gone</html>", "damaged file https:.*: File is not a zip file"),
])
def test_a_false_download_is_refused_and_not_kept(sent, message, no_data, monkeypatch):
    _, cache = no_data
    send(monkeypatch, sent)
    with pytest.raises(DatasetNotFoundError, match=message):
        locate(SOURCE)
    assert not cache.exists()


def test_an_archive_is_known_by_its_members_however_packed():
    def archive(mode, root, names):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode=mode) as file:
            for name in names:
                entry = tarfile.TarInfo(f"{root}{name}")
                entry.size = len(CONTENT)
                file.addfile(entry, io.BytesIO(CONTENT))
        return buffer.getvalue()

    one = content_digest(archive("w:xz", "", ["s/a.tsd", "s/b.tsd"]), ".tsd")
    assert one == content_digest(archive("w:gz", "root/", ["s/b.tsd", "s/a.tsd", "README"]), ".tsd")
    assert one != content_digest(archive("w:gz", "", ["s/a.tsd", "s/c.tsd"]), ".tsd")


def test_nothing_heavy_and_no_network_on_import():
    code = ("import socket, sys; socket.socket = None; import tsattn.datasets; "
            "print(sorted({'sktime', 'pandas', 'torch', 'pooch', 'scipy', 'requests'} & set(sys.modules)))")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_groups_are_read_off_the_id_and_survive_pickling():
    for name, instance, group in (("auslan", "tctodd3/not-my-problem-1", "tctodd3"),
                                  ("spoken_arabic_digits", "s07/d3/9", "s07"), ("hdm05", "mm/grabHighR/002", "mm")):
        assert pickle.loads(pickle.dumps(groups_of(name)))(instance) == group
    with pytest.raises(ValueError, match="unknown data set with groups 'ett'; choose one of 'auslan'"):
        groups_of("ett")


@pytest.mark.parametrize("loader", LOADERS[:4])
@pytest.mark.parametrize("split", ["TRAIN", "validation", 0])
def test_an_unknown_split_is_refused_before_anything_is_read(loader, split, no_data):
    with pytest.raises(ValueError, match=r"unknown split .*; choose one of None, 'train', 'test'"):
        loader(split)


def test_every_card_says_what_is_needed():
    assert {"auslan", "ett", "exchange_rate", "hdm05", "kick_vs_punch", "m4", "planted_events", "sml2010",
            "spoken_arabic_digits", "uea_ucr", "mnist", "fashion_mnist", "cifar10", "coil20", "oxford_affine",
            "photos"} <= set(cards())
    for name in cards():
        text = card(name)
        for heading in ("Source", "Licence", "SHA-256", "Size", "Classes", "Split", "Citation", "Traps"):
            assert f"**{heading}**" in text, f"{name}: {heading}"
    with pytest.raises(ValueError, match="no card of the name 'nothing'; choose one of auslan"):
        card("nothing")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.path)
def test_checksums_stand_in_the_cards(source):
    folder = source.path.split("/")[0]
    assert source.sha256 in card("uea_ucr" if folder in {"uea", "ucr"} else folder)


@pytest.mark.data
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.path)
def test_the_publishers_bytes_have_the_checksum_that_a_download_is_held_to(source):
    assert content_digest(read(find(source.path)), source.suffix) == source.sha256


def test_a_named_folder_that_is_not_there_is_an_error_not_a_download(no_data, monkeypatch):
    monkeypatch.setenv("TSATTN_DATA", "/no/such/folder")
    for ask in (lambda: find("x.txt"), lambda: locate(auslan.SOURCE), datasets.load_auslan):
        with pytest.raises(DatasetNotFoundError, match=r"must name a folder.* got '/no/such/folder'; correct"):
            ask()
