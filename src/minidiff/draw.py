"""Pictures of what was recorded: leaves, operations and the result, in forward order.

    draw_graph(f, {"x": x, "y": y})          # in a notebook: a picture
    draw_graph(f).save("graph.svg")          # through Graphviz
    print(draw_graph(f).mermaid())           # text, which needs nothing

A graph holds nodes and arrays, never the tensors in between. So a leaf is drawn with its value, an
intermediate with one only where the graph keeps it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ._drawing import Box, Drawing, Edge
from .backends import SCALARS, numpy_backend, of_array
from .core.graph import Freed, Leaf, Node, OpNode, WideNode
from .core.nodes import PART, flat, node_of
from .core.rules import Space
from .core.tensor import Tensor, current

__all__ = ["Drawing", "draw_graph", "draw_tensor_op_graph"]


def draw_graph(
    t: Tensor,
    tensor_names: Mapping[Any, Any] | None = None,
    *,
    insert_intermediates: bool = False,
    values: bool = False,
    gradients: bool = False,
    max_boxes: int = 100,
) -> Drawing:
    """A picture of the operations behind a tensor.

    Parameters
    ----------
    t : Tensor
        The result, before a `backward` frees its graph.
    tensor_names : mapping, optional
        From names to tensors, or from tensors to names; what is no Tensor is left out, so
        `locals()` will do. A named intermediate tensor is drawn too.
    insert_intermediates : bool
        Draw the tensor that each operation gives, not only leaves, named tensors and the result.
    values, gradients : bool
        Show values, and gradients that a `backward` has left (with `cleanup_mode="keep"`; those of
        intermediates with `retain_grads=True`), where the graph or a tensor at hand has them.
    max_boxes : int
        How many operations and leaves are drawn one by one. In a larger graph, chains of operations
        with one input become one box, and if that is not enough, so does all that is furthest from
        the result.

    Returns
    -------
    Drawing
        With `dot()`, `mermaid()`, `svg()` and `save(path)`; a notebook shows it as a picture.

    Raises
    ------
    TypeError
        If `t` is no Tensor.
    ValueError
        If `max_boxes` is less than 2.
    RuntimeError
        If an earlier `backward` freed the graph.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.draw import draw_graph
    >>> x = md.Tensor([1.0, 2.0], allow_grad=True)
    >>> drawing = draw_graph(md.sin(x) * x, {"x": x})
    >>> drawing
    <Drawing of 2 operations, 1 leaf>
    >>> print(drawing.mermaid().splitlines()[2])
      n0["x<br/>(2,) float64"]:::leaf
    """
    if type(t) is not Tensor:
        raise TypeError(f"draw_graph: t is a Tensor, not {type(t).__name__}")
    if max_boxes < 2:
        raise ValueError(f"draw_graph: max_boxes is at least 2, not {max_boxes}")
    if type(current(t)._node) is Freed:
        raise RuntimeError(
            "draw_graph: an earlier backward freed this graph; draw it before, or call that "
            "backward with cleanup_mode='keep'"
        )
    names = named(tensor_names or {})
    return Sketch(t, names, insert_intermediates, values, gradients).drawing(max_boxes)


def draw_tensor_op_graph(
    root: Tensor,
    tensor_names: Mapping[Any, Any] | None = None,
    insert_intermediates: bool = False,
) -> Drawing:
    """A picture of the operations behind a tensor, with values and gradients; see `draw_graph`."""
    return draw_graph(
        root,
        tensor_names,
        insert_intermediates=insert_intermediates,
        values=True,
        gradients=True,
    )


def named(tensor_names: Mapping[Any, Any]) -> dict[Tensor, str]:
    """The names by tensor, from a mapping in either direction."""
    names = {}
    for key, value in tensor_names.items():
        if type(key) is Tensor:
            names[key] = str(value)
        elif type(value) is Tensor:
            names[value] = str(key)
    return names


# ---- reading the graph


class Link(NamedTuple):
    """An input of an operation: where it comes from, and what is written at the arrow."""

    source: Node
    label: str


def links_of(node: OpNode) -> list[Link]:
    """The tracked inputs of an operation, in order."""
    if isinstance(node, WideNode):
        found = [
            (parent, name)
            for name, several in node.many.items()
            for parent in flat(several)
            if parent is not None
        ]
    else:
        pairs = zip((node.parent1, node.parent2), (*node.rule.parameters, "", ""), strict=False)
        found = [(parent, name) for parent, name in pairs if parent is not None]
    together = len(found) > 1
    return [link(parent, name if together else "") for parent, name in found]


def link(parent: Node, name: str) -> Link:
    """An arrow; a part of several results comes from the operation that gave them all."""
    if isinstance(parent, OpNode) and parent.rule is PART and parent.parent1 is not None:
        return Link(parent.parent1, f"[{parent.x1[0]}] {name}".rstrip())
    return Link(parent, name)


def link_to(node: Node | None) -> Link | None:
    return None if node is None else link(node, "")


def collected(root: Node) -> dict[OpNode, list[Link]]:
    """The operations behind a node, oldest first, each with its inputs. Nothing recurses."""
    links: dict[OpNode, list[Link]] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, OpNode) and node not in links:
            links[node] = links_of(node)
            waiting += [one.source for one in links[node]]
    return {node: links[node] for node in sorted(links, key=lambda node: node.number)}


def known_values(links: Mapping[OpNode, Iterable[Link]]) -> dict[Any, Any]:
    """The arrays that the graph itself keeps, by the node whose result they are."""
    found: dict[Any, Any] = {}
    for node in links:
        if isinstance(node, WideNode):
            pairs = zip(node.rule.parameters, node.args, strict=False)
            kept = [(node.many.get(name), array) for name, array in pairs]
        else:
            kept = [(node.parent1, getattr(node, "x1", None))]
            kept += [(node.parent2, getattr(node, "x2", None)), (node, getattr(node, "out", None))]
        found.update({n: a for n, a in kept if isinstance(n, OpNode) and of_array(a) is not None})
    return found


# ---- folding

# Stands for all that is furthest from the result, where a graph is too large.
REST = object()


def grouped(
    links: Mapping[OpNode, list[Link]], alone: set[Any], most: int
) -> dict[Node, list[Node]]:
    """The operations and leaves by the box in which they are drawn, the newest boxes first.

    `alone` are operations that are not folded into a chain. At most `most` boxes, the last one for
    all the rest.
    """
    vertices = dict.fromkeys(newest_first(links))
    box_of: dict[Any, Any] = {node: node for node in vertices}
    if len(vertices) > most:
        box_of.update(chains(links, alone))
    boxes: dict[Any, list[Node]] = {}
    for node in vertices:
        boxes.setdefault(box_of[node], []).append(node)
    if len(boxes) > most:
        kept = list(boxes)[: most - 1]
        rest = [node for box in list(boxes)[most - 1 :] for node in boxes[box]]
        boxes = {**{box: boxes[box] for box in kept}, REST: rest}
    return boxes


def newest_first(links: Mapping[OpNode, list[Link]]) -> Iterator[Node]:
    """Every operation, and after it the leaves that it uses; leaves come again."""
    for node in reversed(list(links)):
        yield node
        yield from [one.source for one in links[node] if not isinstance(one.source, OpNode)]


def oldest_first(links: Mapping[OpNode, list[Link]]) -> Iterator[Node]:
    """Every operation, and before it the leaves that it uses; leaves come again."""
    for node, several in links.items():
        yield from [one.source for one in several if not isinstance(one.source, OpNode)]
        yield node


def chains(links: Mapping[OpNode, list[Link]], alone: set[Any]) -> dict[Node, Node]:
    """Runs of operations with one input each: by operation, the first one of its run."""
    consumers = Counter(source for several in links.values() for source in sources_of(several))
    first: dict[Node, Node] = {}
    for node, several in links.items():
        sources = sources_of(several)
        if len(sources) == 1 and node not in alone:
            (source,) = sources
            goes_on = source in first and consumers[source] == 1
            first[node] = first[source] if goes_on else node
    return first


def sources_of(links: Iterable[Link]) -> set[Node]:
    return {one.source for one in links}


# ---- drawing


class Sketch:
    """One drawing while it is made: what is known of the nodes, and the boxes so far."""

    def __init__(
        self, root: Tensor, names: dict[Tensor, str], inserted: bool, values: bool, gradients: bool
    ):
        self.root = root
        self.root_name = names.get(root, "")
        self.root_link = link_to(node_of(current(root)))
        self.links = collected(self.root_link.source) if self.root_link else {}
        self.inserted = inserted
        self.gradients = gradients
        self.values = values
        self.kept = known_values(self.links) if values else {}
        # The tensors at hand, by their nodes.
        self.named = {node_of(current(tensor)): (tensor, name) for tensor, name in names.items()}
        self.boxes: list[Box] = []
        self.edges: list[Edge] = []

    def drawing(self, most: int) -> Drawing:
        """Everything, each box after those that it depends on."""
        if self.root_link is None or not self.links:
            leaf = self.root_link.source if self.root_link else None
            self.add("leaf", self.tensor_lines(leaf, self.root, self.root_name))
            return Drawing(self.boxes, self.edges, "a tensor without operations")
        alone = {self.root_link.source, *self.named}
        boxes = grouped(self.links, alone, most)
        box_of = {node: box for box, nodes in boxes.items() for node in nodes}
        entries: dict[Any, int] = {}  # by box, where its edges come in,
        exits: dict[Any, int] = {}  # and where they leave
        for box in dict.fromkeys(box_of[node] for node in oldest_first(self.links)):
            nodes = boxes[box]
            entries[box], exits[box] = self.folded(nodes) if len(nodes) > 1 else self.one(nodes[0])
        for node, several in self.links.items():
            head = box_of[node]
            is_folded = len(boxes[head]) > 1  # whose inputs have no names
            for one in several:
                tail = box_of[one.source]
                if tail is not head:
                    label = "" if is_folded else one.label
                    self.edges.append(Edge(exits[tail], entries[head], label))
        self.edges = list(dict.fromkeys(self.edges))
        lines = self.tensor_lines(node_of(current(self.root)), self.root, self.root_name)
        result = self.add("result", lines)
        self.edges.append(Edge(exits[box_of[self.root_link.source]], result, self.root_link.label))
        return Drawing(self.boxes, self.edges, self.title(boxes))

    def add(self, kind: str, lines: list[str]) -> int:
        self.boxes.append(Box(kind, tuple(lines)))
        return len(self.boxes) - 1

    def one(self, node: Node) -> tuple[int, int]:
        """A leaf, or an operation and perhaps the tensor that it gave."""
        tensor, name = self.named.get(node, (None, ""))
        if isinstance(node, Leaf):
            handle = node.handle() if tensor is None else tensor
            index = self.add("leaf", self.tensor_lines(node, handle, name))
            return index, index
        if not isinstance(node, OpNode):
            index = self.add("folded", ["freed by an earlier backward"])
            return index, index
        # The result is drawn anyway, and several results have no tensor of their own.
        assert self.root_link is not None
        is_result = node is self.root_link.source
        separate = (self.inserted or tensor is not None) and not is_result
        separate = separate and getattr(node, "made", None) is None
        lines = operation_lines(node)
        if separate:
            index = self.add("operation", lines)
            second = self.add("tensor", self.tensor_lines(node, tensor, name))
            self.edges.append(Edge(index, second))
            return index, second
        if not is_result:
            lines += self.tensor_lines(node, None, "")
        index = self.add("operation", lines)
        return index, index

    def folded(self, nodes: list[Node]) -> tuple[int, int]:
        """Many operations and leaves in one box."""
        index = self.add("folded", folded_lines(nodes))
        return index, index

    def tensor_lines(self, node: Node | None, tensor: Tensor | None, name: str) -> list[str]:
        """What is said of a tensor, of which the handle may be gone."""
        about: Any = tensor if node is None else node
        made = getattr(node, "made", None)
        space = "several results" if made else f"{tuple(about.shape)} {short(about.dtype)}"
        lines = [name, space] if name else [space]
        if self.values:
            array = self.kept.get(node) if tensor is None else current(tensor)._data
            lines += text_line("value", array)
        if self.gradients:
            grad = getattr(node, "grad", None) if tensor is None else tensor.grad
            lines += text_line("grad", None if grad is None else current(grad)._data)
        return lines

    def title(self, boxes: Mapping[Any, list[Node]]) -> str:
        operations = len(self.links)
        leaves = len({one for nodes in boxes.values() for one in nodes}) - operations
        title = f"{counted(operations, 'operation')}, {counted(leaves, 'leaf', 'leaves')}"
        runs = [nodes for box, nodes in boxes.items() if len(nodes) > 1 and box is not REST]
        if runs:
            hidden = sum(len(nodes) for nodes in runs)
            title += f"; {counted(len(runs), 'chain')} of {hidden} operations folded"
        if REST in boxes:
            title += f"; the oldest {len(boxes[REST])} folded"
        return title


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def folded_lines(nodes: list[Node]) -> list[str]:
    names = Counter(node.rule.name for node in nodes if isinstance(node, OpNode))
    operations = names.total()
    lines = [counted(operations, "operation")] if operations else []
    if operations < len(nodes):
        lines.append(counted(len(nodes) - operations, "leaf", "leaves"))
    common = names.most_common(4)
    if common:
        more = ", ..." if len(names) > len(common) else ""
        lines.append(", ".join([f"{name} ×{count}" for name, count in common]) + more)
    return lines


def operation_lines(node: OpNode) -> list[str]:
    """An operation's name, and those of its arguments that are no tracked arrays."""
    rule = node.rule
    if isinstance(node, WideNode):
        given = [*zip(rule.parameters, node.args, strict=False), *node.kwargs.items()]
        given = [(name, value) for name, value in given if name not in node.many]
    elif rule.parametric:
        given = [*zip(rule.parameters[1:], node.args, strict=False), *node.kwargs.items()]
    else:
        untracked = [(1, node.parent1), (2, node.parent2)][: len(rule.parameters)]
        given = [
            (rule.parameters[place - 1], getattr(node, f"x{place}", None))
            for place, parent in untracked
            if parent is None
        ]
    shown = [
        f"{name} = {argument_text(value)}"
        for name, value in given
        if value is not None and not is_default(rule, name, value)
    ]
    return [rule.name, ", ".join(shown)] if shown else [rule.name]


def is_default(rule: Any, name: str, value: Any) -> bool:
    """Whether an argument is what it would be anyway."""
    default = rule.signature.parameters[name].default
    return type(value) is type(default) and of_array(value) is None and value == default


# ---- text


def short(dtype: Any) -> str:
    """A dtype without the name of its library."""
    return str(dtype).rpartition(".")[2]


def argument_text(value: Any) -> str:
    if type(value) in SCALARS:
        return f"{value:g}" if type(value) is float else repr(value)
    if type(value) is Space or of_array(value) is not None:
        return f"array {tuple(value.shape)}"
    return clipped(repr(value), 30)


def text_line(title: str, array: Any) -> list[str]:
    """The values of an array on one line, the middle of a large one left out."""
    backend = of_array(array)
    if backend is None:
        return []
    text = numpy_backend.arrays.array2string(
        backend.as_numpy(array), precision=3, threshold=8, edgeitems=2
    )
    return [f"{title} = {clipped(' '.join(text.split()), 70)}"]


def clipped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."
