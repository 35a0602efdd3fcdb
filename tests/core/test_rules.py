"""The six words on functions of one's own: both modes, what is kept, and errors at definition."""

import inspect
import traceback
from typing import NamedTuple

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api
import numpy as np
from minidiff import Tensor
from minidiff.core.rules import rule_of, signature_of

rng = np.random.default_rng(7)


@pytest.fixture(params=["numpy", "strict"])
def ns(request):
    return minidiff.array_api if request.param == "numpy" else md.wrap(array_api_strict)


# ---- functions of one's own, each with its bare counterpart below


@md.elementwise(x=lambda g, x: 3 * g * x * x)
def cube(xp, x: Tensor, /) -> Tensor:
    """x**3, and what a formula of one array is."""
    return x * x * x


@md.elementwise(
    x1=lambda xp, g, x1, x2: g * xp.cos(x1) * x2,
    x2=lambda xp, g, x1: g * xp.sin(x1),
)
def wave(xp, x1: Tensor, x2: Tensor, /) -> Tensor:
    """sin(x1) x2."""
    return xp.sin(x1) * x2


@md.elementwise(x1=lambda g, x2: g / x2, x2=lambda g, x2, out: -g * out / x2)
def quotient(xp, x1: Tensor, x2: Tensor, /) -> Tensor:
    """x1 / x2, with operators alone."""
    return x1 / x2


@md.elementwise(x=lambda g, out: g * out)
def growth(xp, x: Tensor, /) -> Tensor:
    """exp(x), from its own result."""
    return xp.exp(x)


@md.elementwise(x=lambda g, x, scale, power: g * scale * power * x ** (power - 1))
def scaled_power(xp, x: Tensor, /, scale, *, power=2) -> Tensor:
    """scale x**power, with an argument and a keyword."""
    return scale * x**power


@md.linear(x=lambda xp, g, x_shape: xp.broadcast_to(g[..., None], x_shape))
def row_sums(xp, x: Tensor, /) -> Tensor:
    """Sums along the last axis: the transpose needs a shape alone."""
    return xp.sum(x, axis=-1)


@md.linear(arrays=lambda g, arrays_shape: [g] * len(arrays_shape))
def total(xp, arrays: list[Tensor], /) -> Tensor:
    """The sum of a list: one formula that gives a list."""
    out = arrays[0]
    for one in arrays[1:]:
        out = out + one
    return out


@md.bilinear(
    x1=lambda xp, g, x2: g @ xp.matrix_transpose(x2),
    x2=lambda xp, g, x1: xp.matrix_transpose(x1) @ g,
)
def product(xp, x1: Tensor, x2: Tensor, /) -> Tensor:
    """Matrix product."""
    return xp.matmul(x1, x2)


def norm_x(g, x, out):
    return g * x / out


def norm_jvp(xp, dx, x, out):
    return xp.sum(x * dx) / out


@md.differentiable(x=norm_x, jvp=norm_jvp)
def norm(xp, x: Tensor, /) -> Tensor:
    """The length of a vector."""
    return xp.sqrt(xp.sum(x * x))


class Parts(NamedTuple):
    even: Tensor
    odd: Tensor


def split_x(xp, g, x):
    # Parts that nobody used arrive as None.
    even = xp.zeros_like(x) if g.even is None else g.even * xp.sinh(x)
    odd = xp.zeros_like(x) if g.odd is None else g.odd * xp.cosh(x)
    return even + odd


def split_jvp(xp, dx, out):
    return Parts(dx * out.odd, dx * out.even)


@md.differentiable(x=split_x, jvp=split_jvp)
def split(xp, x: Tensor, /) -> Parts:
    """(cosh, sinh)."""
    return Parts(xp.cosh(x), xp.sinh(x))


SEEN = []


def parted_x(xp, g, x, scale):
    SEEN.append(g)
    first, second = g
    return scale * ((0 * x if first is None else first) + (0 * x if second is None else 2 * second))


def parted_jvp(dx, scale):
    return scale * dx, 2 * scale * dx


