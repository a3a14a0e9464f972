"""The report of a small run as a browser shows it: pages as wide as a desk's and a telephone's, and paper."""

import json
import re
import subprocess
from html import unescape

import pytest
from matplotlib.image import imread
from sktime.classification.dummy import DummyClassifier
from sktime.classification.feature_based import SummaryClassifier

from tsattn.benchmark import Entry, Suite, Task, run_suite
from tsattn.benchmark.report import write_report
from tsattn.benchmark.tasks import basic_motions
from tsattn.classification import SDMAClassifier
from tsattn.training import Training

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDTHS = (1280, 390)
PAPER = 965  # points of a screen that a Letter's long side has, less the margins; A4 has more
# run in the page, when all of it is there: what it shows, and how large; messages reach the frame's parent
PROBE = """<script>addEventListener("load", async () => {
const looks = (query, one) => [...document.querySelectorAll(query)].map(part => one(part, getComputedStyle(part)));
const ink = img => {  // the share of points that are not white
  const canvas = document.createElement("canvas"), brush = canvas.getContext("2d");
  canvas.width = canvas.height = 200;
  brush.fillStyle = "#fff"; brush.fillRect(0, 0, 200, 200); brush.drawImage(img, 0, 0, 200, 200);
  const points = brush.getImageData(0, 0, 200, 200).data;
  return points.filter((value, place) => place % 4 == 0 && value < 250).length / 40000;
};
const pictures = [];
for (const img of document.images) {
  const whole = await img.decode().then(() => true, () => false), box = img.getBoundingClientRect();
  pictures.push({whole, natural: img.naturalWidth, width: box.width, height: box.height,
                 ink: whole ? ink(img) : 0, caption: img.alt});
}
parent.postMessage({
  width: innerWidth, needed: document.documentElement.scrollWidth, pictures,
  text: document.body.innerText,
  headings: looks("h2", part => part.innerText),
  tables: looks(".wide table", part => part.rows.length),
  best: looks("td.best", (part, style) => [part.innerText, +style.fontWeight]),
  bad: looks("td.bad", (part, style) => [part.innerText, style.color]),
  others: looks("td:not(.best)", (part, style) => +style.fontWeight),
  fetched: performance.getEntriesByType("resource").map(entry => entry.name).filter(name => !name.startsWith("data:")),
}, "*");
});</script>"""
FRAMES = """<!DOCTYPE html><title>frames</title><pre>[]</pre><script>
addEventListener("message", event => {
  const pre = document.querySelector("pre");
  pre.textContent = JSON.stringify([...JSON.parse(pre.textContent), event.data]);
});</script>"""


def quick(seed, info):
    """An SDMA network of two epochs."""
    return SDMAClassifier(hidden_size=4, proportions=20, training=Training(epochs=2), random_state=seed)


def summary(seed, info):
    """Summaries of channels, and a forest."""
    return SummaryClassifier(random_state=seed)


def most_frequent(seed, info):
    """The most frequent class."""
    return DummyClassifier(strategy="most_frequent")


def browse(chromium, place, *options):
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={place / 'profile'}",
               "--virtual-time-budget=20000", *options, (place / "frames.html").as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def probe(chromium, place, page, widths=WIDTHS):
    """What the page's own script says of it, by the width of the window."""
    (place / "probed.html").write_text(page.replace("</body>", f"{PROBE}</body>"))
    frames = "".join(f'<iframe src="probed.html" width="{width}" height="900" frameborder="0"></iframe>'
                     for width in widths)
    (place / "frames.html").write_text(FRAMES + frames)
    said = re.search("<pre>(.*?)</pre>", browse(chromium, place, "--dump-dom"), re.S)[1]
    return {one["width"]: one for one in json.loads(unescape(said))}


@pytest.fixture(scope="module")
def run(dummies, tmp_path_factory):
    """The rows of four estimators, one of which cannot be built, on motions and two panels, one with false labels."""
    tasks = (Task("basic_motions", basic_motions, about="4 activities"), Task("slopes", dummies.panel),
             Task("scrambled", dummies.scrambled_panel))
    entries = (Entry("sdma", quick, ours=True, explain=True), Entry("summary", summary),
               Entry("most-frequent", most_frequent, seeded=False), Entry("unbuildable", dummies.unbuildable))
    folder = tmp_path_factory.mktemp("run")
    suite = Suite("small", "A small run", tasks, entries, seeds=2, reference="sdma")
    run_suite(suite, folder, command="tsattn bench --suite small --seeds 2")
    return folder


