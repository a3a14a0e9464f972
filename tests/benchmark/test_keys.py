from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sktime.transformations.tsfresh import TSFreshFeatureExtractor

from tsattn.benchmark.keys import describe, key_of
from tsattn.benchmark.suite import Cell, Entry, Task

VERSIONS = {"tsattn": "0.1.0", "torch": "2.13.0"}
KNOWN = "d6499195e5ccbf67a6a2fa50ab89943a"


def cell_of(dummies, **changes):
    parts = {"task": Task("slopes", dummies.panel, split="cv", folds=3), "entry": Entry("slope", dummies.slope),
             "fold": 1, "seed": 2, **changes}
    return Cell(**parts)


def test_a_key_is_the_same_in_every_process(dummies):
    # written down once: hash randomisation, dictionary order or a new layout would change it
    what = describe(dummies.Slope(shift=0.5))
    assert key_of(cell_of(dummies), "checksum", what, VERSIONS, "c0de") == KNOWN


def test_every_ingredient_changes_the_key(dummies):
    what, cell = describe(dummies.Slope()), cell_of(dummies)
    keys = [
        key_of(cell, "checksum", what, VERSIONS, "c0de"),
        key_of(cell, "another", what, VERSIONS, "c0de"),
        key_of(cell, "checksum", describe(dummies.Slope(shift=1e-9)), VERSIONS, "c0de"),
        key_of(cell, "checksum", what, {**VERSIONS, "torch": "2.13.1"}, "c0de"),
        key_of(cell, "checksum", what, VERSIONS, "decade"),
        key_of(replace(cell, seed=3), "checksum", what, VERSIONS, "c0de"),
        key_of(replace(cell, fold=2), "checksum", what, VERSIONS, "c0de"),
        key_of(replace(cell, task=replace(cell.task, folds=4)), "checksum", what, VERSIONS, "c0de"),
        key_of(replace(cell, task=replace(cell.task, split="validation")), "checksum", what, VERSIONS, "c0de"),
        key_of(replace(cell, task=replace(cell.task, name="hills")), "checksum", what, VERSIONS, "c0de"),
        key_of(replace(cell, entry=replace(cell.entry, name="other")), "checksum", what, VERSIONS, "c0de"),
    ]
    assert len(set(keys)) == len(keys)


def test_nested_parameters_are_described():
    pipeline = TSFreshFeatureExtractor(n_jobs=0) * RandomForestClassifier(random_state=3)
    other = TSFreshFeatureExtractor(n_jobs=0) * RandomForestClassifier(random_state=5)
    described = describe(pipeline)
    assert described["params"]["classifier"]["params"]["random_state"] == 3
    assert described == describe(pipeline.clone())
    assert described != describe(other)


@pytest.mark.parametrize(("value", "expected"), [
    (float("inf"), "inf"), (np.float32(0.5), 0.5), (np.int64(3), 3), ((1, [2, None]), [1, [2, None]]),
    ({"b": 1}, {"mapping": [["b", 1]]}), ({3, 1, 2}, {"set": [1, 2, 3]}), (np.mean, "numpy.mean"),
])
def test_parameters_become_json(value, expected):
    assert describe(value) == expected


def test_the_order_of_a_mapping_does_not_matter():
    assert describe({"a": 1, "b": 2}) == describe({"b": 2, "a": 1})


def test_long_parameters_become_a_digest_that_hears_every_change():
    assert describe(tuple(range(65)))["entries"] == 65
    assert describe(tuple(range(65))) != describe((*range(64), 99))
    assert describe(np.arange(7)) != describe(np.arange(7.0))
    assert describe(np.array(["a", None], dtype=object)) != describe(np.array(["b", None], dtype=object))


@pytest.mark.parametrize("nameless", [lambda x: x, partial(max, 1), object(), np.random.default_rng(0)])
def test_what_has_no_lasting_name_is_refused(nameless):
    with pytest.raises(TypeError, match="lasting name"):
        describe(nameless)
