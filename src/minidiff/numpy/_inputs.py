"""What NumPy's functions accept (Tensors, arrays, numbers, nested lists), made Tensors of one kind.

A composite begins with `a = tensor(a)` or `a, b = tensors(a, b)` and goes on with functions of the
table: `xp.sum(a, axis=1)`. Those find the library by themselves; where a composite makes an array
anew, it asks `namespace(a)` for it. One that has an `out` ends with `return into(out, result)`.
"""

from __future__ import annotations

from typing import Any

import numpy as bare

from .. import array_api as xp
from ..backends import numpy_backend
from ..core.tensor import Tensor

__all__ = [
    "first_tensor",
    "indices_of",
    "into",
    "is_complex",
    "is_floating",
    "namespace",
    "tensor",
    "tensors",
    "values_of",
]


def is_floating(x: Tensor) -> bool:
    """Of a real or complex floating dtype."""
    return x._backend.is_floating(x.dtype)


def is_complex(x: Tensor) -> bool:
    return x._backend.is_complex(x.dtype)


def first_tensor(*values: Any) -> Tensor | None:
    """The first Tensor among some values, in lists too: it says which library the others go to."""
    waiting = list(values)
    for value in waiting:  # which grows meanwhile
        if type(value) is Tensor:
            return value
        if type(value) in (list, tuple):
            waiting += value
    return None


def namespace(*values: Any) -> Any:
    """The functions on Tensors of the first Tensor's library; NumPy's where there is none."""
    first = first_tensor(*values)
    backend = numpy_backend if first is None else first._backend
    return backend.tensors.public


def tensor(value: Any, like: Any = None) -> Tensor:
    """A Tensor of whatever NumPy makes an array of; one that is a Tensor already, as it is.

    Lists that hold Tensors keep their history. `like` is a Tensor, or holds some: an array beside
    one is copied to its library, so that no graph holds memory that others write. Numbers have the
    dtype that NumPy gives them: PyTorch's would be float32.
    """
    if type(value) is Tensor:
        return value
    inside = first_tensor(value)
    first = first_tensor(like) if inside is None else inside
    if first is None:
        return numpy_backend.tensors.asarray(value)
    shared = isinstance(value, (*numpy_backend.constants, *first._backend.constants))
    if inside is None and not shared:
        value = bare.asarray(value)
    made = first._backend.tensors.asarray(value, device=first.device, copy=shared or None)
    return made


def tensors(*values: Any) -> list[Tensor]:
    """Each of some values as a Tensor, all of the same library."""
    return [tensor(value, values) for value in values]


def indices_of(value: Any, like: Any = None) -> Tensor:
    """A Tensor of indices; an empty list, which says nothing of its dtype, as integers."""
    found = tensor(value, like)
    if type(value) in (list, tuple) and found.size == 0:
        return xp.astype(found, namespace(found).int64)
    return found


def numbers_of(value: Any, like: Any = None) -> Tensor:
    """Indices that are no mask: truth values count as 0 and 1."""
    found = indices_of(value, like)
    space = namespace(found)
    return xp.astype(found, space.int64) if found.dtype == space.bool else found


def values_of(x: Tensor, where: str) -> Any:
    """The values as an array of NumPy's: where a shape or a choice depends on them."""
    try:
        return x.detach().as_numpy()
    except TypeError:  # each sample has values of its own
        text = f"{where} inside vmap: its result may have another shape for each sample"
        raise TypeError(text) from None


def into(out: Any, result: Tensor, casting: str = "same_kind") -> Tensor:
    """The result; where a Tensor is given for it, written into that one, which is returned."""
    if type(out) is tuple:
        (out,) = out
    if out is None:
        return result
    if type(out) is not Tensor:
        raise TypeError(f"out is a Tensor to write the result into, not {type(out).__name__}")
    if out.shape != result.shape:
        raise ValueError(f"out has the shape {out.shape}, and the result {result.shape}")
    if casting != "unsafe":
        out._backend.check_same_kind(result.dtype, out.dtype)
    out[...] = xp.astype(result, out.dtype)
    return out
