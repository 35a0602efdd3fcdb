"""Properties that hold for every shape, key, axis and expression, on NumPy and a strict library.

The arrays hold small whole numbers, so that what is linear is exact: a gradient is the transpose of
a linear function f where <u, f(v)> = <gradient, v> for every v, to the last bit.
"""

import math

import array_api_strict
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from hypothesis.extra.array_api import NOMINAL_VERSIONS, make_strategies_namespace

import minidiff as md
import minidiff.array_api
import numpy as np

settings.register_profile("properties", derandomize=True, deadline=None, max_examples=100)
properties = settings.get_profile("properties")

NEWEST = max(NOMINAL_VERSIONS)
PUBLIC = {"numpy": minidiff.array_api, "strict": md.wrap(array_api_strict)}
RAW = make_strategies_namespace(array_api_strict, api_version=NEWEST)

same = np.testing.assert_array_equal


@pytest.fixture(scope="module", autouse=True)
def newest_standard():
    array_api_strict.set_array_api_strict_flags(api_version="2025.12")
    yield
    array_api_strict.reset_array_api_strict_flags()


@pytest.fixture(scope="module", params=["numpy", "strict"])
def xp(request):
    return PUBLIC[request.param]


def leaf(xp, data):
    x = xp.asarray(data)
    x.allow_grad = True
    return x


def shapes(min_dims=0, min_side=1):
    return hnp.array_shapes(min_dims=min_dims, max_dims=3, min_side=min_side, max_side=3)


def whole(shape):
    """Arrays of small whole numbers."""
    return hnp.arrays(np.float64, shape, elements=st.integers(-8, 8), fill=st.nothing())


def is_strict(xp):
    return xp is PUBLIC["strict"]


def key_of(xp, key):
    """A key for a Tensor: arrays in it become Tensors."""
    if type(key) is tuple:
        return tuple(key_of(xp, one) for one in key)
    return xp.asarray(key) if isinstance(key, np.ndarray) else key


# ---- broadcasting


def summed_to(shape, g):
    """The sum of all elements of g that broadcasting had taken from the same place."""
    places = np.broadcast_to(np.reshape(np.arange(math.prod(shape)), shape), g.shape)
    found = np.bincount(places.ravel(), weights=g.ravel(), minlength=math.prod(shape))
    return np.reshape(found, shape)


@given(data=st.data())
@properties
def test_products_broadcast(xp, data):
    drawn = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
    a, b = [data.draw(whole(shape)) for shape in drawn.input_shapes]
    x, y = leaf(xp, a), leaf(xp, b)
    out = x * y
    assert out.shape == np.broadcast_shapes(a.shape, b.shape)
    same(out.as_numpy(), a * b)
    u = data.draw(whole(out.shape))
    out.backward(xp.asarray(u))
    same(x.grad.as_numpy(), summed_to(a.shape, u * b))
    same(y.grad.as_numpy(), summed_to(b.shape, u * a))


TWO_ARRAYS = ["add", "subtract", "multiply", "divide", "floor_divide", "remainder", "pow"]
TWO_ARRAYS += ["maximum", "minimum", "hypot", "atan2", "logaddexp", "copysign", "nextafter"]


@given(data=st.data())
@properties
@pytest.mark.parametrize("name", TWO_ARRAYS)
def test_shapes_and_dtypes_of_two_arrays(xp, name, data):
    drawn = data.draw(
        hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_dims=3, max_side=3)
    )
    dtypes = data.draw(st.tuples(*[st.sampled_from(["float32", "float64"])] * 2))
    x, y = [leaf(xp, np.ones(s, d)) for s, d in zip(drawn.input_shapes, dtypes, strict=True)]
    out = getattr(xp, name)(x, y)
    assert out.shape == np.broadcast_shapes(*drawn.input_shapes)
    assert out.dtype == xp.result_type(x.dtype, y.dtype)
    out.backward()
    assert (x.grad.shape, y.grad.shape) == drawn.input_shapes
    assert (x.grad.dtype, y.grad.dtype) == (x.dtype, y.dtype)


# ---- indexing


