"""Drawings: the graph as DOT and Mermaid text, and as a picture where Graphviz is there."""

import re
import shutil

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from minidiff.draw import draw_graph, draw_tensor_op_graph


@pytest.fixture
def leaves():
    return md.Tensor([1.0, 2.0], allow_grad=True), md.Tensor([3.0, 4.0], allow_grad=True)


def labels(drawing):
    return [" ".join(box.lines) for box in drawing.boxes]


def arrows(drawing):
    names = [box.lines[0] for box in drawing.boxes]
    return {(names[edge.tail], names[edge.head]) for edge in drawing.edges}


def test_mermaid_text(leaves):
    x, _ = leaves
    drawing = draw_graph(md.sin(x) * x, {"x": x})
    assert repr(drawing) == "<Drawing of 2 operations, 1 leaf>"
    assert drawing.mermaid().splitlines()[:7] == [
        "flowchart TB",
        "  %% 2 operations, 1 leaf",
        '  n0["x<br/>(2,) float64"]:::leaf',
        '  n1(["sin<br/>(2,) float64"]):::operation',
        '  n2(["multiply"]):::operation',
        '  n3[["(2,) float64"]]:::result',
        "  n0 --> n1",
    ]


def test_dot_text(leaves):
    x, _ = leaves
    text = draw_graph(md.exp(x), {"x": x}).dot()
    assert text.startswith("digraph minidiff {")
    assert text.count("->") == 2
    assert 'label="x\\n(2,) float64"' in text
    assert 'label="exp"' in text


def test_forward_order_and_named_inputs(leaves):
    x, y = leaves
    drawing = draw_graph(xp.sum(x * y + 2.0), {"x": x, "y": y})
    kinds = [box.kind for box in drawing.boxes]
    assert kinds[-1] == "result"
    assert all(edge.tail < edge.head for edge in drawing.edges)
    assert {("x", "multiply"), ("y", "multiply"), ("multiply", "add")} <= arrows(drawing)
    assert {edge.label for edge in drawing.edges} >= {"x1", "x2"}


def test_names_in_either_direction_and_intermediates(leaves):
    x, _ = leaves
    s = md.sin(x)
    out = s * 2.0
    by_tensor = draw_graph(out, {x: "x", s: "s"})
    assert labels(by_tensor) == labels(draw_graph(out, {"x": x, "s": s}))
    assert ("sin", "s") in arrows(by_tensor)
    assert len(draw_graph(out, insert_intermediates=True).boxes) > len(draw_graph(out).boxes)


def test_values_and_gradients(leaves):
    x, y = leaves
    z = x * y
    out = xp.sum(z)
    out.backward(cleanup_mode="keep", retain_grads=True)
    text = " ".join(labels(draw_tensor_op_graph(out, {"x": x, "y": y, "z": z})))
    assert "value = [1. 2.]" in text
    assert "grad = [3. 4.]" in text
    assert "value = 11." in text
    assert "value" not in " ".join(labels(draw_graph(out)))


def test_arguments_and_several_results():
    a = md.Tensor([[2.0, 1.0], [1.0, 3.0]], allow_grad=True)
    drawing = draw_graph(xp.sum(xp.linalg.eigh(a).eigenvectors, axis=0), {"a": a})
    assert "sum axis = 0" in " ".join(labels(drawing))
    assert any(edge.label.startswith("[1]") for edge in drawing.edges)


def test_numbers_and_constants(leaves):
    x, _ = leaves
    c = md.asarray([4.0, 5.0])
    found = labels(draw_graph(2 * x + 1))
    # What has no part in the derivative is not kept, and said to be there all the same.
    assert found[1:3] == ["multiply x1 = 2 (2,) float64", "add x2 = constant"]
    drawing = draw_graph(md.sum(x * c), {"x": x, "c": c})
    assert drawing.title == "2 operations, 1 leaf, 1 constant"
    assert ("c", "multiply") in arrows(drawing)
    assert {edge.label for edge in drawing.edges} == {"x1", "x2", ""}
    assert '"c<br/>(2,) float64"]:::constant' in drawing.mermaid()
    unnamed = x * c
    assert "multiply x2 = array (2,)" in labels(draw_graph(unnamed))
    assert "multiply x2 = [4. 5.]" in labels(draw_graph(unnamed, values=True))
    used = md.sum(x * c)
    c[0] = 7.0  # the graph goes on with the values that it was computed from
    assert "multiply x2 = array (2,) (2,) float64" in labels(draw_graph(used, {"x": x, "c": c}))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda x: x[1:, None], "getitem key = (1:, None)"),
        (lambda x: x[..., ::-2], "getitem key = (..., ::-2)"),
        (lambda x: x[np.array([1, 0, 1])], "getitem key = array (3,)"),
        (lambda x: xp.astype(x, xp.float32), "astype dtype = float32"),
        (lambda x: xp.clip(x, 0.0, 1.5), "clip min = 0, max = 1.5"),
        (lambda x: xp.where(x > 1.5, x, 3.0), "where condition = array (2,), x2 = 3"),
        (lambda x: xp.concat([x, xp.ones(1), x]), "concat arrays[1] = array (1,)"),
        (lambda x: x**2, "pow x2 = 2"),
        (lambda x: x * np.float32(0.5), "multiply x2 = 0.5"),
    ],
)
def test_arguments_are_written_as_one_writes_them(make, said, leaves):
    assert said in labels(draw_graph(make(leaves[0])))


