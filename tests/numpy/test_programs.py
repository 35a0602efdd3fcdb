"""Programs that others wrote for NumPy, differentiated by changing the import line alone.

They are taken from the installed libraries: the same functions, whose `np` means
minidiff.numpy.
"""

import types

import numpy.polynomial.chebyshev as chebyshev
import numpy.polynomial.legendre as legendre
import pytest

import minidiff as md
import minidiff.numpy
import numpy as np
from minidiff.testing import gradcheck, gradgradcheck


def with_our_import(function):
    """The very same code, in a module whose `np` is minidiff.numpy."""
    assert "np" in function.__code__.co_names  # or there would be nothing to change
    names = {**function.__globals__, "np": minidiff.numpy}
    return types.FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )


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
