"""What runs a function twice, or in another mode, and yet gives what one run gives."""

import pytest

import minidiff as md
import numpy as np
from minidiff.optimize import residuals

X = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
MODES = (None, "forward", "reverse")


def vector():
    return md.asarray([1.0, 2.0, 3.0])


# ---- Jacobians


@pytest.mark.parametrize("mode", MODES)
def test_a_jacobian_draws_once(mode):
    """The default evaluates twice where there are more results than arguments."""
    twice = np.random.default_rng(0).normal(size=7)

    def own(x, rng):
        return md.concatenate([x, x]) * rng.normal(size=6)

    rng = md.random.default_rng(0)
    found = md.jacobian(own, mode=mode)(vector(), rng).as_numpy()
    np.testing.assert_array_equal(found, np.tile(np.eye(3), (2, 1)) * twice[:6, None])
    assert float(rng.normal()) == twice[6]

    md.random.seed(0)
    shared = md.jacobian(lambda x: own(x, md.random), mode=mode)(vector()).as_numpy()
    np.testing.assert_array_equal(shared, found)
    assert float(md.random.normal()) == twice[6]


def branching(x):
    u = md.copy(x)
    if u[0] > 0:
        u[1] *= 2.0
    return md.concatenate([u, u])


def selecting(x):
    u = md.copy(x)
    return md.concatenate([u[u > 1.5], u, u])


@pytest.mark.parametrize("f", [branching, selecting])
def test_a_jacobian_of_what_asks_for_values(f):
    """Columns at once are a batch, which has no single value: then it takes rows."""
    x = vector()
    expected = md.jacobian(f, mode="reverse")(x).as_numpy()
    np.testing.assert_array_equal(md.jacobian(f)(x).as_numpy(), expected)
    np.testing.assert_array_equal(residuals(f, x).jac([1.0, 2.0, 3.0]), expected)


@pytest.mark.parametrize("mode", [None, "reverse"])
def test_rows_in_place_of_columns_draw_the_same(mode):
    drawn = np.random.default_rng(5).normal(size=7)
    md.random.seed(5)
    found = md.jacobian(lambda x: branching(x) * md.random.normal(size=6), mode=mode)(vector())
    slopes = np.tile(np.diag([1.0, 2.0, 1.0]), (2, 1))
    np.testing.assert_array_equal(found.as_numpy(), slopes * drawn[:6, None])
    assert float(md.random.normal()) == drawn[6]


def test_an_error_of_the_function_itself_comes_through():
    def refusing(x):
        raise TypeError("the function's own")

    with pytest.raises(TypeError, match=r"the function's own"):
        md.jacobian(refusing)(vector())
    with pytest.raises(TypeError, match=r"^jacobian: complex128 was found"):
        md.jacobian(lambda x: md.concatenate([x, x]) * 1j)(vector())


# ---- checkpoints


def parts_of_results(x):
    def two(t):
        u = t * 2.0
        return u, u[1:]

    u, part = md.checkpoint(two)(x)
    u[1] = 50.0 * x[0]
    return md.sum(part)


def view_of_argument(x):
    u = x * 1.0
    row = md.checkpoint(lambda t: t[0])(md.reshape(u, (1, 3)))
    row *= 2.0
    return md.sum(u) + md.sum(row)


def argument_itself(x):
    u = x * 1.0
    r = md.checkpoint(lambda t: t)(u)
    r *= 2.0
    return md.sum(u * r)


@pytest.mark.parametrize(
    ("f", "value", "gradient"),
    [
        (parts_of_results, 10.0, [0.0, 2.0, 2.0]),
        (view_of_argument, 18.0, [3.0, 3.0, 3.0]),
        (argument_itself, 28.0, [4.0, 8.0, 12.0]),
    ],
)
def test_results_of_a_checkpoint_share_no_memory_in_any_mode(f, value, gradient):
    x = vector()
    assert float(f(x)) == value
    with md.no_grad():
        assert float(f(x)) == value
    found, by_x = md.value_and_grad(f)(x)
    assert float(found) == value
    assert by_x.tolist() == gradient
    for mode in MODES:
        assert md.jacobian(f, mode=mode)(x).tolist() == gradient
    out, moved = md.jvp(f, [x], [x])
    assert (float(out), float(moved)) == (value, float(np.dot(gradient, [1.0, 2.0, 3.0])))
    batch = md.vmap(f)(md.stack([x, x]))
    assert batch.tolist() == [value, value]


# ---- tangents on the level of what they belong to


def into(function):
    def f(r):
        u = md.zeros(3)
        function(r, u)
        return u * r

    return f


WRITES = {
    "sin": lambda r, u: md.sin(r, out=u),
    "add": lambda r, u: md.add(r, 1.0, out=u),
    "cumsum": lambda r, u: md.cumsum(r, out=u),
    "clip": lambda r, u: md.clip(r, 0.5, 2.5, out=u),
    "a part": lambda r, u: md.sin(r[1:], out=u[1:]),
    "astype": lambda r, u: u.__setitem__(..., r.astype(md.float64)),
    "float32": lambda r, u: u.__setitem__(..., r.astype(md.float32) * r),
}


@pytest.mark.parametrize("name", WRITES)
def test_tangents_of_conversions_inside_vmap(name):
    f, x = into(WRITES[name]), md.asarray(X)
    alone = np.stack([md.jvp(f, [row], [row])[1].as_numpy() for row in x])
    np.testing.assert_allclose(md.jvp(md.vmap(f), [x], [x])[1].as_numpy(), alone, rtol=1e-7)
    _, moved = md.jvp(lambda x: md.sum(md.vmap(f)(x)), [x], [x])
    np.testing.assert_allclose(float(moved), alone.sum(), rtol=1e-7)
    np.testing.assert_allclose(
        float(moved), float(md.sum(md.grad(lambda x: md.sum(md.vmap(f)(x)))(x) * x)), rtol=1e-7
    )
    third = [md.jacobian(f)]
    for mode in ("forward", None):
        third.append(md.jacobian(third[-1], mode=mode))
    assert third[-1](x[1]).shape == (3, 3, 3, 3)


def test_tangents_of_conversions_around_which_a_vmap_lies():
    z = md.asarray(np.arange(12.0).reshape(2, 2, 3))
    for f in (
        lambda r: r.astype(md.float32) ** 2,
        lambda r: md.linalg.solve(md.eye(3) * (2 + 1j), r),
    ):
        found = md.vmap(lambda z, f=f: md.jvp(md.vmap(f), [z], [z])[1])(z)
        rows = [[md.jvp(f, [row], [row])[1].as_numpy() for row in part] for part in z]
        np.testing.assert_allclose(found.as_numpy(), np.array(rows), rtol=1e-12)
