"""What a graph keeps, by operation."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from .backends import of_array
from .batching._arrays import Batched
from .core.graph import OpNode, WideNode
from .core.nodes import node_of
from .core.saving import Packed, PackedBatch
from .core.tensor import Tensor, current, raw
from .core.trees import leaves_of
from .core.walk import newer

__all__ = ["GraphMemory", "graph_memory"]


@dataclass(frozen=True)
class GraphMemory:
    """What the graph behind a tensor keeps for its backward pass.

    Attributes
    ----------
    operations : int
        How many operations were recorded.
    bytes : int
        The arrays that they keep, each counted once, however many keep it; a part of an array
        counts as a whole, since it keeps the whole alive.
    by_operation : dict of str to int
        The bytes by the name of the operation that is the first to keep an array, most first.
    """

    operations: int
    bytes: int
    by_operation: dict[str, int]

    def __str__(self) -> str:
        lines = [f"{self.operations} operations keep {self.bytes:,} bytes"]
        width = max(map(len, self.by_operation), default=0)
        lines += [f"  {name:{width}}  {size:,}" for name, size in self.by_operation.items()]
        return "\n".join(lines)


def graph_memory(t: Tensor) -> GraphMemory:
    """What the graph behind a tensor keeps.

    Parameters
    ----------
    t : Tensor
        A result, before a `backward` frees its graph.

    Returns
    -------
    GraphMemory
        Printed, it is a table.

    Raises
    ------
    TypeError
        If `t` is no Tensor.
    RuntimeError
        If an earlier `backward` freed the graph.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.memory import graph_memory
    >>> x = md.Tensor(md.ones(1000), allow_grad=True)
    >>> print(graph_memory(md.sum(md.sin(x) * x)))
    3 operations keep 16,000 bytes
      sin       8,000
      multiply  8,000
    """
    if type(t) is not Tensor:
        raise TypeError(f"graph_memory: t is a Tensor, not {type(t).__name__}")
    root = node_of(current(t))
    try:
        nodes, _ = newer([] if root is None else [root], -1)
    except RuntimeError as error:  # part of it was freed
        raise RuntimeError(str(error).replace("backward:", "graph_memory:", 1)) from None
    seen: set[int] = set()
    sizes: Counter[str] = Counter()
    for node in nodes:  # oldest first
        for kept in kept_by(node):
            owner = whole(kept)
            if id(owner) not in seen:
                seen.add(id(owner))
                sizes[node.rule.name] += size_of(owner)
    found = {name: size for name, size in sizes.most_common() if size}
    return GraphMemory(len(nodes), sum(found.values()), found)


def kept_by(node: OpNode) -> list[Any]:
    """The arrays that a node keeps, or what they were packed into."""
    kept = [getattr(node, slot, None) for slot in ("x1", "x2", "out")]
    if isinstance(node, WideNode) or node.rule.parametric:
        kept += [*node.args, *node.kwargs.values()]
    # Arrays that stand for Python's numbers are the backend's, and shared by all graphs.
    backend = node.backend
    numbers = set(map(id, (*backend.doubles.values(), *backend.singles.values())))
    flat = [raw(leaf) for one in leaves_of(kept) for leaf in unpacked(one)]
    return [one for one in flat if id(one) not in numbers and is_memory(one)]


def unpacked(leaf: Any) -> list[Any]:
    if type(leaf) is PackedBatch:
        leaf = leaf.value
    return leaves_of(leaf.value) if type(leaf) is Packed else [leaf]


def is_memory(value: Any) -> bool:
    return isinstance(value, bytes | bytearray | Batched) or of_array(value) is not None


def whole(array: Any) -> Any:
    """The array whose memory a view shows, where the library says so."""
    while type(array) is Batched:
        array = raw(array.value)
    base = getattr(array, "base", None)
    return array if base is None else base


def size_of(array: Any) -> int:
    """How many bytes an array has; packed bytes are their length."""
    if isinstance(array, bytes | bytearray):
        return len(array)
    size = getattr(array, "nbytes", None)
    return int(math.prod(array.shape) * item_size(array) if size is None else size)


def item_size(array: Any) -> int:
    """The bytes of an element, for a library whose arrays do not say."""
    backend = of_array(array)
    assert backend is not None
    xp, dtype = backend.arrays, array.dtype
    if xp.isdtype(dtype, "bool"):
        return 1
    if xp.isdtype(dtype, "integral"):
        return int(xp.iinfo(dtype).bits // 8)
    parts = 2 if xp.isdtype(dtype, "complex floating") else 1
    return int(parts * xp.finfo(dtype).bits // 8)