@pytest.fixture(scope="module")
def page(run):
    return write_report(run).read_text()


@pytest.fixture(scope="module")
def seen(chromium, page, tmp_path_factory):
    return probe(chromium, tmp_path_factory.mktemp("browser"), page)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(seen, width):
    assert seen[width]["needed"] <= width


def test_pictures_are_there_and_large_enough_to_see(seen):
    kinds = ["Mean ranks by accuracy", "against what an estimator costs", "rows are true classes", "a thin line a run",
             "time runs to the right", "The 2 channels attended most"]
    for pictures in (one["pictures"] for one in seen.values()):
        for kind in kinds:
            assert any(kind in picture["caption"] for picture in pictures), kind
        for picture in pictures:
            assert picture["whole"], picture
            assert picture["ink"] > 0.005, picture
            assert picture["width"] == pytest.approx(picture["natural"], abs=1), picture  # of its own size: letters too
            assert picture["height"] >= 60, picture
    captions = [picture["caption"] for picture in seen[1280]["pictures"]]
    assert any(", right. The 2 channels attended most" in caption for caption in captions)
    assert any(", taken for " in caption and "The 2 channels attended most" in caption for caption in captions)


def test_tables_say_who_is_best_and_where_the_reference_loses(seen):
    one = seen[1280]
    assert one["tables"] == [5, 5, 5, 4]  # a head and each estimator; across data sets, those that ran
    assert len(one["best"]) >= 4  # of each table's leading column, one
    assert {weight for _, weight in one["best"]} == {700}
    assert set(one["others"]) == {400}
    lost = [text for text, _ in one["bad"] if text.startswith("+")]
    assert lost  # a network of two epochs loses to a forest
    assert any(text == "failed" for text, _ in one["bad"])
    assert {color for _, color in one["bad"]} == {"rgb(166, 28, 0)"}


def test_the_page_holds_what_it_promises(seen):
    for one in seen.values():
        assert one["headings"] == [
            "Results", "Ranks across data sets", "Accuracy, time and size", "What is taken for what", "Learning curves",
            "What the networks looked at", "Failed cells", "How to read this", "Where and with what",
            "How to run it again"]
        for part in ("A small run", "sdma", "summary", "tsattn bench --suite small --seeds 2", "torch threads",
                     "python 3", "sha256 ", "no GPU", "unbuildable/0: "):
            assert part in one["text"], part


def test_nothing_is_fetched(seen, page):
    assert all(one["fetched"] == [] for one in seen.values())
    assert not re.search(r"""(src|href)="(?!data:)""", page)


def test_a_broken_picture_a_wide_one_and_a_fetched_one_are_seen(chromium, page, tmp_path):
    start = page.index("base64,") + len("base64,")
    broken = page[:start] + "AAAA" + page[start:]
    extra = '<img src="https://localhost:9/none.png" alt="none"><div style="width: 1400px">wide</div></body>'
    found = probe(chromium, tmp_path, broken.replace("</body>", extra))[1280]
    assert [picture["whole"] for picture in found["pictures"]] == [False, *[True] * (len(found["pictures"]) - 2), False]
    assert found["pictures"][0]["ink"] == 0
    assert found["needed"] > 1280
    assert found["fetched"] == ["https://localhost:9/none.png"]


def test_nothing_is_wider_than_paper_either(chromium, page, tmp_path):
    assert page.count("@media print") == 1
    (paper,) = probe(chromium, tmp_path, page.replace("@media print", "@media all"), [PAPER]).values()
    assert paper["needed"] <= PAPER
    assert all(picture["height"] <= 16 / 2.54 * 96 + 1 for picture in paper["pictures"])


def test_paper_has_pages_and_a_picture_has_points(chromium, page, tmp_path):
    (tmp_path / "frames.html").write_text(page)
    browse(chromium, tmp_path, f"--print-to-pdf={tmp_path / 'report.pdf'}", "--no-pdf-header-footer")
    pdf = (tmp_path / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 3
    wide, high = map(float, re.search(rb"/MediaBox *\[0 0 (\S+) (\S+)\]", pdf).groups())
    assert wide > high
    browse(chromium, tmp_path, f"--screenshot={tmp_path / 'report.png'}", "--window-size=1280,2000")
    points = imread(tmp_path / "report.png")
    assert points.shape[:2] == (2000, 1280)
    assert 0.01 < (points[..., :3].min(axis=-1) < 0.9).mean() < 0.5
