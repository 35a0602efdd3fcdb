"""NumPy's own functions on Tensors: `np.sin(t)`, `np.concatenate([t, u])`, `ndarray * t`.

NumPy asks its arguments who should answer (NEP 13 and NEP 18), and a Tensor answers with the
function of the same name in `minidiff.numpy`, or in `minidiff.special` for SciPy's. What has no
counterpart raises: an answer without history would be a silently wrong gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from types import MethodType
from typing import Any

import numpy as np

from .backends import numpy_backend
from .core.tensor import Tensor, has_history, raw

# Methods of ufuncs, and the functions that do the same.
REDUCE = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "all",
    "logical_or": "any",
}
ACCUMULATE = {"add": "cumsum", "multiply": "cumprod"}

# What NumPy passes as keywords of its functions, where these values change nothing.
HARMLESS = {"out": None, "where": True, "subok": True, "order": "K", "casting": "same_kind"}


def array_ufunc(
    self: Tensor, ufunc: np.ufunc, method: str, /, *inputs: Any, out: Any = (), **kwargs: Any
) -> Any:
    """Answer a ufunc, or a method of one (NEP 13)."""
    kwargs = without_harmless(ufunc.__name__, kwargs)
    if method == "__call__":
        result = call_ufunc(ufunc, inputs, out, kwargs)
    elif method == "reduce":
        result = reduce_ufunc(ufunc, inputs, kwargs)
    elif method == "accumulate" and ufunc.__name__ in ACCUMULATE:
        axis = kwargs.pop("axis", inputs[1] if len(inputs) > 1 else 0)
        result = counterpart(ACCUMULATE[ufunc.__name__])(inputs[0], axis=axis, **kwargs)
    elif method == "outer":
        first, second = (np_like(one) for one in inputs)
        column = counterpart("reshape")(first, first.shape + (1,) * second.ndim)
        result = call_ufunc(ufunc, (column, second), (), kwargs)
    elif method == "at" and ufunc is np.add:
        counterpart("index_add")(*inputs)
        return None
    else:
        raise no_counterpart(f"{ufunc.__name__}.{method}")
    return result if out in ((), None) else deliver(result, out, ufunc.__name__)


def array_function(
    self: Tensor, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
) -> Any:
    """Answer a function of NumPy's Python layer (NEP 18)."""
    name = ".".join([*function.__module__.split(".")[1:2], function.__name__])
    kwargs = dict(kwargs)
    out = kwargs.pop("out", None)
    result = counterpart(name)(*args, **without_harmless(name, kwargs))
    return result if out is None else deliver(result, out, name)


def call_ufunc(ufunc: np.ufunc, inputs: Sequence[Any], out: Any, kwargs: dict[str, Any]) -> Any:
    if out and not any(type(one) is Tensor for one in out):
        # x += t, of an ndarray x: fine as long as no history is lost.
        if any(type(one) is Tensor and has_history(one) for one in inputs):
            raise TypeError(
                f"np.{ufunc.__name__}: an ndarray cannot hold the history of a Tensor; make the "
                "left side a Tensor too, or take t.detach()"
            )
        return ufunc(*[raw(one) for one in inputs], **kwargs)
    dtype = kwargs.pop("dtype", None)
    if kwargs and ufunc.signature is None:  # vecdot and its like have parameters, say axis
        raise not_taken(ufunc.__name__, kwargs)
    result = function_of(ufunc)(*inputs, **kwargs)
    return result if dtype is None else counterpart("astype")(result, dtype)


def reduce_ufunc(ufunc: np.ufunc, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    if ufunc.__name__ not in REDUCE:
        raise no_counterpart(f"{ufunc.__name__}.reduce")
    initial = kwargs.pop("initial", None)
    if initial is not None and initial is not np._NoValue:
        raise not_taken(f"{ufunc.__name__}.reduce", {"initial": initial})
    axis = kwargs.pop("axis", 0)
    if kwargs.get("dtype", ...) is None:
        del kwargs["dtype"]
    return counterpart(REDUCE[ufunc.__name__])(*inputs, axis=axis, **kwargs)


def deliver(result: Any, out: Any, name: str) -> Any:
    """Write results into what the caller gave for them, and return that."""
    places = out if type(out) is tuple else (out,)
    results = result if type(result) is tuple else (result,)
    for place, one in zip(places, results, strict=True):
        if type(place) is not Tensor and type(one) is Tensor and has_history(one):
            raise TypeError(
                f"np.{name}: out is {type(place).__name__}, which cannot hold the history of a "
                "Tensor; give a Tensor, or none"
            )
        place[...] = one if type(place) is Tensor else raw(one)
    return out if type(out) is not tuple or len(out) > 1 else out[0]


def without_harmless(name: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Keywords without those that have the value they would have anyway."""
    return {
        key: value
        for key, value in kwargs.items()
        if value is not np._NoValue  # NumPy's mark for 'not given'
        and not (key in HARMLESS and value is HARMLESS[key])
    }


def np_like(value: Any) -> Any:
    return value if type(value) is Tensor else np.asarray(value)


@cache
def function_of(ufunc: np.ufunc) -> Callable[..., Any]:
    """The function that does for Tensors what a ufunc does for arrays."""
    if getattr(np, ufunc.__name__, None) is not ufunc:
        return special(ufunc.__name__)
    return counterpart(ufunc.__name__)


@cache
def counterpart(name: str) -> Callable[..., Any]:
    """A function of `minidiff.numpy` by its path there: 'sin', 'linalg.norm'."""
    from . import numpy

    place: Any = numpy
    for part in name.split("."):
        place = getattr(place, part, None)
    if place is None:
        raise no_counterpart(name)
    return place  # type: ignore[no-any-return]  # found by name


def special(name: str) -> Callable[..., Any]:
    from . import special

    found = getattr(special, name, None)
    if found is None:
        raise no_counterpart(name, "scipy.special.")
    return found  # type: ignore[no-any-return]  # as above


def no_counterpart(name: str, place: str = "np.") -> TypeError:
    return TypeError(
        f"{place}{name} has no counterpart in minidiff, and its result would have lost the history "
        "of its Tensors; call it on t.detach().as_numpy(), or write it with functions that have one"
    )


def not_taken(name: str, kwargs: dict[str, Any]) -> TypeError:
    names = ", ".join(f"{one}=" for one in kwargs)
    return TypeError(f"np.{name} does not take {names} for Tensors")


class Answer:
    """`__array_ufunc__`: a method for NumPy, and None for CuPy.

    NumPy asks the class. CuPy asks the object, and hands operators over (`cupy_array * t`) where it
    finds None; it knows no other answer.
    """

    def __get__(self, tensor: Tensor | None, owner: type) -> Any:
        if tensor is None:
            return array_ufunc
        return MethodType(array_ufunc, tensor) if tensor._backend is numpy_backend else None


def answer_numpy() -> None:
    """Let Tensor answer both protocols."""
    Tensor.__array_ufunc__ = Answer()  # type: ignore[assignment]  # see core/tensor.py
    Tensor.__array_function__ = array_function  # type: ignore[attr-defined]  # put on here alone
