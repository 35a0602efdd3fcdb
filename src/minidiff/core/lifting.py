"""A node's arrays as Tensors again, with their history: what a recorded backward pass works on."""

from __future__ import annotations

from typing import Any

from ..backends import Backend
from .graph import Node
from .tensor import Tensor, blank, wrap


def lift(value: Any, backend: Backend, node: Node | None) -> Any:
    """A kept value as a Tensor on its node; scalars, shapes and the like stay as they are."""
    kind = type(value)
    if kind is backend.array_type:
        tensor = blank()
        tensor._data = value
        tensor._backend = backend
        tensor._node = node
        tensor._at = None
        tensor._kept = True
        return tensor
    if kind is tuple:  # an index: its arrays have no history
        return tuple([lift(one, backend, None) for one in value])
    return value


def kept_wrap(out: Tensor, node: Node | None) -> Tensor:
    """The same array on another node, as a graph holds it: the next write copies it."""
    return wrap(out._backend, out._data, node, kept=True)
