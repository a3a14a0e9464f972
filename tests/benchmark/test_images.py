"""Images as tasks: their data, a cell and its table, the suites of attention in their networks."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tsattn.benchmark import Entry, Folder, Images, ImageTask, Suite, markdown, run_suite, tables
from tsattn.benchmark.image_suites import LENET_SUITE, RESNET_SUITE
from tsattn.benchmark.image_tasks import CIFAR, COIL, MNIST, mnist, sampled
from tsattn.benchmark.images import ImageInfo
from tsattn.benchmark.suites import SUITES

INFO = ImageInfo("mnist", 12, 2, 28, 28, 1)
SWITCHES = ("absolute", "channel_alignment", "extrema", "smoothing")


def squares():
    """12 images to train and 6 to test, half of them with a square."""
    X = np.random.default_rng(0).integers(0, 90, (18, 12, 13), dtype=np.uint8)
    X[::2, 3:8, 4:9] += 150
    y = np.array(["square", "noise"])[np.arange(18) % 2]
    return Images(X, y, np.arange(18) < 12)


def flat(X):
    return X.reshape(len(X), -1)


def most_frequent(seed, info):
    return make_pipeline(FunctionTransformer(flat), DummyClassifier())


def ridge(seed, info):
    return make_pipeline(FunctionTransformer(flat), RidgeClassifier())


def ours(seed, info):
    from tsattn.classification import ImageClassifier
    from tsattn.training import Training

    assert (info.n_train, info.n_classes, info.height, info.width, info.n_channels) == (12, 2, 12, 13, 1)
    return ImageClassifier(attention="se", training=Training(epochs=1), random_state=seed)


def test_a_cell_and_its_table(tmp_path):
    suite = Suite("images", "", (ImageTask("squares", squares),), (
        Entry("dummy", most_frequent, seeded=False), Entry("ridge", ridge, seeded=False),
        Entry("net", ours, ours=True)), reference="dummy")
    keys = run_suite(suite, tmp_path)
    rows = {row["estimator"]["name"]: row for row in map(Folder(tmp_path).read, keys)}
    assert {row["status"] for row in rows.values()} == {"done"}, [row["error"] for row in rows.values()]
    assert rows["ridge"]["scores"]["accuracy"] == 1
    assert rows["ridge"]["scores"]["log_loss"] is None
    assert rows["net"]["scores"]["log_loss"] > 0
    assert rows["net"]["n_parameters"] > 0
    assert len(rows["net"]["history"]) == 1
    task = rows["net"]["task"]
    assert (task["image"], task["n_channels"], task["n_train"], task["n_test"]) == ([12, 13], 1, 12, 6)
    assert task["majority"] == 0.5
    (table,) = tables(Folder(tmp_path).current()[0])
    assert "12 training and 6 test images of 12 x 13 pixels, 1 channel, 2 classes" in markdown(table)


def test_checksums_see_pixels_labels_parts_and_shapes():
    one = squares()
    pixels = one.X.copy()
    pixels[0, 0, 0] += 1
    others = [Images(pixels, one.y, one.is_train), Images(one.X, one.y[::-1], one.is_train),
              Images(one.X, one.y, ~one.is_train), Images(one.X[..., None], one.y, one.is_train),
              Images(one.X.astype(int), one.y, one.is_train)]
    assert len({images.checksum for images in (one, *others)}) == 6
    assert squares().checksum == one.checksum


def test_a_sample_is_the_same_by_class_and_leaves_the_test_part():
    whole = squares()
    some = whole.sampled(6)
    assert (some.y[some.is_train] == "square").sum() == 3
    assert (some.X[~some.is_train] == whole.X[~whole.is_train]).all()
    assert some.checksum == whole.sampled(6).checksum
    assert whole.sampled(None) is whole


def test_images_that_do_not_fit_are_refused():
    one = squares()
    for parts in ((flat(one.X), one.y, one.is_train), (one.X[1:], one.y, one.is_train), (one.X, one.y, one.y[:3])):
        with pytest.raises(ValueError, match="images must have shape"):
            Images(*parts)


def test_folds_are_inside_the_training_part():
    task = ImageTask("squares", squares, split="validation", folds=3)
    cuts = [task.kind.split(squares(), task, fold) for fold in range(3)]
    assert all(max(*train, *test) < 12 for train, test in cuts)
    assert sorted(np.concatenate([test for _, test in cuts])) == list(range(12))


def test_the_suites_are_there_and_named_by_what_they_attend():
    assert SUITES["san-images"] is LENET_SUITE
    assert SUITES["san-images-resnet"] is RESNET_SUITE
    made = {entry.name: entry.make(7, INFO) for suite in (LENET_SUITE, RESNET_SUITE) for entry in suite.entries}
    for name, form in made.items():
        if name in ("lenet5", "resnet20"):
            assert form.attention is None
        elif name.startswith(("cbam", "bam", "san-c", "san-d")):
            assert name.startswith(form.attention)
            assert form.placement == ("full" if name.endswith("full") else "bottleneck")
            assert all(getattr(form, switch) for switch in SWITCHES)
            assert form.residual == name.endswith("-residual")
        assert form.random_state == 7
    assert made["san-d-tanh"].mask_activation == "tanh"
    for suite in (LENET_SUITE, RESNET_SUITE):  # all alike
        assert len({str(entry.make(0, INFO).training) for entry in suite.entries}) == 1


def test_the_parts_are_those_of_the_sources_table():
    made = {entry.name: entry.make(0, INFO) for entry in RESNET_SUITE.entries if entry.name.startswith("san-")}
    rough = {name: form for name, form in made.items() if not form.smoothing}
    on = {name: [getattr(form, switch) for switch in SWITCHES] for name, form in rough.items()}
    assert on == {"san-plain": [False] * 4, "san-abs": [True, False, False, False],
                  "san-abs-cca": [True, True, False, False], "san-abs-cca-extrema": [True, True, True, False]}
    printed = {entry.name: entry.published.get("cifar10") for entry in RESNET_SUITE.entries}
    assert (printed["resnet20"], printed["san-d-full"], printed["san-plain"]) == (68.55, 79.67, 65.82)
    assert {entry.name: dict(entry.published) for entry in LENET_SUITE.entries}["san-d"] == {
        "mnist": 98.70, "fashion_mnist": 89.94}


@pytest.mark.slow
def test_published_networks_can_be_built_and_read(tmp_path):
    """Each entry learns a little of images of its task's size."""
    for suite, shape in ((LENET_SUITE, (28, 28)), (RESNET_SUITE, (32, 32, 3))):
        X = np.random.default_rng(0).integers(0, 255, (8, *shape), dtype=np.uint8)
        for entry in suite.entries:
            made = entry.make(0, INFO).set_params(training__epochs=1)
            assert made.fit(X, np.arange(8) % 2).predict(X).shape == (8,)


@pytest.mark.data
@pytest.mark.slow
def test_real_tasks():
    assert mnist(sample=1000).is_train.sum() == 1000
    few = sampled(CIFAR, 500)
    assert (few.name, few.load().shape) == ("cifar10-500", (32, 32, 3))
    assert (np.bincount(few.load().y[:500]) == 50).all()
    assert COIL.load().shape == (32, 32, 1)
    assert MNIST.load().shape == (28, 28, 1)
