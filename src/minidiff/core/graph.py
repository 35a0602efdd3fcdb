"""What the tape is made of: nodes and leaves.

A node holds data and other nodes, never a Tensor: handles come and go, and the graph lives exactly
as long as somebody can still walk it.
"""

from __future__ import annotations

import itertools
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..backends import Backend
    from .rules import Rule
    from .tensor import Tensor

# A node is always newer than its parents, so newest first is an order in which to walk back.
next_number = itertools.count().__next__


class OpNode:
    """One recorded operation: where its arrays came from and what its formulas need of them.

    `parent1` and `parent2` are the nodes of the first and second array (None: not tracked), `x1`,
    `x2` and `out` the arrays that a needed formula names, the other slots stay unset. `shape` and
    `dtype` are those of the result, and so of the gradient that arrives here. `args` and `kwargs`
    are the call's other arguments, set for rules that have some; `trace` is the user's line, set
    inside detect_anomaly().
    """

    __slots__ = (
        "args",
        "backend",
        "dtype",
        "grad",
        "kwargs",
        "number",
        "out",
        "parent1",
        "parent2",
        "rule",
        "shape",
        "trace",
        "x1",
        "x2",
    )

    rule: Rule
    backend: Backend
    number: int
    shape: tuple[int, ...]
    dtype: Any
    parent1: Node | None
    parent2: Node | None
    x1: Any
    x2: Any
    out: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    grad: Tensor
    trace: str


class WideNode(OpNode):
    """An operation with another signature, or with several results.

    `many` maps inputs to their nodes, or to lists of nodes; `made` is the results' tuple type.
    """

    __slots__ = ("made", "many")

    many: dict[str, Any]
    made: type | None

    def parents(self) -> list[Node | None]:
        found: list[Node | None] = []
        for nodes in self.many.values():
            found += nodes if type(nodes) is list else [nodes]
        return found


# The shapes of leaves, so that those of equal shape, and what is computed from them, have the very
# same tuple: the backward pass compares by identity.
known_shapes: dict[tuple[int, ...], tuple[int, ...]] = {}


def one_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(known_shapes) > 1000:
        known_shapes.clear()
    return known_shapes.setdefault(shape, shape)


class Leaf:
    """Where a walk ends: a Tensor that asked for its gradient, held weakly.

    `hooks` sees the gradient of each pass (core/hooks.py); None as long as there are none.
    """

    __slots__ = ("backend", "dtype", "handle", "hooks", "shape")

    hooks: dict[int, Any] | None

    def __init__(self, handle: Tensor, backend: Backend, shape: tuple[int, ...], dtype: Any):
        self.handle = weakref.ref(handle)
        self.hooks = None
        self.backend = backend
        self.shape = one_of(shape)
        self.dtype = dtype


class Variable(Leaf):
    """Where the walk of a transform ends: a tensor of its own, which the function may write."""

    __slots__ = ()


class Freed:
    """What remains of a node after a backward pass freed it: enough to refuse a second walk."""

    __slots__ = ("backend", "dtype", "shape")

    backend: Backend
    shape: tuple[int, ...]
    dtype: Any

    def __init__(self, node: Node):
        self.backend = node.backend
        self.shape = node.shape
        self.dtype = node.dtype


class Dual:
    """A tensor's tangent in forward mode, laid over the node that it has without it."""

    __slots__ = ("backend", "dtype", "level", "primal", "shape", "tangent")

    def __init__(self, level: Level, primal: Node | None, tangent: Tensor):
        self.level = level
        self.primal = primal
        self.tangent = tangent
        self.backend = tangent._backend
        self.shape = tangent._data.shape
        self.dtype = tangent._data.dtype


Node = OpNode | Leaf | Freed | Dual


class Level:
    """One `jvp` while it runs (core/forward.py).

    `calls` remembers the calls that were recorded meanwhile, with the tangents of their arrays: a
    backward pass inside the jvp has to carry them on. They go when the jvp ends, so that a node
    itself holds nothing but arrays.
    """

    __slots__ = ("calls", "number")

    def __init__(self) -> None:
        self.number = next_level()
        self.calls: dict[OpNode, Any] = {}


next_level = itertools.count(1).__next__
