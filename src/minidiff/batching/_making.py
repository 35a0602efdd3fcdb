"""Functions that make arrays, on batches: what they make is the same for all samples.

It is until one of them writes to it (BatchBackend.may_write).
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ..core.rules import rule_of
from ..core.tensor import Tensor, current
from ..core.trees import leaves_of
from ._selections import length_in
from ._values import Batched, Run, aligned, plain, refused, run_of

if TYPE_CHECKING:
    from ._arrays import BatchBackend

Function = Callable[..., Any]


def shared(name: str) -> Function:
    def make(backend: BatchBackend, *args: Any, **kwargs: Any) -> Any:
        if run_of(*leaves_of((args, kwargs))) is not None:
            raise refused(f"{name} with numbers that differ from sample to sample")
        keywords = {key: plain(one) for key, one in kwargs.items()}
        function = attrgetter(name)(backend.base.tensors)
        length = length_in(args[0]) if args and type(args[0]) is tuple else None
        if length is None:
            return Batched(function(*plain(args), **keywords), None)
        there, whole = length.in_place_of(args[0])
        return Batched(function(whole, *plain(args[1:]), **keywords), there)

    return make


def filled(
    backend: BatchBackend, shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None
) -> Any:
    """`full`, where each sample may have a value of its own."""
    xp = backend.base.tensors
    length = length_in(shape) if type(shape) is tuple else None
    if length is not None:
        value = fill_value if type(fill_value) is Batched else asarray(backend, fill_value)
        there = length.stretched(value, shape)
        return Batched(xp.asarray(there.value, dtype=dtype, copy=True), there.mapped)
    run = run_of(fill_value)
    if run is None:
        return Batched(xp.full(plain(shape), plain(fill_value), dtype=dtype, device=device), None)
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    values = xp.broadcast_to(aligned(fill_value, len(shape)), (run.count, *shape))
    return Batched(xp.asarray(values, dtype=dtype, copy=True), run)


def asarray(
    backend: BatchBackend, obj: Any, /, *, dtype: Any = None, device: Any = None, copy: Any = None
) -> Any:
    xp = backend.base.tensors
    if type(obj) is not Batched:
        return Batched(xp.asarray(obj, dtype=dtype, device=device, copy=copy), None)
    run = backend.size.get(None)
    value = xp.asarray(obj.value, dtype=dtype, device=device, copy=copy)
    if not copy or obj.mapped or run is None:
        return Batched(value, obj.mapped)
    return Batched(for_each_sample(value, run), run)  # a copy may be written to


def copy(backend: BatchBackend, x: Batched, /) -> Any:
    return asarray(backend, x, copy=True)


def for_each_sample(value: Tensor, run: Run) -> Any:
    """A copy for each sample that lies in memory as the one given: its views will be views too."""
    xp, layout = value._backend.tensors, value._backend.layout(current(value)._data)
    order = tuple([axis for axis, _ in layout])
    back = (0, *[order.index(axis) + 1 for axis in range(value.ndim)])
    turned = tuple([place for place, (_, backwards) in enumerate(layout, 1) if backwards])
    value = xp.permute_dims(value, order)
    value = xp.broadcast_to(value, (run.count, *value.shape))
    value = xp.flip(xp.copy(xp.flip(value, axis=turned)), axis=turned) if turned else xp.copy(value)
    return xp.permute_dims(value, back)


def write(backend: BatchBackend, *args: Any) -> Any:
    """The table's own: it is made of the functions here."""
    kernel = rule_of(backend.base.tensors.write).kernel(backend)
    return kernel(*args)
