"""The rows of cases.py in other shapes, layouts and dtypes; what is kept, changed and released."""

import gc
import inspect
import itertools
import warnings

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from cases import CASES
from minidiff.core import graph
from minidiff.core.rules import Rule, Space
from reference import directional_derivative, inner, parts
from test_derivatives import (
    BARE,
    about,
    bare,
    cotangents,
    floating_parts,
    gradients,
    is_floating,
    moving,
    over,
    pull,
    tangents,
    tensors,
)

DIFFERENTIABLE = [case for case in CASES if not case.constant]
ELEMENTWISE = [case for case in CASES if case.elementwise]
BINARY = [case for case in ELEMENTWISE if len(case.arguments) == 2]


def each(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.id)


def check_first_order(case, arrays, us=None, rel=1e-7):
    """Both modes against differences, and each gradient in its own array's space."""
    us = cotangents(case, arrays) if us is None else us
    vs = case.directions(arrays)
    wide = [a.astype(np.result_type(a, np.float64)) if is_floating(a) else a for a in arrays]
    steps = [v if v is None else v.astype(w.dtype) for v, w in zip(vs, wide, strict=True)]
    expected = directional_derivative(bare(case), wide, steps)
    found = gradients(case, xp, arrays, us)
    for array, gradient in zip(arrays, found, strict=True):
        if is_floating(array):
            assert type(gradient) is np.ndarray
            assert gradient.shape == array.shape
            assert gradient.dtype == array.dtype
    assert inner(found, vs) == about(inner(us, expected), rel)
    for one, other, out in zip(tangents(case, xp, arrays, vs), expected, us, strict=True):
        assert one.shape == out.shape
        assert one.dtype == out.dtype
        np.testing.assert_allclose(
            one, other, rtol=rel, atol=rel * np.max(np.abs(other), initial=1)
        )


# ---- shapes


@pytest.mark.parametrize(
    "shapes",
    [
        ((3, 1), (1, 4)),
        ((4,), (2, 3, 4)),
        ((2, 1, 4), (3, 1)),
        ((), (3,)),
        ((2, 3), ()),
        ((1,), ()),
    ],
    ids=str,
)
@over("numpy", of=BINARY)
def test_broadcasting(library, case, complex, shapes):
    check_first_order(case, case.arrays(complex=complex, shapes=shapes))


@each(BINARY)
@pytest.mark.parametrize("side", [0, 1])
def test_python_scalar_on_one_side(case, side):
    """The same as an array of shape () there, without a gradient for it."""
    arrays = case.arrays(shapes=[() if i == side else (2, 3) for i in (0, 1)])
    scalar, other = float(arrays[side]), arrays[1 - side]
    (u,), (v,) = cotangents(case, arrays), case.directions([other])

    def call(namespace, x):
        return case.call(namespace, *((scalar, x) if side == 0 else (x, scalar)))

    x = md.Tensor(other, allow_grad=True)
    out = call(xp, x)
    np.testing.assert_allclose(out.as_numpy(), call(BARE, other), rtol=1e-15)
    out.backward(xp.asarray(u))
    expected = directional_derivative(lambda moved: call(BARE, moved), [other], [v])
    assert x.grad.shape == (2, 3)
    assert inner(x.grad.as_numpy(), v) == about(inner(u, expected))


@over("numpy", of=ELEMENTWISE)
def test_arrays_of_shape_zero_d(library, case, complex):
    check_first_order(case, case.arrays(complex=complex, shapes=[()] * len(case.arguments)))


EMPTY = ((0, 3), (3, 0), (0,))


def check_empty(call, arrays):
    """Gradients of the right shape and dtype, at first and at second order, without a warning."""
    leaves = tensors(xp, arrays)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # as the library warns of a mean of nothing
        outs = floating_parts(call(xp, *leaves))
    for out in outs:
        seed = xp.ones_like(out)
        seed.allow_grad = True
        out.backward(seed, allow_higher_order=True, reset_grads=False)
    grads = [leaf.grad for leaf in leaves if leaf.allow_grad]
    assert [g.shape for g in grads] == [leaf.shape for leaf in leaves if leaf.allow_grad]
    assert [g.dtype for g in grads] == [leaf.dtype for leaf in leaves if leaf.allow_grad]
    for grad in grads:
        if grad.op_node is not None:
            grad.backward(cleanup_mode="keep")
            assert all(x.grad.shape == x.shape for x in leaves if x.allow_grad)


