"""Derivatives at the awkward points: each row of the policy, on NumPy and on a strict library.

`derivative` and `gradient` measure by reverse or by forward mode; a backward pass that warns fails
here, because warnings are errors and only the forward pass is told to be quiet.
"""

import math
from contextlib import nullcontext
from functools import partial

import array_api_compat.numpy
import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api
import numpy as np

inf, nan, same = math.inf, math.nan, np.testing.assert_array_equal

# The rows of the policy's table that concern the main namespace, by the text of the first cell,
# each with the names of its tests.
CELLS = """
sqrt(±0) | sqrt, log of a negative number | log(0), 1/x at 0, asin(±1), atanh(±1), acosh(1) |
complex sqrt(0) | `where(c, f(x), 0)`, f bad where not chosen | abs(0), abs(0+0j) |
sign, floor, ceil, trunc, round, floor_divide | sign of a complex number | maximum/minimum tie |
max/min over k ties | max/min with NaN present | clip at a bound | x**y at 0**0 | 0**y, 0<y<1 |
0**−1 | x<0, derivative in y | x**0.0 first order, x**1.0 second order, at 0 |
prod, cumulative_prod with one or more zeros | std of a constant | var/std with correction ≥ n |
hypot(0,0), atan2(0,0) | logaddexp(−inf,−inf), (inf,inf) | logaddexp(inf, 0) | remainder |
copysign at ±0 | nextafter | sort, argsort ties |
argmax, argsort, comparisons, searchsorted, isin, count_nonzero | unique_values, unique_all |
take, take_along_axis, indexing with repeated indices |
reductions over an empty axis; arrays with a zero dimension; (0,3)+(1,3) |
integer and boolean arrays | float → integer `astype` | mixed float32/float64, real·complex |
0-d arrays and Python scalars
"""
ROWS: dict[str, list[str]] = {cell: [] for cell in " ".join(CELLS.split()).split(" | ")}


def row(cell):
    """The test below is one of those for the row with this first cell."""

    def record(test):
        ROWS[cell].append(test.__name__)
        return test

    return record


def cases(test, table):
    """One case for each line of a table; its name, with the test's, goes into ROWS."""
    found = []
    for cell, *case in table:
        name = f"{cell} {len(ROWS[cell]) + 1}"
        ROWS[cell].append(f"{test}[{name}]")
        found.append(pytest.param(case, id=name))
    return found


@pytest.fixture(params=["numpy", "strict"])
def library(request):
    array_api_strict.set_array_api_strict_flags(api_version="2025.12")
    yield array_api_strict if request.param == "strict" else array_api_compat.numpy
    array_api_strict.reset_array_api_strict_flags()


@pytest.fixture
def xp(library):
    return md.wrap(library) if library is array_api_strict else minidiff.array_api


@pytest.fixture(params=["reverse", "forward"])
def mode(request):
    return request.param


def leaf(xp, data, dtype="float64"):
    x = xp.asarray(data, dtype=getattr(xp, dtype))
    x.allow_grad = True
    return x


def tangent(f, x, direction):
    with np.errstate(all="ignore"):
        return md.jvp(f, [x], [direction])[1]


def derivative(xp, mode, f, x, order=1, dtype="float64", v=None):
    """Of an element-wise function, element by element; with `v`, along v, of a sum."""
    x = leaf(xp, x, dtype)
    given, v = v, xp.ones_like(x.detach()) if v is None else v
    if mode == "forward":
        for _ in range(order):
            f = lambda x, f=f: tangent(f, x, v)  # noqa: E731
        return f(x.detach()).as_numpy()
    with np.errstate(all="ignore"):
        y = f(x)
    for left in reversed(range(order)):
        if not y.allow_grad and left < order - 1:
            return np.zeros(x.shape)  # of a derivative that is constant
        y.backward(allow_higher_order=left > 0)
        y = x.grad if given is None else xp.sum(v * x.grad)
    return y.as_numpy()


def gradient(xp, mode, f, x):
    """Of a function that gives one number; in forward mode by one run an element."""
    if mode == "reverse":
        return derivative(xp, mode, f, x)
    units = np.reshape(np.eye(np.size(x)), (-1, *np.shape(x)))
    found = [derivative(xp, mode, f, x, v=xp.asarray(unit)) for unit in units]
    return np.reshape(found, np.shape(x))


