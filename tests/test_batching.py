"""vmap against a loop over the samples: values and derivatives of every function of the table."""

import itertools
import warnings

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from cases import CASES
from reference import parts

SAMPLES = 3

# The shape of what these return depends on the values.
DEPENDENT = ("nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values")
# Masks, and numbers of repetitions, that differ from sample to sample: there too.
SHARED = ("getitem", "repeat")
# These run in a loop over the samples.
LOOPS = ("searchsorted", "isin")


def several(case, complex):
    """Arrays of several samples, along the first axis."""
    one = case.arrays(complex=complex)
    rng = case.rng("samples")
    out = []
    for array, argument in zip(one, case.arguments, strict=True):
        more = [array]
        for _ in range(SAMPLES - 1):
            if argument.floating:
                other = np.asarray(argument.sample(rng, argument.shape))
                more.append(other + 0.3j if complex else other)
            else:
                more.append(array)
        out.append(np.stack([np.asarray(m, dtype=array.dtype) for m in more]))
    return out


def variants():
    for case in CASES:
        if case.lax or case.name in DEPENDENT or "x[x" in case.id:  # see the first test
            continue
        for complex in (False, True) if case.complex else (False,):
            yield pytest.param(case, complex, id=f"{case.id}{'-complex' if complex else ''}")


def axes(case):
    """Along which axis the samples of each argument lie; None for what has to be shared."""
    shares = case.name in SHARED
    return tuple([None if shares and not a.floating else 0 for a in case.arguments])


def given(case, stacks):
    """The arguments of a call on the batch."""
    pairs = zip(stacks, axes(case), strict=True)
    return [xp.asarray(stack if axis == 0 else stack[0]) for stack, axis in pairs]


def floats(outs):
    return [out for out in parts(outs) if out.dtype.kind in "fc"]


def call(case, *arrays):
    with warnings.catch_warnings():
        if case.name in LOOPS:
            warnings.simplefilter("ignore", RuntimeWarning)
        return tuple(parts(case.call(xp, *arrays)))


def compared(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one.as_numpy(), other.as_numpy(), rtol=1e-9, atol=1e-11)


def looped(function, stacks):
    """One result at a time, stacked."""
    rows = [function(*[xp.asarray(stack[i]) for stack in stacks]) for i in range(SAMPLES)]
    return [xp.stack(column) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.name in DEPENDENT or "x[x" in case.id],
    ids=lambda c: c.id,
)
def test_shapes_that_depend_on_values_are_refused(case):
    with pytest.raises(ValueError, match="from sample to sample"):
        md.vmap(lambda *xs: call(case, *xs))(*several(case, False))


@pytest.mark.parametrize(("case", "complex"), list(variants()))
def test_values(case, complex):
    stacks = several(case, complex)
    found = md.vmap(lambda *xs: call(case, *xs), axes(case))(*given(case, stacks))
    compared(found, looped(lambda *xs: call(case, *xs), stacks))


@pytest.mark.parametrize(("case", "complex"), [p for p in variants() if not p.values[0].constant])
def test_gradients(case, complex):
    """grad inside vmap, and vmap inside grad."""
    stacks = several(case, complex)
    moving = [i for i, a in enumerate(case.arguments) if a.floating]

    def loss(*xs):
        total = 0.0
        for out in floats(call(case, *xs)):
            total = total + xp.sum(xp.real(out * out) if out.dtype.kind == "c" else out * out)
        return total

    gradient = md.grad(loss, moving)
    expected = looped(gradient, stacks)
    compared(md.vmap(gradient, axes(case))(*given(case, stacks)), expected)
    whole = md.grad(lambda *xs: xp.sum(md.vmap(loss, axes(case))(*xs)), moving)
    compared(whole(*given(case, stacks)), expected)


def mixed(case):
    """Each way in which some arguments are batches, and others shared by all samples."""
    ways = itertools.product(*[(0, None) if axis == 0 else (None,) for axis in axes(case)])
    return [way for way in ways if 0 in way and way != axes(case)]


