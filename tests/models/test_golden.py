"""The networks compute what they did: outputs kept in tests/golden, made by tests/golden/make.py."""

import json

import pytest
import torch
from torch.testing import assert_close

from tests.golden.make import CLASSES, FILE, FORMS, LENGTHS, outputs

GOLDEN = json.loads(FILE.read_text())


def test_each_form_has_an_output_of_its_own():
    assert list(GOLDEN) == list(FORMS)
    assert len({str(kept) for kept in GOLDEN.values()}) == len(FORMS)


@pytest.mark.parametrize("form", FORMS)
def test_the_output_is_what_it_was(form):
    kept = torch.tensor(GOLDEN[form])
    assert kept.shape == (len(LENGTHS), CLASSES)
    assert_close(outputs(form), kept, rtol=0, atol=1e-5)
