"""What a drawing reads from a graph: operations, what goes into them, and which boxes they make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ._operations import Call
from .backends import of_array
from .core.graph import Node, OpNode, WideNode
from .core.nodes import PART
from .core.tensor import Tensor, current

# The value of an operand that the graph does not keep.
UNKNOWN = object()


class Constant:
    """A named tensor that tracks nothing, drawn where an operation keeps its array."""

    def __init__(self, tensor: Tensor, name: str):
        self.tensor = tensor
        self.name = name


Vertex = Node | Constant


class Operand(NamedTuple):
    """Something that an operation was called with.

    `parent` is the node of what is tracked, else None; `value` what the graph keeps of it.
    """

    name: str
    parent: Node | None
    value: Any


def operands_of(node: OpNode) -> Iterator[Operand]:
    """All that an operation was called with, the elements of lists one by one."""
    rule = node.rule
    if isinstance(node, WideNode):
        given = [*zip(rule.parameters, node.args, strict=False), *node.kwargs.items()]
        for name, value in given:
            parents = node.many.get(name)
            if type(parents) is list:
                names = names_in_list(name, len(parents), given)
                yield from map(Operand, names, parents, value)
            elif isinstance(value, Call):
                yield from [Operand(word, None, one) for word, one in value.keywords.items()]
            else:
                yield Operand(name, parents, value)
        return
    parents = [node.parent1] if rule.parametric else [node.parent1, node.parent2]
    pairs = zip(rule.parameters, parents, strict=False)
    for place, (name, parent) in enumerate(pairs, 1):
        yield Operand(name, parent, getattr(node, f"x{place}", UNKNOWN))
    if rule.parametric:
        given = [*zip(rule.parameters[1:], node.args, strict=False), *node.kwargs.items()]
        yield from [Operand(name, None, value) for name, value in given]


def names_in_list(name: str, count: int, given: Iterable[tuple[str, Any]]) -> list[str]:
    """How the elements of a list argument are called; a user's operation has names of its own."""
    calls = [value for _, value in given if isinstance(value, Call)]
    return calls[0].input_names() if calls else [f"{name}[{i}]" for i in range(count)]


class Link(NamedTuple):
    """An input of an operation: where it comes from, and what is written at the arrow."""

    source: Vertex
    label: str


class Reading:
    """The operations behind a node, oldest first, each with what its arrows come from.

    Attributes
    ----------
    links : mapping of OpNode to list of Link
    arguments : mapping of OpNode to list of (str, value)
        What is no arrow: numbers, axes, arrays without a name.
    kept : mapping of node to array
        The results that the graph itself keeps.
    """

    def __init__(self, root: Vertex | None, constants: Iterable[Constant]):
        # By the array: a graph keeps the very one that the tensor has, until that is written.
        self.constants = {id(current(one.tensor)._data): one for one in constants}
        self.links: dict[OpNode, list[Link]] = {}
        self.arguments: dict[OpNode, list[tuple[str, Any]]] = {}
        self.kept: dict[Any, Any] = {}
        waiting: list[Any] = [root]
        while waiting:  # nothing recurses
            node = waiting.pop()
            if isinstance(node, OpNode) and node not in self.links:
                self.read(node)
                waiting += [one.source for one in self.links[node]]
        oldest_first = sorted(self.links, key=lambda node: node.number)
        self.links = {node: self.links[node] for node in oldest_first}

    def read(self, node: OpNode) -> None:
        found: list[tuple[Vertex, str]] = []
        arguments: list[tuple[str, Any]] = []
        for name, parent, value in operands_of(node):
            constant = self.constants.get(id(value))
            if parent is not None:
                found.append((parent, name))
                if isinstance(parent, OpNode) and of_array(value) is not None:
                    self.kept[parent] = value
            elif constant is not None:
                found.append((constant, name))
            else:
                arguments.append((name, value))
        out = getattr(node, "out", None)
        if of_array(out) is not None:
            self.kept[node] = out
        together = len(found) > 1
        self.links[node] = [link(source, name if together else "") for source, name in found]
        self.arguments[node] = arguments


def link(source: Vertex, name: str) -> Link:
    """An arrow; a part of several results comes from the operation that gave them all."""
    if isinstance(source, OpNode) and source.rule is PART and source.parent1 is not None:
        return Link(source.parent1, f"[{source.x1[0]}] {name}".rstrip())
    return Link(source, name)


def link_to(node: Node | None) -> Link | None:
    return None if node is None else link(node, "")


# ---- folding

# Stands for all that is furthest from the result, where a graph is too large.
REST = object()

Links = Mapping[OpNode, list[Link]]


def grouped(links: Links, alone: set[Any], most: int) -> dict[Any, list[Vertex]]:
    """The operations and leaves by the box in which they are drawn, the newest boxes first.

    `alone` are operations that are not folded into a chain. At most `most` boxes, the last one for
    all the rest.
    """
    vertices = dict.fromkeys(newest_first(links))
    box_of: dict[Any, Any] = {node: node for node in vertices}
    if len(vertices) > most:
        box_of.update(chains(links, alone))
    boxes: dict[Any, list[Vertex]] = {}
    for node in vertices:
        boxes.setdefault(box_of[node], []).append(node)
    if len(boxes) > most:
        kept = list(boxes)[: most - 1]
        rest = [node for box in list(boxes)[most - 1 :] for node in boxes[box]]
        boxes = {**{box: boxes[box] for box in kept}, REST: rest}
    return boxes


def newest_first(links: Links) -> Iterator[Vertex]:
    """Every operation, and after it the leaves that it uses; leaves come again."""
    for node in reversed(list(links)):
        yield node
        yield from [one.source for one in links[node] if not isinstance(one.source, OpNode)]


def oldest_first(links: Links) -> Iterator[Vertex]:
    """Every operation, and before it the leaves that it uses; leaves come again."""
    for node, several in links.items():
        yield from [one.source for one in several if not isinstance(one.source, OpNode)]
        yield node


def chains(links: Links, alone: set[Any]) -> dict[Vertex, Vertex]:
    """Runs of operations with one tracked input each: by operation, the first one of its run."""
    consumers = Counter(source for several in links.values() for source in sources_of(several))
    first: dict[Vertex, Vertex] = {}
    for node, several in links.items():
        sources = sources_of(several)
        if len(sources) == 1 and node not in alone:
            (source,) = sources
            goes_on = source in first and consumers[source] == 1
            first[node] = first[source] if goes_on else node
    return first


def sources_of(links: Iterable[Link]) -> set[Vertex]:
    return {one.source for one in links if not isinstance(one.source, Constant)}


def counts_of(vertices: Iterable[Vertex]) -> tuple[int, int, int]:
    """How many operations, leaves and constants there are."""
    several = list(vertices)
    operations = sum(isinstance(one, OpNode) for one in several)
    constants = sum(isinstance(one, Constant) for one in several)
    return operations, len(several) - operations - constants, constants