@st.composite
def keys(draw, xp, shape, writes=False):
    """A basic, an integer-array or a boolean key, as far as the library takes it."""
    kinds = ["basic", "integers", "mask"] if shape and 0 not in shape else ["basic"]
    if is_strict(xp) and writes and "integers" in kinds:
        kinds.remove("integers")
    kind = draw(st.sampled_from(kinds))
    if kind == "mask":
        return draw(hnp.arrays(np.bool_, shape))
    if kind == "integers":
        return draw(hnp.integer_array_indices(shape, result_shape=shapes(), dtype=np.int64))
    if is_strict(xp):
        return draw(RAW.indices(shape, allow_newaxis=not writes))
    return draw(hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True))


@given(data=st.data())
@settings(properties, max_examples=200)
def test_reading_a_key(xp, data):
    a = data.draw(shapes(min_side=0).flatmap(whole))
    key = data.draw(keys(xp, a.shape))
    x = leaf(xp, a)
    out = x[key_of(xp, key)]
    same(out.as_numpy(), a[key])
    u = data.draw(whole(np.shape(a[key])))
    out.backward(xp.asarray(u), allow_higher_order=data.draw(st.booleans()))
    want = np.zeros(a.shape)
    np.add.at(want, key, u)
    same(x.grad.as_numpy(), want)


@given(data=st.data())
@properties
@pytest.mark.parametrize("recorded", [False, True], ids=["plain", "recorded"])
def test_writing_a_key(xp, recorded, data):
    """Writing is linear in the array and in the value together."""
    a = data.draw(shapes(min_side=0).flatmap(whole))
    key = data.draw(keys(xp, a.shape, writes=True))
    inside = np.shape(a[key])
    small = hnp.broadcastable_shapes(inside, max_dims=len(inside), max_side=3).filter(
        lambda shape: np.broadcast_shapes(shape, inside) == inside
    )
    b = data.draw(small.flatmap(whole))

    def written(a, b):
        a = a.copy()
        a[key] = b
        return a

    x, v = leaf(xp, a), leaf(xp, b)
    y = x * 1.0
    y[key_of(xp, key)] = v
    same(y.as_numpy(), written(a, b))
    u = data.draw(whole(a.shape))
    y.backward(xp.asarray(u), allow_higher_order=recorded)
    gx, gv = [np.zeros(t.shape) if t.grad is None else t.grad.as_numpy() for t in (x, v)]
    assert gx.shape == a.shape
    assert gv.shape == b.shape
    for da, db in [(a, b), (data.draw(whole(a.shape)), data.draw(whole(b.shape)))]:
        assert np.sum(u * written(da, db)) == np.sum(gx * da) + np.sum(gv * db)


# ---- reductions


@given(data=st.data())
@properties
@pytest.mark.parametrize("name", ["sum", "mean", "prod", "max", "min", "var", "std"])
def test_reductions(xp, name, data):
    """Values as NumPy's; the two modes are each other's transposes."""
    a = data.draw(shapes().flatmap(whole))
    axis = data.draw(
        st.none()
        | hnp.valid_tuple_axes(a.ndim)
        | (st.integers(-a.ndim, a.ndim - 1) if a.ndim else st.none())
    )
    options = {"axis": axis, "keepdims": data.draw(st.booleans())}
    f = lambda x: getattr(xp, name)(x, **options)  # noqa: E731
    x = leaf(xp, a)
    out = f(x)
    np.testing.assert_allclose(out.as_numpy(), getattr(np, name)(a, **options), rtol=1e-14)
    u, v = data.draw(whole(out.shape)), data.draw(whole(a.shape))
    out.backward(xp.asarray(u))
    moved = md.jvp(f, [xp.asarray(a)], [xp.asarray(v)])[1].as_numpy()
    assert moved.shape == u.shape
    assert x.grad.shape == a.shape
    np.testing.assert_allclose(
        np.sum(u * moved), np.sum(x.grad.as_numpy() * v), rtol=1e-12, atol=1e-9
    )


# ---- shapes


@st.composite
def axis_of(draw, shape):
    return draw(st.integers(-len(shape), len(shape) - 1))


