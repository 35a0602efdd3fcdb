"""grad, vjp, jvp, linearize, jacobian, hessian, hvp: alone, inside each other, and inside vmap."""

import gc
import itertools
import threading
import tracemalloc
import weakref

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from minidiff import _rows
from reference import directional_derivative

A = np.array([0.3, -0.5, 0.8, 0.2, 1.1])
V = np.array([1.0, -2.0, 0.5, 0.25, 0.7])


def leaf(data):
    return md.Tensor(data, allow_grad=True)


def close(tensor, expected, rtol=1e-9):
    assert type(tensor) is md.Tensor
    expected = expected.as_numpy() if type(expected) is md.Tensor else np.asarray(expected)
    assert tensor.shape == expected.shape
    np.testing.assert_allclose(tensor.as_numpy(), expected, rtol=rtol, atol=1e-10)


def number(x):
    """Neighbours and far elements meet in it, so that no Hessian of it is diagonal."""
    return xp.sum(xp.sin(x) * x) + xp.sum(xp.tanh(x[1:] * x[:-1])) / 3 + xp.prod(x[1:])


def vector(x):
    return xp.stack([xp.sum(x**2), x[0] * x[4], xp.sin(x[1]), xp.exp(x[2] * x[3]), x[1], x[4] ** 3])


def truth(f, x, v, step=1e-3):
    """The derivative of f along v, from values of f."""

    def values(a):
        return f(xp.asarray(a)).as_numpy()

    return directional_derivative(values, [x], [v], step)[0]


def matrix(f, x):
    """The Jacobian, from values of f."""
    return np.stack([truth(f, x, e) for e in np.eye(x.size)], axis=-1)


@pytest.fixture(params=["numpy", "array_api_strict", "torch"])
def library(request):
    """A namespace of Tensors, and how a NumPy array becomes a Tensor of it."""
    if request.param == "numpy":
        return xp, xp.asarray
    is_torch = request.param == "torch"
    bare = pytest.importorskip("torch") if is_torch else array_api_strict
    wrapped = md.wrap(bare)
    return wrapped, lambda data: wrapped.asarray(bare.asarray(data))


# ---- each alone


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


@pytest.mark.parametrize("few", [0, 10**9])
@pytest.mark.parametrize("mode", [None, "forward", "reverse"])
def test_jacobian_by_vmap_and_by_loop(mode, few, monkeypatch):
    monkeypatch.setattr(_rows, "FEW", few)
    close(md.jacobian(vector, mode=mode)(xp.asarray(A)), matrix(vector, A))


def test_jacobian_takes_the_shorter_side():
    def passes(f, x):
        pushed = []

        def watched(x):
            pushed.append(1)
            return f(x)

        md.jacobian(watched)(x)
        return len(pushed)

    # Reverse mode evaluates once, and walks back; forward mode evaluates again along the inputs.
    assert passes(lambda x: xp.sum(x) * xp.ones(9), xp.ones(2)) == 1 + 2
    assert passes(lambda x: xp.sum(x), xp.ones(9)) == 1


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


def test_stop_gradient_in_both_modes():
    def f(x):
        stopped = md.stop_gradient({"a": [x]})["a"][0]
        return x * stopped * stopped

    assert md.grad(f)(3.0).item() == 9.0
    assert md.jvp(f, [3.0], [1.0])[1].item() == 9.0
    assert md.hessian(f)(3.0).item() == 0.0


# ---- arguments and results


def test_argnums():
    def f(x, y, *, scale=1.0):
        return scale * x * y**2

    assert md.grad(f)(2.0, 3.0).item() == 9.0
    assert md.grad(f, 1)(2.0, 3.0, scale=2.0).item() == 24.0
    assert md.grad(f, -1)(2.0, 3.0).item() == 12.0
    both = md.grad(f, (1, 0))(2.0, 3.0)
    assert [g.item() for g in both] == [12.0, 9.0]
    (only,) = md.grad(f, [0])(2.0, 3.0)
    assert only.item() == 9.0
    second = md.hessian(f, (0, 1))(2.0, 3.0)
    assert [[h.item() for h in row] for row in second] == [[0.0, 6.0], [6.0, 4.0]]


