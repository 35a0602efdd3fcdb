"""A drawing as text and as a picture: DOT and Mermaid, SVG and PNG through Graphviz."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# By what a box stands for: Graphviz' shape, style and fill, and Mermaid's brackets.
STYLES = {
    "leaf": ("box", "filled", "#dbe9f6", "[", "]"),
    "constant": ("box", "filled", "#efe6f5", "[", "]"),
    "tensor": ("box", "filled", "#f4f4f4", "[", "]"),
    "result": ("box", "filled", "#d9f0d3", "[[", "]]"),
    # No ellipse: around several lines of text it is twice as large.
    "operation": ("box", "rounded,filled", "#ffffff", "([", "])"),
    "folded": ("box3d", "filled", "#fdf0d5", "[/", "/]"),
}

TEXT_SUFFIXES = {".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".mermaid": "mermaid"}
PICTURE_SUFFIXES = (".svg", ".png", ".pdf")


@dataclass(frozen=True)
class Box:
    """A node of a drawing: what it stands for (a key of STYLES), and its lines of text."""

    kind: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Edge:
    """An arrow from one box to another, each given by its place in the list."""

    tail: int
    head: int
    label: str = ""


class Drawing:
    """A graph to look at, as text, in a notebook or as a file; `draw_graph` makes it.

    Attributes
    ----------
    boxes : tuple of Box
        Leaves, constants, operations and results.
    edges : tuple of Edge
        In the direction of the forward pass.
    title : str
        How much there is, and what was folded.
    """

    def __init__(self, boxes: Sequence[Box], edges: Sequence[Edge], title: str):
        self.boxes = tuple(boxes)
        self.edges = tuple(edges)
        self.title = title

    def __repr__(self) -> str:
        return f"<Drawing of {self.title}>"

    def dot(self) -> str:
        """The graph in Graphviz' language."""
        lines = ["digraph minidiff {", f"  label={dot_text(self.title)};", *DOT_HEAD]
        for index, box in enumerate(self.boxes):
            shape, style, fill, *_ = STYLES[box.kind]
            label = dot_text("\n".join(box.lines))
            look = f'shape={shape}, style="{style}", fillcolor="{fill}"'
            lines.append(f"  n{index} [label={label}, {look}];")
        for edge in self.edges:
            label = f" [label={dot_text(edge.label)}]" if edge.label else ""
            lines.append(f"  n{edge.tail} -> n{edge.head}{label};")
        return "\n".join([*lines, "}"]) + "\n"

    def mermaid(self) -> str:
        """The graph in Mermaid's language, which GitHub and JupyterLab show as a picture."""
        lines = ["flowchart TB", f"  %% {mermaid_text(self.title)}"]
        for index, box in enumerate(self.boxes):
            *_, opening, closing = STYLES[box.kind]
            label = "<br/>".join(mermaid_text(line) for line in box.lines)
            lines.append(f'  n{index}{opening}"{label}"{closing}:::{box.kind}')
        for edge in self.edges:
            label = f'|"{mermaid_text(edge.label)}"|' if edge.label else ""
            lines.append(f"  n{edge.tail} -->{label} n{edge.head}")
        kinds = dict.fromkeys(box.kind for box in self.boxes)
        lines += [f"  classDef {k} fill:{STYLES[k][2]},stroke:#555,color:#000" for k in kinds]
        return "\n".join(lines) + "\n"

    def svg(self) -> str:
        """The picture as SVG.

        Raises
        ------
        RuntimeError
            If Graphviz, or its Python package, is not installed.
        """
        return self._rendered("svg").decode()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file in the format that its suffix says.

        Parameters
        ----------
        path : str or path-like
            `.dot` or `.gv`; `.mmd` or `.mermaid`; `.svg`, `.png` or `.pdf` (through Graphviz).

        Raises
        ------
        ValueError
            If the suffix is another one.
        RuntimeError
            If a picture is asked for and Graphviz, or its Python package, is not installed.
        """
        suffix = os.path.splitext(os.fspath(path))[1].lower()
        if suffix in TEXT_SUFFIXES:
            text = self.dot() if TEXT_SUFFIXES[suffix] == "dot" else self.mermaid()
            data = text.encode()
        elif suffix in PICTURE_SUFFIXES:
            data = self._rendered(suffix[1:])
        else:
            known = ", ".join([*TEXT_SUFFIXES, *PICTURE_SUFFIXES])
            raise ValueError(f"save: the suffix is one of {known}, not {suffix!r}")
        with open(path, "wb") as file:
            file.write(data)

    def _rendered(self, kind: str) -> bytes:
        try:
            import graphviz
        except ImportError as error:
            raise RuntimeError(
                f"drawing {kind.upper()} needs the package graphviz (pip install 'minidiff[viz]') "
                "and Graphviz itself (apt-get install graphviz); dot() and mermaid() need neither"
            ) from error
        try:
            picture: bytes = graphviz.Source(self.dot()).pipe(format=kind)
        except graphviz.ExecutableNotFound as error:
            raise RuntimeError(
                f"drawing {kind.upper()} needs Graphviz itself, and there is no program 'dot' here "
                "(apt-get install graphviz); dot() and mermaid() do not need it"
            ) from error
        return picture

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg()
        except RuntimeError:
            return None  # a notebook shows the text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        picture = self._repr_svg_()
        if picture is not None:
            return {"image/svg+xml": picture, "text/plain": repr(self)}
        # JupyterLab draws Mermaid by itself; others show it as text.
        text = self.mermaid()
        return {"text/vnd.mermaid": text, "text/plain": f"{self!r}\n{text}"}


DOT_HEAD = [
    "  labelloc=b;",
    "  rankdir=TB;",
    "  ordering=in;",  # x1 to the left of x2
    '  graph [fontname="Helvetica", fontsize=10];',
    '  node [fontname="Helvetica", fontsize=11, margin="0.12,0.06"];',
    '  edge [fontname="Helvetica", fontsize=9, fontcolor="#555555"];',
]


def dot_text(text: str) -> str:
    """A quoted string: Graphviz knows backslashes, quotes, and HTML's entities in it."""
    text = text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.replace("\r", "").replace("\n", "\\n") + '"'


def mermaid_text(text: str) -> str:
    """What has a meaning inside Mermaid's quotes, as the number of the character."""
    text = " ".join(text.split())
    return "".join([f"#{ord(c)};" if c in '"#&<>;`\\' else c for c in text])
