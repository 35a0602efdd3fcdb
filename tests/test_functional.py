"""grad, vjp, jvp, linearize, stop_gradient: alone, with what they close over, on every library."""

import gc
import threading
import tracemalloc
import weakref

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from truths import A, V, close, leaf, matrix, number, truth, vector


def test_grad_and_value_and_grad():
    x = xp.asarray(A)
    value, g = md.value_and_grad(number)(x)
    close(value, number(x))
    close(g @ xp.asarray(V), truth(number, A, V))
    close(md.grad(number)(x), g, rtol=0)


def test_vjp_and_jvp_against_the_matrix():
    x, expected = xp.asarray(A), matrix(vector, A)
    value, pull = md.vjp(vector, x)
    close(value, vector(x))
    u = np.arange(1.0, 7.0)
    close(pull(xp.asarray(u))[0], u @ expected)
    close(pull(xp.asarray(2 * u))[0], 2 * u @ expected)  # as often as one likes
    value, tangent = md.jvp(vector, [x], [xp.asarray(V)])
    close(value, vector(x))
    close(tangent, expected @ V)


def test_linearize_evaluates_once():
    calls = []

    def f(x):
        calls.append(1)
        return vector(x)

    value, derivative = md.linearize(f, xp.asarray(A))
    close(value, vector(xp.asarray(A)))
    for v in (V, 3 * V, 0 * V):
        close(derivative(xp.asarray(v)), matrix(vector, A) @ v)
    assert len(calls) == 1


def test_stop_gradient_in_both_modes():
    def f(x):
        stopped = md.stop_gradient({"a": [x]})["a"][0]
        return x * stopped * stopped

    assert md.grad(f)(3.0).item() == 9.0
    assert md.jvp(f, [3.0], [1.0])[1].item() == 9.0
    assert md.hessian(f)(3.0).item() == 0.0


def test_writes_in_place_inside():
    def f(x):
        z = xp.zeros_like(x)
        z[1:] = x[:-1]
        z[0] = x[-1] * 2
        z *= x
        return xp.sum(xp.tanh(z))

    x = xp.asarray(A)
    close(md.grad(f)(x) @ xp.asarray(V), truth(f, A, V))
    close(md.hessian(f)(x), matrix(md.grad(f), A))
    close(md.jvp(f, [x], [xp.asarray(V)])[1], truth(f, A, V))


def test_a_constant_function():
    g = md.grad(lambda x: xp.asarray(3.0))(xp.ones(2))
    assert g.tolist() == [0.0, 0.0]
    assert md.jacobian(lambda x: xp.ones(5))(xp.ones(2)).tolist() == [[0.0, 0.0]] * 5
    assert md.jvp(lambda x: xp.ones(2), [xp.ones(3)], [xp.ones(3)])[1].tolist() == [0.0, 0.0]


def test_the_identity():
    x = xp.asarray([1.0, 2.0])
    assert md.jacobian(lambda x: x)(x).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert md.jvp(lambda x: x, [x], [x])[1].tolist() == [1.0, 2.0]
    assert md.hessian(lambda x: x)(3.0).item() == 0.0


def test_operations_of_several_results():
    def f(x):
        w, _ = xp.linalg.eigh(xp.reshape(x, (2, 2)))
        return xp.sum(w**3) + xp.sum(xp.unstack(x)[1] * xp.sort(x)[-1:])

    a = np.array([0.3, 0.5, 0.5, 0.9])
    x, v = xp.asarray(a), np.array([0.2, 0.4, 0.4, -0.3])
    close(md.grad(f)(x) @ xp.asarray(v), truth(f, a, v))


# ---- what a function closes over


def test_tensors_that_are_closed_over_track():
    w = leaf([1.0, 2.0])
    x = xp.asarray([3.0, 4.0])
    for derivative in (
        md.grad(lambda x: xp.sum(w * x**2)),
        lambda x: md.vjp(lambda x: w * x**2, x)[1](xp.ones(2))[0],
        lambda x: md.jvp(lambda x: w * x**2, [x], [xp.ones(2)])[1],
        lambda x: md.linearize(lambda x: w * x**2, x)[1](xp.ones(2)),
        lambda x: xp.sum(md.jacobian(lambda x: w * x**2)(x), axis=0),
    ):
        w.grad = None
        xp.sum(derivative(x)).backward()
        assert w.grad.tolist() == [6.0, 8.0]


def test_no_grad_field_is_touched():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    g = md.grad(lambda x: xp.sum(x * x * w))(x)
    assert g.tolist() == [6.0, 16.0]
    assert x.grad is None
    assert w.grad is None
    assert g.allow_grad  # it may be walked back from
    xp.sum(g).backward()
    assert (x.grad.tolist(), w.grad.tolist()) == ([6.0, 8.0], [2.0, 4.0])


def test_inside_no_grad_gradients_are_constants():
    x = leaf([1.0, 2.0])
    with md.no_grad():
        g = md.grad(lambda x: xp.sum(x**3))(x)
        assert md.hessian(lambda x: xp.sum(x**3))(x).tolist() == [[6.0, 0.0], [0.0, 12.0]]
    assert g.tolist() == [3.0, 12.0]
    assert not g.allow_grad


