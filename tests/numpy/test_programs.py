"""Programs that others wrote for NumPy, differentiated by changing the import line alone.

They are taken from the installed libraries and their documentation, and read again with
`import minidiff.numpy as np` in the place of `import numpy as np`.
"""

import doctest
import importlib.util
import sys
import types
from pathlib import Path

import numpy.polynomial.chebyshev as chebyshev
import numpy.polynomial.legendre as legendre
import pytest

import minidiff as md
import minidiff.numpy
import numpy as np
from minidiff.testing import gradcheck, gradgradcheck

THEIRS, OURS = "import numpy as np\n", "import minidiff.numpy as np\n"


def with_our_import(function):
    """The very same code, in a module whose `np` is minidiff.numpy."""
    assert "np" in function.__code__.co_names  # or there would be nothing to change
    names = {**function.__globals__, "np": minidiff.numpy}
    return types.FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """A function that imports a copy of a module or package, its import lines changed."""

    def changed(name):
        pytest.importorskip(name.split(".")[0])
        original = Path(importlib.util.find_spec(name).origin)
        package = original.name == "__init__.py"
        copy = f"changed_{name.rpartition('.')[2]}"
        files = list(original.parent.glob("*.py")) if package else [original]
        if not any(THEIRS in source.read_text("utf-8") for source in files):
            pytest.skip(f"{name} of this version is written for another namespace")
        for source in files:
            text = source.read_text("utf-8")
            target = tmp_path / copy / source.name if package else tmp_path / f"{copy}.py"
            target.parent.mkdir(exist_ok=True)
            target.write_text(text.replace(THEIRS, OURS), "utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        return importlib.import_module(copy)

    yield changed
    for name in [name for name in sys.modules if name.startswith("changed_")]:
        del sys.modules[name]


def documented(function, line=OURS):
    """What the examples of a docstring define, `import numpy as np` changed."""
    names = {}
    for example in doctest.DocTestParser().get_examples(function.__doc__):
        if example.source == THEIRS:
            exec(line, names)
        elif example.source.startswith("def "):
            exec(example.source, names)
    assert "np" in names
    return types.SimpleNamespace(**names)


# ---- whole programs


def test_scipys_ode_solvers(imported):
    """All of scipy.integrate's Runge-Kutta code, on the Lotka-Volterra system of its documentation.

    The derivative is that of the numbers that the solver computes, its choice of steps included.
    """
    integrate = pytest.importorskip("scipy.integrate")
    solvers = imported("scipy.integrate._ivp")
    lotka_volterra = documented(integrate.solve_ivp).lotkavolterra
    start, constants = np.array([10.0, 5.0]), (1.5, 1.0, 3.0, 1.0)

    def end(start, *constants, solve=solvers.solve_ivp, **options):
        return solve(lotka_volterra, [0, 1], start, args=constants, **options).y[:, -1]

    inputs = [md.asarray(start), *map(md.asarray, constants)]
    for method in ("RK23", "RK45", "DOP853"):
        expected = end(start, *constants, solve=integrate.solve_ivp, method=method)
        found = end(*inputs, method=method)
        np.testing.assert_allclose(found.as_numpy(), expected, rtol=1e-11)
        # Small differences, between which the solver takes no other decisions.
        solved = lambda *given, m=method: end(*given, method=m)  # noqa: E731
        assert gradcheck(solved, inputs, fast=True, step=1e-4)
    assert gradgradcheck(solved, inputs, fast=True, step=1e-4)

    # Another way to the same matrix: an equation for it, integrated beside the system's own.
    def with_slopes(t, z):
        x, y, *slopes = z
        a, b, c, d = constants
        jacobian = np.array([[a - b * y, -b * x], [d * y, -c + d * x]])
        moved = jacobian @ np.reshape(slopes, (2, 2))
        return [*lotka_volterra(t, (x, y), *constants), *moved.ravel()]

    precise = {"method": "DOP853", "rtol": 1e-11, "atol": 1e-11}
    exact = integrate.solve_ivp(with_slopes, [0, 1], [*start, 1, 0, 0, 1], **precise).y[2:, -1]
    slopes = md.jacobian(lambda z: end(z, *constants, **precise))(inputs[0]).as_numpy()
    np.testing.assert_allclose(slopes.ravel(), exact, rtol=1e-8)


def test_the_broyden_system_of_scipys_documentation():
    """Updates of slices in place, from the examples of least_squares; solved by Newton's method."""
    optimize = pytest.importorskip("scipy.optimize")
    broyden = documented(optimize.least_squares).fun_broyden
    x = md.asarray(np.linspace(-1.0, 1.0, 7))
    assert gradcheck(broyden, x)
    assert gradgradcheck(broyden, x)
    # The sparsity that the documentation has to spell out.
    slopes = md.jacobian(broyden)(x).as_numpy()
    i, j = np.nonzero(slopes)
    assert (np.abs(i - j) <= 1).all()
    x = md.asarray(-np.ones(50))
    for _ in range(8):
        x = x - md.linalg.solve(md.jacobian(broyden)(x), broyden(x))
    assert np.abs(broyden(x).as_numpy()).max() < 1e-13
    theirs = documented(optimize.least_squares, THEIRS).fun_broyden
    found = optimize.least_squares(theirs, -np.ones(50), ftol=1e-15, xtol=1e-15, gtol=1e-15)
    np.testing.assert_allclose(x.as_numpy(), found.x, rtol=1e-8)


def test_the_global_optimisers_functions_of_scipys_documentation():
    """Ackley's function, from the examples of differential_evolution: reductions and branches."""
    optimize = pytest.importorskip("scipy.optimize")
    ackley = documented(optimize.differential_evolution).ackley
    point = md.asarray([0.3, -0.8])
    assert gradcheck(ackley, point)
    assert gradgradcheck(ackley, point)
    batch = md.asarray(np.random.default_rng(0).normal(size=(2, 6)))
    assert gradcheck(lambda x: ackley(x), batch)


def test_krogh_interpolation(imported):
    """SciPy's Krogh interpolator, which writes its table row by row: in points and in values."""
    krogh = imported("scipy.interpolate._polyint").KroghInterpolator
    original = pytest.importorskip("scipy.interpolate").KroghInterpolator
    xi, yi = np.array([-1.0, 0.2, 0.7, 1.5]), np.array([0.3, -0.5, 1.0, 0.4])
    at = np.array([-0.5, 0.0, 1.1])

    def interpolated(xi, yi):
        return krogh(xi, yi)(at)

    inputs = [md.asarray(xi), md.asarray(yi)]
    np.testing.assert_allclose(interpolated(*inputs).as_numpy(), original(xi, yi)(at), rtol=1e-13)
    assert gradcheck(interpolated, inputs)
    assert gradgradcheck(interpolated, inputs)
    # A polynomial that goes through the points is what it was, wherever on it they lie.
    poly = krogh(inputs[0], inputs[1])

    def through_other_points(xi):
        return krogh(xi, poly._evaluate(xi)[:, 0])(at)

    moved = md.jacobian(through_other_points)(inputs[0]).as_numpy()
    np.testing.assert_allclose(moved, 0.0, atol=1e-12)


def test_interpolation_on_a_sphere(imported):
    """SciPy's geometric_slerp: a QR decomposition, a determinant, an angle.

    It measures a distance through another module, for a warning alone: allow_detach() says that no
    history is missed there.
    """
    slerp = imported("scipy.spatial._geometric_slerp").geometric_slerp
    original = pytest.importorskip("scipy.spatial").geometric_slerp
    rng = np.random.default_rng(1)
    ends, t = rng.normal(size=(2, 3)), np.array([0.0, 0.3, 0.9])
    unit = [one / np.linalg.norm(one) for one in ends]

    def path(start, end, t):
        with md.allow_detach():
            return slerp(start / md.linalg.norm(start), end / md.linalg.norm(end), t)

    inputs = [*map(md.asarray, ends), md.asarray(t)]
    np.testing.assert_allclose(path(*inputs).as_numpy(), original(*unit, t), rtol=1e-13, atol=1e-15)
    assert gradcheck(path, inputs)
    assert gradgradcheck(path, inputs)


# ---- functions


@pytest.mark.parametrize("module", [chebyshev, legendre], ids=lambda m: m.__name__)
def test_series_of_polynomials(module):
    """NumPy's evaluation of a series by Clenshaw's recurrence, in the points and coefficients."""
    evaluate = module.chebval if module is chebyshev else module.legval
    ours = with_our_import(evaluate)
    x, c = np.array([-0.7, 0.1, 0.6]), np.array([0.5, -1.0, 0.25, 2.0])
    found = ours(md.asarray(x), md.asarray(c))
    np.testing.assert_allclose(found.as_numpy(), evaluate(x, c), rtol=1e-14)
    assert gradcheck(lambda x, c: ours(x, c), [md.asarray(x), md.asarray(c)])
    assert gradgradcheck(lambda x, c: ours(x, c), [md.asarray(x), md.asarray(c)])
    # And against the derivative that NumPy itself knows.
    differentiate = module.chebder if module is chebyshev else module.legder
    slope = md.grad(lambda x: md.sum(ours(x, md.asarray(c))))(md.asarray(x))
    np.testing.assert_allclose(slope.as_numpy(), evaluate(x, differentiate(c)), rtol=1e-12)


def test_a_quadratic_model_of_scipys_least_squares():
    common = pytest.importorskip("scipy.optimize._lsq.common")
    ours = with_our_import(common.evaluate_quadratic)
    rng = np.random.default_rng(0)
    jacobian, g, s = rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=3)
    diagonal = np.array([0.5, 1.5, 2.5])
    inputs = [md.asarray(one) for one in (jacobian, g, s, diagonal)]
    expected = common.evaluate_quadratic(jacobian, g, s, diagonal)
    assert float(ours(*inputs)) == pytest.approx(expected)
    assert gradcheck(ours, inputs)
    gradient = md.grad(ours, 2)(*inputs).as_numpy()
    np.testing.assert_allclose(gradient, jacobian.T @ jacobian @ s + diagonal * s + g, rtol=1e-12)
    rows = md.asarray(rng.normal(size=(5, 3)))  # it takes several points at once, too
    assert ours(inputs[0], inputs[1], rows, inputs[3]).shape == (5,)