@md.differentiable(x=parted_x, jvp=parted_jvp)
def parted(xp, x: Tensor, /, *, scale=1.0) -> tuple[Tensor, Tensor]:
    """(s x, 2 s x), a plain tuple."""
    return scale * x, 2 * scale * x


@md.composite
def softplus(xp, x: Tensor, /, *, sharpness=2.0) -> Tensor:
    """log(1 + exp(s x)) / s, of functions that have derivatives."""
    return xp.log1p(xp.exp(sharpness * x)) / sharpness


@md.nondifferentiable
def above(xp, x: Tensor, /, *, bound=0.0) -> Tensor:
    """How many are above a bound."""
    return xp.sum(xp.astype(x > bound, xp.int64))


A, B = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
V = rng.uniform(0.5, 2.0, size=5)


# What is called (on Tensors, with the namespace), the same on NumPy, and where.
FUNCTIONS = {
    "elementwise": (lambda xp, x: cube(x), lambda x: x**3, [V]),
    "elementwise, two": (lambda xp, x, y: wave(x, y), lambda x, y: np.sin(x) * y, [A, A + 2]),
    "elementwise, broadcast": (lambda xp, x, y: wave(x, y), lambda x, y: np.sin(x) * y, [A, A[0]]),
    "elementwise, scalar": (lambda xp, x: wave(x, 2.5), lambda x: np.sin(x) * 2.5, [V]),
    "elementwise, scalar first": (lambda xp, x: quotient(0.7, x), lambda x: 0.7 / x, [V]),
    "elementwise, out": (lambda xp, x: growth(x), np.exp, [V]),
    "elementwise, default": (lambda xp, x: scaled_power(x, 3.0), lambda x: 3 * x**2, [V]),
    "keyword": (lambda xp, x: scaled_power(x, scale=2.0, power=3), lambda x: 2 * x**3, [V]),
    "linear": (lambda xp, x: row_sums(x), lambda x: np.sum(x, axis=-1), [A]),
    "linear, list": (lambda xp, x, y: total([x, y, x]), lambda x, y: 2 * x + y, [A, A + 1.0]),
    "bilinear": (lambda xp, x, y: product(x, y), lambda x, y: x @ y, [A, B]),
    "bilinear, same": (lambda xp, x: product(x, x), lambda x: x @ x, [A[:, :3]]),
    "differentiable": (lambda xp, x: norm(x), lambda x: np.sqrt(np.sum(x * x)), [V]),
    "named tuple": (lambda xp, x: split(x).even * split(x).odd, lambda x: np.sinh(2 * x) / 2, [V]),
    "tuple": (lambda xp, x: parted(x, scale=3.0)[0] * parted(x)[1], lambda x: 6 * x**2, [V]),
    "tuple, second": (lambda xp, x: parted(x)[1] ** 2, lambda x: 4 * x**2, [V]),
    "composite": (lambda xp, x: softplus(x), lambda x: np.log1p(np.exp(2 * x)) / 2, [V]),
}
EACH = pytest.mark.parametrize(("ours", "bare", "points"), FUNCTIONS.values(), ids=FUNCTIONS)

STEPS = {1: 45 / 60, 2: -9 / 60, 3: 1 / 60, -1: -45 / 60, -2: 9 / 60, -3: -1 / 60}


def slope(f, h=2e-3):
    """Of t -> f(t) at 0, by central differences of order 6."""
    return sum(c * f(k * h) for k, c in STEPS.items()) / h


def directions(points, seed=1):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=np.shape(point)) for point in points]


def moved(bare, points, vs):
    return lambda t: bare(*[p + t * v for p, v in zip(points, vs, strict=True)])


def leaves(ns, points):
    xs = [ns.asarray(point, copy=True) for point in points]
    for x in xs:
        x.allow_grad = True
    return xs


def along(xs, vs):
    """What the gradients say of a step along some directions."""
    return sum(np.sum(x.grad.as_numpy() * v) for x, v in zip(xs, vs, strict=True))


