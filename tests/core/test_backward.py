"""The backward pass: what it leaves, what it frees, and what holds for graphs of any form."""

from typing import NamedTuple

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from cases import CASES
from minidiff.core.walk import reachable


def leaf(data, dtype=None):
    return md.Tensor(data, allow_grad=True, dtype=dtype)


def close(tensor, expected, rtol=1e-12):
    """Equal numbers and equal shapes."""
    assert type(tensor) is md.Tensor
    expected = np.asarray(expected)
    assert tensor.shape == expected.shape
    np.testing.assert_allclose(tensor.as_numpy(), expected, rtol=rtol, atol=1e-14)


def stays_straight(name):
    rule = getattr(getattr(xp, name, None), "rule", None)
    return rule is not None and rule.stays and rule.straight


X = np.array([[0, 2, -2, 1], [-1, -1, -2, -2]], dtype=float)
Y = np.array([[2, 3, 4, 5], [0, -1, -3, 2]], dtype=float)

# ---- the example, on two backends


@pytest.fixture(params=["numpy", "strict"])
def example(request):
    if request.param == "numpy":
        x, y = leaf(X.astype(int).tolist()), leaf(Y.astype(int).tolist())
        return x, y, 2 * y * md.sin(x) - x**2
    sp = md.wrap(array_api_strict)
    x, y = leaf(array_api_strict.asarray(X)), leaf(array_api_strict.asarray(Y))
    return x, y, 2 * y * sp.sin(x) - x**2


def test_example_first_order(example):
    x, y, f = example
    f.backward()
    close(x.grad, 2 * Y * np.cos(X) - 2 * X)
    close(y.grad, 2 * np.sin(X))
    assert not x.grad.allow_grad
    assert not y.grad.allow_grad


def test_example_second_order(example):
    x, y, f = example
    f.backward(allow_higher_order=True)
    close(x.grad, 2 * Y * np.cos(X) - 2 * X)
    assert x.grad.allow_grad
    x.grad.backward()
    close(x.grad, -2 * Y * np.sin(X) - 2)
    close(y.grad, 2 * np.cos(X))


# ---- what it writes into

STAYING = [case for case in CASES if stays_straight(case.name)]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in STAYING])
def test_a_formula_gives_an_array_of_its_own(case):
    """Or what arrives, as it is: further contributions are added into it, in place."""
    inputs = [leaf(array) if array.dtype.kind == "f" else array for array in case.arrays()]
    node = case.call(xp, *inputs).op_node
    g, saved = np.ones(node.shape), [getattr(node, name, None) for name in ("x1", "x2", "out")]
    kept = [g, *[one for one in saved if isinstance(one, np.ndarray)]]
    for pull, parent in ((node.rule.pull1, node.parent1), (node.rule.pull2, node.parent2)):
        if parent is not None:
            found = pull(node.backend.arrays, g, node)
            assert found is g or not any(np.shares_memory(found, one) for one in kept)


def test_each_operation_is_found_once():
    """Each uses the two before it, so there are as many ways as Fibonacci's numbers."""
    before, last = leaf([1.0]), leaf([1.0])
    for _ in range(20):
        before, last = last, xp.sin(before) + xp.cos(last)
    assert len(reachable(last.op_node)) == 60


# ---- where it starts


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (0,), (2, 0, 3)])
def test_starts_from_ones(shape):
    x = leaf(np.full(shape, 3.0))
    (x * x).backward()
    close(x.grad, np.full(shape, 6.0))


@pytest.mark.parametrize("shape", [(), (1,), (2,), (1, 3), (3, 1)])
def test_given_gradient_must_match_the_shape(shape):
    x = leaf([1.0, 2.0, 3.0])
    y = x * x
    with pytest.raises(ValueError, match=r"grad has shape .* has \(3,\)"):
        y.backward(xp.ones(shape))
    y.backward()  # and nothing has been freed


@pytest.mark.parametrize("wrong", [np.ones(2), [1.0, 1.0], 1.0, np.float64(1)])
def test_given_gradient_is_a_tensor(wrong):
    x = leaf([1.0, 2.0])
    y = x * x
    with pytest.raises(TypeError, match=r"grad is a Tensor.*asarray"):
        y.backward(wrong)
    y.backward()
    close(x.grad, [2.0, 4.0])


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128", "int64"])
def test_given_gradient_is_cast(dtype):
    x = leaf(np.ones(2, "float32"))
    (3 * x).backward(md.Tensor(np.array([1, 2], dtype)))
    assert x.grad.dtype == np.float32
    close(x.grad, [3.0, 6.0])