@pytest.mark.parametrize("shape", EMPTY, ids=str)
@over("numpy", of=ELEMENTWISE)
def test_elementwise_of_nothing(library, case, complex, shape):
    check_empty(case.call, case.arrays(complex=complex, shapes=[shape] * len(case.arguments)))


@each(BINARY)
def test_nothing_broadcasts(case):
    check_empty(case.call, case.arrays(shapes=[(0, 3), (1, 3)]))
    check_empty(case.call, case.arrays(shapes=[(), (2, 0)]))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0)], ids=str)
@pytest.mark.parametrize("name", ["sum", "mean", "prod", "var", "std", "max", "min"])
def test_reduction_of_nothing(name, shape, axis, keepdims):
    def call(namespace, x):
        return getattr(namespace, name)(x, axis=axis, keepdims=keepdims)

    gone = shape if axis in (None, (0, 1)) else (shape[axis],)
    if name in ("max", "min") and 0 in gone:
        with pytest.raises(ValueError, match="zero-size array to reduction"):
            call(xp, xp.zeros(shape))
    else:
        check_empty(call, [np.zeros(shape)])


NOTHING = {
    "cumulative_sum": lambda xp, x: xp.cumulative_sum(x, axis=1),
    "cumulative_sum from 0": lambda xp, x: xp.cumulative_sum(x, axis=0, include_initial=True),
    "cumulative_prod": lambda xp, x: xp.cumulative_prod(x, axis=0),
    "cumulative_prod from 1": lambda xp, x: xp.cumulative_prod(x, axis=1, include_initial=True),
    "sort": lambda xp, x: xp.sort(x, axis=0),
    "diff": lambda xp, x: xp.diff(x, axis=1),
    "matmul": lambda xp, x: xp.matmul(x, xp.matrix_transpose(x)),
    "matmul the other way": lambda xp, x: xp.matmul(xp.matrix_transpose(x), x),
    "tensordot": lambda xp, x: xp.tensordot(x, x, axes=2),
    "vecdot": lambda xp, x: xp.vecdot(x, x),
    "reshape": lambda xp, x: xp.reshape(x, (0, 7)),
    "transpose": lambda xp, x: xp.permute_dims(x, (1, 0)),
    "concat": lambda xp, x: xp.concat([x, x], axis=1),
    "stack": lambda xp, x: xp.stack([x, x]),
    "unstack": lambda xp, x: xp.unstack(x, axis=x.shape.index(3)),
    "broadcast_to": lambda xp, x: xp.broadcast_to(x, (2, *x.shape)),
    "roll": lambda xp, x: xp.roll(x, 1),
    "flip": lambda xp, x: xp.flip(x),
    "repeat": lambda xp, x: xp.repeat(x, 2, axis=0),
    "tile": lambda xp, x: xp.tile(x, (2, 2)),
    "tril": lambda xp, x: xp.tril(x),
    "getitem": lambda xp, x: x[1:, ::-1],
    "mask": lambda xp, x: x[x > 0],
    "take": lambda xp, x: xp.take(x, xp.asarray([0, 0]), axis=x.shape.index(3)),
    "unique": lambda xp, x: xp.unique_values(x),
}


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)], ids=str)
@pytest.mark.parametrize("name", NOTHING)
def test_other_functions_of_nothing(name, shape):
    check_empty(NOTHING[name], [np.zeros(shape)])


# ---- layouts


def by_columns(array):
    return np.array(array, order="F")


def strided(array):
    """The same values in every second place of a longer memory, backwards along the first axis."""
    if array.ndim == 0:
        return array
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    out = wide[::-1, ..., ::2] if array.ndim > 1 else wide[::-2]
    out[...] = array
    return out