@st.composite
def rearrangements(draw, shape):
    """A linear function of one array, as a function of the namespace and the array."""
    ndim = len(shape)
    numbers = draw(st.lists(st.integers(-4, 4), min_size=3, max_size=3))
    options = {
        "broadcast_to": lambda: (draw(st.lists(st.integers(1, 2), max_size=2).map(tuple)) + shape,),
        "expand_dims": lambda: (),
        "reshape": lambda: (draw(st.sampled_from([(-1,), (1, -1), (-1, 1), (*shape, 1), shape])),),
        "permute_dims": lambda: (tuple(draw(st.permutations(range(ndim)))),),
        "tile": lambda: (tuple(draw(st.lists(st.integers(1, 2), min_size=1, max_size=3))),),
    }
    keyed = {
        "roll": lambda: ((numbers[0],), {}),
        "flip": lambda: ((), {}),
        "repeat": lambda: ((abs(numbers[0]) % 3 + 1,), {}),
        "expand_dims": lambda: ((), {"axis": draw(st.integers(-ndim - 1, ndim))}),
    }
    if ndim:
        axis = draw(axis_of(shape))
        ones = tuple(i for i, side in enumerate(shape) if side == 1)
        keyed |= {
            "roll": lambda: ((numbers[0],), {"axis": axis}),
            "flip": lambda: ((), {"axis": draw(hnp.valid_tuple_axes(ndim))}),
            "repeat": lambda: ((abs(numbers[0]) % 3,), {"axis": axis}),
            "squeeze": lambda: (
                (),
                {"axis": draw(st.sets(st.sampled_from(ones)).map(tuple)) if ones else ()},
            ),
            "moveaxis": lambda: ((axis, draw(axis_of(shape))), {}),
            "cumulative_sum": lambda: ((), {"axis": axis, "include_initial": numbers[1] > 0}),
            "diff": lambda: ((), {"axis": axis, "n": abs(numbers[1])}),
        }
    if ndim >= 2:
        keyed |= {
            "tril": lambda: ((), {"k": numbers[2]}),
            "triu": lambda: ((), {"k": numbers[2]}),
            "matrix_transpose": lambda: ((), {}),
        }
    name = draw(st.sampled_from(sorted({*options, *keyed})))
    args, kwargs = keyed[name]() if name in keyed else (options[name](), {})
    return name, args, kwargs


def check_transpose(xp, f, arrays, data):
    """f on arrays of NumPy and on Tensors agree; and so do f, its tangent and its gradients."""
    xs = [leaf(xp, a) for a in arrays]
    out = f(xp, *xs)
    want = f(np, *arrays)
    assert out.shape == want.shape
    same(out.as_numpy(), want)
    u = data.draw(whole(want.shape))
    out.backward(xp.asarray(u), allow_higher_order=data.draw(st.booleans()))
    vs = [data.draw(whole(a.shape)) for a in arrays]
    moved = md.jvp(lambda *xs: f(xp, *xs), [x.detach() for x in xs], [xp.asarray(v) for v in vs])[1]
    same(moved.as_numpy(), f(np, *vs))
    assert [x.grad.shape for x in xs] == [a.shape for a in arrays]
    pairs = zip(xs, vs, strict=True)
    assert np.sum(u * f(np, *vs)) == sum(np.sum(x.grad.as_numpy() * v) for x, v in pairs)


@given(data=st.data())
@settings(properties, max_examples=400)
def test_rearrangements_are_transposed(xp, data):
    a = data.draw(shapes().flatmap(whole))
    name, args, kwargs = data.draw(rearrangements(a.shape))
    check_transpose(xp, lambda xp, x: getattr(xp, name)(x, *args, **kwargs), [a], data)


@given(data=st.data())
@properties
def test_rearrangements_of_rearrangements(xp, data):
    a = data.draw(shapes().flatmap(whole))
    steps, shape = [], a.shape
    for _ in range(3):
        step = data.draw(rearrangements(shape))
        steps.append(step)
        shape = getattr(np, step[0])(np.zeros(shape), *step[1], **step[2]).shape
        if math.prod(shape) > 200 or 0 in shape:
            break

    def f(xp, x):
        for name, args, kwargs in steps:
            x = getattr(xp, name)(x, *args, **kwargs)
        return x

    check_transpose(xp, f, [a], data)


