"""Making arrays. Where no array is given, `device` says in which library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ..backends import ingest
from ..core.tensor import Tensor, refuse_to_lose, wrap
from ..core.words import composite, linear, nondifferentiable
from ._device import convert, to_device

if TYPE_CHECKING:
    from ..backends import Backend


@linear(x=lambda g: g)
def copy(xp: Any, x: Tensor, /) -> Tensor:
    """A copy with memory of its own."""
    return xp.asarray(x, copy=True)


@composite
def asarray(
    xp: Any,
    obj: Any,
    /,
    *,
    dtype: Any | None = None,
    device: Any | None = None,
    copy: bool | None = None,
) -> Tensor:
    """A Tensor of scalars, nested sequences, buffers or arrays; Tensors keep their history."""
    if type(obj) is Tensor:
        if obj._backend is not xp.backend and not obj._backend.is_over(xp.backend):
            if copy is False:
                raise ValueError(
                    f"asarray: copy=False, but data of {obj._backend.name} have to be copied to "
                    f"{xp.backend.name}"
                )
            obj, copy = convert(obj, xp.backend), None
        if device is not None:
            obj = to_device(obj, device)
        if dtype is not None and dtype != obj.dtype:
            if copy is False:
                raise ValueError(f"asarray: copy=False, but {obj.dtype} has to become {dtype}")
            return obj._backend.tensors.astype(obj, dtype)
        return obj._backend.tensors.copy(obj) if copy else obj
    if type(obj) in (list, tuple) and _holds_tensor(obj):
        if copy is False:
            raise ValueError("asarray: copy=False, but a list of Tensors has to be copied")
        return xp.asarray(_stacked(xp.backend, obj), dtype=dtype, device=device)
    backend, array = ingest(obj, dtype, device, copy=copy, home=xp.backend)
    return wrap(backend, array)


def _holds_tensor(obj: Any) -> bool:
    if type(obj) in (list, tuple):
        return any(_holds_tensor(one) for one in obj)
    return type(obj) is Tensor


def _stacked(backend: Backend, obj: Any) -> Tensor:
    """A nested sequence with Tensors somewhere in it, as one Tensor with their history."""
    if type(obj) is Tensor:
        return obj
    if type(obj) not in (list, tuple) or not _holds_tensor(obj):
        return wrap(*ingest(obj, None, None, copy=True, home=backend))
    parts = [_stacked(backend, one) for one in obj]
    xp = next(p for p, one in zip(parts, obj, strict=True) if _holds_tensor(one))._backend.tensors
    dtype = xp.result_type(
        *[p if _holds_tensor(one) else _weak(one, p) for p, one in zip(parts, obj, strict=True)]
    )
    return xp.stack([p if p.dtype == dtype else xp.astype(p, dtype) for p in parts])


def _weak(one: Any, part: Tensor) -> Any:
    """A Python scalar does not decide the dtype; anything else does."""
    return one if type(one) in (bool, int, float, complex) else part


@composite
def from_dlpack(
    xp: Any, x: Any, /, *, device: Any | None = None, copy: bool | None = None
) -> Tensor:
    """A Tensor of another library's array, without a copy where possible."""
    array = x
    if type(x) is Tensor:
        refuse_to_lose(x, "from_dlpack")
        array = x.detach()._data  # which flags the memory as shared
    kwargs = {"device": device if xp.backend.keeps_devices else None, "copy": copy}
    kwargs = {name: value for name, value in kwargs.items() if value is not None}
    return wrap(xp.backend, xp.backend.arrays.from_dlpack(array, **kwargs), None, type(x) is Tensor)


@nondifferentiable
def arange(
    xp: Any,
    start: float,
    /,
    stop: float | None = None,
    step: float = 1,
    *,
    dtype: Any | None = None,
    device: Any | None = None,
) -> Tensor:
    """Evenly spaced values in a half-open interval."""
    ...