def test_no_grad_inside_makes_constants():
    def f(x):
        with md.no_grad():
            y = x * x
        return xp.sum(y * x)

    assert md.grad(f)(xp.asarray([1.0, 2.0])).tolist() == [1.0, 4.0]


def test_hooks_run():
    seen = []

    def f(x):
        y = x * x
        y.register_hook(lambda g: seen.append(g.item()) or g * 2)
        return y * 3

    assert md.grad(f)(2.0).item() == 24.0
    assert seen == [3.0]


def test_hooks_on_the_variable_itself_run():
    def f(x):
        x.register_hook(lambda g: g * 10)
        return xp.sum(x * x * xp.asarray([1.0, 2.0, 3.0, 4.0]))

    a = np.array([1.0, 2.0, 3.0, 4.0])
    expected = 20.0 * a * a
    x, v = xp.asarray(a), xp.asarray(np.array([1.0, 0.5, -1.0, 2.0]))
    close(md.grad(f)(x), expected)
    close(md.vjp(f, x)[1](1.0)[0], expected)
    close(md.jacobian(f)(x), expected)
    close(md.vmap(md.grad(f))(xp.stack([x, 2 * x])), np.stack([expected, 2 * expected]))
    close(md.grad(md.checkpoint(f))(x), expected)
    close(md.grad(f)(leaf(a)), expected)  # where the variable hangs on a history
    close(md.jvp(md.grad(f), [x], [v])[1], 20.0 * a * v.as_numpy())
    # A pass of second order reaches it too (10 in the gradient, and 10 of what arrives then).
    assert (
        md.grad(md.grad(lambda x: x.register_hook(lambda g: g * 10) and x * x))(3.0).item() == 200.0
    )
    seen = []

    def unused(x, y):
        y.register_hook(seen.append)
        return x * x

    assert [g.item() for g in md.grad(unused, (0, 1))(3.0, 1.0)] == [6.0, 0.0]
    assert not seen  # nothing arrived


# ---- what is tracked, and what is not


def slope(x):
    return xp.sum(xp.sin(x) * x)


def back(c):
    return md.vjp(xp.sin, xp.asarray(A[:4]))[1](c)[0]


def along(v):
    return md.linearize(xp.sin, xp.asarray(A[:4]))[1](v)


# Of plain arrays x and v of four elements.
PLAIN = {
    "jacobian": lambda x, v: md.jacobian(xp.sin)(x),
    "jacobian forward": lambda x, v: md.jacobian(xp.sin, mode="forward")(x),
    "hessian": lambda x, v: md.hessian(slope)(x),
    "hvp": lambda x, v: md.hvp(slope, [x], [v]),
    "vjp": lambda x, v: back(v),
    "linearize": lambda x, v: along(v),
    "vmap of a pullback": lambda x, v: md.vmap(md.vjp(xp.sin, x)[1])(md.stack([x, v]))[0],
    "vmap of linearize": lambda x, v: md.vmap(md.linearize(xp.sin, x)[1])(md.stack([x, v])),
    "vmap of hessian": lambda x, v: md.vmap(md.hessian(slope))(md.stack([x, v])),
    "grad of linearize": lambda x, v: md.grad(lambda v: xp.sum(along(v) ** 2))(v),
    "grad of a pullback": lambda x, v: md.grad(lambda v: xp.sum(back(v) ** 2))(v),
    "jacobian of linearize": lambda x, v: md.jacobian(along)(v),
    "jacobian of a pullback": lambda x, v: md.jacobian(back)(v),
    "jvp of linearize": lambda x, v: md.jvp(along, [v], [x])[1],
    "jvp of a pullback": lambda x, v: md.jvp(back, [v], [x])[1],
    "jvp of grad": lambda x, v: md.jvp(md.grad(slope), [x], [v])[1],
    "jvp of a value": lambda x, v: md.jvp(lambda x: md.vjp(xp.sin, x)[0], [x], [v])[1],
    "jvp of linearize inside": lambda x, v: md.jvp(
        lambda x: md.linearize(xp.sin, x)[1](v), [x], [v]
    )[1],
    "forward of reverse": lambda x, v: md.jacobian(
        md.jacobian(xp.sin, mode="reverse"), mode="forward"
    )(x),
    "reverse of forward": lambda x, v: md.jacobian(
        md.jacobian(xp.sin, mode="forward"), mode="reverse"
    )(x),
    "checkpoint": lambda x, v: md.hessian(md.checkpoint(slope))(x),
}


@pytest.mark.parametrize("name", PLAIN)
def test_of_plain_arrays_nothing_is_tracked(name):
    for found in (PLAIN[name](A[:4], V[:4]), PLAIN[name](xp.asarray(A[:4]), xp.asarray(V[:4]))):
        assert not found.allow_grad
        np.asarray(found)  # which a history would refuse


