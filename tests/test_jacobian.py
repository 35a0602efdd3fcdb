"""Whole Jacobians and Hessians, and products with the Hessian."""

import math
import tracemalloc

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from minidiff import _rows
from truths import A, V, close, matrix, number, vector


@pytest.mark.parametrize("few", [0, 10**9])
@pytest.mark.parametrize("mode", [None, "forward", "reverse"])
def test_jacobian_by_vmap_and_by_loop(mode, few, monkeypatch):
    monkeypatch.setattr(_rows, "FEW", few)
    monkeypatch.setattr(_rows, "FEW_EVALUATIONS", few)
    close(md.jacobian(vector, mode=mode)(xp.asarray(A)), matrix(vector, A))


def evaluations(f, x, **options):
    """How often a Jacobian evaluates the function, and the Jacobian."""
    seen = []

    def watched(x):
        seen.append(1)
        return f(x)

    found = md.jacobian(watched, **options)(x)
    return len(seen), found


@pytest.mark.parametrize("size", [0, 1, 2, 3, 9])
def test_the_function_is_evaluated_once(size):
    def f(x):
        return xp.concat([x, x * x, xp.ones(1)])

    x = np.arange(1.0, size + 1)
    expected = np.concatenate([np.eye(size), np.diag(2 * x), np.zeros((1, size))])
    for mode in ("forward", "reverse"):
        count, found = evaluations(f, xp.asarray(x), mode=mode)
        assert count == 1
        close(found, expected)
    # By default it is evaluated to know which side is the shorter, and once more in forward mode.
    count, found = evaluations(f, xp.asarray(x))
    assert count == 2
    close(found, expected)
    assert evaluations(lambda x: xp.sum(x), xp.ones(9))[0] == 1


def test_columns_are_of_the_same_function_though_it_draws_random_numbers():
    def f(x):
        mask = md.random.rand(6) > 0.5
        return xp.where(mask, xp.concat([x, x, x]), 0.0), mask

    for mode in ("forward", "reverse", None):
        found, mask = md.jacobian(f, mode=mode, has_aux=True)(xp.ones(2))
        kept = np.concatenate([np.eye(2)] * 3) * mask.as_numpy()[:, None]
        close(found, kept)


def test_a_function_that_asks_for_values_goes_forward():
    def f(x):
        return xp.concat([x, x * 2]) if x[0] > 0 else x

    close(md.jacobian(f, mode="forward")(xp.ones(2)), [[1, 0], [0, 1], [2, 0], [0, 2]])


def test_forward_mode_keeps_no_graph():
    def peak(depth):
        def f(x):
            y = x[0] * xp.ones(1000)
            for _ in range(depth):
                y = xp.sin(y) + x[1]
            return y

        point = xp.asarray([0.5, 0.1])
        tracemalloc.start()
        try:
            md.jacobian(f, mode="forward")(point)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(5)
    assert peak(300) < 3 * peak(30)  # a graph would make it ten times as much


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_several_arguments_and_results_of_any_shapes(mode):
    shapes = [(2, 3), (), (0,), (3,)]
    parts = np.split(A[:5], [2, 3]), np.arange(6.0).reshape(2, 3)
    args = [parts[1], A[0], np.zeros(0), V[:3]]

    def f(w, b, nothing, x):
        return {"y": w @ x + b, "s": xp.sum(w) * b + xp.sum(nothing), "e": nothing * b}

    rows = md.jacobian(f, range(4), mode=mode)(*map(xp.asarray, args))
    expected = {"y": (2,), "s": (), "e": (0,)}
    for name, shape in expected.items():
        for i, given in enumerate(shapes):
            assert rows[name][i].shape == shape + given

            def one(x, i=i, name=name):
                whole = [xp.asarray(a) for a in args]
                whole[i] = xp.reshape(x, shapes[i])
                return xp.reshape(f(*whole)[name], (-1,))

            if args[i].size and math.prod(shape):
                flat = matrix(one, np.reshape(args[i], -1))
                close(xp.reshape(rows[name][i], flat.shape), flat)


@pytest.mark.parametrize(
    "shapes", [((2, 3), (3,)), ((), (2,)), ((3,), ()), ((0,), (2,)), ((2,), (0,))]
)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_shapes_of_jacobians(shapes, mode):
    given, made = shapes
    out = md.jacobian(lambda x: xp.sum(x**2) * xp.ones(made), mode=mode)(xp.full(given, 2.0))
    close(out, np.full(made + given, 4.0))


def test_hessian_and_hvp_against_the_gradient():
    x = xp.asarray(A)
    expected = matrix(md.grad(number), A)
    close(md.hessian(number)(x), expected)
    close(md.hvp(number, [x], [xp.asarray(V)]), expected @ V)


