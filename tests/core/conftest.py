"""What the tests of in-place updates share."""

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np


@pytest.fixture(params=["numpy", "array_api_strict", "torch"])
def library(request):
    """A namespace of Tensors, and how a NumPy array becomes an array of it."""
    if request.param == "numpy":
        return xp, np.array
    is_torch = request.param == "torch"
    found = pytest.importorskip("torch") if is_torch else array_api_strict
    return md.wrap(found), found.asarray
