import re
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from tsattn._files import write_tensors
from tsattn.benchmark import figures
from tsattn.benchmark.folder import Folder
from tsattn.benchmark.report import write_report
from tsattn.benchmark.stats import by_protocol

VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """Collects text, links and tags, and checks that tags are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.text, self.links, self.tags = [], "", [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href", "action", "data")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def folder(rows, tmp_path):
    place = Folder(tmp_path)
    history = [{"epoch": 1, "train_loss": 1.0, "validation_loss": "nan"}, {"epoch": 2, "train_loss": 0.5}]
    made = [
        rows.row("ours", 0, 0.9, ours=True, history=history), rows.row("ours", 1, 0.8, ours=True, history=history),
        rows.row("rival", 0, 0.95, notes=["resampled <to> 30 steps"]),
        rows.row("<script>alert(1)</script>", status="failed"),
    ]
    for row in made:
        place.write(row | {"key": row["key"].replace("/", "").replace("<", "").replace(">", "")})
    place.note([], {"suite": "small", "title": "Slopes & hills", "reference": "ours", "command": ""})
    return tmp_path


def page_of(folder, **options):
    path = write_report(folder, **options)
    assert path == folder / "report.html"
    text = path.read_text()
    return text, Page(text)


def test_the_report_says_everything(folder):
    _, page = page_of(folder)
    for part in ("Slopes & hills", "suite small: 4 runs", "85.00 ± 7.07", "95.00", "+5.00", "resampled <to> 30 steps",
                 "of 9 test series: rival +0.4; one test set: no test",
                 "times: torch threads 2, cells at a time 1",
                 "a cpu, 2 cores, 2 torch threads, no GPU", "tsattn 0.1.0", "c0ffee",
                 "sha256 abc", "tsattn bench", "ValueError: no <way>",
                 "Test labels are read after the last prediction"):
        assert part in page.text, part


def test_rows_cannot_smuggle_in_markup(folder):
    text, page = page_of(folder)
    assert "script" not in page.tags
    assert "<script>alert(1)</script>" in page.text  # as words
    assert "<script" not in text


def test_the_report_is_one_file(folder):
    text, page = page_of(folder)
    assert page.links
    assert all(link.startswith("data:image/svg+xml;base64,") for link in page.links)
    assert not re.search(r"url\(|@import|https?://", text)


def test_pictures_are_of_what_is_there(folder):
    _, page = page_of(folder)
    assert page.tags.count("img") == 3  # accuracy and time, confusions, learning curves
    assert "What the networks looked at" not in page.text


def test_networks_are_drawn_by_size_too(rows):
    made = [rows.row("a", ours=True), rows.row("b", ours=True, n_parameters=99), rows.row("forest")]
    (both,), (time,) = figures.pareto(by_protocol(made)), figures.pareto(by_protocol(made[1:]))
    for picture in (both, time):
        assert b"mean fit time" in picture.svg
        assert b"forest" in picture.svg  # in the legend: it has a time
    assert b"weights of networks" in both.svg
    assert b"weights of networks" not in time.svg  # of a single network


def test_confusions_are_of_all_runs(rows, monkeypatch):
    drawn = {}
    monkeypatch.setattr(figures, "plot_confusions", lambda counts, ax, **_: drawn.update(counts))
    made = [rows.row("a"), rows.row("a", 1, predicted=[1, 1]), rows.row("b", status="failed"),
            rows.row("c", predicted=[1, 0])]
    (picture,) = figures.confusions(by_protocol(made))
    assert {name: counts.tolist() for name, counts in drawn.items()} == {"a": [[1, 1], [0, 2]], "c": [[0, 1], [1, 0]]}
    assert "what they are taken for" in picture.caption
    many = rows.row("a", classes=[str(number) for number in range(31)])  # too many to be read
    assert list(figures.confusions(by_protocol([many]))) == []


def test_confusions_that_are_not_drawn_are_said(rows):
    few, many = rows.row("a"), rows.row("a", task="words")
    many["task"]["n_classes"] = 31
    assert figures.unread(by_protocol([few, many])) == [
        "words, official split: no picture, for 31 classes are more than the 30 that can be read in one."]


def test_curves_are_histories_side_by_side(rows, monkeypatch):
    drawn = {}
    monkeypatch.setattr(figures, "plot_learning_curves", lambda curves, ax, quantity: drawn.update({quantity: curves}))
    histories = [[{"train_loss": 3.0, "validation_loss": "nan"}, {"train_loss": 2.0, "validation_loss": None}],
                 [{"train_loss": 1.0}], None]
    made = [rows.row("a", seed, history=history) for seed, history in enumerate(histories)]
    (picture,) = figures.learning_curves(by_protocol([*made, rows.row("b")]))
    assert drawn.keys() == {"train loss"}  # nothing is known of the others
    assert drawn["train loss"].keys() == {"a"}
    assert np.array_equal(drawn["train loss"]["a"], [[3, 2], [1, np.nan]], equal_nan=True)
    assert "a thin line a run" in picture.caption
    many = [rows.row("a", seed, history=histories[1]) for seed in range(11)]
    (picture,) = figures.learning_curves(by_protocol(many))
    assert "a band the middle 80 % of more than 10 runs" in picture.caption


def test_saliency_pictures_come_from_the_arrays_beside_the_row(folder, rows):
    events = [["variate", ["a"]], ["t", [2]], ["position", [2.0]], ["sigma", [1.0]], ["start", [0]], ["end", [4]],
              ["polarity", [1]]]
    columns = {kind: ["a", "b"] for kind in ("series", "saliency", "attention")}
    write_tensors(Folder(folder).picture_path("slopes-ours-0"), {
        f"0.{kind}": np.random.default_rng(0).random((7, 2), dtype=np.float32) for kind in columns},
        {"instances": [{"id": "s<1>", "true": "up", "predicted": "down", "columns": columns, "events": events}]})
    text, page = page_of(folder)
    assert page.tags.count("img") == 5
    assert "s<1>: class up, taken for down" in page.text
    assert "s&lt;1&gt;" in text


def test_wide_series_show_the_channels_attended_most():
    attention = np.zeros((5, 37))
    attention[2, 20:36] = 1
    names = [f"c{k}" for k in range(37)]
    entry = {"series": np.ones((5, 37)), "attention": attention, "columns": {"series": names, "attention": names}}
    assert figures._most(entry) == names[20:36]
    del entry["attention"]
    assert len(figures._most(entry)) == 16


def test_damaged_and_mixed_rows_are_said(folder, rows):
    (folder / "rows" / "half.json").write_text("{")
    Folder(folder).write(rows.row("late", commit="decade"))
    _, page = page_of(folder)
    assert "half.json" in page.text
    assert "These rows come from 2 different commits." in page.text


def test_another_reference(folder):
    _, page = page_of(folder, reference="rival")
    assert "vs\N{NO-BREAK SPACE}rival" in page.text
    with pytest.raises(ValueError, match="unknown estimator 'nope'; choose one of 'ours', 'rival', "):
        write_report(folder, reference="nope")
    assert "−5.00" in page.text


def test_the_same_rows_make_the_same_report(folder):
    assert strip(page_of(folder)[0]) == strip(page_of(folder)[0])


def strip(text):
    return re.sub(r'src="[^"]*"', "", text)  # matplotlib numbers the parts of an SVG at random


def width_of(text):
    """Pixels that the report's table needs at least, in DejaVu Sans, a wide font that browsers fall back to.

    Within a pixel of what Chromium needs.
    """
    size = 16 * float(re.search(r"^table \{.*?font-size: ([.\d]+)rem", text, re.M)[1])
    padding = 16 * float(re.search(r"^th, td \{ padding: \S+ ([.\d]+)rem", text, re.M)[1])

    def needs(tag, kind, content):
        weight = "bold" if tag == "th" or "best" in kind else "normal"
        font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
        words = unescape(re.sub(r"<.*?>", "", content))
        pieces = re.split("[ -]", words) if tag == "th" else [words]  # headings break, at spaces that may break
        return max(TextToPath().get_text_width_height_descent(piece, font, ismath=False)[0] for piece in pieces)

    table = re.search('<div class="wide">.*?</table>', text, re.S)[0]
    lines = [re.findall(r"<(t[hd])([^>]*)>(.*?)</t[hd]>", line) for line in re.findall("<tr.*?</tr>", table, re.S)]
    return sum(max(needs(*cell) for cell in column) + 2 * padding for column in zip(*lines, strict=True))


def test_a_full_table_fits_a_window_of_1100_pixels(rows, tmp_path):
    place = Folder(tmp_path)
    widest = {"fit_seconds": 0.00698, "predict_seconds": 0.0884, "memory": {"peak_mb": 4365.0}, "n_parameters": 709_313}
    for name, seeds in (("sdma-no-saliency", 2), ("dtw-1nn", 1)):
        for seed in range(seeds):
            scores = {"accuracy": 1.0, "balanced_accuracy": 1.0, "macro_f1": 1.0, "log_loss": 0.073}
            place.write(rows.row(name, seed, ours=seeds == 2, notes=["a note", "another"], scores=scores, **widest))
    place.note([], {"reference": "dtw-1nn"})
    text, page = page_of(tmp_path)
    assert "100.00 ± 0.00" in page.text
    assert width_of(text) <= 1100 - 15 - 2 * 24  # a scroll bar, the page's margins


def test_an_empty_folder_is_an_error(tmp_path):
    Folder(tmp_path)
    with pytest.raises(ValueError, match="no rows in"):
        write_report(tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder of results"):
        write_report(tmp_path / "none")
