"""What goes into vmap and comes out of it: `in_axes`, `out_axes`, arrays of all sorts, memory."""

from dataclasses import dataclass
from typing import NamedTuple

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np

A = np.arange(6.0).reshape(2, 3)
B = np.arange(6.0).reshape(3, 2) + 10.0


class Pair(NamedTuple):
    a: object
    b: object


@dataclass
class Parts:
    a: object
    b: object


def both(p):
    return p["a"] * 100.0 + p["b"]


# ---- where the samples are


def test_dicts_are_matched_by_key():
    given = {"a": xp.asarray([1.0, 2.0]), "b": xp.asarray([5.0, 6.0])}
    found = md.vmap(both, in_axes=({"b": None, "a": 0},))(given)
    np.testing.assert_array_equal(found.as_numpy(), [[105.0, 106.0], [205.0, 206.0]])
    found = md.vmap(both, in_axes=({"b": 0, "a": None},))(given)
    np.testing.assert_array_equal(found.as_numpy(), [[105.0, 205.0], [106.0, 206.0]])
    gradient = md.vmap(md.grad(lambda p: xp.sum(both(p) ** 2)), in_axes=({"b": None, "a": 0},))
    found = gradient({"a": given["a"], "b": xp.asarray(5.0)})
    np.testing.assert_array_equal(found["a"].as_numpy(), [200 * 105.0, 200 * 205.0])
    np.testing.assert_array_equal(found["b"].as_numpy(), [2 * 105.0, 2 * 205.0])
    out = md.vmap(lambda x: {"a": x, "b": x * 2}, out_axes={"b": 1, "a": 0})(xp.asarray(A))
    assert (out["a"].shape, out["b"].shape) == ((2, 3), (3, 2))


def test_containers_that_fit():
    x, y = xp.asarray(A), xp.asarray(B)
    expected = A + B.T
    for axes, given in (
        ((0, 1), (x, y)),
        ([0, 1], (x, y)),
        (((0, 1),), ((x, y),)),
        (([0, 1],), ((x, y),)),
        ((Pair(0, 1),), (Pair(x, y),)),
        ((Parts(0, 1),), (Parts(x, y),)),
        (({"b": 1, "a": 0},), ({"a": x, "b": y},)),
    ):

        def total(*args):
            (args,) = args if len(args) == 1 else (args,)
            if isinstance(args, Parts):
                return args.a + args.b
            one, other = args.values() if isinstance(args, dict) else args
            return one + other

        np.testing.assert_array_equal(md.vmap(total, in_axes=axes)(*given).as_numpy(), expected)


def test_containers_that_do_not_fit():
    x = xp.asarray(A)
    for axes, given in (
        (({"c": 0},), {"a": x}),
        (({"a": 0},), {"a": x, "b": x}),
        (({"a": 0, "b": 0},), {"a": x}),
        (({"a": 0},), (x,)),
        (((0,),), {"a": x}),
        (({"a": 0},), x),
        ((Pair(0, 0),), (x, x)),
        (((0, 0),), Pair(x, x)),
        ((Parts(0, 0),), (x, x)),
        (((0, 0),), Parts(x, x)),
        (((0, 0, 0),), (x, x)),
        ((True,), x),
        (("0",), x),
        ((0.0,), x),
    ):
        with pytest.raises(ValueError, match="in_axes is an int, None, or nested"):
            md.vmap(lambda p: xp.asarray(1.0), in_axes=axes)(given)
    with pytest.raises(ValueError, match="out_axes is an int, None, or nested"):
        md.vmap(lambda x: {"a": x}, out_axes={"b": 0})(x)


def test_integers_of_numpy():
    out = md.vmap(lambda x: x * 2.0, in_axes=np.int64(1), out_axes=np.int32(-1))(xp.asarray(A))
    np.testing.assert_array_equal(out.as_numpy(), 2 * A)


# ---- results


@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_numbers_and_arrays_in_results_are_broadcast(axis):
    out = md.vmap(lambda x: (3.0, 2, True, np.float32(1.5), np.ones(2), "text", None), out_axes=0)
    number, integer, flag, short, array, text, nothing = out(xp.asarray(A))
    assert number.tolist() == [3.0, 3.0]
    assert (integer.dtype, flag.dtype, short.dtype) == (xp.int64, xp.bool, xp.float32)
    assert array.shape == (2, 2)
    assert (text, nothing) == ("text", None)
    with pytest.raises(ValueError, match="out_axes has 1, and a result has shape"):
        md.vmap(lambda x: 3.0, out_axes=1)(xp.asarray(A))
    if axis is None:
        assert md.vmap(lambda x: (x, 3.0), out_axes=(0, None))(xp.asarray(A))[1] == 3.0
    else:
        given = np.ones((4, 5))
        expected = np.stack([given, given], axis)
        found = md.vmap(lambda x: given, out_axes=axis)(xp.asarray(A)).as_numpy()
        np.testing.assert_array_equal(found, expected)


