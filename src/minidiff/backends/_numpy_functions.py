"""NumPy where it differs from the standard, where rules need more, or where it has a quicker form.

The quicker forms do without NumPy's own Python layer, which for small arrays costs more than the
arithmetic: `np.sum` takes 1.6 µs for ten elements and `np.add.reduce` 0.6.
"""

from __future__ import annotations

import operator
from itertools import pairwise
from typing import Any

import numpy as np

Axis = int | tuple[int, ...] | None

# ---- what rules use beyond the standard

getitem = operator.getitem
write_at = operator.setitem


def scatter_add(x: Any, key: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of a shape with x added at key, repeated places summed."""
    if type(key) is slice:
        start, stop, step = key.indices(shape[0])
        if step == 1 and start <= stop:  # nothing is written twice, zeros included
            out = np.empty(shape, x.dtype)
            out[start:stop] = x
            if start:
                out[:start] = 0
            if stop < shape[0]:
                out[stop:] = 0
            return out
    out = np.zeros(shape, x.dtype)
    add_at(out, key, x)
    return out


def add_at(array: Any, key: Any, value: Any) -> None:
    """array[key] += value, repeated places summed."""
    if type(key) is slice:
        part = array[key]
        part += value
    elif is_basic(key):
        array[key] += value
    elif type(key) is np.ndarray and key.dtype.kind in "iu" and array.ndim > 1:
        add_rows(array, key, value)
    else:
        np.add.at(array, key, value)


def add_rows(array: Any, rows: Any, value: Any) -> None:
    """Whole rows added.

    Flat, since np.add.at takes six times as long row by row, and some at a time, so that the
    numbers of the places stay in the processor's cache. Many by SciPy, where it is installed.
    """
    width = array[0].size if len(array) else 0
    if not array.flags.c_contiguous or width == 0:
        np.add.at(array, rows, value)
        return
    value = np.broadcast_to(value, rows.shape + array.shape[1:]).reshape(-1, width)
    rows = np.where(rows < 0, rows + len(array), rows).reshape(-1)
    flat, columns, some = array.reshape(-1), np.arange(width), AT_ONCE // width or 1
    if value.size >= MANY and array.dtype.char in "fdFD" and (sparse := scipy_sparse()):
        flat += (ones_in(sparse, rows, len(array), array.dtype) @ value).reshape(-1)
        return
    for start in range(0, len(rows), some):
        places = rows[start : start + some, None] * width + columns
        np.add.at(flat, places.reshape(-1), value[start : start + some].reshape(-1))


AT_ONCE = 1 << 16  # elements
MANY = 1 << 20  # elements, from which on it pays to import scipy.sparse


def scipy_sparse() -> Any:
    try:
        import scipy.sparse
    except ImportError:
        return None
    return scipy.sparse


def ones_in(sparse: Any, rows: Any, height: int, dtype: Any) -> Any:
    """A sparse matrix with one 1 in each column: times some rows, it adds them up.

    SciPy goes through such a product column by column, in a quarter of the time of np.add.at.
    """
    width = len(rows)
    made = sparse.csc_array((np.ones(width, dtype), rows, np.arange(width + 1)), (height, width))
    made.check_format()  # it would write beyond the array
    return made


def copy_as_it_lies(array: Any) -> Any:
    """A copy of which reshape makes a view just where it makes one of the array.

    So its axes come in the same order, run backwards where the array's do, and have a gap between
    them where the array has one, if only of one element. Axes of length 1 do not count.
    """
    shape, steps = array.shape, [abs(stride) for stride in array.strides]
    outer_first = sorted(range(array.ndim), key=lambda axis: (shape[axis] != 1, -steps[axis]))
    sides = [shape[axis] for axis in outer_first]
    for place, (outer, inner) in enumerate(pairwise(outer_first), 1):
        if shape[outer] != 1 and steps[outer] != shape[inner] * steps[inner]:
            sides[place] += 1
    out = np.empty(sides, array.dtype)[tuple([slice(shape[axis]) for axis in outer_first])]
    out = out.transpose(np.argsort(outer_first))
    out = out[tuple([slice(None, None, -1 if stride < 0 else 1) for stride in array.strides])]
    out[...] = array
    return out


BASIC = frozenset({int, slice, type(None), type(...)})


def is_basic(key: Any) -> bool:
    """Whether a key has slices, integers, ellipses and new axes alone: no place comes twice."""
    for one in key if type(key) is tuple else (key,):
        if type(one) not in BASIC and not isinstance(one, np.integer):
            return False
    return True


# ---- creation, conversion, shape


def asarray(obj: Any, dtype: Any = None, copy: bool | None = None, device: Any = None) -> Any:
    return np.array(obj, dtype=dtype, copy=copy)


def astype(x: Any, dtype: Any, copy: bool = True, device: Any = None) -> Any:
    if device not in (None, "cpu"):
        raise ValueError(f"astype: the array is on 'cpu', not {device!r}; move it with to_device")
    return x.astype(dtype, copy=copy)


def reshape(x: Any, shape: tuple[int, ...], copy: bool | None = None) -> Any:
    return x.reshape(shape) if copy is None else x.reshape(shape, copy=copy)


def permute_dims(x: Any, axes: tuple[int, ...]) -> Any:
    return x.transpose(axes)


# What np.broadcast_to sets up, in Python, each time.
INDEXED: Any = ("multi_index", "zerosize_ok")
READ_ONLY: Any = ("readonly",)


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Any:
    """A read-only view, made in half of np.broadcast_to's time where nothing is to be raised."""
    x = np.asarray(x)
    if type(shape) is tuple and len(shape) >= x.ndim:
        out = np.nditer(x, INDEXED, READ_ONLY, None, "C", "safe", None, shape).itviews[0]
        if out.shape == shape:  # a negative side leaves it to the iterator
            return out
    return np.broadcast_to(x, shape)


def matrix_transpose(x: Any) -> Any:
    return x.mT


def zeros_like(x: Any, dtype: Any = None, device: Any = None) -> Any:
    return np.zeros(x.shape, x.dtype if dtype is None else dtype)


# ---- arithmetic


def pow(x1: Any, x2: Any) -> Any:
    # np.power takes twice the time of the products that it stands for.
    if type(x2) is int and x1.dtype.kind in "fc":
        if x2 == 2:
            return x1 * x1
        if x2 == 3:
            return x1 * x1 * x1
    return np.power(x1, x2)


def floor_divide(x1: Any, x2: Any) -> Any:
    kinds = [one.dtype.kind for one in (x1, x2) if hasattr(one, "dtype")]
    if "f" not in kinds:
        return np.floor_divide(x1, x2)
    # "If x1_i is +infinity, x2_i is a finite number, and x2_i > 0, the result is +infinity"; "if
    # x1_i is a finite number greater than 0 and x2_i is -infinity, the result is -0"; and their
    # like: for these the quotient itself, where NumPy has nan and -1.
    infinite = (np.isinf(x1) != np.isinf(x2)) & (x2 != 0)
    if not np.any(infinite):
        return np.floor_divide(x1, x2)
    with np.errstate(invalid="ignore"):
        return np.where(infinite, np.divide(x1, x2), np.floor_divide(x1, x2))


def expm1(x: Any) -> Any:
    out = np.expm1(x)
    if x.dtype.kind != "c":
        return out
    a, b = x.real, x.imag
    special = (x == 0) | ~np.isfinite(a) | ~np.isfinite(b)
    if not np.any(special):
        return out
    # The standard: "if a is either +0 or -0 and b is +0, the result is 0 + 0j", "if a is +infinity
    # and b is +0, the result is +infinity + 0j", "if a is -infinity and b is +infinity, the result
    # is -1 + 0j", and their like.
    zero = np.copysign(0.0, b)
    real = np.where(x == 0, 0.0, np.where(a == -np.inf, -1.0, out.real))
    real = np.where((a == np.inf) & ((b == 0) | ~np.isfinite(b)), np.inf, real)
    flat = (b == 0) | ((a == -np.inf) & ~np.isfinite(b))
    imag = np.where((a == np.inf) & ~np.isfinite(b), np.nan, np.where(flat, zero, out.imag))
    return joined(np.where(special, real, out.real), np.where(special, imag, out.imag), x.dtype)


_tanh: Any = np.tanh
_double = np.dtype(np.float64)


def tanh(x: Any) -> Any:
    out = _tanh(x)
    if out.dtype is _double or out.dtype.kind != "c":  # the usual dtype by a look at its identity
        return out
    special = np.isinf(x.real) & np.isfinite(x.imag)
    if not np.any(special):
        return out
    # "If a is +infinity, b is a finite number, and b > 0, the result is 1 + 0j"; and the function
    # is odd, and conjugates with its argument.
    real = np.where(special, np.sign(x.real), out.real)
    imag = np.where(special, np.copysign(0.0, x.imag), out.imag)
    return joined(real, imag, x.dtype)


def joined(real: Any, imag: Any, dtype: Any) -> Any:
    """A complex array of its parts; arithmetic would mix infinities and nan into both."""
    out = np.empty(np.shape(real), dtype)
    out.real, out.imag = real, imag
    return out


def clip(x: Any, min: Any = None, max: Any = None) -> Any:
    return np.clip(x, min, max)


# ---- reductions: integers are summed in the default integer, as the standard asks

_add: Any = np.add.reduce
_multiply: Any = np.multiply.reduce
_logical_and: Any = np.logical_and.reduce
_logical_or: Any = np.logical_or.reduce
_maximum: Any = np.maximum.reduce
_minimum: Any = np.minimum.reduce


def sum(x: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return _add(x, axis, dtype, None, keepdims)


def prod(x: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return _multiply(x, axis, dtype, None, keepdims)


def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return _logical_and(x, axis, None, None, keepdims)


_bool = np.dtype(bool)


def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    if axis is None and not keepdims and x.dtype is _bool and x.size < 1 << 16:
        # Few truth values are counted in half the time that it takes to set up a reduction.
        return np.True_ if np.count_nonzero(x) else np.False_
    return _logical_or(x, axis, None, None, keepdims)


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return _maximum(x, axis, None, None, keepdims)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return _minimum(x, axis, None, None, keepdims)


# ---- sorting


def argsort(x: Any, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    kind: Any = "stable" if stable else None
    if not descending:
        return np.argsort(x, axis=axis, kind=kind)
    # The ascending order of the array backwards, read backwards: equal elements keep their order.
    order = np.flip(np.argsort(np.flip(x, axis=axis), axis=axis, kind=kind), axis=axis)
    return x.shape[axis] - 1 - order if x.ndim else order


def sort(x: Any, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    if descending:
        return np.take_along_axis(x, argsort(x, axis, True, stable), axis)
    return np.sort(x, axis=axis, kind="stable" if stable else None)
