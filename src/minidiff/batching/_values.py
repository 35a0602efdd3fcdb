"""Values of a batch, and how they lie beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._arrays import Batched

Axes = int | tuple[int, ...] | None


def batched(value: Any, mapped: bool = True) -> Any:
    """A result, or a tuple of them, as Batched."""
    from ._arrays import Batched

    if isinstance(value, tuple):
        made: list[Any] = [Batched(one, mapped) for one in value]
        return type(value)(*made) if hasattr(value, "_fields") else tuple(made)
    return Batched(value, mapped)


def is_batched(value: Any) -> bool:
    return hasattr(value, "mapped")


def any_mapped(*values: Any) -> bool:
    return any(getattr(value, "mapped", False) for value in values)


def plain(value: Any) -> Any:
    """An argument as the functions underneath take it, if no sample has a value of its own."""
    if type(value) in (list, tuple):
        return [plain(one) for one in value] if type(value) is list else tuple(map(plain, value))
    return value.value if is_batched(value) else value


def samples(*values: Any) -> int:
    return next(int(one.value.shape[0]) for one in values if any_mapped(one))


def namespace(x: Batched) -> Any:
    """The functions on tensors underneath."""
    return x.value._backend.tensors


def aligned(value: Any, ndim: int) -> Any:
    """A value whose axes broadcast from the right although one for the samples is in front."""
    if not any_mapped(value):
        return plain(value)
    missing = ndim - value.ndim
    if missing <= 0:
        return value.value
    count, *shape = value.value.shape
    return namespace(value).reshape(value.value, (count, *(1,) * missing, *shape))


def full(value: Batched, count: int) -> Any:
    """A value with an axis for the samples, also where all share it."""
    if value.mapped:
        return value.value
    return namespace(value).broadcast_to(value.value, (count, *value.shape))


def shifted(axis: Axes, ndim: int) -> Any:
    """An axis of a sample as one of the batch."""
    if axis is None:
        return None
    if isinstance(axis, int):
        if not -ndim <= axis < ndim:
            raise IndexError(f"axis {axis} is out of range for {ndim} axes (inside vmap)")
        return axis % ndim + 1
    return tuple([shifted(one, ndim) for one in axis])


def flattened(x: Batched) -> Any:
    return namespace(x).reshape(x.value, (x.value.shape[0], x.size))


def refused(what: str) -> ValueError:
    return ValueError(
        f"vmap: {what}: the shape of the result would differ from sample to sample; write it with "
        "where, or outside vmap"
    )
