"""ImageClassifier: scikit-learn's contract, whose own checks are of tables, on images; and what is its own."""

import pickle
import warnings

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from torch import nn

import tsattn
from tsattn._checks import DivergenceError, ModelFileError
from tsattn._files import read_tensors, write_tensors
from tsattn._pictures import Pictures
from tsattn.classification import ImageClassifier
from tsattn.image.slot import BLOCKS, Attended
from tsattn.nn import SqueezeExcitation
from tsattn.training import Flip, Training, Translate

pytestmark = pytest.mark.slow  # each fit takes a while; make check has those of series

QUICK = Training(epochs=2, batch_size=8)
LEARNING = Training(epochs=12, batch_size=8, lr=0.01, augment=())


def pictures(n=24, size=12, channels=0, seed=0):
    """Noise, with a bright square in every second image."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 90, (n, size, size, *[channels] * (channels > 0)), dtype=np.uint8)
    for i in range(1, n, 2):
        row, column = rng.integers(1, size - 6, 2)
        X[i, row : row + 5, column : column + 5] += 150
    return X, np.array(["noise", "square"])[np.arange(n) % 2]


def quick(training=QUICK, random_state=0, **options):
    return ImageClassifier(training=training, random_state=random_state, **options)


@pytest.fixture(scope="module")
def grey():
    return pictures()


@pytest.fixture(scope="module")
def fitted(grey):
    return quick().fit(*grey)


@pytest.fixture(scope="module")
def of_colours():
    return quick().fit(*pictures(channels=3))


def test_it_learns(grey):
    classifier = quick(LEARNING).fit(*grey)
    X, y = pictures(40, seed=1)
    assert classifier.score(X, y) > 0.9
    assert classifier.history_["train_loss"].iloc[-1] < classifier.history_["train_loss"].iloc[0]
    assert classifier.best_epoch_ == len(classifier.history_) == 12


def test_p01_the_constructor_only_stores():
    given = {"backbone": "resnet20", "attention": "cbam", "placement": "full", "absolute": False,
             "channel_alignment": False, "extrema": False, "smoothing": False, "residual": False,
             "mask_activation": "tanh", "dropout": 0.25, "training": QUICK, "class_weight": "balanced",
             "random_state": 3}
    made = ImageClassifier(**given)
    assert vars(made) == given
    assert made.get_params(deep=False) == given
    assert not [name for name in vars(made) if name.endswith("_")]


def test_p02_clones_are_equal_and_unfitted(fitted):
    copy = clone(fitted)
    assert copy.get_params()["training__epochs"] == 2
    assert not copy.is_fitted
    assert not hasattr(copy, "classes_")
    assert copy.set_params(training__lr=0.5, placement="full").get_params()["training__lr"] == 0.5
    assert fitted.training.lr != 0.5
    with pytest.raises(ValueError, match=r"is a parameter of training, .* pass training=Training\(.*epochs=10\)"):
        ImageClassifier().set_params(training__lr=0.1)
    with pytest.raises(ValueError, match="has no parameter 'depth'"):
        ImageClassifier().set_params(depth=3)


def test_p04_fit_twice_is_fit_once_and_repeats(fitted, grey):
    again = clone(fitted).fit(*pictures(seed=5)).fit(*grey)
    assert (again.predict_proba(grey[0]) == fitted.predict_proba(grey[0])).all()
    other = clone(fitted).set_params(random_state=1).fit(*grey)
    assert (other.predict_proba(grey[0]) != fitted.predict_proba(grey[0])).any()


@pytest.mark.parametrize("ask", ["predict", "predict_proba", "masks", "relevance", "check_is_fitted"])
def test_p05_before_fit(ask, grey):
    with pytest.raises(NotFittedError, match="ImageClassifier"):
        getattr(ImageClassifier(), ask)(*[grey[0]] * (ask != "check_is_fitted"))


def test_p06_fit_changes_nothing_it_is_given(grey):
    X, y = grey[0].copy(), grey[1].copy()
    classifier = quick()
    before = str(classifier.get_params())
    classifier.fit(X, y)
    np.testing.assert_array_equal(X, grey[0])
    np.testing.assert_array_equal(y, grey[1])
    assert str(classifier.get_params()) == before


def test_p07_rows_do_not_know_their_company(fitted, grey):
    X, whole = grey[0], fitted.predict_proba(grey[0])
    alone = np.concatenate([fitted.predict_proba(X[i : i + 1]) for i in range(len(X))])
    np.testing.assert_allclose(alone, whole, atol=1e-6)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(fitted.predict_proba(X[order]), whole[order], atol=1e-6)


def test_p08_probabilities(fitted, grey):
    shares = fitted.predict_proba(grey[0])
    assert shares.shape == (24, 2)
    assert ((shares >= 0) & (shares <= 1)).all()
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-6)
    assert (fitted.classes_[shares.argmax(1)] == fitted.predict(grey[0])).all()
    assert fitted.classes_.tolist() == ["noise", "square"]
    assert fitted.image_shape_ == (12, 12, 1)


@pytest.mark.parametrize(("value", "what"), [(np.nan, "NaN"), (np.inf, "infinity"), (1e39, "a value too large")])
def test_p09_p10_what_is_not_finite_is_named(value, what, fitted, grey):
    X = grey[0].astype(float)
    X[7, 3, 5] = value
    for ask in (lambda: quick().fit(X, grey[1]), lambda: fitted.predict(X)):
        with pytest.raises(ValueError, match=f"X must not hold {what}.* in image 7, row 3, column 5, channel 0"):
            ask()


@pytest.mark.parametrize("shape", [(0, 12, 12), (3, 0, 12), (3, 12, 12, 0)])
def test_p12_nothing(shape, fitted):
    for ask in (lambda: quick().fit(np.zeros(shape), np.zeros(shape[0])), lambda: fitted.predict(np.zeros(shape))):
        with pytest.raises(ValueError, match=r"at least: found array with \d+ sample"):
            ask()


@pytest.mark.parametrize(("shape", "said"), [
    ((8, 144), r"X must have shape \(n, height, width\) or .*, got \(8, 144\)"),
    ((8, 1, 12, 12, 3), r"got \(8, 1, 12, 12, 3\)"),
    ((8, 3, 32, 32), r"X must have the channels last, got shape \(8, 3, 32, 32\); .*moveaxis\(images, 1, -1\)"),
    ((8, 11, 50), "LeNet-5 needs images of at least 12 x 12 pixels, got 11 x 50"),
    ((8, 1, 1), "LeNet-5 needs images of at least 12 x 12 pixels, got 1 x 1"),
    ((8, 1, 50), "got 1 x 50"),
])
def test_p25_wrong_shapes_and_sizes_are_told(shape, said):
    with pytest.raises(ValueError, match=said):
        quick().fit(np.zeros(shape), np.arange(8) % 2)


@pytest.mark.parametrize(("shape", "value", "kind"), [
    ((8, 12, 12), 0, np.uint8), ((8, 12, 12, 4), 0, np.uint8), ((8, 12, 12), 255, np.uint8),
    ((8, 12, 12, 3), 0.1, np.float64), ((8, 12, 12), True, np.bool_)])
def test_p25_p11_black_constant_and_transparent_images_are_fitted(shape, value, kind):
    X = np.full(shape, value, kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier = quick().fit(X, np.arange(8) % 2)
    assert np.isfinite(classifier.predict_proba(X)).all()


@pytest.mark.parametrize(("labels", "said"), [
    (["a"] * 24, "y must hold two classes at least, got one class, 'a'"), (None, "requires y to be passed"),
    (["a"] * 23, "inconsistent numbers of samples"), ([0.5, 1.0] * 12, "numbers among them must be whole"),
    ([None, "a"] * 12, "missing labels, found one at position 0"),
])
def test_p14_labels_that_cannot_be_learned(labels, said, grey):
    with pytest.raises(ValueError, match=said):
        quick().fit(grey[0], None if labels is None else np.array(labels))


@pytest.mark.parametrize(("labels", "error", "said"), [
    ([np.nan, *["one", "two"] * 11, "one"], ValueError, "y must not hold missing labels, found one at position 0"),
    ([1, *["one", "two"] * 11, "one"], TypeError, "y must hold labels of one kind"),
])
def test_p14_lists_of_what_are_no_labels_are_refused(labels, error, said, grey):
    with pytest.raises(error, match=said):
        quick().fit(grey[0], labels)


@pytest.mark.parametrize("labels", [["b", "a"], [3, -7], [True, False], [2.0, 5.0]])
def test_p16_labels_come_back_as_they_were(labels, grey):
    y = np.array(labels)[np.arange(24) % 2]
    classifier = quick().fit(grey[0], y)
    found = classifier.predict(grey[0])
    assert found.dtype == y.dtype
    assert set(found.tolist()) <= set(labels)
    assert classifier.classes_.tolist() == sorted(labels)


def test_p19_p20_layouts_and_dtypes_are_one(fitted, grey):
    X, expected = grey[0], fitted.predict_proba(grey[0])
    frozen = X.copy()
    frozen.setflags(write=False)
    forms = [frozen, X[..., None], np.asfortranarray(X), X[::-1][::-1], X.repeat(2, 0)[::2], X.tolist(),
             torch.from_numpy(X), *(X.astype(kind) for kind in ("f2", "f4", "f8", ">f8", "i4", "O"))]
    for form in forms:
        np.testing.assert_allclose(fitted.predict_proba(form), expected, atol=1e-5)
    trained = quick().fit(X.astype(">f8")[..., None], grey[1])
    np.testing.assert_allclose(trained.predict_proba(X), expected, atol=1e-5)


def test_p21_sparse_complex_and_texts_are_refused(fitted):
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        fitted.predict(csr_array(np.eye(12)))
    with pytest.raises(ValueError, match=r"Complex data not supported: X must be real numbers, got complex128$"):
        fitted.predict(np.zeros((2, 12, 12), complex))
    with pytest.raises(ValueError, match="X must have one size each, got 2 of several"):
        fitted.predict([np.zeros((12, 12)), np.zeros((12, 13))])
    with pytest.raises(TypeError, match="got a masked array; fill it first"):
        fitted.predict(np.ma.masked_less(np.ones((2, 12, 12)), 0))
    with pytest.raises(ValueError, match="not compatible with arrays of bytes/strings"):
        fitted.predict(np.full((2, 12, 12), "a"))


@pytest.mark.parametrize(("shape", "said"), [
    ((2, 12, 12), "as they were in fit, 12 x 12 pixels of 3 channels, got 12 x 12 pixels of 1 channel$"),
    ((2, 12, 12, 4), "got 12 x 12 pixels of 4 channels"), ((2, 13, 12, 3), "got 13 x 12 pixels of 3 channels"),
    ((2, 3, 12, 12), r"X must have the channels last, got shape \(2, 3, 12, 12\)"),
    ((12, 12, 3), r"got 12 x 3 pixels of 1 channel; X\[np.newaxis\] makes an array of one image"),
])
def test_p22_other_images_than_in_fit(shape, said, of_colours):
    with pytest.raises(ValueError, match=said):
        of_colours.predict(np.zeros(shape))


def test_p22_channels_of_an_image_of_four_rows_are_last_too():
    X = np.random.default_rng(0).normal(size=(8, 4, 12, 4))
    classifier = quick(backbone="resnet20", training=Training(epochs=1)).fit(X, np.arange(8) % 2)
    assert classifier.predict(X).shape == (8,)


@pytest.mark.parametrize("unit", [1e12, 1e-12])
def test_p23_units_do_not_matter(unit, fitted, grey):
    trained = quick().fit(grey[0] * unit + 1e3 * unit, grey[1])
    np.testing.assert_allclose(trained.predict_proba(grey[0] * unit + 1e3 * unit), fitted.predict_proba(grey[0]),
                               atol=1e-3)


def test_values_beyond_float32_in_the_training_images_unit_are_told(grey):
    trained = quick().fit(grey[0] * 1e-12, grey[1])
    with pytest.raises(ValueError, match="in the range of float32 on the scale of the training images"):
        trained.predict(np.full((1, 12, 12), 1e35))


def test_p24_class_weights(grey):
    heavy = quick(class_weight={"square": 50.0}).fit(*grey)
    light = quick(class_weight={"square": 0.02}).fit(*grey)
    assert heavy.predict_proba(grey[0])[:, 1].mean() > light.predict_proba(grey[0])[:, 1].mean()
    with pytest.raises(ValueError, match="class_weight must name classes that y has, got 'circle'"):
        quick(class_weight={"circle": 1.0}).fit(*grey)


def test_p29_global_generators_are_left_alone(grey):
    states = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    quick(random_state=None, dropout=0.5).fit(*grey)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (np.random.get_state()[1] == states[1]).all()  # noqa: NPY002


@pytest.mark.parametrize(("options", "said"), [
    ({"backbone": "alexnet"}, "unknown backbone 'alexnet'; choose one of 'lenet5', "),
    ({"attention": "sam"}, "unknown attention 'sam'; choose one of 'san-c', 'san-d', 'se', 'cbam', 'bam'"),
    ({"placement": "top"}, "unknown placement 'top'"), ({"mask_activation": "step"}, "unknown mask_activation 'step'"),
    ({"dropout": 1.0}, r"dropout must lie in \[0, 1\), got 1.0"), ({"random_state": -1}, "random_state must be"),
    ({"training": Training(augment="weak")}, "unknown augment 'weak'"),
    ({"channel_alignment": False}, "must have as many channels, got 6 after 1"),
])
def test_nonsense_is_refused(options, said, grey):
    with pytest.raises(ValueError, match=said):
        quick(**options).fit(*grey)


@pytest.mark.parametrize(("options", "said"), [
    ({"extrema": 1}, "extrema must be True or False, got 1"),
    ({"residual": "yes"}, "residual must be True, False or 'auto', got 'yes'"),
    ({"training": 3}, "training must be a Training, got 3")])
def test_other_kinds_of_nonsense_are_refused(options, said, grey):
    with pytest.raises(TypeError, match=said):
        quick(**options).fit(*grey)


def test_what_augment_means_for_images():
    changes = [quick(Training(augment=name))._training().augment for name in ("standard", "strong")]
    assert [[str(change) for change in some] for some in changes] == [
        [str(Translate(2))], [str(Flip()), str(Translate(4))]]
    own = (Flip(0.25),)
    assert quick(Training(augment=own))._training().augment is own
    assert ImageClassifier()._training().batch_size == 64


def test_p66_a_divergence_leaves_the_last_good_weights(grey):
    wild = quick(Training(epochs=5, lr=1e6, optimizer="sgd", clip=None, schedule="constant"))
    with pytest.raises(DivergenceError, match="lower lr"):
        wild.fit(*grey)
    assert np.isfinite(wild.predict_proba(grey[0])).all()


@pytest.mark.parametrize("attention", [*BLOCKS, None])
def test_masks_and_relevance(attention, grey):
    classifier = quick(attention=attention).fit(*grey)
    shares = classifier.relevance(grey[0][:3])
    assert shares.shape == (3, 12, 12)
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares.sum((1, 2)), 1, rtol=1e-6)
    if attention is None:
        with pytest.raises(ValueError, match="has no attention, and so no masks; ImageClassifier"):
            classifier.masks(grey[0])
        return
    masks = [classifier.masks(grey[0][:3], place) for place in (0, 1)]
    assert [mask.shape for mask in masks] == [(3, 12, 12, 6), (3, 2, 2, 16)]
    assert all(((mask > 0) & (mask < 2 if attention == "bam" else mask < 1)).all() for mask in masks)


@pytest.mark.parametrize(("options", "said"), [
    ({"attention": nn.Identity()}, "attention must build a tsattn.nn.AttentionBlock, .* got int: make it"),
    ({"backbone": nn.Identity()}, "backbone must build a network, got one that is built, Identity"),
    ({"backbone": lambda *_, **__: nn.Identity()}, "a module with an attribute n_features, got Identity without"),
])
def test_networks_of_ones_own_that_are_none_are_refused(options, said, grey):
    with pytest.raises(TypeError, match=said):
        quick(**options).fit(*grey)


def test_a_training_that_is_none_is_refused_before_anything_is_learned(grey, monkeypatch):
    monkeypatch.setattr(Pictures, "learn", lambda _: pytest.fail("too late"))
    with pytest.raises(TypeError, match="must be a Training"):
        quick({"epochs": 1}).fit(*grey)


@pytest.fixture(scope="module")
def oblong():
    """Pictures of 13 x 17 pixels whose three channels have little in common."""
    X = np.random.default_rng(3).normal(size=(12, 13, 17, 3)) * [1.0, 10.0, 0.1] + [0.0, 50.0, -3.0]
    return quick().fit(X, np.arange(12) % 2), X


@pytest.mark.parametrize("place", [0, 1])
def test_masks_are_those_of_the_network_where_they_are_in_the_image(place, oblong):
    classifier, X = oblong
    scaled = (X - X.mean((0, 1, 2))) / X.std((0, 1, 2))
    body = classifier.network_.body
    with torch.no_grad():
        x = torch.from_numpy(scaled.astype(np.float32)).permute(0, 3, 1, 2)
        for layer in body.layers[:place]:
            x = body.pool(layer(x))
        expected = body.layers[place].weights(x)
    masks = classifier.masks(X, place)
    assert masks.shape == ((12, 13, 17, 6), (12, 2, 4, 16))[place]
    for row, column in np.ndindex(*masks.shape[1:3]):
        np.testing.assert_allclose(masks[:, row, column], expected[:, :, row, column], atol=1e-5)


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_p23_each_channel_has_its_own_unit(channel, oblong):
    classifier, X = oblong
    other = X.copy()
    other[..., channel] = 7 * other[..., channel] - 20
    trained = quick().fit(other, np.arange(12) % 2)
    np.testing.assert_allclose(trained.predict_proba(other), classifier.predict_proba(X), atol=1e-3)


def test_relevance_adds_what_the_channels_of_a_pixel_say(oblong):
    """By loops: integrated gradients of the margin from the mean colour, by channel, and what is above 0 of them."""
    classifier, X = oblong
    scaled = ((X[0] - X.mean((0, 1, 2))) / X.std((0, 1, 2))).astype(np.float32)
    network = classifier.network_.eval()

    def slopes(x):
        x = torch.from_numpy(x).permute(2, 0, 1)[None, None].requires_grad_()
        logits = network(x, lengths=torch.tensor([1]))[0]
        chosen = int(logits.argmax()) if not steps else choice
        (logits[chosen] - logits[1 - chosen]).backward()
        steps.append(chosen)
        return x.grad[0, 0].permute(1, 2, 0).numpy()

    steps = []
    slopes(scaled)
    choice = steps[0]
    total = sum(slopes(((step + 0.5) / 32 * scaled).astype(np.float32)) for step in range(32))
    spoken = np.maximum(scaled * total / 32, 0).sum(-1)
    np.testing.assert_allclose(classifier.relevance(X[:1])[0], spoken / spoken.sum(), atol=1e-4)


def test_relevance_finds_the_square(grey):
    classifier = quick(LEARNING).fit(*grey)
    X = np.full((1, 12, 12), 45, np.uint8)
    X[0, 2:7, 4:9] = 220
    assert classifier.relevance(X)[0, 2:7, 4:9].sum() > 0.8


@pytest.mark.parametrize(("options", "expected"), [
    ({}, ("lenet5", "tanh")), ({"backbone": "vgg16"}, ("vgg16-plain", "relu")),
    ({"backbone": "resnet18", "attention": None, "extrema": False}, ("resnet18", "relu"))])
def test_the_published_form(options, expected):
    made = ImageClassifier.paper(**options, epochs=3, random_state=5)
    assert (made.backbone, made.mask_activation) == expected
    assert not made.residual
    assert str(made.training) == str(Training.paper(3))
    assert made.extrema is options.get("extrema", True)
    assert made.random_state == 5


def test_own_blocks_and_own_networks(grey):
    class Own(torch.nn.Module):
        n_features = 4

        def __init__(self, n_channels, size, attention=None, placement="bottleneck"):
            super().__init__()
            self.layer = torch.nn.Linear(n_channels * size[0] * size[1], 4)

        def forward(self, x):
            return self.layer(x.flatten(1)).relu()

    assert quick(backbone=Own, attention=None).fit(*grey).predict(grey[0]).shape == (24,)
    assert quick(attention=SqueezeExcitation).fit(*grey).masks(grey[0]).shape == (24, 12, 12, 6)


@pytest.mark.parametrize(("backbone", "residual", "added"), [
    ("lenet5", "auto", False), ("vgg16", "auto", False), ("resnet20", "auto", True), ("resnet50", "auto", True),
    ("lenet5", True, True), ("resnet20", False, False)])
def test_masked_features_are_added_in_residual_networks_or_where_it_is_asked_for(backbone, residual, added):
    network = ImageClassifier(backbone, residual=residual)._trained((32, 32), 3, 2)
    blocks = [module.block for module in network.modules() if isinstance(module, Attended)]
    assert blocks
    assert all(block.residual == added for block in blocks)


def test_smoothing_is_as_wide_as_the_layers_kernels(fitted, grey):
    assert fitted.network_.body.layers[0].block.smoothing.kernel_size == (5, 5)
    rough = quick(smoothing=False, absolute=False).fit(*grey)
    assert rough.network_.body.layers[0].block.smoothing is None


def test_pickles_and_files(fitted, grey, tmp_path):
    X, expected = grey[0], fitted.predict_proba(grey[0])
    assert (pickle.loads(pickle.dumps(fitted)).predict_proba(X) == expected).all()
    tsattn.save(fitted, tmp_path / "model.tsattn")
    loaded = tsattn.load(tmp_path / "model.tsattn")
    assert (loaded.predict_proba(X) == expected).all()
    assert str(loaded.get_params()) == str(fitted.get_params())
    assert loaded.image_shape_ == fitted.image_shape_
    assert loaded.history_.equals(fitted.history_)
    assert (loaded.masks(X) == fitted.masks(X)).all()
    with pytest.raises(NotFittedError):
        tsattn.save(ImageClassifier(), tmp_path / "none")
    with pytest.raises(TypeError, match="attention cannot be saved"):
        tsattn.save(quick(attention=SqueezeExcitation).fit(*grey), tmp_path / "own")


@pytest.mark.parametrize("change", [
    lambda state: state["inputs_"]["parameters"]["shape"].update(tuple=[12, 13, 1]),
    lambda state: state["inputs_"]["parameters"]["shape"].update(tuple=[12, 12]),
    lambda state: state["inputs_"]["parameters"].update(mean=0.5), lambda state: state.pop("classes_"),
])
def test_p41_made_up_files_are_refused(change, of_colours, tmp_path):
    tsattn.save(of_colours, tmp_path / "model")
    tensors, config = read_tensors(tmp_path / "model")
    change(config["estimator"]["state"])
    write_tensors(tmp_path / "model", tensors, config)
    with pytest.raises(ModelFileError, match="malformed model file"):
        tsattn.load(tmp_path / "model")


@pytest.mark.parametrize("change", [{"absolute": False}, {"residual": True}, {"attention": "se"}, {"dropout": 0.5}])
def test_a_model_of_other_parameters_than_its_networks_is_not_saved(change, grey, tmp_path):
    classifier = quick().fit(*grey)
    classifier.set_params(**change)
    with pytest.raises(ValueError, match=r"has other parameters than it was fitted with, .* set them back"):
        tsattn.save(classifier, tmp_path / "model")
    assert not list(tmp_path.iterdir())
    classifier.set_params(**{name: getattr(ImageClassifier(), name) for name in change})
    tsattn.save(classifier, tmp_path / "model")


def test_searches_and_cross_validation(grey):
    X, y = pictures(48)
    assert cross_val_score(quick(LEARNING), X, y, cv=3).mean() > 0.8
    grid = {"training__lr": [1e-9, 0.01], "attention": [None, "san-c"]}
    search = GridSearchCV(quick(LEARNING), grid, cv=2).fit(X, y)
    assert search.best_params_["training__lr"] == 0.01


@pytest.mark.parametrize("backbone", ["resnet20", "resnet18", "vgg16"])
def test_every_kind_of_network_is_trained(backbone):
    X, y = pictures(8, 32, channels=3)
    for placement in ("bottleneck", "full"):
        made = quick(Training(epochs=1), backbone=backbone, placement=placement).fit(X, y)
        assert np.isfinite(made.predict_proba(X)).all()


def test_a_deep_network_says_in_evaluation_what_it_said_in_training():
    """After a few steps torch's running statistics are those of other weights, and a deep network multiplies that."""
    X, y = pictures(32, 32, channels=3)
    made = quick(Training(epochs=4, batch_size=32, augment=()), backbone="resnet20", attention=None).fit(X, y)
    said = made.predict_proba(X)
    made.network_.train()
    np.testing.assert_allclose(made.predict_proba(X), said, atol=0.02)


