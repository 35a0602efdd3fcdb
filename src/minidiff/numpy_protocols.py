"""NumPy's own functions on Tensors: `np.sin(t)`, `np.concatenate([t, u])`, `ndarray * t`.

NumPy asks its arguments who should answer (NEP 13 and NEP 18), and a Tensor answers with the
function of the same name in `minidiff.numpy`, or in `minidiff.special` for SciPy's. What has no
counterpart is left to NumPy as long as no Tensor has a history. Where one has, it raises: an answer
without history would be a silently wrong gradient.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import cache
from types import MethodType
from typing import Any

import numpy as np

from .backends import numpy_backend
from .core.state import exporting
from .core.tensor import Tensor, has_history, raw

Function = Callable[..., Any]

# Functions that write into their first argument.
WRITERS = {"copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"}

# What NumPy passes as keywords of its functions, where these values change nothing.
HARMLESS = {
    "out": None,
    "dtype": None,
    "where": True,
    "subok": True,
    "order": "K",
    "casting": "same_kind",
}

INTO_ARRAY = ": an ndarray cannot hold the history of a Tensor; make what is written to a Tensor"


def array_ufunc(
    self: Tensor, ufunc: np.ufunc, method: str, /, *inputs: Any, out: Any = (), **kwargs: Any
) -> Any:
    """Answer a ufunc, or a method of one (NEP 13)."""
    name = f"{place_of(ufunc)}{ufunc.__name__}{'' if method == '__call__' else f'.{method}'}"
    theirs = getattr(ufunc, method)
    if method == "at" and type(inputs[0]) is not Tensor:
        return on_arrays(name, INTO_ARRAY, theirs, inputs, kwargs)
    if out:
        kwargs["out"] = out
    return answered(self, name, answer_to(ufunc, method), theirs, inputs, kwargs)


def array_function(self: Tensor, function: Function, types: Any, args: Any, kwargs: Any) -> Any:
    """Answer a function of NumPy's Python layer (NEP 18)."""
    name = ".".join([*function.__module__.split(".")[1:2], function.__name__])
    if name in WRITERS and type(args[0]) is not Tensor:
        return on_arrays(f"np.{name}", INTO_ARRAY, function, args, kwargs)
    ours = counterpart(name)
    if ours is function:  # NumPy's very function would ask again, without an end
        ours = None
    return answered(self, f"np.{name}", ours, function, args, kwargs)


def answered(
    like: Tensor, name: str, ours: Function | None, theirs: Function, args: Any, kwargs: Any
) -> Any:
    """What our function gives, or NumPy's own where there is none."""
    kwargs = {key: value for key, value in kwargs.items() if not changes_nothing(key, value)}
    out = kwargs.get("out", ())
    places = [one for one in (out if type(out) is tuple else (out,)) if one is not None]
    if places and not any(type(one) is Tensor for one in places):  # x += t, of an ndarray x
        return on_arrays(name, INTO_ARRAY, theirs, args, kwargs)
    if ours is None:
        lost = " has no counterpart in minidiff that keeps a history; write it with what has one"
        return on_arrays(name, lost, theirs, args, kwargs, like)
    unknown = [key for key in kwargs if not takes(ours, key)]
    if unknown:
        lost = f" takes no {'=, '.join(unknown)}= for Tensors with a history; write it without"
        return on_arrays(name, lost, theirs, args, kwargs, like)
    return ours(*args, **kwargs)


def on_arrays(
    name: str, lost: str, function: Function, args: Any, kwargs: Any, like: Tensor | None = None
) -> Any:
    """What NumPy's own function gives on the arrays, if there is no history to lose.

    As it is; with `like`, as Tensors of the library of that one.
    """
    from .core.trees import map_leaves  # which needs more than an import should cost

    given: list[tuple[Any, Tensor]] = []

    def array_of(one: Any) -> Any:
        if type(one) is not Tensor:
            return one
        if one._backend.base is not None:
            raise TypeError(
                f"{name}: inside vmap NumPy's own function would take all samples for one array; "
                "write it with functions that minidiff has"
            )
        if has_history(one) and not exporting.get():
            raise TypeError(
                f"{name}{lost}, take t.detach(), or wrap the code in minidiff.allow_detach()"
            )
        array = one.as_numpy()
        if array is not raw(one):  # what is written into a copy would be lost without a word
            array = numpy_backend.read_only(array)
        given.append((array, one))
        return array

    def tensor_of(value: Any) -> Any:
        for array, one in given:
            if value is array:  # out, say
                return one
        numbers = type(value) is np.ndarray or isinstance(value, np.generic)
        if like is None or not numbers or value.dtype.kind not in "biufc":
            return value
        # A copy, for it may be a part of an argument.
        return like._backend.tensors.asarray(value, device=like.device, copy=True)

    args, kwargs = map_leaves(array_of, (args, kwargs))
    if name.endswith(".at") and not args[0].flags.writeable:  # NumPy's own does not ask
        raise ValueError(f"{name}: others hold this memory too; write into a copy of the Tensor")
    return map_leaves(tensor_of, function(*args, **kwargs))


def changes_nothing(keyword: str, value: Any) -> bool:
    """Whether a keyword has the value that it would have anyway; _NoValue is 'not given'."""
    return value is np._NoValue or (keyword in HARMLESS and value is HARMLESS[keyword])


def takes(function: Function, keyword: str) -> bool:
    parameters = parameters_of(function)
    found = parameters.get(keyword)
    return (found is not None and found.kind is not found.POSITIONAL_ONLY) or any(
        one.kind is one.VAR_KEYWORD for one in parameters.values()
    )


@cache
def parameters_of(function: Function) -> Any:
    return inspect.signature(function).parameters


@cache
def answer_to(ufunc: np.ufunc, method: str) -> Any:
    """The function that does for Tensors what a ufunc, or a method of one, does for arrays."""
    place = place_of(ufunc)
    if place == "scipy.special.":
        from . import special

        ours = getattr(special, ufunc.__name__, None)
    else:
        ours = counterpart(ufunc.__name__) if place else None
    return ours if method == "__call__" else getattr(ours, method, None)


@cache
def counterpart(name: str) -> Any:
    """A function of `minidiff.numpy`, or of the standard, by its path: 'sin', 'linalg.norm'."""
    from . import array_api, numpy

    for place in (numpy, array_api):
        found: Any = place
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not None:
            return found
    return None


@cache
def place_of(ufunc: np.ufunc) -> str:
    """Where a ufunc is from, as messages say it: NumPy, SciPy, or somewhere else."""
    special = sys.modules.get("scipy.special")  # who holds a ufunc of SciPy's has loaded it
    for place, module in (("np.", np), ("scipy.special.", special)):
        if getattr(module, ufunc.__name__, None) is ufunc:
            return place
    return ""


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