@EACH
def test_first_order(ns, ours, bare, points):
    xs, vs = leaves(ns, points), directions(points)
    want = slope(moved(bare, points, vs))
    value, tangent = md.jvp(
        lambda *xs: ours(ns, *xs), [x.detach() for x in xs], [ns.asarray(v) for v in vs]
    )
    np.testing.assert_allclose(value.as_numpy(), bare(*points), rtol=1e-14)
    np.testing.assert_allclose(tangent.as_numpy(), want, rtol=1e-9)

    out = ours(ns, *xs)
    np.testing.assert_allclose(out.as_numpy(), bare(*points), rtol=1e-14)
    weights = rng.normal(size=out.shape)
    out.backward(ns.asarray(weights))
    np.testing.assert_allclose(along(xs, vs), np.sum(weights * want), rtol=1e-9)


@EACH
def test_second_order(ns, ours, bare, points):
    """Of the sum of squares, along one direction: two passes back, and two forward."""
    xs, vs = leaves(ns, points), directions(points)
    steps = [ns.asarray(v) for v in vs]
    ns.sum(ours(ns, *xs) ** 2).backward(allow_higher_order=True)
    sum(ns.sum(x.grad * v) for x, v in zip(xs, steps, strict=True)).backward()

    def tangent(*primals):
        return md.jvp(lambda *ps: ns.sum(ours(ns, *ps) ** 2), primals, steps)[1]

    _, forward = md.jvp(tangent, [ns.asarray(p) for p in points], steps)

    def loss(t):
        return np.sum(moved(bare, points, vs)(t) ** 2)

    want = slope(lambda t: slope(lambda s: loss(s + t), h=1e-2), h=1e-2)
    np.testing.assert_allclose(along(xs, vs), want, rtol=1e-7)
    np.testing.assert_allclose(forward.item(), along(xs, vs), rtol=1e-10)


# ---- several outputs, integers, keywords


def test_a_named_tuple_stays_one():
    found = split(md.Tensor(V))
    assert type(found) is Parts
    np.testing.assert_array_equal(found.odd.as_numpy(), np.sinh(V))


@pytest.mark.parametrize("used", [0, 1])
def test_unused_parts_arrive_as_none(used):
    SEEN.clear()
    x = md.Tensor([1.0, 2.0], allow_grad=True)
    parted(x)[used].backward(md.Tensor([5.0, 7.0]))
    (g,) = SEEN
    assert g[1 - used] is None
    np.testing.assert_array_equal(g[used], [5.0, 7.0])
    np.testing.assert_array_equal(x.grad.as_numpy(), np.array([5.0, 7.0]) * (1 + used))


def test_integer_results_are_not_tracked():
    x = md.Tensor([1.0, -1.0, 3.0], allow_grad=True)
    count = above(x, bound=0.5)
    assert count.item() == 2
    assert not count.allow_grad


def test_arguments_are_taken_as_the_signature_says():
    x = md.Tensor(V)
    for out in (scaled_power(x, 0.5, power=3), scaled_power(x, power=3, scale=0.5)):
        np.testing.assert_allclose(out.as_numpy(), 0.5 * V**3, rtol=1e-15)
    with pytest.raises(TypeError):
        scaled_power(x, 0.5, 3)
    with pytest.raises(TypeError):
        scaled_power(x=x, scale=0.5)
    with pytest.raises(TypeError):
        cube(x, x)


# ---- what a formula is given, and what a node keeps

GIVEN = {}


def spy_x(xp, g, x, x_shape, x_dtype, out, k):
    GIVEN.update(xp=xp, g=g, x=x, x_shape=x_shape, x_dtype=x_dtype, out=out, k=k)
    return g * k


def spy_jvp(dx, k):
    return dx * k


@md.differentiable(x=spy_x, jvp=spy_jvp)
def spy(xp, x: Tensor, /, *, k=2.0) -> Tensor:
    """k x."""
    return x * k


def test_at_first_order_a_formula_gets_arrays():
    x = md.Tensor([[1.0, 2.0]], allow_grad=True, dtype=np.float32)
    spy(x, k=4.0).backward(md.Tensor([[1.0, -1.0]]))
    assert {type(GIVEN[name]) for name in ("g", "x", "out")} == {np.ndarray}
    np.testing.assert_array_equal(GIVEN["out"], [[4.0, 8.0]])
    assert GIVEN["x_shape"] == (1, 2)
    assert GIVEN["x_dtype"] == np.float32
    assert GIVEN["k"] == 4.0
    assert GIVEN["xp"].sin(0.0) == 0.0


