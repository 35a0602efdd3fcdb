"""What NumPy refuses is refused, by the same class of error, and not answered with some number."""

import builtins

import pytest
from calls import ARRAYS

import minidiff as md
import minidiff.numpy
import numpy

OUT_OF_RANGE = [
    *("np.median(a, axis=5)", "np.percentile(a, 5, axis=2)", "np.quantile(a, 0.5, axis=-3)"),
    *("np.take(a, [0], axis=7)", "np.compress([True], a, axis=3)", "np.max(a, axis=5, initial=0)"),
    *("np.linalg.norm(a, axis=4)", "np.linalg.norm(a, axis=-5)", "np.gradient(a, axis=3)"),
    *("np.rollaxis(a, 5)", "np.rollaxis(a, 0, 5)"),
    *("np.median(s, axis=0)", "np.quantile(s, 0.5, axis=0)", "np.average(s, axis=0)"),
    *("np.linalg.norm(s, axis=0)", "np.sum(a, axis=2)", "np.prod(a, axis=(0, 2))", "np.mean(a, 3)"),
    *("np.var(a, axis=2)", "np.std(s, axis=0)", "np.min(a, axis=-3)", "np.ptp(a, axis=2)"),
    *("np.all(a, axis=2)", "np.any(a, axis=(0, 5))", "np.argmax(a, axis=2)", "np.argmin(a, -3)"),
    *("np.count_nonzero(a, axis=2)", "np.cumsum(a, axis=2)", "np.cumprod(a, axis=-3)"),
    *("np.nansum(a, axis=2)", "np.nanmax(a, axis=2)", "np.nanmedian(a, axis=2)"),
    *("np.nanquantile(a, 0.5, axis=2)", "np.average(a, axis=4)", "np.average(a, 4, weights=p)"),
    *("np.diff(a, axis=2)", "np.flip(a, 2)", "np.roll(a, 1, 2)"),
    *("np.swapaxes(a, 0, 6)", "np.moveaxis(a, 0, 5)", "np.moveaxis(a, 5, 0)", "np.squeeze(a, 3)"),
    *("np.expand_dims(a, 5)", "np.expand_dims(a, (0, 7))", "np.transpose(a, (0, 5))"),
    *("np.repeat(a, 2, axis=2)", "np.stack([a, b], axis=5)", "np.concatenate([a, b], axis=2)"),
    *(
        "np.append(a, b, 3)",
        "np.insert(a, 0, 1.0, 3)",
        "np.delete(a, 0, 3)",
        "np.unstack(a, axis=2)",
    ),
    *("np.sort(a, axis=2)", "np.argsort(a, axis=-3)", "np.sort(s)", "np.partition(a, 0, axis=2)"),
    *("np.lexsort((v, w), axis=1)", "np.unique(a, axis=2)", "np.take_along_axis(a, j, 3)"),
    *("np.apply_along_axis(np.sum, 2, a)", "np.trace(a, 0, 5)", "np.diagonal(a, 0, 0, 3)"),
    *("np.cross(m, m, axis=2)", "np.vecdot(a, b, axis=2)", "np.linalg.vector_norm(a, axis=2)"),
    *("np.cumulative_sum(a, axis=2)", "np.add.reduce(a, axis=2)", "np.subtract.reduce(a, axis=2)"),
    *("np.add.accumulate(a, axis=2)", "np.subtract.accumulate(a, axis=-3)"),
]

