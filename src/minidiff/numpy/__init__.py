"""NumPy's names, differentiable: `import minidiff.numpy as np` in place of `import numpy as np`.

Every function has NumPy's signature and meaning, takes what NumPy takes, and returns Tensors whose
operations are recorded where a gradient is asked for. It is made of the functions of the table.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as bare

# Several names a line: one would be six pages of them.
# isort: off
# fmt: off
from .. import random
from . import _objects, fft, linalg
from ._applying import apply_along_axis, ndenumerate, piecewise, vectorize
from ._counting import bincount, digitize, histogram
from ._creation import (
    array, asanyarray, asarray, ascontiguousarray, astype, can_cast, copy, empty, empty_like, eye,
    from_dlpack, full, full_like, identity, iscomplexobj, isrealobj, ndim, ones, ones_like,
    result_type, shape, size, tri, zeros, zeros_like,
)
from ._differences import diff, ediff1d, gradient, trapezoid, unwrap
from ._einsum import einsum
from ._elementwise import (
    abs, absolute, acos, acosh, add, angle, arccos, arccosh, arcsin, arcsinh, arctan, arctan2,
    arctanh, around, asin, asinh, atan, atan2, atanh, cbrt, ceil, clip, conj, conjugate, copysign,
    cos, cosh, deg2rad, degrees, divide, divmod, exp, exp2, expm1, fabs, fix, float_power, floor,
    floor_divide, fmax, fmin, fmod, heaviside, hypot, i0, imag, log, log1p, log2, log10, logaddexp,
    logaddexp2, maximum, minimum, mod, modf, multiply, nan_to_num, negative, nextafter, positive,
    pow, power, rad2deg, radians, real, reciprocal, remainder, rint, round, sign, sin, sinc, sinh,
    sqrt, square, subtract, tan, tanh, true_divide, trunc,
)
from ._files import load, save, savez
from ._grids import (
    c_, diag_indices, indices, ix_, meshgrid, mgrid, ogrid, r_, s_, tril_indices, triu_indices,
)
from ._indexing import (
    argwhere, choose, compress, extract, flatnonzero, getitem, nonzero, ravel_multi_index, select,
    take, take_along_axis, unravel_index, where,
)
from ._joining import (
    append, array_split, block, column_stack, concat, concatenate, delete, dsplit, dstack, hsplit,
    hstack, insert, split, stack, unstack, vsplit, vstack,
)
from ._logic import (
    allclose, array_equal, bitwise_and, bitwise_invert, bitwise_left_shift, bitwise_not,
    bitwise_or, bitwise_right_shift, bitwise_xor, equal, greater, greater_equal, invert, isclose,
    iscomplex, isfinite, isin, isinf, isnan, isreal, left_shift, less, less_equal, logical_and,
    logical_not, logical_or, logical_xor, not_equal, right_shift, signbit,
)
from ._manipulation import (
    atleast_1d, atleast_2d, atleast_3d, broadcast_arrays, broadcast_shapes, broadcast_to,
    expand_dims, flatten, flip, fliplr, flipud, matrix_transpose, moveaxis, permute_dims, ravel,
    repeat, reshape, resize, roll, rollaxis, rot90, squeeze, swapaxes, tile, transpose,
)
from ._nan_reductions import (
    nancumprod, nancumsum, nanmax, nanmean, nanmin, nanprod, nanstd, nansum, nanvar,
)
from ._objects import (
    False_, True_, bool, bool_, byte, cdouble, clongdouble, complex64, complex128, complexfloating,
    csingle, double, dtype, e, errstate, euler_gamma, finfo, float16, float32, float64, floating,
    generic, get_printoptions, geterr, half, iinfo, inexact, inf, int8, int16, int32, int64, int_,
    intc, integer, intp, isdtype, isscalar, issubdtype, iterable, long, longdouble, longlong, nan,
    ndarray, ndindex, newaxis, number, pi, printoptions, promote_types, set_printoptions, seterr,
    short, signedinteger, single, ubyte, uint, uint8, uint16, uint32, uint64, uintc, uintp, ulong,
    ulonglong, unsignedinteger, ushort,
)
from ._padding import pad
from ._polynomials import polyfit, polyval, vander
from ._products import (
    cross, diag, diagflat, diagonal, dot, inner, kron, matmul, outer, tensordot, trace, tril, triu,
    vdot, vecdot,
)
from ._quantiles import median, nanmedian, nanpercentile, nanquantile, percentile, quantile
from ._ranges import arange, blackman, geomspace, hamming, hanning, linspace, logspace
from ._reductions import (
    all, amax, amin, any, argmax, argmin, count_nonzero, cumprod, cumsum, cumulative_prod,
    cumulative_sum, max, mean, min, prod, ptp, std, sum, unbroadcast, var,
)
from ._signals import convolve, correlate, interp
from ._sorting import (
    argpartition, argsort, lexsort, partition, searchsorted, sort, unique, unique_all,
    unique_counts, unique_inverse, unique_values,
)
from ._statistics import average, corrcoef, cov
from ._writing import copyto, fill_diagonal, index_add, place, put, put_along_axis, putmask

__all__ = [
    "False_", "True_", "abs", "absolute", "acos", "acosh", "add", "all", "allclose", "amax",
    "amin", "angle", "any", "append", "apply_along_axis", "arange", "arccos", "arccosh", "arcsin",
    "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin", "argpartition", "argsort",
    "argwhere", "around", "array", "array_equal", "array_split", "asanyarray", "asarray",
    "ascontiguousarray", "asin", "asinh", "astype", "atan", "atan2", "atanh", "atleast_1d",
    "atleast_2d", "atleast_3d", "average", "bincount", "bitwise_and", "bitwise_invert",
    "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
    "blackman", "block", "bool", "bool_", "broadcast_arrays", "broadcast_shapes", "broadcast_to",
    "byte", "c_", "can_cast", "cbrt", "cdouble", "ceil", "choose", "clip", "clongdouble",
    "column_stack", "complex64", "complex128", "complexfloating", "compress", "concat",
    "concatenate", "conj", "conjugate", "convolve", "copy", "copysign", "copyto", "corrcoef",
    "correlate", "cos", "cosh", "count_nonzero", "cov", "cross", "csingle", "cumprod", "cumsum",
    "cumulative_prod", "cumulative_sum", "deg2rad", "degrees", "delete", "diag", "diag_indices",
    "diagflat", "diagonal", "diff", "digitize", "divide", "divmod", "dot", "double", "dsplit",
    "dstack", "dtype", "e", "ediff1d", "einsum", "empty", "empty_like", "equal", "errstate",
    "euler_gamma", "exp", "exp2", "expand_dims", "expm1", "extract", "eye", "fabs", "fft",
    "fill_diagonal", "finfo", "fix", "flatnonzero", "flatten", "flip", "fliplr", "flipud",
    "float16", "float32", "float64", "float_power", "floating", "floor", "floor_divide", "fmax",
    "fmin", "fmod", "from_dlpack", "full", "full_like", "generic", "geomspace", "get_printoptions",
    "geterr", "getitem", "gradient", "greater", "greater_equal", "half", "hamming", "hanning",
    "heaviside", "histogram", "hsplit", "hstack", "hypot", "i0", "identity", "iinfo", "imag",
    "index_add", "indices", "inexact", "inf", "inner", "insert", "int8", "int16", "int32", "int64",
    "int_", "intc", "integer", "interp", "intp", "invert", "isclose", "iscomplex", "iscomplexobj",
    "isdtype", "isfinite", "isin", "isinf", "isnan", "isreal", "isrealobj", "isscalar",
    "issubdtype", "iterable", "ix_", "kron", "left_shift", "less", "less_equal", "lexsort",
    "linalg", "linspace", "load", "log", "log1p", "log2", "log10", "logaddexp", "logaddexp2",
    "logical_and", "logical_not", "logical_or", "logical_xor", "logspace", "long", "longdouble",
    "longlong", "matmul", "matrix_transpose", "max", "maximum", "mean", "median", "meshgrid",
    "mgrid", "min", "minimum", "mod", "modf", "moveaxis", "multiply", "nan", "nan_to_num",
    "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin", "nanpercentile",
    "nanprod", "nanquantile", "nanstd", "nansum", "nanvar", "ndarray", "ndenumerate", "ndim",
    "ndindex", "negative", "newaxis", "nextafter", "nonzero", "not_equal", "number", "ogrid",
    "ones", "ones_like", "outer", "pad", "partition", "percentile", "permute_dims", "pi",
    "piecewise", "place", "polyfit", "polyval", "positive", "pow", "power", "printoptions", "prod",
    "promote_types", "ptp", "put", "put_along_axis", "putmask", "quantile", "r_", "rad2deg",
    "radians", "random", "ravel", "ravel_multi_index", "real", "reciprocal", "remainder", "repeat",
    "reshape", "resize", "result_type", "right_shift", "rint", "roll", "rollaxis", "rot90",
    "round", "s_", "save", "savez", "searchsorted", "select", "set_printoptions", "seterr",
    "shape", "short", "sign", "signbit", "signedinteger", "sin", "sinc", "single", "sinh", "size",
    "sort", "split", "sqrt", "square", "squeeze", "stack", "std", "subtract", "sum", "swapaxes",
    "take", "take_along_axis", "tan", "tanh", "tensordot", "tile", "trace", "transpose",
    "trapezoid", "tri", "tril", "tril_indices", "triu", "triu_indices", "true_divide", "trunc",
    "ubyte", "uint", "uint8", "uint16", "uint32", "uint64", "uintc", "uintp", "ulong", "ulonglong",
    "unbroadcast", "unique", "unique_all", "unique_counts", "unique_inverse", "unique_values",
    "unravel_index", "unsignedinteger", "unstack", "unwrap", "ushort", "vander", "var", "vdot",
    "vecdot", "vectorize", "vsplit", "vstack", "where", "zeros", "zeros_like",
]
# isort: on
# fmt: on

# float128 and complex256, where NumPy has them.
globals().update(_objects.EXTENDED)
__all__ += [*_objects.EXTENDED]


def __getattr__(name: str) -> NoReturn:
    known = (
        "NumPy's own has it, for arrays without history" if name in dir(bare) else "nor has NumPy"
    )
    raise AttributeError(
        f"minidiff.numpy has no {name!r} ({known}); what it has is listed in minidiff.numpy.__all__"
    )
