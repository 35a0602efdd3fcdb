"""Inputs in the dtype that a function of NumPy computes in, of whichever library they are."""

from __future__ import annotations

from typing import Any

import numpy as bare

from .. import array_api as xp
from ..backends import SCALARS
from ..core.tensor import Tensor
from ._inputs import first_tensor, is_floating, namespace, tensor

__all__ = ["alike", "as_dtype", "doubles", "floats", "is_bool"]


def is_bool(x: Tensor) -> bool:
    return bool(namespace(x).isdtype(x.dtype, "bool"))


def as_dtype(x: Tensor, dtype: Any) -> Tensor:
    """In a dtype; without an operation on the tape, where it has it already."""
    return x if x.dtype == dtype else xp.astype(x, dtype)


def _read(value: Any, like: Any) -> Tensor:
    """As `tensor`, but in the dtype that NumPy reads numbers as: PyTorch's is float32."""
    return tensor(value if first_tensor(value) is not None else bare.asarray(value), like)


def floats(value: Any, dtype: Any = None, like: Any = None) -> Tensor:
    """A Tensor of a floating dtype: that given, or float64 in place of integers and truth values.

    Some of NumPy's functions make half precision of the shortest integers; that is not imitated.
    `like` is as in `tensor`.
    """
    x = _read(value, like)
    if dtype is None:
        dtype = x.dtype if is_floating(x) else namespace(x).float64
    return as_dtype(x, dtype)


def doubles(value: Any, like: Any = None) -> Tensor:
    """A Tensor of double precision at least, real or complex."""
    x = floats(value, like=like)
    space = namespace(x)
    return as_dtype(x, space.result_type(x.dtype, space.float64))


def alike(*values: Any) -> list[Tensor]:
    """Tensors of the dtype that some values promote to.

    Python's numbers beside arrays leave the arrays' dtype as it is: a Tensor made of such a number
    has a dtype of its own, and would not.
    """
    made = [_read(value, values) for value in values]
    if any(one._backend is not made[0]._backend for one in made):
        return made  # of two libraries: what comes next says so
    pairs = list(zip(values, made, strict=True))
    kinds = [value if type(value) in SCALARS else one.dtype for value, one in pairs]
    if all(type(kind) in SCALARS for kind in kinds):
        kinds = [one.dtype for one in made]
    dtype = namespace(*made).result_type(*kinds)
    return [as_dtype(one, dtype) for one in made]