REFUSED = [
    # ---- axes twice, shapes and sizes
    *(
        "np.max(a, axis=(0, 0))",
        "np.flip(a, (0, 0))",
        "np.rot90(a, axes=(0, 0))",
        "np.rot90(a, axes=(0, 3))",
    ),
    *("np.zeros(2.5)", "np.zeros((2, -1))", "np.tile(a, 2.5)", "np.linspace(0, 1, 2.5)"),
    *("np.linspace(0, 1, -1)", "np.reshape(a, (4, -1))", "np.squeeze(a, 0)", "np.eye(2.5)"),
    *(
        "np.array_split(v, 0)",
        "np.split(v, 2)",
        "np.hsplit(s, 1)",
        "np.vsplit(v, 1)",
        "np.dsplit(a, 1)",
    ),
    *("np.diagonal(v)", "np.diagonal(m, 0, 0, 0)", "np.trace(v)", "np.matrix_transpose(v)"),
    *("np.median(a, axis=(0, 0))", "np.sum(a, axis=[0])", "np.linalg.norm(a, axis=[0])"),
    *("np.rot90(a, axes=(0,))", "np.ix_(a)", "np.concatenate([])", "np.concatenate([s, s])"),
    # ---- orders of elements, copies, dtypes
    *(
        "np.zeros(2, order='X')",
        "np.array(a, order='X')",
        "np.sort(v, order='x')",
        "np.ravel(a, 'X')",
    ),
    *(
        "np.array([1, 2], copy=False)",
        "np.array(j, float, copy=False)",
        "np.asarray([1], copy=False)",
    ),
    *("np.add(1.5, 2.5, dtype=int)", "np.exp(a, dtype=int)", "np.concatenate([a, b], dtype=int)"),
    *("np.add(a, b, out=np.zeros((2, 3), int))", "np.sum(a, 0, None, np.zeros((2, 3)))"),
    *("np.add(a, b, np.zeros((2, 3)), out=np.zeros((2, 3)))", "np.add(a, b, out=np.zeros(3))"),
    *(
        "np.ediff1d(j, to_end=2.5)",
        "np.copyto(np.zeros(2, int), 5.5)",
        "np.stack([a, j], dtype=int)",
    ),
    # ---- places
    *(
        "np.take(v, 5)",
        "np.take(v, [0, -4])",
        "np.take(v, 0, mode='x')",
        "np.choose([3], [[1], [2]])",
    ),
    *("np.choose([-1], [[1], [2]])", "np.compress([1, 1, 1, 1], v)", "np.compress(k, a)"),
    *(
        "np.unravel_index(99, (3, 4))",
        "np.unravel_index(-1, (3, 4))",
        "np.unravel_index(0, 3, 'X')",
    ),
    *("np.ravel_multi_index((5, 5), (3, 4))", "np.ravel_multi_index((0, 0, 0), (3, 4))"),
    *("np.delete(v, 5)", "np.delete(v, [True])", "np.delete(v, 1.0)", "np.delete(v, [-4])"),
    *("np.insert(v, 50, 9)", "np.insert(v, [0, 1], w)"),
    *(
        "np.put(np.zeros(3), 3, 1)",
        "np.put(np.zeros(3), 0, 1, mode='x')",
    ),
    *("np.place(np.ones(3), [True] * 3, [])", "np.fill_diagonal(np.ones(3), 1)"),
    *(
        "np.fill_diagonal(np.ones((2, 3, 4)), 1)",
        "np.put_along_axis(np.ones((2, 2)), np.array([0]), 1, 0)",
    ),
    *("np.put_along_axis(np.ones((2, 2)), np.array([[0]]), 1, 6)",),
    *("np.put_along_axis(np.ones((2, 2)), np.array([[0]]), 1, None)",),
    *("np.put_along_axis(np.ones((2, 2)), np.array([[5]]), 1, 0)",),
    *("np.partition(v, 50)", "np.argpartition(v, -4)", "np.searchsorted(a, 1.0)"),
    # ---- reductions
    *("np.max(a, where=k)", "np.min([])", "np.max(a, axis=1, where=k)", "np.subtract.reduce([])"),
    *("np.subtract.reduce(a, axis=None)", "np.fmax.reduce(a, where=k)", "np.cumulative_sum(a)"),
    *(
        "np.quantile(v, 1.5)",
        "np.percentile(v, 101)",
        "np.quantile(v, np.nan)",
        "np.quantile(z, 0.5)",
    ),
    *("np.quantile(v, 0.5, method='x')", "np.quantile(v, 0.5, weights=[1, 2, 3])"),
    *("np.quantile(v, 0.5, weights=[1, -2, 3], method='inverted_cdf')",),
    *(),
    *("np.quantile(a, 0.5, axis=1, weights=[1, 2], method='inverted_cdf')",),
    *("np.average(v, weights=[1, -1, 0])", "np.average(a, weights=v)", "np.cov(t)"),
    # ---- counting
    *("np.bincount([-1, 2])", "np.bincount([0], minlength=-1)", "np.bincount([0, 1], [1])"),
    *(
        "np.bincount(v)",
        "np.bincount(j)",
        "np.digitize([1], [1, 3, 2])",
        "np.histogram([1, np.nan])",
    ),
    *("np.histogram(v, [3, 1])", "np.histogram(v, weights=[1])", "np.histogram(v, 3, (2, 1))"),
    *("np.histogram(v, 'x')", "np.histogram(v, 0)"),
    # ---- products, signals, polynomials
    *("np.einsum('...j->j', a)", "np.einsum('ij', v)", "np.vander(a)", "np.convolve(a, [1])"),
    *(
        "np.convolve(v, w, 'x')",
        "np.correlate(v, [])",
        "np.correlate(a, v)",
        "np.geomspace(0, 1, 3)",
    ),
    *(
        "np.interp(v, [0, 1], [1, 2, 3])",
        "np.interp(v, [], [])",
        "np.interp(v, [0, 1], [0, 1], period=0)",
    ),
    *("np.interp(v, a, b)", "np.polyfit([], [], 1)", "np.polyfit(v, w, -1)", "np.polyfit(a, b, 1)"),
    *("np.polyfit(v, w[:2], 1)", "np.polyfit(v, w, 2, cov=True)", "np.cross(v, j[:, :1])"),
    *("np.pad(v, 1, 'x')", "np.pad(v, 1, 'mean', constant_values=2)", "np.pad([], 2, 'edge')"),
    *("np.pad(v, (1, 2, 3))", "np.pad(v, 1.0)", "np.pad(v, -1)", "np.pad(a, [[1], [2], [3]])"),
    *(
        "np.pad(v, 1, 'maximum', stat_length=0)",
        "np.block([[a], v])",
        "np.block([a, []])",
        "np.pad(a, {2: 1})",
    ),
    # ---- linalg, fft and others
    *("np.linalg.svd(2.5, hermitian=True)", "np.linalg.norm(t, 1)", "np.linalg.norm(v, 'fro')"),
    *("np.linalg.tensorsolve(a, v)", "np.linalg.tensorinv(a, 1)", "np.linalg.inv(a)"),
    *("np.fft.fftn(a, axes=(0, 2))", "np.fft.fft(a, axis=2)", "np.fft.fftshift(a, 2)"),
    *("np.linalg.qr(m, 'x')", "np.select([], [])", "np.select([k], [])", "np.where(k, a)"),
    *("np.apply_along_axis(np.sum, 0, np.zeros((2, 0)))", "np.vectorize(np.sin)([])"),
    *("np.piecewise(v, [v > 0], [1, 2, 3])", "np.load('nowhere.npy')"),
]


