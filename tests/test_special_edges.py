"""Special functions where they are awkward: at 0 and at infinity, far out, and near a cancellation.

At the edges every order is the limit. The other numbers are computed with mpmath at 50 digits, by
the expressions beside them.
"""

import array_api_strict
import pytest

import minidiff as md
import numpy as np
from minidiff import special

pytest.importorskip("scipy.special")

strict = md.wrap(array_api_strict)
inf, nan = np.inf, np.nan


def named(name):
    """A function by name, with leading parameters behind it: 'gammainc 2', 'betainc 2 3'."""
    word, *parameters = name.split()
    parameters = [float(one) for one in parameters]
    return lambda x: getattr(special, word)(*parameters, x)


def derivative(f, order):
    for _ in range(order):
        f = md.grad(f)
    return f


# ---- edges

EDGES = [
    # name, x, derivatives of order 1, 2, ...
    ("erf", inf, [0.0, 0.0, 0.0]),
    ("erf", -inf, [0.0, 0.0, 0.0]),
    ("erfc", inf, [0.0, 0.0, 0.0]),
    ("erfcx", inf, [0.0, 0.0, 0.0]),
    ("erfcx", -inf, [-inf, inf, -inf]),
    ("erfinv", 1.0, [inf, inf]),
    ("ndtr", inf, [0.0, 0.0, 0.0]),
    ("ndtr", -inf, [0.0, 0.0, 0.0]),
    ("log_ndtr", inf, [0.0, 0.0, 0.0]),
    ("log_ndtr", -inf, [inf, -1.0, 0.0]),
    ("ndtri", 0.0, [inf, -inf]),
    ("expit", inf, [0.0, 0.0]),
    ("expit", -inf, [0.0, 0.0]),
    ("log_expit", 1000.0, [0.0, 0.0]),
    ("log_expit", -1000.0, [1.0, 0.0]),
    ("log_expit", -inf, [1.0, 0.0]),
    ("logit", 0.0, [inf, -inf, inf]),
    ("logit", -0.0, [inf, -inf, inf]),
    ("logit", 1.0, [inf, inf, inf]),
    ("entr", 0.0, [inf, -inf, inf]),
    ("gammainc 1", 0.0, [1.0, -1.0, 1.0]),
    ("gammainc 2", 0.0, [0.0, 1.0, -2.0]),
    ("gammainc 3", 0.0, [0.0, 0.0, 1.0]),
    ("gammainc 1.5", 0.0, [0.0, inf]),
    ("gammainc 0.5", 0.0, [inf, -inf]),
    ("gammainc 2", inf, [0.0, 0.0, 0.0]),
    ("gammainc 0", 1.0, [0.0, 0.0]),
    ("gammaincc 2", 0.0, [0.0, -1.0, 2.0]),
    ("betainc 1 1", 0.0, [1.0, 0.0, 0.0]),
    ("betainc 1 1", 1.0, [1.0, 0.0, 0.0]),
    ("betainc 2 3", 0.0, [0.0, 12.0, -48.0]),
    ("betainc 3 2", 1.0, [0.0, -12.0, -48.0]),
    ("betainc 0.5 0.5", 0.0, [inf, -inf]),
    ("betainc 0.5 0.5", 1.0, [inf, inf]),
    ("i0e", inf, [0.0, 0.0]),
    ("i1", 0.0, [0.5, 0.0, 0.375]),
    ("i1e", inf, [0.0, 0.0]),
    ("i1e", -inf, [0.0, 0.0]),
    ("i1e", 0.0, [0.5, 0.0]),
]


@pytest.mark.parametrize("library", [md, strict], ids=["NumPy", "strict"])
@pytest.mark.parametrize(("name", "x", "expected"), EDGES, ids=[f"{e[0]} at {e[1]}" for e in EDGES])
def test_edges(name, x, expected, library):
    at = library.asarray(x)
    with np.errstate(all="ignore"):  # forward passes say what the library says
        found = [derivative(named(name), i)(at).item() for i in range(1, len(expected) + 1)]
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["rel_entr", "kl_div"])
def test_entropies_of_nothing(name):
    def total(p):
        return md.sum(getattr(special, name)(p[0], p[1]))

    with np.errstate(all="ignore"):
        assert md.hessian(total)(md.asarray([0.0, 2.0])).tolist() == [[inf, -0.5], [-0.5, 0.0]]
        slope = md.grad(lambda y: getattr(special, name)(0.0, y))
        assert slope(0.0).item() == (0.0 if name == "rel_entr" else 1.0)
        assert slope(2.0).item() == (0.0 if name == "rel_entr" else 1.0)


@pytest.mark.parametrize(("name", "zero"), [("xlogy", 0.0), ("xlog1py", -1.0)])
def test_logarithms_times_nothing(name, zero):
    f = getattr(special, name)
    with np.errstate(all="ignore"):
        assert [one.item() for one in md.grad(f, (0, 1))(0.0, zero)] == [-inf, 0.0]
        # Both mixed derivatives are 1/y.
        assert md.grad(lambda x: md.grad(f, 1)(x, zero))(0.0).item() == inf
        assert md.grad(lambda y: md.grad(f, 0)(0.0, y))(zero).item() == inf
        assert np.isnan(md.grad(f, 1)(0.0, nan).item())