@given(data=st.data())
@properties
@pytest.mark.parametrize("name", ["concat", "stack"])
def test_joining(xp, name, data):
    shape = data.draw(shapes(min_dims=1))
    axis = data.draw(axis_of(shape))
    count = data.draw(st.integers(1, 3))
    arrays = []
    for _ in range(count):
        sides = list(shape)
        if name == "concat":
            sides[axis] = data.draw(st.integers(0, 3))
        arrays.append(data.draw(whole(tuple(sides))))
    check_transpose(xp, lambda xp, *xs: getattr(xp, name)(list(xs), axis=axis), arrays, data)


# ---- arrays of hypothesis's own making, through the namespace alone


@given(data=st.data())
@properties
def test_hypothesis_makes_tensors(xp, data):
    """The strategies know nothing of Tensors: they find a namespace of the standard."""
    made = make_strategies_namespace(xp, api_version=NEWEST)
    dtypes = made.floating_dtypes() | made.complex_dtypes()
    x = data.draw(made.arrays(dtypes, made.array_shapes(max_dims=2, max_side=3), unique=True))
    assert type(x) is md.Tensor
    x.allow_grad = True
    y = xp.permute_dims(-x, tuple(reversed(range(x.ndim))))
    assert (y.dtype, y.shape) == (x.dtype, x.shape[::-1])
    y.backward()
    assert x.grad.dtype == x.dtype
    same(x.grad.as_numpy(), np.full(x.shape, -1))


# ---- expressions

UNARY = {
    "sin": lambda xp, x: xp.sin(x),
    "cos": lambda xp, x: xp.cos(x),
    "tanh": lambda xp, x: xp.tanh(x),
    "atan": lambda xp, x: xp.atan(x),
    "asinh": lambda xp, x: xp.asinh(x),
    "bell": lambda xp, x: xp.exp(-x * x),
    "log": lambda xp, x: xp.log(2 + x * x),
    "sqrt": lambda xp, x: xp.sqrt(1 + x * x),
    "reciprocal": lambda xp, x: 1 / (2 + x * x),
}
BINARY = {
    "+": lambda xp, x, y: x + y,
    "-": lambda xp, x, y: x - y,
    "*": lambda xp, x, y: x * y,
    "/": lambda xp, x, y: x / (2 + y * y),
    "pow": lambda xp, x, y: (1 + x * x) ** xp.sin(y),
}


@st.composite
def trees(draw, depth=4):
    kind = draw(st.sampled_from(["leaf", "unary", "binary", "binary"])) if depth else "leaf"
    if kind == "leaf":
        return draw(st.sampled_from(["x", "y", 0.5, -2.0]))
    if kind == "unary":
        return (draw(st.sampled_from(sorted(UNARY))), draw(trees(depth - 1)))
    return (draw(st.sampled_from(sorted(BINARY))), draw(trees(depth - 1)), draw(trees(depth - 1)))


def value(xp, tree, x, y):
    if type(tree) is not tuple:
        return {"x": x, "y": y}.get(tree, tree + 0 * x if type(tree) is float else None)
    operands = [value(xp, branch, x, y) for branch in tree[1:]]
    return (UNARY if len(operands) == 1 else BINARY)[tree[0]](xp, *operands)


@given(tree=trees(), x=st.floats(-1, 1), y=st.floats(-1, 1))
@settings(properties, max_examples=300)
def test_expressions_against_the_complex_step(xp, tree, x, y):
    h = 1e-30
    want = [value(np, tree, x + dx * 1j, y + dy * 1j).imag / h for dx, dy in [(h, 0), (0, h)]]
    tx, ty = leaf(xp, x), leaf(xp, y)
    out = value(xp, tree, tx, ty) + 0 * tx + 0 * ty
    np.testing.assert_allclose(
        out.item(), value(np, tree, x + 0j, y + 0j).real, rtol=1e-12, atol=1e-14
    )
    out.backward()
    np.testing.assert_allclose([tx.grad.item(), ty.grad.item()], want, rtol=1e-10, atol=1e-12)
    f = lambda x, y: value(xp, tree, x, y)  # noqa: E731
    one, zero = xp.asarray(1.0), xp.asarray(0.0)
    for direction, slope in [((one, zero), want[0]), ((zero, one), want[1])]:
        moved = md.jvp(f, [tx.detach(), ty.detach()], direction)[1].item()
        np.testing.assert_allclose(moved, slope, rtol=1e-10, atol=1e-12)
