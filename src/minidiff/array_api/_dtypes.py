"""Data types, and the functions that speak of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.words import linear, nondifferentiable, view

if TYPE_CHECKING:
    from ..core.tensor import Tensor
    from ._results import finfo_object, iinfo_object

DTYPES = (
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "complex64",
    "complex128",
)


@linear(x=lambda g: g)
@view
def astype(
    xp: Any, x: Tensor, dtype: Any, /, *, copy: bool = True, device: Any | None = None
) -> Tensor:
    """The array in another data type; an integer result has no history."""
    if device is None:
        return xp.astype(x, dtype, copy=copy)
    return xp.astype(x, dtype, copy=copy, device=device)


@nondifferentiable
def can_cast(xp: Any, from_: Any, to: Any, /) -> bool:
    """Whether the promotion rules allow a conversion."""
    return bool(xp.can_cast(from_, to))


def dtype_of(array_or_dtype: Any) -> Any:
    # NumPy's dtypes are classes here, and have an attribute of that name too.
    if isinstance(array_or_dtype, type):
        return array_or_dtype
    return getattr(array_or_dtype, "dtype", array_or_dtype)


@nondifferentiable
def finfo(xp: Any, type: Any, /) -> finfo_object:
    """The limits of a floating data type; of a complex one, of its parts."""
    from ._results import finfo_object

    found = xp.finfo(dtype_of(type))
    return finfo_object(
        int(found.bits),
        float(found.eps),
        float(found.max),
        float(found.min),
        float(found.smallest_normal),
        found.dtype,
    )


@nondifferentiable
def iinfo(xp: Any, type: Any, /) -> iinfo_object:
    """The limits of an integer data type."""
    from ._results import iinfo_object

    found = xp.iinfo(dtype_of(type))
    return iinfo_object(int(found.bits), int(found.max), int(found.min), found.dtype)


@nondifferentiable
def isdtype(xp: Any, dtype: Any, kind: Any) -> bool:
    """Whether a data type is of a kind."""
    return bool(xp.isdtype(dtype, kind))


@nondifferentiable
def result_type(xp: Any, *arrays_and_dtypes: Any) -> Any:
    """The data type that an operation on some arrays, scalars and dtypes gives."""
    ...