def test_in_a_recorded_pass_a_formula_gets_tensors(ns):
    x = ns.asarray([1.0, 2.0])
    x.allow_grad = True
    spy(x).backward(allow_higher_order=True)
    assert {type(GIVEN[name]) for name in ("g", "x", "out")} == {Tensor}
    assert GIVEN["x"].allow_grad
    assert GIVEN["out"].op_node is not None
    assert GIVEN["xp"].sin(x).allow_grad


S = np.ones((4, 4))


@pytest.mark.parametrize(
    ("call", "kept"),
    [
        (cube, {"x1"}),
        (growth, {"out"}),
        (row_sums, set()),
        (lambda x: product(x, md.Tensor(S)), {"x2"}),
        (lambda x: product(md.Tensor(S), x), {"x1"}),
        (lambda x: product(x, x), {"x1", "x2"}),
        (lambda x: wave(x, 2.0), {"x1", "x2"}),
        (lambda x: x + 1.0, set()),
    ],
)
def test_a_node_keeps_what_the_needed_formulas_name(call, kept):
    node = call(md.Tensor(S, allow_grad=True)).op_node
    assert {name for name in ("x1", "x2", "out") if hasattr(node, name)} == kept


# ---- complex numbers


def gradient_of(loss, z, h=1e-3):
    """dL/dRe z + i dL/dIm z, by central differences of order 6."""
    found = np.zeros(z.shape, complex)
    for index in np.ndindex(z.shape):
        for direction in (1, 1j):
            e = np.zeros(z.shape, complex)
            e[index] = direction
            found[index] += direction * slope(lambda t, e=e: loss(z + t * e), h)
    return found


@md.differentiable(x=lambda g, x: 2 * g * x, jvp=lambda xp, dx, x: 2 * xp.real(xp.conj(x) * dx))
def intensity(xp, x: Tensor, /) -> Tensor:
    """|x|**2: no holomorphic function, its adjoint as written."""
    return xp.real(x * xp.conj(x))


Z = np.array([0.3 - 1.2j, 1.1 + 0.4j, -0.7 + 0.2j])


@pytest.mark.parametrize(
    ("ours", "bare"),
    [
        (cube, lambda z: z**3),
        (growth, np.exp),
        (lambda z: scaled_power(z, 1 - 2j, power=3), lambda z: (1 - 2j) * z**3),
        (lambda z: row_sums(z * (2 + 1j)), lambda z: np.sum(z * (2 + 1j))),
        (lambda z: product(z[None, :], z[:, None]), lambda z: z[None, :] @ z[:, None]),
        (intensity, lambda z: np.abs(z) ** 2),
        (lambda z: quotient(1j, z), lambda z: 1j / z),
    ],
)
def test_complex(ours, bare):
    """Formulas of a linear or element-wise word are written as over the reals."""
    weights = rng.normal(size=np.shape(bare(Z))) + 1j * rng.normal(size=np.shape(bare(Z)))
    x = md.Tensor(Z, allow_grad=True)
    out = ours(x)
    weights = weights.real if np.isrealobj(bare(Z)) else weights
    out.backward(md.Tensor(weights))
    want = gradient_of(lambda z: np.sum(np.real(np.conj(weights) * bare(z))), Z)
    np.testing.assert_allclose(x.grad.as_numpy(), want, rtol=1e-9, atol=1e-10)

    v = rng.normal(size=3) + 1j * rng.normal(size=3)
    _, tangent = md.jvp(ours, [md.Tensor(Z)], [md.Tensor(v)])
    np.testing.assert_allclose(tangent.as_numpy(), slope(lambda t: bare(Z + t * v)), rtol=1e-9)


# ---- definition