def test_operations_of_users():
    affine = md.create_op_func(
        lambda width, height, scale=1.0: width * height * scale,
        [
            lambda w, h, grad, scale=1.0: grad * h * scale,
            lambda w, h, grad, scale=1.0: grad * w * scale,
        ],
        propagate_kwargs=True,
        op_name="area",
    )
    w, h = md.Tensor([2.0], allow_grad=True), md.Tensor([3.0], allow_grad=True)
    drawing = draw_graph(affine(w, h, scale=4.0), {"w": w})
    assert "area scale = 4" in labels(drawing)
    assert {edge.label for edge in drawing.edges} == {"width", "height", ""}
    assert "area height = 3, scale = 1.5" in labels(draw_graph(affine(w, 3.0, scale=1.5)))

    class Exponential(md.UnaryOpClass):
        def create_forward(self):
            return lambda x: md.exp(x)

        def create_grads(self):
            return [lambda x, grad: grad * md.exp(x)]

    assert "Exponential" in labels(draw_graph(md.create_stateful_op_func(Exponential)(w)))
    assert "minidiff" not in draw_graph(affine(w, h, scale=4.0)).mermaid()


def test_what_is_kept_in_another_form(leaves):
    x, _ = leaves
    with md.saved_tensors_hooks(lambda t: t.as_numpy().astype(np.float16), md.asarray):
        y = xp.sum(x * md.asarray([4.0, 5.0]))
    assert "multiply x2 = array (2,) (2,) float64" in labels(draw_graph(y, values=True))


def test_constants_in_a_large_graph(leaves):
    x, _ = leaves
    c = md.asarray([0.5, 0.25])
    y = x
    for _ in range(200):
        y = md.sin(y) * c
    drawing = draw_graph(y * x, {"c": c, "x": x})
    assert len(drawing.boxes) < 10
    assert ("c", "400 operations") in arrows(drawing)


def test_a_large_graph_is_folded(leaves):
    x, _ = leaves
    y = x
    for _ in range(100_000):
        y = y + 1.0
    drawing = draw_graph(y * x)
    assert len(drawing.boxes) < 10
    assert "folded" in drawing.title
    assert "100000 operations" in " ".join(labels(drawing))
    wide = xp.sum(xp.stack([md.sin(x) * i for i in range(200)]))
    assert len(draw_graph(wide, max_boxes=20).boxes) <= 21


def test_text_is_escaped():
    x = md.Tensor([1.0], allow_grad=True)
    name = 'a "quoted" <name> & more\\'
    drawing = draw_graph(x * 2.0, {name: x})
    line = next(one for one in drawing.mermaid().splitlines() if "n0" in one)
    assert '"' not in re.sub(r'^.*?\["|"\].*$', "", line)
    assert '\\"quoted\\"' in drawing.dot()


def test_a_tensor_alone_and_a_notebook(leaves):
    x, _ = leaves
    assert labels(draw_graph(x, {"x": x})) == ["x (2,) float64"]
    bundle = draw_graph(md.sin(x))._repr_mimebundle_()
    assert {"image/svg+xml", "text/vnd.mermaid"} & set(bundle)
    assert "text/plain" in bundle


def test_refusals(leaves, tmp_path):
    x, _ = leaves
    with pytest.raises(TypeError, match="draw_graph: t is a Tensor, not list"):
        draw_graph([1.0])
    with pytest.raises(TypeError, match=r"a mapping such as {'x': x, 'y': y}, not list"):
        draw_graph(md.sin(x), ["x"])
    with pytest.raises(ValueError, match="max_boxes is at least 2"):
        draw_graph(x, max_boxes=1)
    y = md.sin(x)
    y.backward()
    with pytest.raises(RuntimeError, match="an earlier backward freed this graph"):
        draw_graph(y)
    with pytest.raises(ValueError, match="the suffix is one of"):
        draw_graph(x).save(tmp_path / "graph.jpeg")


def test_files_of_text(leaves, tmp_path):
    x, _ = leaves
    drawing = draw_graph(md.sin(x))
    drawing.save(tmp_path / "graph.dot")
    drawing.save(tmp_path / "graph.mmd")
    assert (tmp_path / "graph.dot").read_text("utf-8") == drawing.dot()
    assert (tmp_path / "graph.mmd").read_text("utf-8") == drawing.mermaid()


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_pictures(leaves, tmp_path):
    pytest.importorskip("graphviz")
    x, y = leaves
    drawing = draw_graph(xp.sum(md.sin(x) * y), {"x": x, "y": y})
    assert drawing.svg().count("<g ") > 6
    drawing.save(tmp_path / "graph.png")
    assert (tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")


def test_without_graphviz_it_says_what_to_install(leaves, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "graphviz", None)
    drawing = draw_graph(md.sin(leaves[0]))
    with pytest.raises(RuntimeError, match=r"pip install 'minidiff\[viz\]'"):
        drawing.svg()
    assert drawing._repr_svg_() is None
    assert "mermaid" in " ".join(drawing._repr_mimebundle_())


def test_float32_and_values_of_large_arrays():
    x = md.Tensor(np.arange(100.0), allow_grad=True, dtype=md.float32)
    text = " ".join(labels(draw_graph(x * 2.0, {"x": x}, values=True)))
    assert "(100,) float32" in text
    assert "..." in text