# ---- cancellations

REFERENCES = [
    # name, x, order, value, and what mpmath was asked
    ("erf", 20, 2, -8.6441498975471938e-173, "-4 * x * exp(-x**2) / sqrt(pi)"),
    ("erfcx", -3, 3, -4083954.3263745797, "diff(lambda t: exp(t**2) * erfc(t), x, 3)"),
    ("erfcx", 2.5, 3, -0.048009416292609643, "diff(lambda t: exp(t**2) * erfc(t), x, 3)"),
    ("erfcx", 5, 1, -0.02133278976482631, "-hyperu(1, 0.5, x**2) / sqrt(pi)"),
    ("erfcx", 10, 3, -0.00032242674768269101, "-6 * hyperu(2, 0.5, x**2) / sqrt(pi)"),
    ("erfcx", 1e3, 2, 1.1283757819707055e-9, "2 * hyperu(1.5, 0.5, x**2) / sqrt(pi)"),
    ("erfcx", 1e9, 1, -5.6418958354775629e-19, "-hyperu(1, 0.5, x**2) / sqrt(pi)"),
    ("erfcx", 1e9, 2, 1.1283791670955126e-27, "2 * hyperu(1.5, 0.5, x**2) / sqrt(pi)"),
    ("ndtr", -20, 2, 1.1041896724319526e-86, "-x * npdf(x)"),
    ("log_ndtr", -1e6, 1, 1000000.000001, "npdf(x) / ncdf(x)"),
    ("log_ndtr", -100, 2, -0.99990005995005174, "diff(lambda t: log(ncdf(t)), x, 2)"),
    ("log_ndtr", -100, 3, 1.9976029958623432e-6, "diff(lambda t: log(ncdf(t)), x, 3)"),
    ("log_ndtr", -10, 3, 0.0017864003921165069, "diff(lambda t: log(ncdf(t)), x, 3)"),
    ("log_ndtr", -4, 3, 0.017856339307658426, "diff(lambda t: log(ncdf(t)), x, 3)"),
    ("log_ndtr", 3, 3, 0.035680136876570471, "diff(lambda t: log(ncdf(t)), x, 3)"),
    ("expit", 40, 1, 4.248354255291589e-18, "exp(-x) / (1 + exp(-x)) ** 2"),
    ("expit", 40, 2, -4.2483542552915889e-18, "diff(lambda t: 1 / (1 + exp(-t)), x, 2)"),
    ("expit", -40, 3, 4.2483542552915889e-18, "diff(lambda t: 1 / (1 + exp(-t)), x, 3)"),
    ("log_expit", 40, 2, -4.248354255291589e-18, "-exp(-x) / (1 + exp(-x)) ** 2"),
    ("i1e", 30, 2, 5.6806124652776637e-5, "diff(lambda t: exp(-t) * besseli(1, t), x, 2)"),
    ("gammainc 9", 7, 2, 0.018625347459292236, "(8 / x - 1) * x**8 * exp(-x) / gamma(9)"),
    ("gammainc 9", 6, 3, -0.011473081503427145, "(56/x**2 - 16/x + 1) * x**8 * exp(-x) / gamma(9)"),
    ("gammainc 99", 120, 2, -0.00085762465757543792, "(98 / x - 1) * x**98 * exp(-x) / gamma(99)"),
    ("betainc 9 5", 0.4, 2, 7.2873934848000014, "(8/x - 4/(1-x)) * x**8 * (1-x)**4 / beta(9, 5)"),
]


@pytest.mark.parametrize(
    ("name", "x", "order", "value", "expression"),
    REFERENCES,
    ids=[f"{r[0]} at {r[1]}, order {r[2]}" for r in REFERENCES],
)
def test_cancellations(name, x, order, value, expression):
    found = derivative(named(name), order)(float(x)).item()
    assert found == pytest.approx(value, rel=2e-12, abs=0.0)


@pytest.mark.parametrize("reference", REFERENCES, ids=[r[4] for r in REFERENCES])
def test_references(reference):
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(50):
        found = eval(reference[4], {**vars(mpmath), "x": mpmath.mpf(reference[1])})
    assert float(found) == pytest.approx(reference[3], rel=1e-15, abs=0.0)


def test_entropies_of_nearly_equal_and_of_very_unequal_numbers():
    slope = md.grad(special.kl_div)
    # log(1.000000001) and log(3e-300 / 3e300), computed with mpmath at 50 digits
    assert slope(1.000000001, 1.0).item() == pytest.approx(1.0000000822403709167e-9, rel=1e-15)
    assert slope(3e-300, 3e300).item() == pytest.approx(-1381.5510557964274104, rel=1e-15)
