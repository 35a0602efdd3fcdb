"""What a graph keeps, by operation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from .backends import of_array
from .core.graph import OpNode, WideNode
from .core.nodes import node_of
from .core.saving import Packed
from .core.tensor import Tensor, current, raw
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
    nodes, _ = newer([] if root is None else [root], -1)
    seen: set[int] = set()
    sizes: Counter[str] = Counter()
    for node in nodes:  # oldest first
        for array in arrays_of(node):
            owner = whole(array)
            if id(owner) not in seen:
                seen.add(id(owner))
                sizes[node.rule.name] += size_of(owner)
    found = {name: size for name, size in sizes.most_common() if size}
    return GraphMemory(len(nodes), sum(found.values()), found)


def arrays_of(node: OpNode) -> list[Any]:
    """The arrays that a node keeps."""
    kept = [getattr(node, slot, None) for slot in ("x1", "x2", "out")]
    if isinstance(node, WideNode) or node.rule.parametric:
        kept += [*node.args, *node.kwargs.values()]
    flat: list[Any] = []
    for one in kept:
        flat += one if isinstance(one, list | tuple) else [one]
    flat = [raw(one.value) if type(one) is Packed else one for one in flat]
    return [one for one in flat if one is not None and of_array(one) is not None]


def whole(array: Any) -> Any:
    """The array whose memory a view shows, where the library says so."""
    base = getattr(array, "base", None)
    return array if base is None else base


def size_of(array: Any) -> int:
    size = getattr(array, "nbytes", None)
    return int(size) if size is not None else 0