def test_tags_say_what_it_takes():
    tags = ImageClassifier().__sklearn_tags__()
    assert tags.estimator_type == "classifier"
    assert (tags.input_tags.two_d_array, tags.input_tags.three_d_array) == (False, True)
    assert tags.non_deterministic
    assert not ImageClassifier(random_state=0).__sklearn_tags__().non_deterministic


def test_a_fit_that_fails_leaves_it_unfitted():
    X = np.random.default_rng(0).random((16, 12, 12))
    y = np.array(["b", "a"] * 8)
    fitted = ImageClassifier(training=Training(epochs=1), random_state=0).fit(X, y)
    before = fitted.predict_proba(X)
    for changed in ({"training": Training(lr=-1)}, {"backbone": "nope"}):
        with pytest.raises(ValueError, match=r"lr|backbone"):
            fitted.set_params(**changed).fit(1e5 * X, np.where(y == "b", "p", "q"))
        with pytest.raises(NotFittedError):
            fitted.predict_proba(X)
        fitted.set_params(training=Training(epochs=1), backbone="lenet5").fit(X, y)
        assert np.array_equal(fitted.predict_proba(X), before)


def test_tensors_that_keep_gradients_are_images():
    X = np.random.default_rng(0).random((8, 12, 12), np.float32)
    fitted = ImageClassifier(training=Training(epochs=1), random_state=0).fit(X, np.arange(8) % 2)
    assert np.array_equal(fitted.predict(torch.from_numpy(X).requires_grad_()), fitted.predict(X))