@pytest.mark.parametrize("layout", [by_columns, strided])
@each(DIFFERENTIABLE)
def test_layout_does_not_matter(case, layout):
    arrays = case.arrays()
    us = cotangents(case, arrays)
    expected = gradients(case, xp, arrays, us)
    leaves = [xp.asarray(layout(array)) for array in arrays]
    for leaf, array in zip(leaves, arrays, strict=True):
        leaf.allow_grad = is_floating(array)
    pull(floating_parts(case.call(xp, *leaves)), [xp.asarray(layout(u)) for u in us])
    for leaf, gradient in zip(leaves, expected, strict=True):
        if gradient is None:
            assert leaf.grad is None
        else:
            np.testing.assert_allclose(leaf.grad.as_numpy(), gradient, rtol=1e-12, atol=1e-14)


# ---- dtypes

SINGLE = {"f": np.float32, "c": np.complex64}


def single(array):
    return array.astype(SINGLE[array.dtype.kind]) if is_floating(array) else array


@over("numpy")
def test_single_precision(library, case, complex):
    arrays = [single(array) for array in case.arrays(complex=complex)]
    check_first_order(case, arrays, rel=1e-4)


SEVERAL = [c for c in DIFFERENTIABLE if sum(is_floating(a) for a in c.arrays()) == 2]


@pytest.mark.parametrize("which", [0, 1])
@each(SEVERAL)
def test_mixed_precision(case, which):
    arrays = case.arrays()
    index = [i for i, array in enumerate(arrays) if is_floating(array)][which]
    arrays[index] = single(arrays[index])
    check_first_order(case, arrays, rel=1e-5)


@pytest.mark.parametrize("which", [0, 1])
@each([case for case in SEVERAL if case.complex])
def test_real_beside_complex(case, which):
    arrays = case.arrays(complex=True)
    index = [i for i, array in enumerate(arrays) if is_floating(array)][which]
    arrays[index] = arrays[index].real.copy()
    check_first_order(case, arrays)


def whole(arrays):
    return [np.asarray(2 * np.abs(a.real) + 1, np.int64) if is_floating(a) else a for a in arrays]


@each([case for case in DIFFERENTIABLE if "astype" not in case.id])
def test_integers_are_not_tracked(case):
    arrays = whole(case.arrays())
    with np.errstate(all="ignore"):
        try:
            expected = parts(case.call(BARE, *arrays))
        except ValueError as error:
            with pytest.raises(ValueError, match=str(error)[:20]):
                case.call(xp, *map(xp.asarray, arrays))
            return
        found = parts(case.call(xp, *map(xp.asarray, arrays)))
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        assert not one.allow_grad
        assert one.op_node is None


@pytest.mark.parametrize("which", [0, 1])
@each(SEVERAL)
def test_integers_beside_floats_get_no_gradient(case, which):
    arrays = case.arrays()
    index = [i for i, array in enumerate(arrays) if is_floating(array)][which]
    arrays[index] = whole(arrays)[index]
    if (case.name, which) == ("floor_divide", 0):
        arrays[1] *= 2  # 5 and 2 make no integer
    leaves, us = tensors(xp, arrays), cotangents(case, arrays)
    pull(floating_parts(case.call(xp, *leaves)), [xp.asarray(u) for u in us])
    vs = case.directions(arrays)
    expected = directional_derivative(bare(case), arrays, vs)
    assert leaves[index].grad is None
    found = [leaf.grad.as_numpy() for leaf in moving(leaves, vs)]
    assert inner(found, moving(vs, vs)) == about(inner(us, expected))


# ---- what is changed: nothing


@over("numpy", differentiable=False)
def test_nothing_is_changed(library, case, complex):
    arrays = case.arrays(complex=complex)
    us = cotangents(case, arrays)
    leaves, seeds = [xp.asarray(a) for a in arrays], [xp.asarray(u) for u in us]  # sharing memory
    before = [array.tobytes() for array in (*arrays, *us)]
    for leaf, array in zip(leaves, arrays, strict=True):
        leaf.allow_grad = is_floating(array)
    outs = parts(case.call(xp, *leaves))
    values = [out.as_numpy().copy() for out in outs]
    if not case.constant:
        pull(floating_parts(outs), seeds, allow_higher_order=True)
        pull(floating_parts(case.call(xp, *leaves)), seeds)
        tangents(case, xp, arrays, case.directions(arrays))
    assert [array.tobytes() for array in (*arrays, *us)] == before
    for out, value in zip(outs, values, strict=True):
        np.testing.assert_array_equal(out.as_numpy(), value)


