"""Axes may be any integers: NumPy's, arrays and Tensors of shape ()."""

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy

X = numpy.array([[1.0, 2.0], [3.0, 5.0]])
ONE = {"int64": numpy.int64(1), "array": numpy.asarray(1), "tensor": xp.asarray(1)}


def plain(name):
    return lambda x, axis: getattr(xp, name)(x, axis=axis)


def norm(ord):
    return lambda x, axis: xp.linalg.vector_norm(x, axis=axis, ord=ord)


def transform(name, **kwargs):
    return lambda x, axis: xp.abs(getattr(xp.fft, name)(x, axis=axis, **kwargs))


def transforms(name):
    return lambda x, axis: xp.abs(getattr(xp.fft, name)(x, axes=(axis,)))


CALLS = {
    **{name: plain(name) for name in ("sum", "mean", "prod", "max", "min", "std", "var")},
    **{name: plain(name) for name in ("cumulative_sum", "cumulative_prod", "sort", "flip", "diff")},
    **{f"vector_norm {ord}": norm(ord) for ord in (1, 2, 3, numpy.inf)},
    **{name: transform(name) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")},
    **{f"{name} longer": transform(name, n=5) for name in ("fft", "ifft", "rfft", "irfft")},
    **{name: transforms(name) for name in ("fftn", "ifftn", "rfftn", "irfftn")},
    "fftshift": lambda x, axis: xp.fft.fftshift(x, axes=axis),
    "ifftshift": lambda x, axis: xp.fft.ifftshift(x, axes=(axis,)),
    "cumulative_sum from 0": lambda x, axis: xp.cumulative_sum(x, axis=axis, include_initial=True),
    "concat": lambda x, axis: xp.concat([x, x * 2.0], axis=axis),
    "stack": lambda x, axis: xp.stack([x, x * 2.0], axis=axis),
    "unstack": lambda x, axis: xp.unstack(x, axis=axis)[0],
    "expand_dims": lambda x, axis: xp.expand_dims(x, axis=axis),
    "squeeze": lambda x, axis: xp.squeeze(x[:, :1], axis=axis),
    "moveaxis from": lambda x, axis: xp.moveaxis(x, axis, 0),
    "moveaxis to": lambda x, axis: xp.moveaxis(x, 0, axis),
    "permute_dims": lambda x, axis: xp.permute_dims(x, (axis, 0)),
    "roll": lambda x, axis: xp.roll(x, 1, axis=axis),
    "repeat": lambda x, axis: xp.repeat(x, 2, axis=axis),
    "take": lambda x, axis: xp.take(x, xp.asarray([0, 1, 0]), axis=axis),
    "take_along_axis": lambda x, axis: xp.take_along_axis(x, xp.asarray([[0], [1]]), axis=axis),
    "tensordot, many": lambda x, axis: xp.tensordot(x, x, axes=axis),
    "tensordot, which": lambda x, axis: xp.tensordot(x, x, axes=((axis,), (axis,))),
    "vecdot": lambda x, axis: xp.vecdot(x, x, axis=axis - 2),
    "cross": lambda x, axis: xp.linalg.cross(
        xp.concat([x, x[:, :1]], axis=1), x[:, [0, 1, 1]], axis=axis
    ),
}


def derivatives(call, axis):
    """In both modes, to second order, and of samples."""
    x = xp.asarray(X)

    def loss(x):
        return xp.sum(call(x, axis) ** 2)

    return [
        md.grad(loss)(x),
        md.jvp(loss, [x], [x])[1],
        md.hessian(loss)(x),
        md.vmap(md.grad(loss))(xp.stack([x, x + 1.0])),
    ]


@pytest.mark.parametrize("kind", ONE)
@pytest.mark.parametrize("name", CALLS)
def test_any_integer_is_an_axis(name, kind):
    found, expected = [derivatives(CALLS[name], axis) for axis in (ONE[kind], 1)]
    for one, other in zip(found, expected, strict=True):
        numpy.testing.assert_array_equal(one.as_numpy(), other.as_numpy())