@pytest.mark.gpu
@pytest.mark.parametrize("attention", [None, "san-d", "cbam"])
def test_a_gpu_trains_the_same_network(attention):
    X = np.random.default_rng(0).random((32, 16, 16), np.float32)
    X[::2, 4:12, 4:12] += 1
    y = np.arange(32) % 2
    fitted = ImageClassifier(attention=attention, training=Training(epochs=20, device="cuda"), random_state=0).fit(X, y)
    assert fitted.score(X, y) > 0.9
    assert next(fitted.network_.parameters()).device.type == "cpu"


@pytest.mark.parametrize("container", [lambda X: X, list], ids=["array", "list"])
def test_masked_images_are_refused(container, grey):
    masked = np.ma.masked_array(grey[0], grey[0] > 5)
    with pytest.raises(TypeError, match="X must be an array without a mask, got a masked array; fill it first"):
        quick().fit(container(masked), grey[1])
    with pytest.raises(TypeError, match="y must be an array without a mask, got a masked array"):
        quick().fit(grey[0], np.ma.masked_array(grey[1], grey[1] == grey[1][0]))


@pytest.mark.parametrize(("given", "expected"), [("tanh", torch.tanh), (None, None)])
def test_the_masks_activation_is_the_one_that_is_asked_for(given, expected):
    network = ImageClassifier(mask_activation=given)._trained((28, 28), 1, 2)
    assert [module.block.activation for module in network.modules() if isinstance(module, Attended)] == [expected] * 2


@pytest.mark.parametrize("backbone", ["lenet5", "vgg16", "vgg16-plain", "resnet20", "resnet50"])
def test_masks_are_smoothed_as_wide_as_the_layers_kernels_or_three(backbone):
    with torch.device("meta"):
        network = ImageClassifier(backbone, placement="full")._trained((32, 32), 3, 2)
    places = [module for module in network.modules() if isinstance(module, Attended)]
    kernels = [[layer.kernel_size[0] for layer in place.layer.modules() if isinstance(layer, torch.nn.Conv2d)][-1]
               for place in places]
    assert [place.block.smoothing.kernel_size[0] for place in places] == [max(width, 3) for width in kernels]
    assert (1 in kernels) == (backbone in ("vgg16-plain", "resnet50"))