def test_recorded_gradient_of_a_given_gradient():
    """Two reverse passes make a forward derivative: the first is linear in its start."""
    x, start = leaf([1.0, 2.0]), leaf([0.0, 0.0])
    (x**3).backward(start, allow_higher_order=True)
    x.grad.backward(md.Tensor([10.0, 1.0]))
    close(start.grad, [30.0, 12.0])


def test_of_a_leaf_itself():
    x = leaf([1.0, 2.0])
    x.backward()
    close(x.grad, [1.0, 1.0])
    x.backward(md.Tensor([5.0, 6.0]))
    close(x.grad, [5.0, 6.0])
    assert x.allow_grad


@pytest.mark.parametrize(
    "make",
    [
        lambda x: md.Tensor([1.0]),
        lambda x: x.detach() * 2,
        lambda x: x > 0,
        lambda x: xp.argmax(x),
        lambda x: xp.astype(x, xp.int64),
        md.no_grad()(lambda x: 2 * x),
    ],
)
def test_without_history_it_raises_and_says_why(make):
    with pytest.raises(RuntimeError, match=r"nothing was recorded.*allow_grad=True.*no_grad"):
        make(leaf([1.0, 2.0])).backward()


@pytest.mark.parametrize("mode", ["Prune", "", None, "all"])
def test_unknown_cleanup_mode(mode):
    with pytest.raises(ValueError, match=r"cleanup_mode is one of .*'prune', 'keep', 'destroy'"):
        (leaf([1.0]) * 2).backward(cleanup_mode=mode)


# ---- reset_grads


def test_reset_replaces():
    x = leaf([1.0, 2.0])
    x.grad = md.Tensor([100.0, 100.0])
    (x * x).backward()
    close(x.grad, [2.0, 4.0])


def test_no_reset_adds():
    x = leaf([1.0, 2.0])
    (x * x).backward(reset_grads=False)
    close(x.grad, [2.0, 4.0])
    first = x.grad
    (3 * x).backward(reset_grads=False)
    close(x.grad, [5.0, 7.0])
    close(first, [2.0, 4.0])


@pytest.mark.parametrize("reset", [True, False])
def test_leaves_that_are_not_reached_keep_theirs(reset):
    x, y = leaf([1.0]), leaf([2.0])
    y.grad = kept = md.Tensor([7.0])
    (x * y.detach()).backward(reset_grads=reset)
    assert y.grad is kept
    close(x.grad, [2.0])


def test_gradients_are_replaced_at_the_end_of_the_pass():
    """The pass that starts from x.grad needs what x.grad was."""
    x = leaf([3.0])
    (x**4).backward(allow_higher_order=True)
    g = x.grad
    (g * x).backward()
    close(x.grad, [16 * 27.0])


# ---- retain_grads


@pytest.mark.parametrize("mode", ["prune", "keep", "destroy"])
def test_retained_gradients_of_intermediates(mode):
    x = leaf([1.0, 2.0])
    y = x * x
    z = 3 * y
    w = xp.sum(z * z)
    w.backward(retain_grads=True, cleanup_mode=mode)
    close(w.grad, 1.0)
    close(z.grad, [6.0, 24.0])
    close(y.grad, [18.0, 72.0])
    close(x.grad, [36.0, 288.0])


def test_intermediates_have_none_otherwise():
    x = leaf([1.0, 2.0])
    y = x * x
    z = xp.sum(y)
    z.backward()
    assert y.grad is None
    assert z.grad is None


class Powers(NamedTuple):
    square: md.Tensor
    cube: md.Tensor


def powers_x(g, x):
    by_square = 0 * x if g.square is None else 2 * x * g.square
    return by_square if g.cube is None else by_square + 3 * x * x * g.cube


@md.differentiable(x=powers_x, jvp=lambda dx, x: Powers(2 * x * dx, 3 * x * x * dx))
def powers(xp, x, /) -> Powers:
    return Powers(x * x, x * x * x)