def test_aux_passes_by_as_constants():
    def f(x):
        y = x * x
        return xp.sum(y), {"y": y, "name": "square"}

    x = leaf([1.0, 2.0])
    g, aux = md.grad(f, has_aux=True)(x)
    assert g.tolist() == [2.0, 4.0]
    assert aux["name"] == "square"
    assert aux["y"].tolist() == [1.0, 4.0]
    assert not aux["y"].allow_grad
    (value, aux), g = md.value_and_grad(f, has_aux=True)(x)
    assert (value.item(), g.tolist(), aux["name"]) == (5.0, [2.0, 4.0], "square")
    for made in (
        md.vjp(f, x, has_aux=True),
        md.jvp(f, [x], [x], has_aux=True),
        md.jacobian(f, has_aux=True)(x),
        md.hessian(f, has_aux=True)(x),
    ):
        assert made[-1]["name"] == "square"


@pytest.mark.parametrize("data", [[1.0, 2.0], np.asarray([1.0, 2.0]), np.float32([1, 2])])
def test_plain_arrays_are_arguments(data):
    x = np.asarray(data)
    g = md.grad(lambda x: xp.sum(x * x))(x)
    assert g.dtype == x.dtype
    assert g.tolist() == [2.0, 4.0]


def test_an_int_is_a_real_number():
    assert md.grad(lambda x: x**3)(2).item() == 12.0


def test_arguments_are_not_changed_and_gradients_are_free():
    x = np.asarray([1.0, 2.0])

    def f(t):
        t *= 3.0  # its own
        return xp.sum(t * t)

    g = md.grad(f)(x)
    assert x.tolist() == [1.0, 2.0]
    t = xp.asarray(x)
    g = md.grad(f)(t)
    assert (t.tolist(), g.tolist()) == ([1.0, 2.0], [18.0, 36.0])
    pulled = md.vjp(lambda t: (t, t), t)[1]((t, xp.zeros(2)))[0]
    pulled += 1.0
    g += 1.0
    assert t.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("tracked", [False, True])
def test_an_argument_written_inside_is_still_what_was_given(tracked):
    def f(t):
        t[0] = t[1] * 5
        t *= t
        return xp.sum(t)

    x = md.Tensor([1.0, 2.0], allow_grad=tracked) * 1.0
    assert md.grad(f)(x).tolist() == [0.0, 104.0]
    assert md.jvp(f, [x], [xp.ones(2)])[1].item() == 104.0
    assert md.hessian(f)(x).tolist() == [[0.0, 0.0], [0.0, 52.0]]
    assert md.grad(md.checkpoint(f))(x).tolist() == [0.0, 104.0]
    assert md.vmap(md.grad(f))(xp.stack([x, x])).tolist() == [[0.0, 104.0]] * 2
    assert x.tolist() == [1.0, 2.0]


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


def test_names_and_docstrings():
    def energy(x):
        """Of a spring."""
        return x * x

    for made, name in (
        (md.grad(energy), "grad(energy)"),
        (md.hessian(energy), "hessian(energy)"),
        (md.vmap(energy), "vmap(energy)"),
    ):
        assert made.__name__ == name
        assert made.__doc__ == "Of a spring."


# ---- complex numbers: docs/complex.md


def test_gradient_of_a_complex_argument_descends():
    z = xp.asarray([1.0 + 2.0j, -0.5j])
    g = md.grad(lambda z: xp.sum(xp.real(z) ** 2 + 3 * xp.imag(z) ** 2))(z)
    assert g.tolist() == [2.0 + 12.0j, -3.0j]  # d/dRe + i d/dIm


def test_holomorphic_products():
    z = xp.asarray([0.3 + 0.4j, 1.0 - 0.2j])
    dz = xp.asarray([1.0 + 1.0j, 2.0j])
    derivative = np.cos(z.as_numpy())
    close(md.jvp(xp.sin, [z], [dz])[1], derivative * dz.as_numpy())
    close(md.vjp(xp.sin, z)[1](dz)[0], np.conj(derivative) * dz.as_numpy())
    close(md.linearize(xp.sin, z)[1](dz), derivative * dz.as_numpy())


def test_linearize_where_the_derivative_is_only_linear_over_the_reals():
    z, dz = xp.asarray([0.3 + 0.4j, 1.0 - 0.2j]), xp.asarray([1.0 + 1.0j, 2.0j])

    def f(z):
        return xp.conj(z) * z * z + xp.abs(z)

    close(md.linearize(f, z)[1](dz), md.jvp(f, [z], [dz])[1])


# ---- inside each other