def raised(text, np, arrays):
    with pytest.raises(Exception) as caught:  # noqa: PT011  # which one is what is compared
        eval(text, {"np": np, **arrays})
    return caught.value


def kind(error):
    """The most particular class that both libraries have."""
    known = (numpy.exceptions.AxisError, numpy.linalg.LinAlgError, *vars(builtins).values())
    return next(one for one in type(error).__mro__ if one in known)


def named(text):
    return {name: a for name, a in ARRAYS.items() if name in compile(text, "", "eval").co_names}


@pytest.mark.parametrize("text", REFUSED)
def test_as_numpy_refuses(text):
    arrays = named(text)
    expected = kind(raised(text, numpy, arrays))
    for given in (arrays, {name: md.asarray(a) for name, a in arrays.items()}):
        found = raised(text, minidiff.numpy, given)
        assert isinstance(found, expected), found
        assert "unexpected keyword" not in str(found)
        assert "at least one Tensor" not in str(found)


LIBRARIES = ["numpy", "array_api_strict", "array_api_compat.torch"]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("text", OUT_OF_RANGE)
def test_no_such_axis(text, library):
    space = md.wrap(pytest.importorskip(library))
    given = {name: space.asarray(a) for name, a in named(text).items()}
    assert kind(raised(text, numpy, named(text))) is numpy.exceptions.AxisError
    assert kind(raised(text, minidiff.numpy, given)) is numpy.exceptions.AxisError