# Linear functions of a direction v at x, by passes that carry tangents, and their matrices.
DIRECTIONS = {
    "grad": (lambda x, v: md.jvp(md.grad(number), [x], [v])[1], lambda: matrix(md.grad(number), A)),
    "value": (
        lambda x, v: md.jvp(lambda x: md.vjp(vector, x)[0], [x], [v])[1],
        lambda: matrix(vector, A),
    ),
    "pullback": (
        lambda x, v: md.jvp(lambda c: md.vjp(xp.sin, x)[1](c)[0], [x], [v])[1],
        lambda: np.diag(np.cos(A)),
    ),
    "linearize": (
        lambda x, v: md.jvp(md.linearize(vector, x)[1], [x], [v])[1],
        lambda: matrix(vector, A),
    ),
    "hessian": (
        lambda x, v: md.jvp(md.hessian(number), [x], [v])[1],
        lambda: matrix(lambda x: xp.reshape(md.hessian(number)(x), (-1,)), A),
    ),
}


@pytest.mark.parametrize("name", DIRECTIONS)
def test_a_direction_that_is_tracked_gets_its_gradient(name):
    """Though nothing else has a history."""
    f, expected = DIRECTIONS[name]
    x, rows = xp.asarray(A), expected()
    out = f(x, xp.asarray(V))
    close(xp.reshape(out, (-1,)), rows @ V)
    v, u = leaf(V), np.arange(1.0, out.size + 1)
    g = md.grad(lambda v: xp.sum(xp.reshape(f(x, v), (-1,)) * u))
    for point in (v, xp.asarray(V)):
        close(g(point), u @ rows, rtol=1e-8)
    xp.sum(xp.reshape(f(x, v), (-1,)) * u).backward()
    close(v.grad, u @ rows, rtol=1e-8)


def test_under_strong_zeros():
    with md.strong_zeros():
        along = md.linearize(xp.sin, xp.asarray([0.0, 1.0]))[1]
        close(along(xp.ones(2)), np.cos([0.0, 1.0]))
        assert md.grad(md.grad(lambda x: xp.sin(x) ** 2))(0.0).item() == 2.0
        close(md.hessian(lambda x: xp.sum(x**2))(xp.zeros(4)), 2.0 * np.eye(4))


# ---- every library


@pytest.fixture(params=["numpy", "array_api_strict", "torch"])
def library(request):
    """A namespace of Tensors, and how a NumPy array becomes a Tensor of it."""
    if request.param == "numpy":
        return xp, xp.asarray
    is_torch = request.param == "torch"
    bare = pytest.importorskip("torch") if is_torch else array_api_strict
    wrapped = md.wrap(bare)
    return wrapped, lambda data: wrapped.asarray(bare.asarray(data))


def test_all_of_them_over_any_library(library):
    xp, tensor = library

    def f(x):
        return xp.sum(xp.sin(x) * xp.flip(x))

    x, v = tensor(A), tensor(V)
    a, b = np.sin(A) + np.sin(A)[::-1], np.cos(A) * A[::-1] + np.sin(A)[::-1]
    assert a.shape == b.shape
    g = md.grad(f)(x)
    assert g._backend is x._backend
    close(g, b)
    hessian = md.hessian(f)(x)
    close(hessian @ v, md.hvp(f, [x], [v]))
    close(md.jvp(f, [x], [v])[1], b @ V)
    for mode in ("forward", "reverse"):
        close(md.jacobian(md.grad(f), mode=mode)(x), hessian)
    close(md.vmap(md.grad(f))(xp.stack([x, v]))[0, :], b)


# ---- memory


@pytest.mark.parametrize("collected", ["reverse", "forward", "whole"])
def test_nothing_is_left_with_the_collector_off(collected):
    x = xp.asarray(A)
    runs = {
        "reverse": lambda: md.grad(number)(x),
        "forward": lambda: md.jvp(number, [x], [x]),
        "whole": lambda: md.hessian(number)(x),
    }
    kept = []

    def watched():
        return runs[collected]()

    gc.collect()
    gc.disable()
    try:
        made = watched()
        kept = [weakref.ref(one) for one in (made if isinstance(made, tuple) else (made,))]
        before = len(gc.get_objects())
        for _ in range(20):
            watched()
        assert len(gc.get_objects()) - before < 20
        del made
        assert all(one() is None for one in kept)
    finally:
        gc.enable()


def test_jvp_needs_no_memory_for_depth():
    def deep(x, count):
        for _ in range(count):
            x = xp.sin(x) + 0.1
        return x

    def peak(count):
        x = xp.ones(1000)
        tracemalloc.start()
        try:
            md.jvp(lambda x: deep(x, count), [x], [x])
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(400) < 1.2 * peak(40)


# ---- threads


def test_threads_do_not_notice_each_other():
    expected = md.hessian(number)(xp.asarray(A)).as_numpy()
    failed = []

    def work():
        for _ in range(5):
            found = md.hessian(number)(xp.asarray(A)).as_numpy()
            pushed = md.jvp(md.grad(number), [xp.asarray(A)], [xp.asarray(V)])[1].as_numpy()
            if not (np.allclose(found, expected) and np.allclose(pushed, expected @ V)):
                failed.append(found)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not failed
