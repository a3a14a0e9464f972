"""The networks compute what they did: outputs kept in tests/golden, made by tests/golden/make.py."""

import json

import pytest
import torch
from torch.testing import assert_close

from tests.golden.make import FORMS, LENGTHS, file_of, outputs, width_of

GOLDEN = {name: json.loads(file_of(name).read_text()) for name in FORMS}


@pytest.mark.parametrize("name", FORMS)
def test_each_form_has_an_output_of_its_own(name):
    assert list(GOLDEN[name]) == list(FORMS[name])
    assert len({str(kept) for kept in GOLDEN[name].values()}) == len(FORMS[name])


@pytest.mark.parametrize(("name", "form"), [(name, form) for name, forms in FORMS.items() for form in forms])
def test_the_output_is_what_it_was(name, form):
    kept = torch.tensor(GOLDEN[name][form])
    assert kept.shape == (len(LENGTHS), width_of(name))
    assert_close(outputs(name, form), kept, rtol=0, atol=1e-5)
