"""Forward mode, alone and nested with itself and with the reverse mode."""

import contextvars
import gc
from concurrent.futures import ThreadPoolExecutor

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from minidiff.core.graph import OpNode


def leaf(data):
    return md.Tensor(data, allow_grad=True)


def close(tensor, expected, rtol=1e-12):
    """Equal numbers and equal shapes."""
    assert type(tensor) is md.Tensor
    expected = np.asarray(expected)
    assert tensor.shape == expected.shape
    np.testing.assert_allclose(tensor.as_numpy(), expected, rtol=rtol, atol=1e-14)


def slope(function, x=1.0):
    """The derivative along ones, at a number or a Tensor."""
    x = x if type(x) is md.Tensor else md.Tensor(float(x))
    return md.jvp(function, [x], [xp.ones_like(x.detach())])[1]


A = np.array([0.5, 1.5, 2.5])
DA = np.array([1.0, -2.0, 0.25])
B = np.array([[2.0], [-3.0]])
DB = np.array([[0.5], [4.0]])


# ---- value and tangent


@pytest.fixture(params=["numpy", "strict"])
def library(request):
    """A namespace, and how a NumPy array becomes one of its Tensors."""
    if request.param == "numpy":
        return xp, md.Tensor
    return md.wrap(array_api_strict), lambda a: md.Tensor(array_api_strict.asarray(a))


ONE = {
    "elementwise": (lambda xp, x: xp.sin(x) * xp.exp(x), np.exp(A) * (np.sin(A) + np.cos(A)) * DA),
    "scalar operands": (lambda xp, x: 2 / (1 - x**3), 6 * A**2 / (1 - A**3) ** 2 * DA),
    "zero": (lambda xp, x: xp.floor(x), 0 * A),
    "linear": (lambda xp, x: xp.sum(xp.flip(x) * 2), 2 * np.sum(DA)),
    "bilinear": (lambda xp, x: xp.vecdot(x, x), 2 * A @ DA),
    "differentiable": (
        lambda xp, x: xp.max(x) * xp.prod(x),
        (2 * A[1] * A[0]) * A[2] * DA[2] + A[2] ** 2 * (A[1] * DA[0] + A[0] * DA[1]),
    ),
    "composite": (lambda xp, x: xp.tile(xp.unstack(x)[1], (2,)), [DA[1], DA[1]]),
    "where": (lambda xp, x: xp.where(x > 1, x * x, 3.0), [0.0, *(2 * A * DA)[1:]]),
    "a key": (lambda xp, x: x[1:] * x[:-1], A[1:] * DA[:-1] + A[:-1] * DA[1:]),
    "a negative step": (lambda xp, x: x[::-1] ** 2, (2 * A * DA)[::-1]),
    "complex": (
        lambda xp, x: xp.real(xp.exp(x * 1j)) + xp.imag(xp.exp(x * 2j)),
        (-np.sin(A) + 2 * np.cos(2 * A)) * DA,
    ),
    "a view of a view": (lambda xp, x: xp.reshape(x, (3, 1)).mT[0, 1:] ** 2, (2 * A * DA)[1:]),
}


@pytest.mark.parametrize("name", ONE)
def test_value_and_tangent(name, library):
    namespace, tensor = library
    function, expected = ONE[name]
    value, tangent = md.jvp(lambda x: function(namespace, x), [tensor(A)], [tensor(DA)])
    close(value, function(namespace, tensor(A)).as_numpy())
    close(tangent, expected)
    assert tangent.dtype == value.dtype
    assert not value.allow_grad
    assert not tangent.allow_grad


def test_several_inputs_and_broadcasting(library):
    namespace, tensor = library
    points, along = [tensor(A), tensor(B)], [tensor(DA), tensor(DB)]
    value, tangent = md.jvp(lambda a, b: namespace.exp(a / b) + b, points, along)
    close(value, np.exp(A / B) + B)
    close(tangent, np.exp(A / B) * (DA / B - A * DB / B**2) + DB)