def test_each_order_by_each_way():
    def f(x):
        return xp.sin(2 * x)

    def pushed(f):
        return lambda x: md.jvp(f, [x], [1.0])[1]

    def walked(f):
        def slope(x):
            t = leaf(x)
            f(t).backward()
            return t.grad

        return slope

    ways = (md.grad, pushed, md.jacobian, lambda f: md.jacobian(f, mode="forward"))
    for chosen in itertools.product(ways, repeat=3):
        g = f
        for way in chosen:
            g = way(g)
        assert g(0.4).item() == pytest.approx(-8 * np.cos(0.8), rel=1e-13)
        assert walked(g)(0.4).item() == pytest.approx(16 * np.sin(0.8), rel=1e-13)


CONFUSING = {
    "inner constant": (lambda d: d(lambda x: x * d(lambda y: x + y)(1.0))(3.0), 1.0),
    "inner product": (lambda d: d(lambda x: x * d(lambda y: x * y)(1.0))(3.0), 6.0),
    "same name": (lambda d: d(lambda x: x * d(lambda x: x * x)(x))(3.0), 12.0),
    "inner square": (lambda d: d(lambda x: d(lambda y: (x * y) ** 2)(x) * x)(2.0), 64.0),
}


@pytest.mark.parametrize("name", CONFUSING)
def test_perturbations_are_not_confused(name):
    def pushed(f):
        return lambda x: md.jvp(f, [x], [1.0])[1]

    program, expected = CONFUSING[name]
    for inner, outer in itertools.product((md.grad, pushed, md.jacobian), repeat=2):
        calls = iter((outer, inner))
        found = program(lambda f, calls=calls: next(calls)(f))
        assert found.item() == expected


@pytest.mark.parametrize("few", [0, 10**9])
@pytest.mark.parametrize("inner", ["forward", "reverse"])
@pytest.mark.parametrize("outer", ["forward", "reverse"])
def test_jacobian_of_jacobian_is_the_hessian(inner, outer, few, monkeypatch):
    monkeypatch.setattr(_rows, "FEW", few)
    x = xp.asarray(A)
    twice = md.jacobian(md.jacobian(number, mode=inner), mode=outer)
    close(twice(x), matrix(md.grad(number), A))
    close(twice(x), md.hessian(number)(x))
    # Of a result of several elements, where all three directions are batched.
    twice = md.jacobian(md.jacobian(vector, mode=inner), mode=outer)
    close(twice(x), matrix(md.jacobian(vector), A))


def stacked(f):
    """vmap over the first axis of one argument, by a loop."""
    return lambda xs: xp.stack([f(xs[i, ...]) for i in range(xs.shape[0])])


# Functions of x from a function f of x, by a transform; T is vmap, or the loop in its place. Many
# differentiate inside vmap in something that all samples share.
COMPOSED = {
    "grad": lambda T, f: lambda x: xp.sum(md.grad(f)(x) * xp.sin(x)),
    "jvp": lambda T, f: lambda x: md.jvp(f, [x], [xp.cos(x)])[1],
    "vjp": lambda T, f: lambda x: xp.sum(md.vjp(lambda y: f(y) * y, x)[1](xp.sin(x))[0]),
    "linearize": lambda T, f: lambda x: xp.sum(md.linearize(lambda y: f(y) * y, x)[1](x)),
    "jacobian forward": lambda T, f: (
        lambda x: xp.sum(md.jacobian(lambda y: f(y) * xp.sin(y), mode="forward")(x) * x)
    ),
    "jacobian reverse": lambda T, f: (
        lambda x: xp.sum(md.jacobian(lambda y: f(y) * xp.sin(y), mode="reverse")(x) * x)
    ),
    "hessian": lambda T, f: lambda x: xp.sum(xp.sin(md.hessian(f)(x))),
    "hvp": lambda T, f: lambda x: xp.sum(md.hvp(f, [x], [xp.sin(x)])),
    "checkpoint": lambda T, f: lambda x: md.checkpoint(f)(x * 0.7),
    "vmap": lambda T, f: lambda x: xp.sum(T(lambda a: f(a * x))(xp.stack([x, 0.6 * x, x - 1]))),
    "grad in vmap": lambda T, f: (
        lambda x: xp.sum(xp.tanh(T(md.grad(f))(xp.stack([x, x * 0.6, x * x]))))
    ),
    "grad in vmap, in what is shared": lambda T, f: (
        lambda x: xp.sum(T(lambda a: md.grad(lambda y: f(y * a))(x))(xp.stack([x, x * 0.6])))
    ),
    "jvp in vmap, along many": lambda T, f: (
        lambda x: xp.sum(T(lambda a: md.jvp(f, [x], [a])[1])(xp.stack([x, x * 0.6])))
    ),
    "jvp in vmap, in what is shared": lambda T, f: (
        lambda x: xp.sum(T(lambda a: md.jvp(lambda y: f(y * a), [x], [x])[1])(xp.stack([x, 1 - x])))
    ),
    "checkpoint in vmap": lambda T, f: (
        lambda x: xp.sum(T(lambda a: md.checkpoint(lambda y: f(y + a))(x))(xp.stack([x, x * 0.6])))
    ),
}
PAIRS = list(itertools.product(COMPOSED, repeat=2))
# Some deeper ones, drawn once.
TRIPLES = [tuple(np.random.default_rng(i).choice(list(COMPOSED), 3).tolist()) for i in range(60)]