RESULTS = {
    "the argument": lambda x: x,
    "a part of it": lambda x: x[1:],
    "another shape of it": lambda x: xp.reshape(x, (3, 1)),
    "twice": lambda x: (x, x),
    "a result twice": lambda x: (lambda y: (y, y))(x * 1.0),
    "a result and a part of it": lambda x: (lambda y: (y, y[1:]))(x * 1.0),
    "a part and its whole": lambda x: (lambda y: (y[1:], y))(x * 1.0),
    "what all share": lambda x: (xp.zeros(3), x * 1.0),
    "what is outside": lambda x: (OUTSIDE, x * 1.0),
    "numbers": lambda x: (2.0, x),
}
OUTSIDE = xp.ones(3)


@pytest.mark.parametrize("out_axes", [0, -1])
@pytest.mark.parametrize("transform", ["value", "vmap", "recorded"])
@pytest.mark.parametrize("name", RESULTS)
def test_results_are_nobody_elses_memory(name, transform, out_axes):
    data = A if transform != "vmap" else np.stack([A, A])
    x = md.Tensor(data, allow_grad=transform == "recorded")
    f = md.vmap(RESULTS[name], out_axes=out_axes)
    out = (md.vmap(f) if transform == "vmap" else f)(x)
    outs = list(out) if isinstance(out, tuple) else [out]
    before = [one.as_numpy().copy() for one in outs]
    for index, one in enumerate(outs):
        one += 1.0
        one[...] = one * 2.0
        one[0, ...] = 7.0
        for other, values in zip(outs[index + 1 :], before[index + 1 :], strict=True):
            np.testing.assert_array_equal(other.as_numpy(), values)
    np.testing.assert_array_equal(x.as_numpy(), data)
    assert OUTSIDE.tolist() == [1.0, 1.0, 1.0]


def test_an_argument_written_later_leaves_results_alone():
    x = xp.asarray(A.copy())
    out = md.vmap(lambda x: x[::-1])(x)
    x += 1.0
    np.testing.assert_array_equal(out.as_numpy(), A[:, ::-1])


def test_gradients_through_results_that_are_arguments():
    x = md.Tensor(A, allow_grad=True)
    out = md.vmap(lambda x: x)(x)
    out *= out
    xp.sum(out).backward()
    np.testing.assert_array_equal(x.grad.as_numpy(), 2 * A)
    assert x.is_leaf
    np.testing.assert_array_equal(x.as_numpy(), A)


def test_fresh_results_can_be_written_through_numpy():
    out = md.vmap(lambda x: x * 2.0)(xp.asarray(A)).as_numpy()
    out[0] = 1.0


# ---- arrays of other libraries


@pytest.mark.parametrize("library", ["torch", "jax.numpy", "array_api_strict"])
def test_raw_arrays_of_other_libraries(library):
    lib = pytest.importorskip(library)
    given = lib.asarray(A.tolist())
    found = md.vmap(lambda x, y: x * 2.0 + y, (0, 1))(given, lib.asarray(A.T.tolist()))
    assert found.__array_namespace__() is md.wrap(lib)
    np.testing.assert_allclose(found.as_numpy(), 3 * A)
    wrapped = md.wrap(lib)
    found = md.vmap(md.grad(lambda x: wrapped.sum(x**2)))(given)
    np.testing.assert_allclose(found.as_numpy(), 2 * A)
    with pytest.raises(TypeError, match="one array is on"):
        md.vmap(lambda x, y: x + y)(given, A)


def test_arrays_of_numpy_beside_tensors():
    np.testing.assert_array_equal(md.vmap(xp.add)(xp.asarray(A), A).as_numpy(), 2 * A)
    other = md.wrap(array_api_strict)
    with pytest.raises(TypeError, match="one array is on"):
        md.vmap(lambda x: x)(xp.asarray(A)) + other.asarray(array_api_strict.asarray(A))