@pytest.mark.parametrize("shape", [(), (1,), (2,), (1, 3)])
def test_tangents_have_the_shape_of_their_primals(shape):
    with pytest.raises(ValueError, match=r"tangent of shape \(3,\) is needed, not "):
        md.jvp(lambda x: x, [md.Tensor(A)], [xp.ones(shape)])


def test_constant_result_has_zeros():
    constant = md.Tensor([[1.0, 2.0]])
    value, tangent = md.jvp(lambda x: constant, [md.Tensor(A)], [md.Tensor(DA)])
    close(value, [[1.0, 2.0]])
    close(tangent, [[0.0, 0.0]])
    close(md.jvp(lambda x: x.detach(), [md.Tensor(A)], [md.Tensor(DA)])[1], 0 * A)


@pytest.mark.parametrize(
    "function",
    [lambda x: x > 1, lambda x: xp.argmax(x), lambda x: xp.astype(x, xp.int32)],
    ids=["bool", "index", "integer"],
)
def test_integer_and_boolean_results_have_zeros(function):
    value, tangent = md.jvp(function, [md.Tensor(A)], [md.Tensor(DA)])
    expected = function(md.Tensor(A))
    close(value, expected.as_numpy())
    assert value.dtype == expected.dtype
    assert tangent.shape == value.shape
    assert not np.any(tangent.as_numpy())
    close(
        md.jvp(lambda x: function(x) * x, [md.Tensor(A)], [md.Tensor(DA)])[1], value.as_numpy() * DA
    )


def test_the_result_may_be_the_input():
    x, dx = md.Tensor(A), md.Tensor(DA)
    value, tangent = md.jvp(lambda x: x, [x], [dx])
    close(value, A)
    close(tangent, DA)
    value[0] = 100.0  # and its memory is nobody else's
    tangent[0] = 100.0
    close(x, A)
    close(dx, DA)


# ---- nothing is confused: derivatives inside derivatives


def test_nested_second_derivatives():
    close(
        slope(lambda x: slope(lambda y: xp.sin(y) * y, x), 0.7), 2 * np.cos(0.7) - 0.7 * np.sin(0.7)
    )


def test_nested_five_times():
    function = xp.exp
    for _ in range(5):
        function = lambda x, inner=function: slope(lambda y: inner(y) * y, x)  # noqa: E731
    # D x applied five times to exp: the sum of Stirling numbers S(6, k) x^(k-1)
    stirling = [1, 31, 90, 65, 15, 1]
    x = 0.3
    close(function(md.Tensor(x)), np.exp(x) * sum(s * x**k for k, s in enumerate(stirling)))


CONFUSING = {
    # d/dx [x d/dy (x + y)] = 1, and 2 where the two are confused
    "sum": (lambda x: x * slope(lambda y: x + y), 1.0),
    # d/dx [x d/dy (x y)] = 2 x
    "product": (lambda x: x * slope(lambda y: x * y), 2.0),
    # d/dx [d/dy (x² y³) at y = x] = d/dx 3 x⁴
    "at the same point": (lambda x: slope(lambda y: x**2 * y**3, x), 12.0),
    "constant": (lambda x: slope(lambda y: y * y), 0.0),
    "ignored": (lambda x: x * slope(lambda y: x * x), 0.0),
}


@pytest.mark.parametrize("name", CONFUSING)
def test_no_perturbation_confusion(name):
    function, expected = CONFUSING[name]
    close(slope(function), expected)


@pytest.mark.parametrize("recorded", [False, True])
def test_reverse_inside_forward_is_not_confused(recorded):
    def function(x):
        y = leaf(1.0)
        (x * y * y).backward(allow_higher_order=recorded)
        return x * y.grad

    close(slope(function, 3.0), 12.0)  # d/dx 2 x²


# ---- forward over reverse, reverse over forward