@pytest.mark.parametrize("names", PAIRS + TRIPLES, ids=" of ".join)
def test_composed(names, monkeypatch):
    """Value, gradient and tangent, with vmap and in a loop; the loop's against values alone."""

    def small(x):
        return xp.sum(xp.sin(x) * x) + xp.sum(xp.tanh(x[1:] * x[:-1])) / 3

    def program(T):
        f = small
        for name in reversed(names):
            f = COMPOSED[name](T, f)
        return f

    x, v = xp.asarray(A[:4]), xp.asarray(V[:4])
    with monkeypatch.context() as patched:
        patched.setattr(_rows, "FEW", 10**9)
        expected = program(stacked)(x)
        slope = truth(program(stacked), A[:4], V[:4], step=2e-4)
    f = program(md.vmap)
    close(f(x), expected)
    value, gradient = md.value_and_grad(f)(x)
    close(value, expected)
    close(gradient @ v, slope, rtol=1e-5)
    close(md.jvp(f, [x], [v])[1], gradient @ v)
    close(md.vjp(f, x)[1](xp.asarray(1.0))[0], gradient)
    t = leaf(A[:4])
    f(t).backward()
    close(t.grad, gradient)


def test_leaves_made_inside_vmap():
    def slope(a, x):
        t, u = leaf(x), leaf(a)
        xp.sum(u * t**2).backward()
        return t.grad, u.grad

    a, x = xp.asarray([[1.0, 2.0], [3.0, 4.0]]), xp.asarray([5.0, 6.0])
    first, second = md.vmap(slope, (0, None))(a, x)
    assert first.tolist() == [[10.0, 24.0], [30.0, 48.0]]
    assert second.tolist() == [[25.0, 36.0]] * 2


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


def test_hooks_run():
    seen = []

    def f(x):
        y = x * x
        y.register_hook(lambda g: seen.append(g.item()) or g * 2)
        return y * 3

    assert md.grad(f)(2.0).item() == 24.0
    assert seen == [3.0]


# ---- every library


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


# ---- errors: the messages of all are in tests/error_messages


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: md.grad(lambda x: x)(xp.ones(2)), TypeError, "one real number"),
        (lambda: md.grad(lambda x: x * 1j)(1.0), TypeError, "complex128"),
        (lambda: md.grad(lambda x: 1.0)(1.0), TypeError, "returned float"),
        (lambda: md.grad(lambda x: x)("1.0"), TypeError, "str was found"),
        (lambda: md.grad(lambda x: x)(xp.asarray(1)), TypeError, "floating"),
        (lambda: md.grad(lambda x: x, 1)(1.0), ValueError, "argnums has 1"),
        (lambda: md.grad(lambda x: x, "0"), TypeError, "argnums"),
        (lambda: md.grad(lambda x: x, has_aux=True)(1.0), TypeError, "pair"),
        (lambda: md.jvp(xp.sin, [1.0], [1.0, 2.0]), ValueError, "1 primals"),
        (lambda: md.jvp(xp.sin, [xp.ones(2)], [xp.ones(3)]), ValueError, r"\(2,\)"),
        (lambda: md.vjp(xp.sin, xp.ones(2))[1](xp.ones(3)), ValueError, r"\(3,\)"),
        (lambda: md.vjp(xp.sin, 1.0)[1]([xp.asarray(1.0)]), ValueError, "containers"),
        (lambda: md.jacobian(xp.sin, mode="both"), ValueError, "'both'"),
        (lambda: md.jacobian(xp.sin)(xp.asarray([1j])), TypeError, "complex"),
    ],
)
def test_bad_input(call, error, says):
    with pytest.raises(error, match=says):
        call()


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