@nondifferentiable
def linspace(
    xp: Any,
    start: complex,
    stop: complex,
    /,
    num: int,
    *,
    dtype: Any | None = None,
    device: Any | None = None,
    endpoint: bool = True,
) -> Tensor:
    """A number of evenly spaced values in an interval."""
    ...


@nondifferentiable
def empty(
    xp: Any, shape: int | tuple[int, ...], *, dtype: Any | None = None, device: Any | None = None
) -> Tensor:
    """An array whose values are whatever the memory held."""
    ...


@nondifferentiable
def zeros(
    xp: Any, shape: int | tuple[int, ...], *, dtype: Any | None = None, device: Any | None = None
) -> Tensor:
    """Zeros."""
    ...


@nondifferentiable
def ones(
    xp: Any, shape: int | tuple[int, ...], *, dtype: Any | None = None, device: Any | None = None
) -> Tensor:
    """Ones."""
    ...


@nondifferentiable
def full(
    xp: Any,
    shape: int | tuple[int, ...],
    fill_value: complex,
    *,
    dtype: Any | None = None,
    device: Any | None = None,
) -> Tensor:
    """One value everywhere."""
    ...


@nondifferentiable
def eye(
    xp: Any,
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: Any | None = None,
    device: Any | None = None,
) -> Tensor:
    """Ones on a diagonal, zeros elsewhere."""
    ...


@composite
def empty_like(
    xp: Any, x: Tensor, /, *, dtype: Any | None = None, device: Any | None = None
) -> Tensor:
    """`empty`, with the shape, dtype and device of an array."""
    return xp.empty(x.shape, dtype=dtype or x.dtype, device=device or x.device)


@composite
def zeros_like(
    xp: Any, x: Tensor, /, *, dtype: Any | None = None, device: Any | None = None
) -> Tensor:
    """`zeros`, with the shape, dtype and device of an array."""
    return xp.zeros(x.shape, dtype=dtype or x.dtype, device=device or x.device)


@composite
def ones_like(
    xp: Any, x: Tensor, /, *, dtype: Any | None = None, device: Any | None = None
) -> Tensor:
    """`ones`, with the shape, dtype and device of an array."""
    return xp.ones(x.shape, dtype=dtype or x.dtype, device=device or x.device)


@composite
def full_like(
    xp: Any,
    x: Tensor,
    /,
    fill_value: complex,
    *,
    dtype: Any | None = None,
    device: Any | None = None,
) -> Tensor:
    """`full`, with the shape, dtype and device of an array."""
    return xp.full(x.shape, fill_value, dtype=dtype or x.dtype, device=device or x.device)


@composite
def meshgrid(xp: Any, *arrays: Tensor, indexing: Literal["xy", "ij"] = "xy") -> tuple[Tensor, ...]:
    """Coordinate arrays of a grid, from the coordinates along its axes."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing is 'xy' or 'ij', not {indexing!r}")
    for x in arrays:
        if x.ndim != 1:
            raise ValueError(f"meshgrid takes vectors, and found the shape {x.shape}")
    order = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        order[:2] = [1, 0]
    shape = tuple(arrays[i].shape[0] for i in order)
    grids = []
    for i, x in enumerate(arrays):
        sides = [1] * len(arrays)
        sides[order.index(i)] = x.shape[0]
        grids.append(xp.copy(xp.broadcast_to(xp.reshape(x, tuple(sides)), shape)))
    return tuple(grids)


@linear(x=lambda xp, g, k: xp.tril(g, k=k))
def tril(xp: Any, x: Tensor, /, *, k: int = 0) -> Tensor:
    """The lower triangle, zeros elsewhere."""
    ...


@linear(x=lambda xp, g, k: xp.triu(g, k=k))
def triu(xp: Any, x: Tensor, /, *, k: int = 0) -> Tensor:
    """The upper triangle, zeros elsewhere."""
    ...