POINT = np.array([0.5, -1.2, 2.0])
WEIGHTS = np.array([[0.3, -0.5, 0.2], [1.1, 0.4, -0.6], [0.2, 0.9, 0.7], [-1.0, 0.1, 0.5]])
DIRECTION = np.array([1.0, 0.5, -2.0])


def loss(namespace, w):
    hidden = namespace.tanh(namespace.matmul(WEIGHTS if namespace is np else md.Tensor(WEIGHTS), w))
    return namespace.sum(hidden**2 * namespace.exp(hidden)) + namespace.prod(w) ** 2


def true_gradient(point):
    """By the complex step."""
    steps = 1e-30j * np.eye(3)
    return np.array([loss(np, point + step).imag for step in steps]) / 1e-30


def true_product():
    """The Hessian times the direction: differences of 8th order of the gradient."""
    h = 0.01
    weights = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}
    return (
        sum(
            w
            * (true_gradient(POINT + k * h * DIRECTION) - true_gradient(POINT - k * h * DIRECTION))
            for k, w in weights.items()
        )
        / h
    )


def reverse_over_reverse():
    w = leaf(POINT)
    loss(xp, w).backward(allow_higher_order=True)
    w.grad.backward(md.Tensor(DIRECTION))
    return w.grad


def reverse_over_forward():
    w = leaf(POINT)
    _, tangent = md.jvp(lambda w: loss(xp, w), [w], [md.Tensor(DIRECTION)])
    tangent.backward()
    return w.grad


def forward_over_reverse(recorded):
    def of_gradient(w):
        probe = leaf(np.zeros(3))
        loss(xp, w + probe).backward(allow_higher_order=recorded)
        return probe.grad

    value, tangent = md.jvp(of_gradient, [md.Tensor(POINT)], [md.Tensor(DIRECTION)])
    np.testing.assert_allclose(value.as_numpy(), true_gradient(POINT), rtol=1e-10)
    return tangent


PRODUCTS = {
    "reverse over reverse": reverse_over_reverse,
    "reverse over forward": reverse_over_forward,
    "forward over recorded": lambda: forward_over_reverse(True),
    "forward over not recorded": lambda: forward_over_reverse(False),
}


@pytest.mark.parametrize("product", PRODUCTS.values(), ids=PRODUCTS)
def test_hessian_vector_product(product):
    np.testing.assert_allclose(product().as_numpy(), true_product(), rtol=1e-8)


REVERSIBLE = {
    "multiply": (lambda x: x * x * x, lambda x: 6 * x),
    "sin": (xp.sin, lambda x: -np.sin(x)),
    "exp": (xp.exp, np.exp),
    "divide": (lambda x: 1 / x, lambda x: 2 / x**3),
    "getitem": (lambda x: x[::-1] ** 4, lambda x: 12 * x**2),
    "concat": (lambda x: xp.concat([x[:1], x[1:]]) ** 3, lambda x: 6 * x),
    "prod": (lambda x: xp.prod(xp.stack([x, xp.exp(x)]), axis=0), lambda x: (x + 2) * np.exp(x)),
}


@pytest.mark.parametrize("name", REVERSIBLE)
def test_reverse_over_forward(name):
    function, expected = REVERSIBLE[name]
    x = leaf(A)
    value, tangent = md.jvp(function, [x], [xp.ones(3)])
    tangent.backward()
    close(x.grad, expected(A))
    reference = leaf(A)
    function(reference).backward()
    value.backward()
    close(x.grad, reference.grad.as_numpy())


def test_reverse_over_reverse_over_forward():
    x = leaf(A)
    _, tangent = md.jvp(lambda x: xp.sin(x) * x, [x], [xp.ones(3)])
    tangent.backward(allow_higher_order=True)
    close(x.grad, 2 * np.cos(A) - A * np.sin(A))
    x.grad.backward()
    close(x.grad, -3 * np.sin(A) - A * np.cos(A))


# ---- orders of the reverse mode