@pytest.mark.parametrize(
    ("case", "complex"),
    [p for p in variants() if not p.values[0].constant and mixed(p.values[0])],
)
def test_gradients_where_some_arguments_are_shared(case, complex):
    """In all floating arguments, those that all samples share included; and along them, twice."""
    stacks = several(case, complex)
    moving = [i for i, a in enumerate(case.arguments) if a.floating]

    def loss(*xs):
        squares = [out * out for out in floats(call(case, *xs))]
        return sum(xp.sum(xp.real(out) if out.dtype.kind == "c" else out) for out in squares)

    gradient = md.grad(loss, moving)

    def second(*xs):
        def along(*moved):
            new = dict(zip(moving, moved, strict=True))
            return loss(*[new.get(i, x) for i, x in enumerate(xs)])

        points = [xs[i] for i in moving]
        ones = [xp.ones_like(x) for x in points]
        return md.jvp(lambda *m: md.jvp(along, m, ones)[1], points, ones)[1]

    for way in mixed(case):
        given = [xp.asarray(s if axis == 0 else s[0]) for s, axis in zip(stacks, way, strict=True)]
        alone = [
            s if axis == 0 else s[:1].repeat(SAMPLES, 0)
            for s, axis in zip(stacks, way, strict=True)
        ]
        compared(md.vmap(gradient, way)(*given), looped(gradient, alone))
        compared([md.vmap(second, way)(*given)], looped(lambda *xs: [second(*xs)], alone))


@pytest.mark.parametrize(("case", "complex"), [p for p in variants() if not p.values[0].constant])
def test_cotangents_and_tangents_alone(case, complex):
    """What jacobian does: the inputs are those of one sample, the directions are many."""
    arrays = [xp.asarray(array) for array in case.arrays(complex=complex)]
    points = [x for x, a in zip(arrays, case.arguments, strict=True) if a.floating]

    def function(*moved):
        new = iter(moved)
        xs = [next(new) if a.floating else x for x, a in zip(arrays, case.arguments, strict=True)]
        return tuple(floats(call(case, *xs)))

    outs, pull = md.vjp(function, *points)
    rng = case.rng("directions")

    def directions(like):
        values = rng.standard_normal((SAMPLES, *like.shape))
        if like.dtype.kind == "c":
            values = values + 1j * rng.standard_normal((SAMPLES, *like.shape))
        return xp.asarray(values)

    cotangents = [directions(out) for out in outs]
    compared(md.vmap(lambda *us: pull(us))(*cotangents), looped(lambda *us: pull(us), cotangents))
    tangents = [directions(x) for x in points]

    def push(*vs):
        return md.jvp(function, points, vs)[1]

    compared(md.vmap(push)(*tangents), looped(push, tangents))


def test_searchsorted_and_isin_in_what_is_shared_need_no_loop():
    edges, order = xp.asarray([1.0, -1.0, 0.0]), xp.asarray([1, 2, 0])
    a = xp.asarray(np.random.default_rng(0).normal(size=(SAMPLES, 2, 5)))
    found = md.vmap(lambda a: xp.searchsorted(edges, a, sorter=order, side="right"))(a)
    expected = np.searchsorted([-1.0, 0.0, 1.0], a.as_numpy(), side="right")
    np.testing.assert_array_equal(found.as_numpy(), expected)
    whole = xp.asarray([[1, 2], [3, 4], [5, 1]])
    found = md.vmap(lambda i: xp.isin(i, xp.asarray([1, 3]), invert=True))(whole)
    assert found.tolist() == [[False, True], [False, True], [True, False]]


def test_a_loop_takes_each_sample_of_keywords_too():
    edges = xp.asarray([[3.0, 1.0, 2.0], [2.0, 3.0, 1.0]])
    orders = xp.argsort(edges, axis=-1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = md.vmap(lambda e, o: xp.searchsorted(e, xp.asarray([1.5, 2.5]), sorter=o))(
            edges, orders
        )
    assert found.tolist() == [[1, 2], [1, 2]]


def test_least_squares_of_each_sample():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(3, 5, 2)), rng.normal(size=(3, 5))
    b[1] = a[1] @ [1.0, 2.0]
    w, x = rng.uniform(0.5, 2.0, (3, 5)), np.linspace(0.0, 1.0, 5)
    found = md.vmap(md.numpy.linalg.lstsq)(md.asarray(a), md.asarray(b))
    fitted = md.vmap(lambda y, w: md.numpy.polyfit(x, y, 2, w=w))(md.asarray(b), md.asarray(w))
    for i in range(3):
        for mine, its in zip(found, np.linalg.lstsq(a[i], b[i]), strict=True):
            np.testing.assert_allclose(mine.as_numpy()[i], its, atol=1e-13)
        np.testing.assert_allclose(fitted.as_numpy()[i], np.polyfit(x, b[i], 2, w=w[i]))
    weights = np.stack([w[0], np.eye(5)[4]])  # one point does not settle a parabola
    with pytest.warns(np.exceptions.RankWarning):
        md.vmap(lambda w: md.numpy.polyfit(x, md.asarray(b[0]), 2, w=w))(md.asarray(weights))
