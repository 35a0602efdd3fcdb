"""What the tests of in-place updates share."""

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np


@pytest.fixture(params=["numpy", "array_api_strict", "torch", "jax.numpy"])
def library(request):
    """A namespace of Tensors, and how a NumPy array becomes an array of it."""
    if request.param == "numpy":
        return xp, np.array
    found = pytest.importorskip(request.param)
    if request.param == "jax.numpy":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    return md.wrap(found), found.asarray