ORDERS = {
    "x**5": (lambda xp, x: x**5, lambda x: [x**5, 5 * x**4, 20 * x**3, 60 * x**2, 120 * x]),
    "sin": (lambda xp, x: xp.sin(x), lambda x: [np.sin(x + n * np.pi / 2) for n in range(5)]),
    "exp(x) x": (lambda xp, x: xp.exp(x) * x, lambda x: [np.exp(x) * (x + n) for n in range(5)]),
    "a sum of logs": (
        lambda xp, x: xp.sum(xp.log(x)),
        lambda x: [np.sum(np.log(x)), 1 / x, -(x**-2), 2 * x**-3, -6 * x**-4],
    ),
}


@pytest.mark.parametrize("name", ORDERS)
def test_reverse_to_the_fourth_order(name, library):
    namespace, tensor = library
    function, expected = ORDERS[name]
    x = tensor(A)
    x.allow_grad = True
    y = function(namespace, x)
    for order in range(4):
        close(y, expected(A)[order])
        y.backward(allow_higher_order=True)
        y = x.grad
    close(y, expected(A)[4])


def test_mixed_second_derivatives():
    a, b = 0.7, -1.3
    s, c = np.sin(a * b), np.cos(a * b)
    x, y = leaf(a), leaf(b)
    (xp.sin(x * y) + x**2 * y**3).backward(allow_higher_order=True)
    by_x, by_y = x.grad, y.grad
    close(by_x, b * c + 2 * a * b**3)
    close(by_y, a * c + 3 * a**2 * b**2)
    by_x.backward(cleanup_mode="keep")
    close(x.grad, -(b**2) * s + 2 * b**3)
    close(y.grad, c - a * b * s + 6 * a * b**2)
    by_y.backward()
    close(x.grad, c - a * b * s + 6 * a * b**2)
    close(y.grad, -(a**2) * s + 6 * a**2 * b)


# ---- writes in place


def into_zeros(x):
    y = xp.zeros(3)
    y[0] = x[2]
    y[1:] += x[:2]
    return y


def scalar_over(x):
    y = x * 1.0
    y[0] = 5.0
    return y * y


def through_a_view(x):
    y = x * 1.0
    part = y[1:]
    part *= 3.0
    part -= x[:2]
    return y


def view_of_what_was_written(x):
    y = x * 1.0
    part = y[1:]
    y *= x
    return part


def on_a_copy(x):
    y = xp.asarray(x, copy=True)
    y += x
    y /= 1 + x
    return y


def on_the_argument(x):
    x += 1.0
    return x * x


WRITES = {
    into_zeros: [DA[2], DA[0], DA[1]],
    scalar_over: [0.0, *(2 * A[1:] * DA[1:])],
    through_a_view: [DA[0], *(3 * DA[1:] - DA[:2])],
    view_of_what_was_written: 2 * A[1:] * DA[1:],
    on_a_copy: 2 * DA / (1 + A) ** 2,
    on_the_argument: 2 * (A + 1) * DA,
}


@pytest.mark.parametrize("function", WRITES, ids=lambda f: f.__name__)
def test_writes_in_place(function):
    x = md.Tensor(A)
    value, tangent = md.jvp(function, [x], [md.Tensor(DA)])
    close(value, function(md.Tensor(A)).as_numpy())
    close(tangent, WRITES[function])
    close(x, A)


def test_tangents_are_not_aliased():
    dx = md.Tensor(DA)
    _, tangent = md.jvp(lambda x: x + 1.0, [md.Tensor(A)], [dx])
    dx[0] = 100.0
    close(tangent, DA)


# ---- no_grad, leaks, memory


def test_no_grad_inside_makes_constants_as_in_reverse_mode():
    def function(x):
        with md.no_grad():
            constant = x * x
            with md.enable_grad():
                tracked = x * x
        return constant * x + tracked

    tangent = md.jvp(function, [md.Tensor(A)], [md.Tensor(DA)])[1]
    close(tangent, (A**2 + 2 * A) * DA)
    x = leaf(A)
    function(x).backward()
    close(x.grad, A**2 + 2 * A)