# ---- what is kept: what the formulas name


def nodes_behind(outs):
    """The operations behind some results, each with one rule of the table."""
    found, todo = [], [out.op_node for out in outs]
    while todo:
        node = todo.pop()
        if isinstance(node, graph.OpNode) and node not in found:
            found.append(node)
            todo += node.parents() if isinstance(node, graph.WideNode) else []
            todo += [node.parent1, node.parent2]
    return [node for node in found if isinstance(node.rule, Rule)]


def formula_names(rule, tracked):
    """The parameters that the formulas of the tracked inputs ask for."""
    return {p for name in tracked for p in inspect.signature(rule.formulas[name]).parameters}


def flat(value):
    return value if isinstance(value, list) else [value]


def is_array(value):
    return isinstance(value, np.ndarray | np.generic)


def check_kept(node):
    rule = node.rule
    if isinstance(node, graph.WideNode):
        tracked = [name for name, of in node.many.items() if any(flat(of))]
        names = formula_names(rule, tracked)
        held = dict(zip(rule.parameters, node.args, strict=False)) | node.kwargs
        for name, value in held.items():
            for one in flat(value):
                # A scalar may have become an array of shape ().
                if isinstance(one, Space) or (is_array(one) and one.shape):
                    assert is_array(one) == (name in names), (rule.name, name)
        assert not hasattr(node, "x1")
        assert not hasattr(node, "x2")
    else:
        first, second = (*rule.parameters, None)[:2]
        two = rule.kind == "binary"
        parents = {first: node.parent1} | ({second: node.parent2} if two else {})
        names = formula_names(rule, [n for n, parent in parents.items() if parent is not None])
        assert hasattr(node, "x1") == (first in names), rule.name
        assert hasattr(node, "x2") == (two and second in names), rule.name
    assert hasattr(node, "out") == ("out" in names), rule.name


@each(DIFFERENTIABLE)
def test_kept_is_what_the_formulas_name(case):
    """For every choice of tracked inputs."""
    arrays = case.arrays()
    floating = [i for i, array in enumerate(arrays) if is_floating(array)]
    for count in range(1, len(floating) + 1):
        for chosen in itertools.combinations(floating, count):
            leaves = tensors(xp, arrays, allow_grad=False)
            for index in chosen:
                leaves[index].allow_grad = True
            for node in nodes_behind(floating_parts(case.call(xp, *leaves))):
                check_kept(node)


# ---- what is released: everything

TAPE = (md.Tensor, graph.OpNode, graph.Leaf, graph.Freed, graph.Dual, graph.Level)


@pytest.fixture
def collector_off():
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="module", autouse=True)
def seen_again():
    """What was frozen, that is hidden from the collector, comes back."""
    yield
    gc.unfreeze()


def forward(case, arrays, us):
    case.call(xp, *tensors(xp, arrays))


def backward(case, arrays, us):
    pull(floating_parts(case.call(xp, *tensors(xp, arrays))), [xp.asarray(u) for u in us])


def backward_kept(case, arrays, us):
    outs = floating_parts(case.call(xp, *tensors(xp, arrays)))
    pull(outs, tensors(xp, us), cleanup_mode="keep")


def backward_twice(case, arrays, us):
    leaves = tensors(xp, arrays)
    pull(floating_parts(case.call(xp, *leaves)), tensors(xp, us), allow_higher_order=True)
    for grad in [leaf.grad for leaf in leaves if leaf.grad is not None]:
        if grad.op_node is not None:
            grad.backward(cleanup_mode="keep", allow_higher_order=True)


def forward_mode(case, arrays, us):
    tangents(case, xp, arrays, case.directions(arrays))


PROGRAMS = (forward, backward, backward_kept, backward_twice, forward_mode)


@each(DIFFERENTIABLE)
def test_everything_is_released(case, collector_off):
    """By reference counting alone."""
    arrays = case.arrays()
    us = cotangents(case, arrays)
    for program in PROGRAMS:
        program(case, arrays, us)  # adapters are made when first needed
        gc.freeze()
        program(case, arrays, us)
        left = [one for one in gc.get_objects() if isinstance(one, TAPE)]
        assert left == [], program.__name__