def test_retained_gradients_of_several_results():
    x = leaf([2.0])
    square, cube = powers(x)
    (square * cube).backward(retain_grads=True)
    close(x.grad, [80.0])
    close(square.grad, [8.0])
    close(cube.grad, [4.0])


def test_retained_gradients_have_history_at_higher_order():
    x = leaf([2.0])
    y = x * x
    z = y**3
    z.backward(retain_grads=True, allow_higher_order=True)
    close(y.grad, [3 * 16.0])  # 3 y² = 3 x⁴
    y.grad.backward()
    close(x.grad, [12 * 8.0])
    for tensor in (y, z):
        tensor.wipe()  # the documented cycle


# ---- cleanup_mode


def test_prune_lets_two_results_share_a_trunk():
    x = leaf([1.0, 2.0])
    trunk = xp.exp(x)
    a, b = xp.sum(2 * trunk), xp.sum(trunk * trunk)
    del trunk
    a.backward()
    close(x.grad, 2 * np.exp([1.0, 2.0]))
    b.backward()
    close(x.grad, 2 * np.exp([2.0, 4.0]))
    for used in (a, b):
        with pytest.raises(RuntimeError, match="cleanup_mode='keep'"):
            used.backward()


def test_a_live_intermediate_keeps_its_part():
    x = leaf([1.0, 2.0])
    middle = xp.sin(x)
    top = middle**2
    top.backward()
    assert middle.op_node is not None
    middle.backward()
    close(x.grad, np.cos([1.0, 2.0]))


def test_a_recorded_gradient_keeps_the_graph():
    x = leaf([1.0, 2.0])
    y = x**3
    y.backward(allow_higher_order=True)
    first = x.grad
    first.backward(allow_higher_order=True)
    close(x.grad, [6.0, 12.0])
    with pytest.raises(RuntimeError, match="cleanup_mode='keep'"):
        first.backward()
    x.grad.backward()
    close(x.grad, [6.0, 6.0])


def test_what_is_built_on_a_freed_result_raises():
    x = leaf([1.0, 2.0])
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match="cleanup_mode='keep'"):
        (3 * y).backward()
    with pytest.raises(RuntimeError, match="cleanup_mode='keep'"):
        xp.concat([y, x]).backward()


def test_keep_leaves_the_graph():
    x = leaf([1.0, 2.0])
    y = xp.sum(x * x * x)
    for _ in range(3):
        y.backward(cleanup_mode="keep")
        close(x.grad, [3.0, 12.0])
    y.backward(cleanup_mode="keep", reset_grads=False)
    close(x.grad, [6.0, 24.0])
    y.backward(cleanup_mode="keep", allow_higher_order=True)
    x.grad.backward()
    close(x.grad, [6.0, 12.0])
    y.backward()
    with pytest.raises(RuntimeError, match="cleanup_mode='keep'"):
        y.backward()


def test_destroy_empties_what_others_hold():
    x = leaf([1.0, 2.0])
    trunk = xp.exp(x)
    a, b = xp.sum(2 * trunk), xp.sum(trunk * trunk)
    joined = xp.concat([trunk, trunk])
    a.backward(cleanup_mode="destroy")
    close(x.grad, 2 * np.exp([1.0, 2.0]))
    for other in (a, b, trunk, joined):
        with pytest.raises(RuntimeError, match="cleanup_mode='keep'"):
            other.backward()
    close(x.grad, 2 * np.exp([1.0, 2.0]))


def test_destroy_cannot_be_recorded():
    x = leaf([1.0])
    y = x * x
    with pytest.raises(ValueError, match=r"destroy.*allow_higher_order.*prune"):
        y.backward(cleanup_mode="destroy", allow_higher_order=True)
    y.backward()
    close(x.grad, [2.0])


# ---- graphs of any form


def test_deep_diamonds():
    """2**60 paths, 60 nodes: each is walked once."""
    x = leaf([1.0])
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    close(x.grad, [2.0**60])


def test_fan_out():
    x = leaf([1.0, 2.0])
    y = xp.sin(x)
    total = md.Tensor([0.0, 0.0])
    for k in range(1, 8):
        total = total + k * y**k
    total.backward()
    s, c = np.sin([1.0, 2.0]), np.cos([1.0, 2.0])
    close(x.grad, sum(k * k * s ** (k - 1) for k in range(1, 8)) * c)