def test_hvp_of_several_arguments_against_the_full_product():
    def f(x, p):
        return xp.sum(xp.sin(x * p["w"])) * xp.sum(p["w"] ** 2)

    x, w = xp.asarray(A), xp.asarray(V)
    whole = md.hessian(lambda z: f(z[:5], {"w": z[5:]}))(xp.concat([x, w]))
    dx, dw = xp.asarray(V), xp.asarray(A)
    first, second = md.hvp(f, [x, {"w": w}], [dx, {"w": dw}])
    close(xp.concat([first, second["w"]]), whole @ xp.concat([dx, dw]))


def test_hvp_with_respect_to_some_arguments():
    def f(x, y):
        return xp.sum(xp.sin(x * y) * x), x * 2

    def alone(x, y):
        return f(x, y)[0]

    x, y = xp.asarray(A), xp.asarray(V)
    ways = (xp.asarray(V), xp.asarray(A))
    (xx, xy), (yx, yy) = md.hessian(alone, (0, 1))(x, y)
    for numbers, tangents, expected in (
        (0, ways[:1], xx @ ways[0]),
        (-1, ways[:1], yy @ ways[0]),
        ((0, 1), ways, (xx @ ways[0] + xy @ ways[1], yx @ ways[0] + yy @ ways[1])),
        (None, ways, (xx @ ways[0] + xy @ ways[1], yx @ ways[0] + yy @ ways[1])),
        ((1,), ways[:1], (yy @ ways[0],)),
        ((1, 0), ways, (yy @ ways[0] + yx @ ways[1], xy @ ways[0] + xx @ ways[1])),
    ):
        product, aux = md.hvp(f, [x, y], tangents, numbers, has_aux=True)
        alike = md.hvp(alone, [x, y], tangents, numbers)
        assert type(product) is type(alike) is type(expected)
        for one, other, third in zip(*map(as_tuple, (product, alike, expected)), strict=True):
            close(one, third)
            close(other, third, rtol=0)
        close(aux, 2 * A)


def as_tuple(found):
    return found if isinstance(found, tuple) else (found,)


def test_gradients_of_ones_own_may_make_the_hessian_asymmetric():
    # Its gradient in y is said to be 0, and so d/dy of the gradient in x alone is left.
    half = md.create_binary_op_func(
        lambda x, y: x * y, lambda x, y, grad: grad * y, lambda x, y, grad: grad * 0.0
    )

    def f(p):
        return half(p[0], p[1])

    p, way = xp.asarray([2.0, 3.0]), xp.asarray([0.0, 1.0])
    assert md.hessian(f)(p).tolist() == [[0.0, 1.0], [0.0, 0.0]]
    assert md.hvp(f, [p], [way]).tolist() == [0.0, 0.0]  # the transposed product
    assert md.jvp(md.grad(f), [p], [way])[1].tolist() == [1.0, 0.0]


# ---- complex numbers


@pytest.mark.parametrize("mode", ["forward", "reverse", None])
@pytest.mark.parametrize("size", [1, 2, 6])
def test_jacobians_of_holomorphic_functions(mode, size):
    rng = np.random.default_rng(size)
    z, w = rng.normal(size=(2, size, 2)) @ np.array([1, 1j])

    def f(z):
        return {"a": xp.exp(z) * z[0] * 1j, "b": xp.sum(z * xp.asarray(w)) ** 2}

    found = md.jacobian(f, mode=mode, holomorphic=True)(xp.asarray(z))
    first = np.diag(np.exp(z) * z[0] * 1j)
    first[:, 0] += np.exp(z) * 1j
    close(found["a"], first)
    close(found["b"], 2 * np.sum(z * w) * w)
    # Twice: the second derivative of a holomorphic function is one too.
    twice = md.jacobian(md.jacobian(xp.sin, mode=mode, holomorphic=True), holomorphic=True)
    assert twice(1.0 + 0.5j).item() == pytest.approx(-np.sin(1.0 + 0.5j))


@pytest.mark.parametrize("mode", ["forward", "reverse", None])
def test_what_is_no_tensor_in_aux_comes_back_as_it_is(mode):
    array = np.ones(2)

    def f(x):
        return md.concat([x, x]), (3, True, array, x * 2.0, "word")

    _, aux = md.jacobian(f, mode=mode, has_aux=True)(md.asarray(np.arange(40.0)))
    assert aux[:2] == (3, True)
    assert type(aux[0]) is int
    assert aux[2] is array
    assert aux[3].tolist() == (np.arange(40.0) * 2.0).tolist()
    assert aux[4] == "word"
