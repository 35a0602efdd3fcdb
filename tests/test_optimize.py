"""SciPy's optimisers on functions of nested parameters."""

import tracemalloc

import pytest

import minidiff as md
import numpy as np
from minidiff.optimize import residuals, scipy_objective

optimize = pytest.importorskip("scipy.optimize")

T = np.linspace(0.0, 2.0, 21)
Y = 1.5 * np.exp(-1.3 * T) + 0.4


def model(p, t):
    return p["scale"] * md.exp(-p["rates"][0] * t) + p["rest"]


def loss(p, t, y):
    return md.sum((model(p, t) - y) ** 2)


def start():
    return {"scale": 1.0, "rates": [md.asarray(0.5)], "rest": np.array(0.0)}


def test_vectors_and_parameters():
    f = scipy_objective(loss, start(), (T, Y))
    assert f.x0.tolist() == [1.0, 0.5, 0.0]
    p = f.parameters([2.0, 3.0, 4.0])
    assert (float(p["scale"]), float(p["rates"][0]), float(p["rest"])) == (2.0, 3.0, 4.0)
    value, gradient = f(f.x0)
    assert type(value) is float
    assert (gradient.dtype, gradient.shape) == (np.dtype("float64"), (3,))
    assert f.value(f.x0) == value
    assert f.gradient(f.x0).tolist() == gradient.tolist()
    truth = optimize.approx_fprime(f.x0, f.value)
    np.testing.assert_allclose(gradient, truth, rtol=1e-5)


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "Newton-CG", "trust-ncg", "CG"])
def test_minimize(method):
    f = scipy_objective(loss, start(), (T, Y))
    hessp = f.hessp if method in ("Newton-CG", "trust-ncg") else None
    found = optimize.minimize(f, f.x0, jac=True, hessp=hessp, method=method, tol=1e-10)
    np.testing.assert_allclose(found.x, [1.5, 1.3, 0.4], rtol=1e-3)


def test_the_product_with_the_hessian():
    f = scipy_objective(lambda x: md.sum(x**3) + x[0] * x[1], md.asarray([1.0, 2.0]))
    hessian = np.array([f.hessp(f.x0, row) for row in np.eye(2)])
    np.testing.assert_allclose(hessian, [[6.0, 1.0], [1.0, 12.0]])
    np.testing.assert_array_equal(f.hess(f.x0), hessian)


def test_the_hessian_of_parameters_in_containers():
    def f(p):
        return md.sum(p["a"] ** 3 * p["b"]) + md.exp(p["a"][0, 0] * p["c"])

    parameters = {"a": md.asarray([[1.0, 2.0]]), "b": np.float32(0.5), "c": 0.3}
    f = scipy_objective(f, parameters)
    found = f.hess(f.x0)
    assert (found.dtype, found.shape) == (np.dtype("float64"), (4, 4))
    np.testing.assert_allclose(found, found.T)
    truth = optimize.approx_fprime(f.x0, f.gradient, 2.0**-12)  # float32 can tell the two apart
    np.testing.assert_allclose(found, truth, rtol=1e-3, atol=1e-3)
    alone = scipy_objective(rosenbrock)
    np.testing.assert_allclose(alone.hess([0.5, 2.0, 1.0]), optimize.rosen_hess([0.5, 2.0, 1.0]))
    assert scipy_objective(lambda x: md.sum(x), []).hess([]).shape == (0, 0)


def test_least_squares():
    r = residuals(lambda p, t, y: model(p, t) - y, start(), (T, Y))
    assert r.jac(r.x0).shape == (21, 3)
    found = optimize.least_squares(r, r.x0, jac=r.jac)
    np.testing.assert_allclose(found.x, [1.5, 1.3, 0.4], rtol=1e-8)
    np.testing.assert_allclose(
        r.jac(found.x), optimize.approx_fprime(found.x, r), rtol=1e-5, atol=1e-6
    )


def test_residuals_in_containers_and_float32_parameters():
    p = [md.asarray([1.0, 2.0], dtype=md.float32), 3.0]
    r = residuals(lambda p: {"a": p[0] * p[1], "b": [p[1] ** 2 - 1.0]}, p)
    assert r(r.x0).tolist() == [3.0, 6.0, 8.0]
    np.testing.assert_allclose(r.jac(r.x0), [[3, 0, 1], [0, 3, 2], [0, 0, 6]])
    assert r.parameters(r.x0)[0].dtype == np.dtype("float32")


