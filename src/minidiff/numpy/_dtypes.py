"""Inputs in the dtype that a function of NumPy computes in, of whichever library they are."""

from __future__ import annotations

from typing import Any

import numpy as bare

from .. import array_api as xp
from ..backends import SCALARS
from ..core.tensor import Tensor
from ._inputs import is_complex, is_floating, namespace, tensor, tensors

__all__ = [
    "alike",
    "alike_arrays",
    "as_dtype",
    "cast",
    "complex_like",
    "doubles",
    "dtype_for",
    "floats",
    "is_bool",
    "promoted",
    "taken",
]


def is_bool(x: Tensor) -> bool:
    return bool(namespace(x).isdtype(x.dtype, "bool"))


def dtype_for(dtype: Any, like: Tensor | None) -> Any:
    """The data type of an array's library for a dtype that NumPy knows: float, 'f4', np.float32.

    None stays None, and the library's own dtypes stay as they are.
    """
    if dtype is None:
        return None
    if like is None or isinstance(like.dtype, bare.dtype):
        return bare.dtype(dtype)
    try:
        name = bare.dtype(dtype).name
    except TypeError:
        return dtype
    return getattr(namespace(like), name)


def as_dtype(x: Tensor, dtype: Any) -> Tensor:
    """In a dtype; without an operation on the tape, where it has it already."""
    return x if x.dtype == dtype else xp.astype(x, dtype)


def cast(x: Tensor, dtype: Any, casting: str = "same_kind") -> Tensor:
    """In a dtype as NumPy names it, or as it is if None; no float becomes an integer unawares."""
    dtype = dtype_for(dtype, x)
    if dtype is None or x.dtype == dtype:
        return x
    if casting != "unsafe":
        x._backend.check_same_kind(x.dtype, dtype)
    return xp.astype(x, dtype)


def taken(value: Any, like: Any, dtype: Any, casting: str = "same_kind") -> Tensor:
    """A value as a Tensor of a dtype; a Python number has none of its own, and is taken as it."""
    x = tensor(value, like)
    dtype = dtype_for(dtype, x)
    if type(value) in SCALARS and promoted(x, dtype, value) == dtype:
        casting = "unsafe"
    return cast(x, dtype, casting)


def floats(value: Any, dtype: Any = None, like: Any = None) -> Tensor:
    """A Tensor of a floating dtype: that given, or float64 in place of integers and truth values.

    Some of NumPy's functions make half precision of the shortest integers; that is not imitated.
    `like` is as in `tensor`.
    """
    x = tensor(value, like)
    if dtype is not None:
        return as_dtype(x, dtype_for(dtype, x))
    return x if is_floating(x) else xp.astype(x, namespace(x).float64)


def doubles(value: Any, like: Any = None) -> Tensor:
    """A Tensor of double precision at least, real or complex."""
    x = floats(value, like=like)
    space = namespace(x)
    return as_dtype(x, space.result_type(x.dtype, space.float64))


def alike(*values: Any, like: Any = None) -> list[Tensor]:
    """Tensors of the dtype that some values promote to.

    Python's numbers beside arrays leave the arrays' dtype as it is: a Tensor made of such a number
    has a dtype of its own, and would not.
    """
    if _are_alike(values):
        return list(values)
    made = [tensor(value, [*values, like]) for value in values]
    if any(one._backend is not made[0]._backend for one in made):
        return made  # of two libraries: what comes next says so
    pairs = list(zip(values, made, strict=True))
    kinds = [value if type(value) in SCALARS else one.dtype for value, one in pairs]
    if all(type(kind) in SCALARS for kind in kinds):
        kinds = [one.dtype for one in made]
    dtype = promoted(made[0], *kinds)
    return [as_dtype(one, dtype) for one in made]


def _are_alike(values: tuple[Any, ...]) -> bool:
    """Whether they are Tensors of one dtype already, which is found at once."""
    first = values[0]
    return all(type(value) is Tensor and value.dtype is first.dtype for value in values)


def alike_arrays(*values: Any) -> list[Tensor]:
    """As `alike`, where a Python number counts as the array that NumPy makes of it."""
    return list(values) if _are_alike(values) else alike(*tensors(*values))


def promoted(like: Tensor, *kinds: Any) -> Any:
    """The dtype that dtypes and Python's numbers promote to, in the library of an array.

    Where the library leaves it open, as the standard does for integers beside floats, it is that of
    NumPy.
    """
    space = namespace(like)
    try:
        return space.result_type(*kinds)
    except TypeError:
        names = [kind if type(kind) in SCALARS else str(kind).rpartition(".")[2] for kind in kinds]
        return getattr(space, bare.result_type(*names).name)


def complex_like(dtype: Any, x: Tensor) -> Any:
    """A dtype, or the complex one of its precision where the array is complex."""
    space = namespace(x)
    return space.result_type(dtype, space.complex64) if is_complex(x) else dtype
