"""What a graph keeps, in another form until it is needed: half precision, compressed, on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self
from weakref import WeakValueDictionary, ref

from ..backends import Backend
from .graph import OpNode, WideNode
from .hooks import Front
from .rules import Rule
from .state import State, Switch, on_level
from .tensor import Tensor, current, raw, wrap

Pack = Callable[[Tensor], Any]
Unpack = Callable[[Any], Any]


class saved_tensors_hooks(Switch):
    """Keep what formulas need in another form: `pack` makes it, and `unpack` the values of it.

    A context manager and a decorator, around the forward pass. It concerns the floating arrays that
    operations keep inside; indices and masks stay as they are. An array that several operations
    keep is packed once. Outside nothing is slower.

    Parameters
    ----------
    pack : callable
        Takes a Tensor without history, and returns anything.
    unpack : callable
        Takes that, in a backward pass, and returns a Tensor or array of the same shape; it is
        brought to the dtype that the values had.

    Raises
    ------
    TypeError
        If one of them is no function.
    ValueError
        In a backward pass, if `unpack` gives another shape.

    Examples
    --------
    >>> import minidiff as md
    >>> import numpy as np
    >>> x = md.Tensor([0.5, 2.0], allow_grad=True)
    >>> with md.saved_tensors_hooks(lambda t: t.as_numpy().astype(np.float16), md.asarray):
    ...     y = md.sum(x * x * x)
    >>> y.backward()
    >>> x.grad
    Tensor([ 0.75, 12.  ])
    """

    def __init__(self, pack: Pack, unpack: Unpack):
        for function in (pack, unpack):
            if not callable(function):
                raise TypeError(f"saved_tensors_hooks takes two functions, not {function!r}")
        super().__init__()
        self._functions = (pack, unpack)

    def _again(self) -> Self:
        return type(self)(*self._functions)

    def _next(self, now: State) -> State:
        return now.changed(saving=Saving(*self._functions))


class Saving:
    """The two functions, and what they have packed that is still kept."""

    def __init__(self, pack: Pack, unpack: Unpack):
        self.pack = pack
        self.unpack = unpack
        # By the identity of an array; `source` proves that it is still the same one.
        self.known: WeakValueDictionary[int, Packed] = WeakValueDictionary()

    def put_away(self, node: OpNode) -> None:
        """Pack what a new node keeps."""
        backend = node.backend

        def packed(value: Any) -> Any:
            is_array = isinstance(value, backend.array_type)
            return self.packed(backend, value) if is_array else value

        kept = slots_of(node)
        changed = {name: each(packed, value) for name, value in kept.items()}
        if any(changed[name] is not kept[name] for name in kept):
            fill(node, changed)
            node.rule = Stored(node.rule)

    def packed(self, backend: Backend, array: Any) -> Any:
        if not backend.is_floating(array.dtype):
            return array
        if backend.base is not None:
            return PackedBatch(array, self)
        made = self.known.get(id(array))
        if made is None or made.source() is not array:
            with on_level(None):  # the functions work as outside of vmap
                value = self.pack(wrap(backend, array, None, kept=True))
            made = Packed(value, self.unpack, array)
            self.known[id(array)] = made
        return made


class Packed:
    """An array in another form."""

    __slots__ = ("__weakref__", "dtype", "shape", "source", "unpack", "value")

    def __init__(self, value: Any, unpack: Unpack, like: Any):
        self.value = value
        self.unpack = unpack
        self.shape = like.shape
        self.dtype = like.dtype
        try:
            self.source: Callable[[], Any] = ref(like)
        except TypeError:  # without weak references, such an array is packed each time
            self.source = type(None)

    def array(self, backend: Backend) -> Any:
        with on_level(None):
            found = backend.asarray(raw(self.unpack(self.value)))
        if tuple(found.shape) != tuple(self.shape):
            raise ValueError(
                f"saved_tensors_hooks: unpack returned shape {tuple(found.shape)} for values of "
                f"shape {tuple(self.shape)}"
            )
        return found if found.dtype == self.dtype else backend.arrays.astype(found, self.dtype)


class PackedBatch:
    """A batch, of which the tensor underneath is packed; its history there stays."""

    __slots__ = ("kind", "mapped", "node", "value")

    def __init__(self, batch: Any, saving: Saving):
        below = current(batch.value)
        self.kind = type(batch)
        self.mapped = batch.mapped
        self.node = below._node
        self.value = saving.packed(below._backend, below._data)

    def array(self, backend: Backend) -> Any:
        assert backend.base is not None
        below = wrap(backend.base, self.value.array(backend.base), self.node, kept=True)
        return self.kind(below, self.mapped)


class Stored(Front):
    """The rule of a node that keeps something packed."""

    @contextmanager
    def unpacked(self, node: OpNode) -> Iterator[Rule]:
        """The node's own rule, and what it keeps as it was, for one step of a backward pass."""
        backend, kept = node.backend, slots_of(node)
        fill(
            node,
            {
                name: each(lambda v: v.array(backend) if type(v) in PACKED else v, value)
                for name, value in kept.items()
            },
        )
        try:
            yield self.rule
        finally:
            fill(node, kept)


PACKED = (Packed, PackedBatch)


def slots_of(node: OpNode) -> dict[str, Any]:
    names = ["x1", "x2", "out"]
    if isinstance(node, WideNode) or node.rule.parametric:
        names += ["args", "kwargs"]
    return {name: getattr(node, name) for name in names if hasattr(node, name)}


def fill(node: OpNode, kept: dict[str, Any]) -> None:
    for name, value in kept.items():
        setattr(node, name, value)


def each(function: Callable[[Any], Any], value: Any) -> Any:
    """A function of a value, or of each in a list, tuple or dict; the same one if none changes."""
    if type(value) is dict:
        made: Any = {name: each(function, one) for name, one in value.items()}
        return made if any(made[name] is not value[name] for name in value) else value
    if not isinstance(value, list | tuple):
        return function(value)
    parts = [each(function, one) for one in value]
    if all(part is one for part, one in zip(parts, value, strict=True)):
        return value
    return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