def test_without_an_example_of_the_parameters():
    f = scipy_objective(rosenbrock)
    start = np.array([-1.2, 1.0, 0.5])
    assert f.x0 is None
    value, gradient = f(start)
    assert value == pytest.approx(optimize.rosen(start))
    np.testing.assert_allclose(gradient, optimize.rosen_der(start))
    np.testing.assert_allclose(f.gradient(start), optimize.rosen_der(start))
    way = np.array([1.0, 2.0, -1.0])
    np.testing.assert_allclose(f.hessp(start, way), optimize.rosen_hess(start) @ way)
    found = optimize.minimize(f, start, jac=True, hessp=f.hessp, method="trust-ncg", tol=1e-8)
    exact = optimize.minimize(f, start, jac=True, hess=f.hess, method="trust-exact", tol=1e-8)
    np.testing.assert_allclose(exact.x, found.x, rtol=1e-6)
    np.testing.assert_allclose(found.x, np.ones(3), rtol=1e-6)
    r = residuals(lambda x, t: x[0] * md.exp(x[1] * t) - Y, None, (T,))
    np.testing.assert_allclose(
        r.jac([1.0, 0.5]), np.stack([np.exp(T / 2), T * np.exp(T / 2)], axis=-1)
    )


def rosenbrock(x):
    return md.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def test_arguments_that_scipy_passes():
    f = scipy_objective(loss, start())
    by_scipy = optimize.minimize(f, f.x0, args=(T, Y), jac=True, hessp=f.hessp, method="Newton-CG")
    np.testing.assert_allclose(by_scipy.x, [1.5, 1.3, 0.4], rtol=1e-3)
    r = residuals(lambda p, t, *, y: model(p, t) - y, start(), (T,))
    found = optimize.least_squares(r, r.x0, jac=r.jac, kwargs={"y": Y})
    np.testing.assert_allclose(found.x, [1.5, 1.3, 0.4], rtol=1e-8)
    r = residuals(lambda p, t, y: model(p, t) - y, start(), (T,))
    found = optimize.least_squares(r, r.x0, jac=r.jac, args=(Y,))
    np.testing.assert_allclose(found.x, [1.5, 1.3, 0.4], rtol=1e-8)


def test_scipy_gets_float64():
    p = [md.asarray([1.0, 2.0], dtype=md.float32), np.float32(3.0)]
    f = scipy_objective(lambda p: md.sum(p[0] * p[1]), p)
    assert f.x0.dtype == f.gradient(f.x0).dtype == f.hessp(f.x0, f.x0).dtype == np.float64
    r = residuals(lambda p: p[0] * p[1], p)
    assert r(r.x0).dtype == r.jac(r.x0).dtype == np.float64
    np.testing.assert_array_equal(r.jac(r.x0), [[3, 0, 1], [0, 3, 2]])


def test_no_parameters():
    f = scipy_objective(lambda p: md.asarray(3.0), {})
    assert (f.x0.shape, f(f.x0)[0], f(f.x0)[1].shape) == ((0,), 3.0, (0,))
    r = residuals(lambda p: [md.ones(2), md.asarray(1.0)], {})
    assert (r(r.x0).tolist(), r.jac(r.x0).shape) == ([1.0, 1.0, 1.0], (3, 0))


@pytest.mark.parametrize("name", ["array_api_strict", "torch"])
def test_parameters_stay_in_their_library(name):
    library = pytest.importorskip(name)
    xp = md.wrap(library)
    p = {"a": xp.asarray([[1.0, 2.0]], dtype=xp.float32), "b": xp.asarray(3.0, dtype=xp.float64)}
    f = scipy_objective(lambda p: xp.sum(p["a"]) ** 2, p)
    back = f.parameters([0.1, 0.2, 1 / 3])
    assert {name: one._backend for name, one in back.items()} == dict.fromkeys(
        "ab", p["a"]._backend
    )
    assert back["a"].dtype == xp.float32
    assert (back["a"].shape, float(back["b"])) == ((1, 2), 1 / 3)  # to the last bit
    value, gradient = f(f.x0)
    assert (value, gradient.tolist()) == (9.0, [6.0, 6.0, 0.0])


def test_a_vector_is_not_made_a_list_on_the_way():
    x = np.ones(300_000)
    f = scipy_objective(lambda p: md.sum(p), x)
    tracemalloc.start()
    f(x)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 3 * x.nbytes  # a list of floats alone takes four


def test_refusals():
    with pytest.raises(TypeError, match="SciPy optimises real numbers"):
        scipy_objective(md.sum, md.asarray([1.0j]))
    with pytest.raises(ValueError, match="a vector of 2 numbers is needed"):
        scipy_objective(md.sum, md.asarray([1.0, 2.0])).parameters([1.0])


def test_constant_and_complex_residuals():
    r = residuals(lambda p: [p[0] ** 2, 1.0, np.array([2, 3])], [1.0, 2.0])
    assert r(r.x0).tolist() == [1.0, 1.0, 2.0, 3.0]
    assert r.jac(r.x0).tolist() == [[2.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    r = residuals(lambda p: p[0] * 1j, [1.0])
    for call in (r, r.jac):
        with pytest.raises(TypeError, match="real and imaginary parts"):
            call(r.x0)
