"""Pictures of what was recorded: leaves, operations and the result, in forward order.

    draw_graph(f, {"x": x, "y": y})          # in a notebook: a picture
    draw_graph(f).save("graph.svg")          # through Graphviz
    print(draw_graph(f).mermaid())           # text, which needs nothing

A graph holds nodes and arrays, never the tensors in between. So a leaf is drawn with its value, and
an intermediate or a constant only where the graph keeps it: `x * 2` keeps the 2, which is its
derivative, and `x + 1` does not keep the 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ._drawing import Box, Drawing, Edge
from ._drawn_graph import (
    REST,
    UNKNOWN,
    Constant,
    Reading,
    Vertex,
    counts_of,
    grouped,
    link_to,
    oldest_first,
)
from .backends import SCALARS, numpy_backend, of_array
from .core.graph import Freed, Leaf, OpNode
from .core.nodes import node_of
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
        `locals()` will do. A named intermediate tensor is drawn too, and so is a named constant
        where the graph keeps it.
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
        If `t` is no Tensor, or `tensor_names` no mapping.
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
    if tensor_names is not None and not isinstance(tensor_names, Mapping):
        raise TypeError(
            "draw_graph: tensor_names is a mapping such as {'x': x, 'y': y}, not "
            f"{type(tensor_names).__name__}"
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


# ---- drawing


class Sketch:
    """One drawing while it is made: what is known of the nodes, and the boxes so far."""

    def __init__(
        self, root: Tensor, names: dict[Tensor, str], inserted: bool, values: bool, gradients: bool
    ):
        self.root = root
        self.root_name = names.get(root, "")
        self.root_link = link_to(node_of(current(root)))
        # The tensors at hand, by their nodes; those without one are constants.
        self.named = {node_of(current(tensor)): (tensor, name) for tensor, name in names.items()}
        constants = [Constant(*pair) for pair in names.items() if node_of(pair[0]) is None]
        self.reading = Reading(self.root_link.source if self.root_link else None, constants)
        self.links = self.reading.links
        self.inserted = inserted
        self.gradients = gradients
        self.values = values
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

    def one(self, node: Vertex) -> tuple[int, int]:
        """A leaf or a constant, or an operation and perhaps the tensor that it gave."""
        if isinstance(node, Constant):
            index = self.add("constant", self.tensor_lines(None, node.tensor, node.name))
            return index, index
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
        lines = self.operation_lines(node)
        if separate:
            index = self.add("operation", lines)
            second = self.add("tensor", self.tensor_lines(node, tensor, name))
            self.edges.append(Edge(index, second))
            return index, second
        if not is_result:
            lines += self.tensor_lines(node, None, "")
        index = self.add("operation", lines)
        return index, index

    def operation_lines(self, node: OpNode) -> list[str]:
        """An operation's name, and those of its arguments that no arrow stands for."""
        shown = [
            f"{name} = {argument_text(name, value, values=self.values)}"
            for name, value in self.reading.arguments[node]
            if value is not None and not is_default(node.rule, name, value)
        ]
        return [node.rule.name, clipped(", ".join(shown), 70)] if shown else [node.rule.name]

    def folded(self, nodes: list[Vertex]) -> tuple[int, int]:
        """Many operations and leaves in one box."""
        index = self.add("folded", folded_lines(nodes))
        return index, index

    def tensor_lines(self, node: Vertex | None, tensor: Tensor | None, name: str) -> list[str]:
        """What is said of a tensor, of which the handle may be gone."""
        about: Any = tensor if node is None else node
        made = getattr(node, "made", None)
        space = "several results" if made else f"{tuple(about.shape)} {short(about.dtype)}"
        lines = [name, space] if name else [space]
        if self.values:
            array = self.reading.kept.get(node) if tensor is None else current(tensor)._data
            lines += text_line("value", array)
        if self.gradients:
            grad = getattr(node, "grad", None) if tensor is None else tensor.grad
            lines += text_line("grad", None if grad is None else current(grad)._data)
        return lines

    def title(self, boxes: Mapping[Any, list[Vertex]]) -> str:
        title = ", ".join(count_lines([one for nodes in boxes.values() for one in nodes]))
        runs = [nodes for box, nodes in boxes.items() if len(nodes) > 1 and box is not REST]
        if runs:
            hidden = sum(len(nodes) for nodes in runs)
            title += f"; {counted(len(runs), 'chain')} of {hidden} operations folded"
        if REST in boxes:
            title += f"; the oldest {len(boxes[REST])} folded"
        return title


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def count_lines(nodes: list[Vertex]) -> list[str]:
    operations, leaves, constants = counts_of(nodes)
    lines = [counted(operations, "operation")] if operations else []
    lines += [counted(leaves, "leaf", "leaves")] if leaves else []
    return lines + ([counted(constants, "constant")] if constants else [])


def folded_lines(nodes: list[Vertex]) -> list[str]:
    names = Counter(node.rule.name for node in nodes if isinstance(node, OpNode))
    common = names.most_common(4)
    lines = count_lines(nodes)
    if common:
        more = ", ..." if len(names) > len(common) else ""
        lines.append(", ".join([f"{name} ×{count}" for name, count in common]) + more)
    return lines


def is_default(rule: Any, name: str, value: Any) -> bool:
    """Whether an argument is what it would be anyway."""
    parameter = rule.signature.parameters.get(name)  # there is none for an element of a list
    if parameter is None or type(value) is not type(parameter.default):
        return False
    return bool(value == parameter.default)


# ---- text


def short(dtype: Any) -> str:
    """A dtype without the name of its library."""
    return str(getattr(dtype, "__name__", dtype)).rpartition(".")[2]


def argument_text(name: str, value: Any, *, values: bool) -> str:
    """An argument in a few words; an array without axes as the number that it is."""
    if value is UNKNOWN:
        return "constant"
    if name == "dtype":
        return short(value)
    backend = of_array(value)
    if backend is not None and value.shape == ():
        value = backend.as_numpy(value).item()
    elif backend is not None and values:
        return array_text(backend.as_numpy(value), 30)
    if type(value) in SCALARS:
        return f"{value:g}" if type(value) is float else repr(value)
    if hasattr(value, "shape"):  # an array, or what is known of one
        return f"array {tuple(value.shape)}"
    return clipped(text_of(value), 30)


def text_of(value: Any) -> str:
    """Containers and slices as one writes them in brackets: (1:, 0)."""
    if type(value) is slice:
        ends = ["" if end is None else text_of(end) for end in (value.start, value.stop)]
        step = [] if value.step is None else [text_of(value.step)]
        return ":".join(ends + step)
    if type(value) is tuple:
        return f"({', '.join(map(text_of, value))}{',' if len(value) == 1 else ''})"
    if type(value) is list:
        return f"[{', '.join(map(text_of, value))}]"
    if hasattr(value, "shape") and value.shape:
        return f"array {tuple(value.shape)}"
    return "..." if value is ... else str(value) if hasattr(value, "shape") else repr(value)


def text_line(title: str, array: Any) -> list[str]:
    """The values of an array on one line, the middle of a large one left out."""
    backend = of_array(array)
    if backend is None:
        return []
    return [f"{title} = {array_text(backend.as_numpy(array), 70)}"]


def array_text(array: Any, most: int) -> str:
    text = numpy_backend.arrays.array2string(array, precision=3, threshold=8, edgeitems=2)
    return clipped(" ".join(text.split()), most)


def clipped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."