def test_forward_mode_works_inside_no_grad():
    with md.no_grad():
        value, tangent = md.jvp(lambda x: x * x, [leaf(A)], [md.Tensor(DA)])
    close(tangent, 2 * A * DA)
    assert not value.allow_grad
    assert not tangent.allow_grad


def test_a_tensor_that_leaks_out():
    leaked = []
    md.jvp(lambda x: leaked.append(x * x) or x, [md.Tensor(A)], [md.Tensor(DA)])
    (inside,) = leaked
    close(inside + 1.0, A**2 + 1)
    with pytest.raises(RuntimeError, match="nothing was recorded"):
        inside.backward()
    x = leaf(A)
    with pytest.raises(RuntimeError, match=r"from inside a jvp was used outside it, .*; return it"):
        (inside * x).backward()
    assert x.grad is None
    with pytest.raises(RuntimeError, match="from inside a jvp was used outside it"):
        md.grad(lambda x: xp.sum(inside * x))(x)
    close(md.jvp(lambda x: x * inside, [md.Tensor(A)], [md.Tensor(DA)])[1], A**2 * DA)


def test_nothing_is_recorded_of_untracked_primals():
    alive = []

    def function(x):
        before = count()
        for _ in range(300):
            x = xp.where(x > 0, xp.sin(x), x) * x
        alive.append(count() - before)
        return x

    def count():
        return sum(type(one) is OpNode for one in gc.get_objects())

    md.jvp(function, [md.Tensor(A)], [md.Tensor(DA)])
    assert alive == [0]


def in_a_thread(function):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def test_what_a_thread_would_lose_is_refused():
    x = md.asarray([1.0, 2.0, 3.0])

    def whole(x):
        return in_a_thread(lambda: md.concat([x**2, x]))

    def part(x):
        return md.sum(x) + in_a_thread(lambda: md.sum(x**2))

    def aware(x):
        context = contextvars.copy_context()
        return md.sum(x) + in_a_thread(lambda: context.run(lambda: md.sum(x**2)))

    for call in (
        lambda: md.jvp(whole, [x], [x]),
        lambda: md.jvp(part, [x], [x]),
        lambda: md.jacobian(whole, mode="forward")(x),
        lambda: md.vmap(lambda row: md.jvp(part, [row], [row]))(md.stack([x, x])),
    ):
        with pytest.raises(RuntimeError, match="in a thread that does not know of the jvp"):
            call()
    assert md.jvp(aware, [x], [x])[1].item() == 6.0 + 28.0
    assert md.grad(part)(x).tolist() == [3.0, 5.0, 7.0]
    assert md.hvp(part, [x], [x]).tolist() == [2.0, 4.0, 6.0]
    # A graph of the outside that is as long as it likes is not looked at.
    y = md.Tensor([1.0, 2.0, 3.0], allow_grad=True) * 2.0
    _, tangent = md.jvp(lambda x: md.sum(x * y), [x], [md.ones(3)])
    tangent.backward()


def test_what_a_function_has_freed_itself_is_no_matter():
    def f(x):
        own = md.Tensor([1.0, 1.0], allow_grad=True)
        squares = own * own
        md.sum(squares * 2.0).backward(cleanup_mode="destroy")
        return md.exp(squares) * x

    x = md.asarray([1.0, 2.0])
    assert md.jvp(f, [x], [x])[1].tolist() == [np.e, 2.0 * np.e]


def test_many_results_are_looked_at_once(monkeypatch):
    """Not the whole graph for each of them."""
    seen = []
    weight = md.Tensor(0.5, allow_grad=True)

    def f(x):
        outs = []
        for _ in range(50):
            x = x * weight
            outs.append(x)
        return outs

    from minidiff.core import forward

    def counting(roots, start, count=forward.behind):
        seen.append(len(list(roots)))
        return count(roots, start)

    monkeypatch.setattr(forward, "behind", counting)
    md.jvp(f, [md.asarray(1.0)], [md.asarray(1.0)])
    assert seen == [50]