def partials(xp, mode, f, *points):
    """The first derivatives of an element-wise function with respect to each of its inputs."""
    xs = [leaf(xp, point) for point in points]
    if mode == "reverse":
        with np.errstate(all="ignore"):
            y = f(*xs)
        y.backward()
        return [x.grad.as_numpy() for x in xs]
    xs = [x.detach() for x in xs]
    alone = [lambda x, i=i: f(*xs[:i], x, *xs[i + 1 :]) for i in range(len(xs))]
    return [tangent(g, x, xp.ones_like(x)).as_numpy() for g, x in zip(alone, xs, strict=True)]


# ---- points that need no words: on arrays, and one by one as 0-d arrays

TIE, CLIP, ORIGIN = "maximum/minimum tie", "clip at a bound", "hypot(0,0), atan2(0,0)"
DOMAIN = "log(0), 1/x at 0, asin(±1), atanh(±1), acosh(1)"
STEPS = "sign, floor, ceil, trunc, round, floor_divide"
WHOLE = "x**0.0 first order, x**1.0 second order, at 0"
JUMPS, EQUAL = [-1.5, -1.0, -0.0, 0.0, 0.5, 2.0, 2.5], [1.0, 0.0, inf, -inf]
# Of x**n at 0 the nth derivative is n!, every other one is 0.
POWERS = [[0]], [[1], [0]], [[0], [2], [0]], [[0], [0], [6], [0]]

# cell, function, points, its derivatives there: the first, and the higher ones where they are meant
ONE = [
    ("sqrt(±0)", "sqrt", [0.0, -0.0], [inf, inf]),
    ("sqrt, log of a negative number", "sqrt", [-1.0, -4.0], [nan, nan]),
    ("sqrt, log of a negative number", "log", [-2.0, -4.0], [-0.5, -0.25], [-0.25, -0.0625]),
    *[(DOMAIN, name, [0.0], [inf]) for name in ("log", "log2", "log10")],
    (DOMAIN, "log1p", [-1.0], [inf]),
    (DOMAIN, "reciprocal", [0.0, -0.0], [-inf, -inf]),
    (DOMAIN, lambda xp, x: 1 / x, [0.0, -0.0], [-inf, -inf]),
    *[(DOMAIN, name, [-1.0, 1.0], [inf, inf]) for name in ("asin", "atanh")],
    (DOMAIN, "acos", [-1.0, 1.0], [-inf, -inf]),
    (DOMAIN, "acosh", [1.0], [inf]),
    ("abs(0), abs(0+0j)", "abs", [0.0, -0.0, 3.0, -3.0], [0, 0, 1, -1], [0, 0, 0, 0]),
    *[(STEPS, name, JUMPS, [0] * 7) for name in ("sign", "floor", "ceil", "trunc", "round")],
    (TIE, lambda xp, x: xp.maximum(x, x), [2.0, inf], [1, 1]),
    (TIE, lambda xp, x: xp.maximum(x, 0.0), [-1.0, 0.0, 1.0], [0, 0.5, 1]),
    (TIE, lambda xp, x: xp.minimum(x, 0), [-1.0, -0.0, 1.0], [1, 0.5, 0]),
    (CLIP, lambda xp, x: xp.clip(x, 0.0), [-1.0, 0.0, 1.0], [0, 1, 1]),
    (CLIP, lambda xp, x: xp.clip(x, max=0.0), [-1.0, 0.0, 1.0], [1, 1, 0]),
    (CLIP, lambda xp, x: xp.clip(x, 0, 2), [-1.0, 0.0, 1.0, 2.0, 3.0], [0, 1, 1, 1, 0]),
    ("0**y, 0<y<1", lambda xp, x: x**0.5, [0.0, 4.0], [inf, 0.25]),
    ("0**−1", lambda xp, x: x**-1.0, [0.0, 2.0], [-inf, -0.25]),
    *[(WHOLE, lambda xp, x, n=n: x**n, [0.0], *POWERS[n]) for n in range(4)],
    *[(WHOLE, lambda xp, x, n=n: x ** float(n), [0.0], *POWERS[n]) for n in range(4)],
    *[(WHOLE, lambda xp, x, n=n: x ** xp.asarray(float(n)), [0], *POWERS[n]) for n in range(4)],
]

