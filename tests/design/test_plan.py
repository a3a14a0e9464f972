import json

import numpy as np
import pytest

from tsattn.design import Architecture, Layer

COIL = Architecture(((Layer(8), Layer(77)), (Layer(44), Layer(29, 5), Layer(44), Layer(44))), ndim=1)


def test_it_goes_round_through_json():
    assert Architecture.from_dict(json.loads(json.dumps(COIL.to_dict()))) == COIL
    assert COIL.to_dict()["racks"][0] == [{"kernels": 8, "edge": 3}, {"kernels": 77, "edge": 3}]


def test_numbers_of_numpys_are_pythons():
    made = Architecture(((Layer(np.int64(8), np.int32(5)),),), "max", np.float32(0.5), np.int64(1))
    assert json.loads(json.dumps(made.to_dict())) == made.to_dict()
    assert made == Architecture(((Layer(8, 5),),), "max", 0.5, 1)


def test_it_is_a_value():
    again = Architecture(((Layer(8), Layer(77)), (Layer(44), Layer(29, 5), Layer(44), Layer(44))), ndim=1)
    assert again == COIL
    assert hash(again) == hash(COIL)
    assert again != Architecture(again.racks, pooling="max", ndim=1)
    with pytest.raises(AttributeError, match="cannot assign"):
        COIL.ndim = 2


def test_it_prints_as_the_source_has_it():
    assert str(COIL).startswith("2-4 layers of (8,77-44,29,44,44) kernels, edges (3,3-3,5,3,3), 1-D")
    assert (COIL.n_layers, COIL.budget) == (6, 246)


@pytest.mark.parametrize(("racks", "options", "said"), [
    ((), {}, "racks must be a tuple of one or more racks"),
    (((),), {}, "each a tuple of one or more Layers"),
    ([[Layer(3)]], {}, "racks must be a tuple"),
    (((Layer(3),),), {"pooling": "maxout"}, "unknown pooling 'maxout'; choose one of 'average', 'max'"),
    (((Layer(3),),), {"ndim": 3}, "unknown ndim 3"),
    (((Layer(3),),), {"dropout": 1}, r"dropout must lie in \[0, 1\), got 1"),
])
def test_nonsense_is_refused(racks, options, said):
    with pytest.raises((TypeError, ValueError), match=said):
        Architecture(racks, **options)


@pytest.mark.parametrize(("sizes", "said"), [((0,), "kernels must be an integer of at least 1"),
                                             ((3, 4), "edge must be odd, so that the size stays, got 4")])
def test_layers_are_checked(sizes, said):
    with pytest.raises(ValueError, match=said):
        Layer(*sizes)