def test_what_a_word_makes():
    assert cube.__name__ == "cube"
    assert cube.__doc__ == "x**3, and what a formula of one array is."
    assert cube.__module__ == __name__
    assert list(inspect.signature(scaled_power).parameters) == ["x", "scale", "power"]
    assert not hasattr(cube, "__wrapped__")
    rule = rule_of(cube)
    assert (rule.name, rule.word, rule.inputs) == ("cube", "elementwise", ("x",))
    assert rule.function is cube


def row(xp, x, /, *, axis=0):
    """A row."""


MISTAKES = {
    "unknown": (lambda: md.linear(x=lambda g, y: g)(row), r"^d\(row\)/d\(x\).*'y'.*axis"),
    "a tangent": (lambda: md.linear(x=lambda dx: dx)(row), r"^d\(row\)/d\(x\).*'dx'"),
    "shape of no input": (lambda: md.linear(x=lambda g, axis_shape: g)(row), "'axis_shape'"),
    "no input": (lambda: md.linear(z=lambda g: g)(row), "^row: .*formula for 'z'.*x, axis"),
    "jvp": (lambda: md.differentiable(jvp=lambda g: g)(row), "^jvp of row asks for 'g'"),
    "no jvp": (lambda: md.differentiable(x=lambda g: g)(row), "jvp"),
    "no xp": (lambda: md.linear(x=lambda g: g)(lambda x: x), "first parameter.*xp.*not x"),
}


@pytest.mark.parametrize(("define", "says"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_found_at_definition(define, says):
    with pytest.raises(TypeError, match=says):
        define()


# ---- an exception inside a formula


@md.differentiable(x=lambda g: g.no_such_name, jvp=lambda dx: dx.no_such_name)
def broken(xp, x: Tensor, /) -> Tensor:
    """x, with derivatives that raise."""
    return x * 1.0


@pytest.mark.parametrize("higher", [False, True])
def test_traceback_names_the_derivative(higher):
    y = broken(md.Tensor([1.0], allow_grad=True))
    with pytest.raises(AttributeError, match="no_such_name") as error:
        y.backward(allow_higher_order=higher)
    assert traceback.extract_tb(error.tb)[-1].name == "d(broken)/d(x)"


def test_traceback_names_the_jvp():
    with pytest.raises(AttributeError, match="no_such_name") as error:
        md.jvp(broken, [md.Tensor([1.0])], [md.Tensor([1.0])])
    assert traceback.extract_tb(error.tb)[-1].name == "jvp of broken"


# ---- adapters, made when they are first needed


def halves_jvp(xp, dx):
    return 2 * dx, 3 * dx


@pytest.mark.parametrize("look_first", [False, True])
def test_adapters_made_before_it_is_seen_that_there_are_several_results(look_first):
    @md.differentiable(x=lambda g: 2 * g[0] + 3 * g[1], jvp=halves_jvp)
    def multiples(xp, x, /):
        """Twice and three times x."""
        return 2 * x, 3 * x

    rule = rule_of(multiples)
    if look_first:
        assert list(rule.pulls) == ["x"]
        assert rule.push is rule.push
    x = Tensor([1.0, 2.0], allow_grad=True)
    two, three = multiples(x)
    (two + 10.0 * three).backward()
    np.testing.assert_array_equal(x.grad.as_numpy(), [32.0, 32.0])
    _, (by_two, by_three) = md.jvp(multiples, (x.detach(),), (md.asarray([1.0, 10.0]),))
    np.testing.assert_array_equal(by_two.as_numpy(), [2.0, 20.0])
    np.testing.assert_array_equal(by_three.as_numpy(), [3.0, 30.0])


def test_rows_alike_but_for_a_default_or_an_annotation_keep_their_own_signatures():
    def bare(xp, x, n, /): ...

    def with_default(xp, x: "Tensor", n: "int" = 2, /) -> "Tensor": ...

    def annotated(xp, x: "Tensor", n: "int", /) -> "Tensor": ...

    def otherwise(xp, x: "Tensor", n: "float", /) -> "Tensor": ...

    def unhashable(xp, x: [Tensor], n: {}, /): ...

    for row in (bare, with_default, annotated, otherwise, unhashable, annotated):
        _, *others = inspect.signature(row).parameters.values()
        assert signature_of(row) == inspect.signature(row).replace(parameters=others)
