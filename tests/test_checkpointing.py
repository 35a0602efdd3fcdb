"""Checkpoints: the same gradients, at any order, for less memory; and what a graph keeps."""

import gc
import tracemalloc

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from minidiff.testing import gradcheck, gradgradcheck

RNG = np.random.default_rng(0)
X, W, B = RNG.standard_normal((4, 3)), RNG.standard_normal((3, 3)), RNG.standard_normal(3)


def leaves(*arrays):
    return [md.Tensor(array, allow_grad=True) for array in arrays]


def second_order(layer_of):
    """Gradients and gradients of a function of them, in x, w, and b, which is closed over."""
    x, w, b = leaves(X, W, B)
    layer = layer_of(lambda x, w: xp.tanh(x @ w + b))
    y = layer(layer(x, w), w)
    xp.sum(y * y).backward(allow_higher_order=True)
    first = [t.grad.as_numpy() for t in (x, w, b)]
    xp.sum(x.grad**2).backward()
    return first + [t.grad.as_numpy() for t in (x, w, b)]


def test_gradients_are_the_same_to_second_order():
    for one, other in zip(second_order(md.checkpoint), second_order(lambda f: f), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)


def test_containers_and_other_arguments():
    @md.checkpoint
    def f(p, power, *, scale):
        return {"y": p["a"] ** power * scale, "n": xp.argmax(p["a"])}, [p["b"][0] * 2]

    a, b, scale = leaves([1.0, 2.0], [3.0], 5.0)
    out, (double,) = f({"a": a, "b": [b]}, 3, scale=scale)
    assert int(out["n"]) == 1
    assert out["y"].op_node is not None
    (xp.sum(out["y"]) + xp.sum(double)).backward()
    assert a.grad.tolist() == [15.0, 60.0]
    assert b.grad.tolist() == [2.0]
    assert scale.grad.item() == 9.0


def test_several_results_of_which_some_are_used():
    @md.checkpoint
    def f(x):
        return xp.sin(x), xp.cos(x)

    (x,) = leaves([0.3, 0.4])
    f(x)[1].backward()
    np.testing.assert_allclose(x.grad.as_numpy(), -np.sin([0.3, 0.4]))


def test_checks_and_transforms():
    f = md.checkpoint(lambda x: xp.exp(xp.sin(x)) * x)
    x = md.asarray([0.1, 0.7])
    assert gradcheck(f, x)
    assert gradgradcheck(f, x)
    expected = md.hessian(lambda x: xp.sum(xp.exp(xp.sin(x)) * x))(x).as_numpy()
    np.testing.assert_allclose(md.hessian(lambda x: xp.sum(f(x)))(x).as_numpy(), expected)


def test_where_nothing_is_recorded_it_is_the_function_itself():
    calls = []

    @md.checkpoint
    def f(x):
        calls.append(1)
        return x * 2

    (x,) = leaves([1.0])
    with md.no_grad():
        assert not f(x).allow_grad
    assert not f(md.asarray([1.0])).allow_grad
    assert md.jvp(f, [x], [x])[1].tolist() == [2.0]
    assert len(calls) == 3


def test_a_second_run_that_is_another_one_is_refused():
    w1, w2, x = leaves([2.0], [3.0], [1.0])
    weights = [w1]
    f = md.checkpoint(lambda x: x * weights[0])
    y = f(x)
    weights[0] = w2
    with pytest.raises(RuntimeError, match="rests on other tensors when it is run again"):
        y.backward()


def test_an_input_written_afterwards():
    (x,) = leaves([1.0, 2.0])
    y = x * 1.0
    z = md.checkpoint(lambda y: y**3)(y)
    y[0] = 100.0
    z.backward()
    assert x.grad.tolist() == [3.0, 12.0]


def peak(run):
    tracemalloc.start()
    run()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def test_a_sequence_needs_a_fraction_of_the_memory():
    functions = [xp.tanh] * 400
    start = np.full(20_000, 0.1)

    def plain():
        (x,) = leaves(start)
        y = x
        for f in functions:
            y = f(y)
        y.backward()
        return x.grad.as_numpy()

    def in_parts():
        (x,) = leaves(start)
        md.checkpoint_sequence(functions, x).backward()
        return x.grad.as_numpy()

    np.testing.assert_array_equal(plain(), in_parts())
    assert peak(in_parts) < peak(plain) / 6


def test_segments():
    (x,) = leaves(0.5)
    for segments in (1, 3, 7, 50):
        md.checkpoint_sequence([xp.sin] * 7, x, segments).backward()
        truth = x.grad.item()
    md.checkpoint_sequence([xp.sin] * 7, x).backward()
    assert x.grad.item() == pytest.approx(truth)
    assert md.checkpoint_sequence([], x) is x


def test_nothing_is_left_behind():
    gc.disable()
    try:
        (x,) = leaves(X)
        y = md.checkpoint(lambda x: xp.exp(x) * x)(x)
        node = y.op_node
        assert node.parent1.rule.name == "segment"
        before = len(gc.get_objects())
        xp.sum(y).backward()
        del y, node
        x.grad = None
        assert len(gc.get_objects()) <= before
    finally:
        gc.enable()


# ---- what a graph keeps


def test_graph_memory():
    (x,) = leaves(np.ones(1000))
    y = xp.sin(x) * x
    z = xp.sum(y[:10] + 1.0)
    found = md.graph_memory(z)
    assert found.operations == 5
    # x for cos(x), and once more for the product, where it is the same array; and sin(x).
    assert found.bytes == 16_000
    assert found.by_operation == {"sin": 8000, "multiply": 8000}
    assert str(found).splitlines()[0] == "5 operations keep 16,000 bytes"
    z.backward()
    with pytest.raises(RuntimeError, match="an earlier backward freed this graph"):
        md.graph_memory(z)
    assert md.graph_memory(md.asarray([1.0])).operations == 0
    with pytest.raises(TypeError, match="graph_memory: t is a Tensor, not list"):
        md.graph_memory([1.0])


def test_graph_memory_of_wide_operations_and_views():
    x, w = leaves(np.ones((10, 10)), np.ones((10, 10)))
    assert md.graph_memory(xp.where(x > 0, x, w)).by_operation == {"where": 100}
    assert md.graph_memory(x[:5] * 2.0).bytes == 0
    assert md.graph_memory(xp.matmul(x[:5], w)).by_operation == {"matmul": 1600}
    assert md.graph_memory(md.checkpoint(lambda x: xp.sin(xp.sin(x)))(x)).bytes == 800