# cell, function, the points' first coordinates, their second ..., the derivatives there
SEVERAL = [
    (DOMAIN, "divide", [[2.0, -2.0], [0.0, -0.0]], [[inf, -inf], [-inf, inf]]),
    (STEPS, "floor_divide", [[7.0, -7.0, 6.0, 0.0], [2.0, 2.0, -3.0, 5.0]], [[0] * 4, [0] * 4]),
    *[(TIE, name, [EQUAL, EQUAL], [[0.5] * 4] * 2) for name in ("maximum", "minimum")],
    # At a bound, with equal bounds, outside.
    (CLIP, "clip", [[1, 2], [1, 1], [2, 2]], [[1, 1], [0, 0], [0, 0]]),
    (CLIP, "clip", [[1, 0, 3], [1, 1, 1], [1, 2, 2]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    (CLIP, "clip", [[nan], [1], [2]], [[nan], [nan], [nan]]),
    ("x**y at 0**0", "pow", [[0.0, -0.0], [0.0, 0.0]], [[0, 0], [0, 0]]),
    ("0**y, 0<y<1", "pow", [[0.0, 0.0], [0.5, 0.25]], [[inf, inf], [0, 0]]),
    ("0**−1", "pow", [[0.0], [-1.0]], [[-inf], [-inf]]),
    ("x<0, derivative in y", "pow", [[-2.0, -1.0], [3.0, 2.0]], [[12, -2], [nan, nan]]),
    (ORIGIN, "hypot", [[0.0, 0.0, -0.0], [0.0, -0.0, -0.0]], [[0] * 3] * 2),
    (ORIGIN, "atan2", [[0.0, 0.0, -0.0], [0.0, -0.0, -0.0]], [[0] * 3] * 2),
    ("logaddexp(−inf,−inf), (inf,inf)", "logaddexp", [[-inf, inf]] * 2, [[0.5, 0.5]] * 2),
    ("logaddexp(inf, 0)", "logaddexp", [[inf, 0, -inf], [0, inf, 0]], [[1, 0, 0], [0, 1, 1]]),
    ("remainder", "remainder", [[7, -7, 7, 4, 0], [3, 3, -3, 2, 5]], [[1] * 5, [-2, 3, 3, -2, 0]]),
    ("copysign at ±0", "copysign", [[0.0, -0.0, 0.0], [1, 1, -1]], [[0] * 3] * 2),
    ("copysign at ±0", "copysign", [[3.0, -3, 3, -3], [1, 1, -0.0, -1]], [[1, -1, -1, 1], [0] * 4]),
    ("nextafter", "nextafter", [[1.0, 0.0, 2.0], [2.0, 0.0, 1.0]], [[1] * 3, [0] * 3]),
]


def at_each(zero_d, measure, *points):
    """The same at once or, as 0-d arrays, at one point after another."""
    if not zero_d:
        return measure(*points)
    return np.stack([measure(*point) for point in zip(*points, strict=True)], axis=-1)


@pytest.mark.parametrize("zero_d", [False, True], ids=["1-d", "0-d"])
@pytest.mark.parametrize("case", cases("test_one_array", ONE))
def test_one_array(xp, mode, case, zero_d):
    f, x, *wants = case
    f = getattr(xp, f) if isinstance(f, str) else partial(f, xp)
    for order, want in enumerate(wants, 1):
        same(at_each(zero_d, lambda x: derivative(xp, mode, f, x, order), x), want)  # noqa: B023


@pytest.mark.parametrize("zero_d", [False, True], ids=["1-d", "0-d"])
@pytest.mark.parametrize("case", cases("test_several_arrays", SEVERAL))
def test_several_arrays(xp, mode, case, zero_d):
    f, xs, want = case
    same(at_each(zero_d, partial(partials, xp, mode, getattr(xp, f)), *xs), want)


# ---- points that need a word


@row("complex sqrt(0)")
def test_complex_sqrt_at_zero(xp, mode):
    found = derivative(xp, mode, xp.sqrt, [0j, 4 + 0j], dtype="complex128")
    same(found.real, [inf, 0.25])
    same(found.imag, [0.0, 0.0])


@row("`where(c, f(x), 0)`, f bad where not chosen")
@pytest.mark.parametrize("case", [("sqrt", 0, 0.5), ("sqrt", -1, 0.5), ("log", 0, 1)], ids=str)
def test_where_hides_nothing(xp, mode, case):
    """In reverse mode 0 meets the bad slope; forward mode drops the tangent with the value."""
    name, bad, slope = case
    found = derivative(xp, mode, lambda x: xp.where(x > 0, getattr(xp, name)(x), 0.0), [bad, 1.0])
    same(found, [nan if mode == "reverse" else 0, slope])


@row("abs(0), abs(0+0j)")
@pytest.mark.parametrize("order", [1, 2])
def test_complex_abs_at_zero(xp, mode, order):
    same(derivative(xp, mode, xp.abs, 0j, order, dtype="complex128"), 0)


@row("sign of a complex number")
def test_sign_of_a_complex_number_moves_along_the_circle(xp, mode):
    z = np.array([3 + 4j, -1 + 0.5j, 0.2 - 2j, -1 - 1j])
    w = np.array([1 - 2j, 0.5 + 1j, -1 + 0.3j, 2 + 0j])

    def slope(direction, h=1e-3):
        """Of Re(conj(w) z/|z|), by central differences of order 6."""
        steps = {1: 45 / 60, 2: -9 / 60, 3: 1 / 60, -1: -45 / 60, -2: 9 / 60, -3: -1 / 60}
        moved = {k: z + k * h * direction for k in steps}
        return sum(c * np.real(np.conj(w) * moved[k] / abs(moved[k])) for k, c in steps.items()) / h

    if mode == "reverse":
        x = leaf(xp, z, "complex128")
        xp.sign(x).backward(xp.asarray(w))
        found = x.grad.as_numpy()
    else:
        moves = [tangent(xp.sign, xp.asarray(z), xp.asarray(np.full(4, d + 0j))) for d in (1, 1j)]
        found = np.dot([1, 1j], [np.real(np.conj(w) * move.as_numpy()) for move in moves])
    np.testing.assert_allclose(found, slope(1) + 1j * slope(1j), rtol=1e-9, atol=1e-12)


TIES, NANS = "max/min over k ties", "max/min with NaN present"
EXTREMES = [
    (TIES, [5.0, 1.0, 0.0], [1, 0, 0]),
    (TIES, [5.0, 1.0, 5.0], [0.5, 0, 0.5]),
    (TIES, [5.0, 5.0, 5.0, 0.0], [1 / 3, 1 / 3, 1 / 3, 0]),
    (TIES, [inf, 1.0, inf, inf, inf], [0.25, 0, 0.25, 0.25, 0.25]),
    (NANS, [9.0, nan, -9.0], [0, 1, 0]),
    (NANS, [nan, 9.0, nan, -9.0], [0.5, 0, 0.5, 0]),
]


@pytest.mark.parametrize(("name", "sign"), [("max", 1), ("min", -1)])
@pytest.mark.parametrize("case", cases("test_extremes", EXTREMES))
def test_extremes(xp, mode, case, name, sign):
    f, x, want = getattr(xp, name), sign * np.array(case[0]), case[1]
    same(gradient(xp, mode, f, x), want)
    same(gradient(xp, mode, lambda x: xp.sum(f(x, axis=1)), [x, x[::-1]]), [want, want[::-1]])


@row("clip at a bound")
def test_clip_with_the_lower_bound_above_the_upper(library, xp, mode):
    points = [[0.0, 1.0, 1.5, 2.0, 3.0], [2.0] * 5, [1.0] * 5]
    if library is array_api_strict:  # refuses it, as the standard allows
        with pytest.raises(ValueError, match="min must be less than or equal to max"):
            partials(xp, mode, xp.clip, *points)
    else:
        same(partials(xp, mode, xp.clip, *points), [[0] * 5, [0] * 5, [1] * 5])


@row("prod, cumulative_prod with one or more zeros")
@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("x", [[2, 0, 3, 5], [0, 3, 0, 2], [0, 0, 2, 0], [0, 0, 0, 0]], ids=str)
def test_products_with_zeros(xp, mode, x, order):
    """Along a line, t -> prod(x + t v) is a polynomial: its coefficients are whole numbers."""
    weights = xp.asarray([2.0, -3.0, 4.0, 5.0])
    for v in ([1.0, 1.0, 1.0, 1.0], [1.0, -2.0, 3.0, 1.0], [5.0, 2.0, -1.0, 7.0]):
        line = [np.polynomial.Polynomial(pair) for pair in zip(x, v, strict=True)]
        want = [p.deriv(order)(0.0) for p in np.cumprod(line)]
        v = xp.asarray(v)
        same(derivative(xp, mode, xp.prod, x, order, v=v), want[-1])
        f = lambda x: xp.sum(weights * xp.cumulative_prod(x))  # noqa: E731
        same(derivative(xp, mode, f, x, order, v=v), np.dot(weights.as_numpy(), want))


@row("std of a constant")
@pytest.mark.parametrize("correction", [0, 1])
def test_spread_of_a_constant(xp, mode, correction):
    std, var = partial(xp.std, correction=correction), partial(xp.var, correction=correction)
    same([gradient(xp, mode, f, [3.0] * 4) for f in (std, var)], np.zeros((2, 4)))
    v = np.array([1.0, 3.0, -2.0, 6.0])
    found = derivative(xp, mode, var, [3.0] * 4, 2, v=xp.asarray(v))
    np.testing.assert_allclose(found, 2 * np.var(v, ddof=correction), rtol=1e-15)


@row("var/std with correction ≥ n")
@pytest.mark.parametrize("correction", [3, 4])
@pytest.mark.parametrize(("name", "want"), [("var", [-inf, nan, inf]), ("std", [nan, nan, nan])])
def test_too_large_a_correction(xp, mode, name, want, correction):
    """NumPy divides by 0; the derivatives are the deviations -1, 0, 1 over that."""
    f = partial(getattr(xp, name), correction=correction)
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        found = derivative(xp, mode, f, [1.0, 2.0, 3.0])
    same(found, want if mode == "reverse" else nan)


@row("sort, argsort ties")
@pytest.mark.parametrize(("descending", "stable"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_sort_follows_argsort(library, xp, mode, descending, stable):
    x, weights = np.array([2.0, 1.0, 2.0, 1.0, 2.0, 0.0]), np.arange(1.0, 7.0)
    options = {"descending": bool(descending), "stable": bool(stable)}
    want = np.zeros(6)
    want[np.asarray(library.argsort(library.asarray(x), **options))] = weights
    same(gradient(xp, mode, lambda x: xp.sum(xp.asarray(weights) * xp.sort(x, **options)), x), want)


@row("argmax, argsort, comparisons, searchsorted, isin, count_nonzero")
def test_never_tracked(library, xp):
    x, y = leaf(xp, [1.0, 3.0, 3.0]), leaf(xp, [2.0, 3.0, 4.0])
    for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
        assert not getattr(xp, name)(x, y).allow_grad
    for name in ("argmax", "argmin", "argsort", "count_nonzero", "isnan", "isfinite", "signbit"):
        assert not getattr(xp, name)(x).allow_grad
    assert not xp.searchsorted(y, x).allow_grad
    assert not xp.nonzero(x)[0].allow_grad
    # array_api_strict has isin of integers only.
    assert library is array_api_strict or not xp.isin(x, y).allow_grad


@row("unique_values, unique_all")
@pytest.mark.parametrize("name", ["values", "all", "counts", "inverse"])
def test_unique(xp, mode, name):
    weights = xp.asarray([10.0, 20.0, 30.0])

    def f(x):
        found = getattr(xp, f"unique_{name}")(x)
        return xp.sum(weights * (found if name == "values" else found.values))

    same(gradient(xp, mode, f, [2.0, 1.0, 2.0, 3.0, 1.0]), [20, 10, 0, 30, 0])


@row("take, take_along_axis, indexing with repeated indices")
def test_repeated_indices(xp, mode):
    places, weights = np.array([2, 0, 2, 2, -1]), np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    i, w = xp.asarray(places), xp.asarray(weights)
    for pick in (xp.take, md.Tensor.__getitem__, partial(xp.take_along_axis, axis=0)):
        f = lambda x: xp.sum(w * pick(x, i))  # noqa: B023, E731
        same(gradient(xp, mode, f, [5.0, 6.0, 7.0]), [2, 0, 13])


@row("reductions over an empty axis; arrays with a zero dimension; (0,3)+(1,3)")
@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std", "max", "min"])
def test_reductions_of_no_rows(xp, name):
    f, x = getattr(xp, name), leaf(xp, np.zeros((0, 3)))
    f(x, axis=1).backward()
    assert x.grad.shape == (0, 3)
    if name not in ("max", "min"):  # these have no value for no element
        with pytest.warns(RuntimeWarning) if name in ("mean", "var", "std") else nullcontext():
            y = f(x, axis=0)
        assert y.shape == (3,)
        x.grad = None
        y.backward()
        assert x.grad.shape == (0, 3)


@row("reductions over an empty axis; arrays with a zero dimension; (0,3)+(1,3)")
def test_nothing_broadcasts(xp):
    x, y = leaf(xp, np.zeros((0, 3))), leaf(xp, np.ones((1, 3)))
    (x + y * y).backward()
    assert x.grad.shape == (0, 3)
    same(y.grad.as_numpy(), [[0.0, 0.0, 0.0]])


@row("integer and boolean arrays")
@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool"])
def test_integers_have_no_gradient(xp, dtype):
    n = xp.asarray([1, 0], dtype=getattr(xp, dtype))
    with pytest.raises(TypeError, match="allow_grad=True needs a real or complex floating dtype"):
        n.allow_grad = True
    with pytest.raises(TypeError, match="allow_grad=True needs a real or complex floating dtype"):
        md.Tensor(n, allow_grad=True)
    x = leaf(xp, [3.0, 5.0])
    y = xp.where(n, x, 0.0) if dtype == "bool" else xp.take(x, n)
    (y * y).backward()
    assert n.grad is None
    same(x.grad.as_numpy(), [6, 0] if dtype == "bool" else [6, 10])


@row("float → integer `astype`")
def test_astype_to_integers_detaches(xp):
    x = leaf(xp, [1.5, -2.5])
    n = xp.astype(x, xp.int64)
    assert not n.allow_grad
    (x * xp.astype(n, xp.float64)).backward()
    same(x.grad.as_numpy(), [1, -2])


@row("mixed float32/float64, real·complex")
@pytest.mark.parametrize("name", ["add", "multiply", "divide", "pow"])
@pytest.mark.parametrize("dtypes", ["float32 float64", "float64 complex128", "float32 complex64"])
def test_a_gradient_has_its_inputs_dtype(xp, name, dtypes):
    lower, higher = dtypes.split()
    for pair in [(lower, higher), (higher, lower)]:
        x, y = leaf(xp, [2.0, 3.0], pair[0]), leaf(xp, [4.0, 5.0], pair[1])
        out = getattr(xp, name)(x, y)
        assert out.dtype == getattr(xp, higher)
        out.backward()
        assert [x.grad.dtype, y.grad.dtype] == [getattr(xp, dtype) for dtype in pair]
        if name == "multiply":
            same([x.grad.as_numpy(), y.grad.as_numpy()], [[4, 5], [2, 3]])


@row("0-d arrays and Python scalars")
@pytest.mark.parametrize("shape", [(), (2,)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
def test_scalars_are_weak(xp, shape, dtype):
    zero_d = leaf(xp, 3.0, dtype)
    for f in (
        lambda x: (2 * x + 1.5) / 7.0 - x**3 + 2.0**x,
        lambda x: xp.where(x == 2, x * x * zero_d, 0.0),
        lambda x: xp.sum(x * x) * 0.5 - xp.mean(x * x),
    ):
        y = f(x := leaf(xp, np.full(shape, 2.0), dtype))
        y.backward(allow_higher_order=True)
        first = x.grad
        xp.sum(x * first).backward()
        assert all(t.dtype == getattr(xp, dtype) for t in (y, first, x.grad))
        assert first.shape == x.grad.shape == shape


def test_every_row_has_a_test():
    assert [cell for cell, tests in ROWS.items() if not tests] == []
