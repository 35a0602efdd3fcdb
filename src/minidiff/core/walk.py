"""Which operations stand behind a node, and what remains of those that a pass freed."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from .graph import Dual, Freed, Leaf, Node, OpNode, WideNode


def freed() -> RuntimeError:
    return RuntimeError(
        "backward: an earlier backward freed this graph; call that one with cleanup_mode='keep' to "
        "walk it again"
    )


def leaked() -> RuntimeError:
    return RuntimeError(
        "a tensor from inside a jvp was used outside it, or in a thread that does not know of the "
        "jvp; return it from the function, and run threads in a copy of the context: "
        "contextvars.copy_context().run"
    )


def freed_below(node: Any, bottom: Any) -> Any:
    """The same tangents over what remains of a node."""
    if type(node) is not Dual:
        return Freed(bottom)
    return Dual(node.level, freed_below(node.primal, bottom), node.tangent)


def empty(node: OpNode) -> None:
    """Take from a node whatever it keeps, so that a second walk is refused."""
    for slot in ("x1", "x2", "out", "args", "kwargs"):
        if hasattr(node, slot):
            delattr(node, slot)
    node.parent1 = Freed(node)
    node.parent2 = None
    if isinstance(node, WideNode):
        node.many = {"freed": node.parent1}


def reachable(root: Node) -> list[OpNode]:
    """The operations behind a node, oldest first."""
    found: list[Any] = [root]
    seen: set[Node] = {root}
    if type(root) is not OpNode:
        found.clear()
        seen.clear()
        enqueue(root, found, seen)
    for node in found:  # which grows meanwhile
        parent = node.parent1
        if type(parent) is OpNode:
            if parent not in seen:
                seen.add(parent)
                found.append(parent)
        elif parent is not None and type(parent) is not Leaf:
            enqueue(parent, found, seen)
        parent = node.parent2
        if type(parent) is OpNode:
            if parent not in seen:
                seen.add(parent)
                found.append(parent)
        elif parent is not None and type(parent) is not Leaf:
            enqueue(parent, found, seen)
    found.sort(key=by_number)
    return found


by_number = operator.attrgetter("number")


def enqueue(node: Node | None, found: list[OpNode], seen: set[Node]) -> None:
    """Add an operation of any kind to what was found; refuse what an earlier pass freed."""
    waiting: list[Node | None] = [node]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if isinstance(node, OpNode):
            found.append(node)
            if isinstance(node, WideNode):
                waiting += node.parents()
        elif type(node) is Freed:
            raise freed()
        elif type(node) is Dual:
            raise leaked()


def parents_of(node: OpNode) -> list[Node | None]:
    return node.parents() if isinstance(node, WideNode) else [node.parent1, node.parent2]


def behind(roots: Iterable[Node | None], start: int) -> tuple[list[OpNode], set[Node]]:
    """The operations behind some nodes since a number, and the nodes they rest on."""
    found: list[OpNode] = []
    ends: set[Node] = set()
    seen: set[Node] = set()
    waiting: list[Node | None] = [*roots]
    for node in waiting:  # which grows meanwhile
        if node is None or node in seen:
            continue
        seen.add(node)
        if isinstance(node, OpNode) and node.number > start:
            found.append(node)
            waiting += parents_of(node)
        else:
            ends.add(node)
    return found, ends


def newer(roots: list[Node], start: int) -> tuple[list[OpNode], set[Node]]:
    """The same, the operations oldest first; what was freed or has leaked from a jvp is refused."""
    found, ends = behind(roots, start)
    kinds = {type(end) for end in ends}
    if Freed in kinds:
        raise freed()
    if Dual in kinds:
        raise leaked()
    found.sort(key=by_number)
    return found, ends