TWICE = {
    "multiply": (lambda x: x * x, lambda x: 2 * x),
    "subtract": (lambda x: x - x, lambda x: 0 * x),
    "divide": (lambda x: x / x, lambda x: 0 * x),
    "pow": (lambda x: x**x, lambda x: x**x * (np.log(x) + 1)),
    "concat": (lambda x: xp.concat([x, x, 3 * x]), lambda x: 0 * x + 5),
    "stack": (lambda x: xp.stack([x, x]), lambda x: 0 * x + 2),
    "where": (lambda x: xp.where(md.Tensor([True, False]), x, x), lambda x: 0 * x + 1),
    "vecdot": (lambda x: xp.vecdot(x, x), lambda x: 2 * x),
}


@pytest.mark.parametrize("name", TWICE)
def test_a_tensor_used_twice_in_one_operation(name):
    function, slope = TWICE[name]
    x = leaf([1.5, 2.5])
    function(x).backward()
    close(x.grad, slope(np.array([1.5, 2.5])))


@pytest.mark.parametrize("name", TWICE)
def test_a_tensor_used_twice_at_second_order(name):
    function, slope = TWICE[name]
    x = leaf([1.5, 2.5])
    function(x).backward(allow_higher_order=True)
    h = 1e-5
    curvature = (slope(np.array([1.5, 2.5]) + h) - slope(np.array([1.5, 2.5]) - h)) / (2 * h)
    (x.grad + 0 * x).backward()
    close(x.grad, curvature, rtol=1e-8)


def test_several_leaves():
    leaves = [leaf([float(k)]) for k in range(1, 21)]
    y = leaves[0]
    for one in leaves[1:]:
        y = y * one
    y.backward()
    product = np.prod(np.arange(1.0, 21))
    for k, one in enumerate(leaves, 1):
        close(one.grad, [product / k])


@pytest.mark.parametrize(
    "stop",
    [
        lambda x: xp.astype(x, xp.int64),
        lambda x: xp.astype(x > 0, xp.float64),
        lambda x: x.detach(),
    ],
)
def test_integers_stop_the_gradient(stop):
    x = leaf([1.0, 2.0])
    assert not stop(x).allow_grad
    (stop(x) * x).backward()
    close(x.grad, stop(x).as_numpy())


# ---- complex numbers: the gradient is ∂L/∂Re x + i ∂L/∂Im x


def test_complex_result_starts_from_ones():
    z, r = leaf([1 + 2j, 3 - 1j]), leaf([1.0, 2.0])
    ((1 + 2j) * z * r).backward()
    close(z.grad, (1 - 2j) * np.array([1.0, 2.0]))
    assert r.grad.dtype == np.float64
    close(r.grad, ((1 + 2j) * np.array([1 + 2j, 3 - 1j])).real)


def loss(namespace, z):
    f = namespace.exp(z) + z * z - (1 + 2j) * z
    return namespace.sum(namespace.real(f) ** 2 + namespace.imag(f) ** 2)


def test_complex_gradient_of_a_real_loss():
    point = np.array([0.3 - 0.8j, -1.2 + 0.4j])
    z = leaf(point)
    loss(xp, z).backward()
    f = np.exp(point) + point**2 - (1 + 2j) * point
    close(z.grad, 2 * f * np.conj(np.exp(point) + 2 * point - (1 + 2j)))


def test_complex_descent():
    z = leaf([0.3 - 0.8j, -1.2 + 0.4j])
    values = []
    for _ in range(60):
        value = loss(xp, z)
        value.backward()
        values.append(value.item())
        with md.no_grad():
            z -= 0.02 * z.grad
    assert np.all(np.diff(values) < 0)
    assert values[-1] < 1e-3 * values[0]


def test_a_real_leaf_in_a_complex_computation():
    x = leaf([0.4, 2.0])
    y = xp.real(xp.exp(1j * x) * (2 + 3j))
    y.backward(allow_higher_order=True)
    assert x.grad.dtype == np.float64
    c, s = np.cos([0.4, 2.0]), np.sin([0.4, 2.0])
    close(x.grad, -2 * s - 3 * c)
    x.grad.backward()
    assert x.grad.dtype == np.float64
    close(x.grad, -2 * c + 3 * s)
