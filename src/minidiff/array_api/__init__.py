"""The Python array API standard, 2025.12, differentiable.

Drop-in: `import minidiff.array_api as xp`. Arrays are Tensors; each function records what its
derivative needs if one of its arguments asks for a gradient. `device` is 'cpu' (NumPy) or
'cuda', 'cuda:N' (CuPy). Other libraries: `minidiff.wrap(library)`.
"""

from __future__ import annotations

import importlib
import sys
from math import e, inf, nan, pi
from types import ModuleType
from typing import TYPE_CHECKING

from ..backends import Backend, numpy_backend
from . import _operators as _operators  # ties the array object's methods to the table
from ._creation import (
    arange,
    asarray,
    empty,
    empty_like,
    eye,
    from_dlpack,
    full,
    full_like,
    linspace,
    meshgrid,
    ones,
    ones_like,
    tril,
    triu,
    zeros,
    zeros_like,
)
from ._dtypes import (
    astype,
    can_cast,
    finfo,
    iinfo,
    isdtype,
    result_type,
)
from ._elementwise import (
    abs,
    acos,
    acosh,
    add,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    ceil,
    clip,
    conj,
    copysign,
    cos,
    cosh,
    divide,
    exp,
    expm1,
    floor,
    floor_divide,
    hypot,
    imag,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    maximum,
    minimum,
    multiply,
    negative,
    nextafter,
    positive,
    pow,
    real,
    reciprocal,
    remainder,
    round,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    trunc,
)
from ._indexing import (
    take,
    take_along_axis,
)
from ._info import NamespaceInfo
from ._linear_algebra import (
    matmul,
    matrix_transpose,
    tensordot,
    vecdot,
)
from ._logic import (
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    equal,
    greater,
    greater_equal,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
    signbit,
)
from ._manipulation import (
    broadcast_arrays,
    broadcast_shapes,
    broadcast_to,
    concat,
    expand_dims,
    flip,
    moveaxis,
    permute_dims,
    repeat,
    reshape,
    roll,
    squeeze,
    stack,
    tile,
    unstack,
)
from ._namespace import EXTRAS, tensor_namespace
from ._searching import (
    argmax,
    argmin,
    count_nonzero,
    nonzero,
    searchsorted,
    where,
)
from ._sets import (
    isin,
    unique_all,
    unique_counts,
    unique_inverse,
    unique_values,
)
from ._sorting import (
    argsort,
    sort,
)
from ._statistical import (
    cumulative_prod,
    cumulative_sum,
    max,
    mean,
    min,
    prod,
    std,
    sum,
    var,
)
from ._utility import (
    all,
    any,
    diff,
)

__array_api_version__ = "2025.12"

newaxis = None

bool = numpy_backend.arrays.bool
int8 = numpy_backend.arrays.int8
int16 = numpy_backend.arrays.int16
int32 = numpy_backend.arrays.int32
int64 = numpy_backend.arrays.int64
uint8 = numpy_backend.arrays.uint8
uint16 = numpy_backend.arrays.uint16
uint32 = numpy_backend.arrays.uint32
uint64 = numpy_backend.arrays.uint64
float32 = numpy_backend.arrays.float32
float64 = numpy_backend.arrays.float64
complex64 = numpy_backend.arrays.complex64
complex128 = numpy_backend.arrays.complex128

if TYPE_CHECKING:
    from . import fft as fft
    from . import linalg as linalg

__all__ = [
    "__array_api_version__",
    "__array_namespace_info__",
    "abs",
    "acos",
    "acosh",
    "add",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "asarray",
    "asin",
    "asinh",
    "astype",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "bool",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "can_cast",
    "ceil",
    "clip",
    "complex64",
    "complex128",
    "concat",
    "conj",
    "copysign",
    "cos",
    "cosh",
    "count_nonzero",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
    "divide",
    "e",
    "empty",
    "empty_like",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "eye",
    "finfo",
    "flip",
    "float32",
    "float64",
    "floor",
    "floor_divide",
    "from_dlpack",
    "full",
    "full_like",
    "greater",
    "greater_equal",
    "hypot",
    "iinfo",
    "imag",
    "inf",
    "int8",
    "int16",
    "int32",
    "int64",
    "isdtype",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "linspace",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "matmul",
    "matrix_transpose",
    "max",
    "maximum",
    "mean",
    "meshgrid",
    "min",
    "minimum",
    "moveaxis",
    "multiply",
    "nan",
    "negative",
    "newaxis",
    "nextafter",
    "nonzero",
    "not_equal",
    "ones",
    "ones_like",
    "permute_dims",
    "pi",
    "positive",
    "pow",
    "prod",
    "real",
    "reciprocal",
    "remainder",
    "repeat",
    "reshape",
    "result_type",
    "roll",
    "round",
    "searchsorted",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sort",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tensordot",
    "tile",
    "tril",
    "triu",
    "trunc",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
    "unstack",
    "var",
    "vecdot",
    "where",
    "zeros",
    "zeros_like",
]


def __array_namespace_info__() -> NamespaceInfo:
    """What this namespace can do: devices, dtypes, capabilities."""
    return NamespaceInfo(sys.modules[__name__])


def _make_tensors(backend: Backend) -> ModuleType:
    """The functions on Tensors of a backend; NumPy's and CuPy's are this module's own."""
    here = sys.modules[__name__]
    table = {name: getattr(here, name) for name in __all__ if hasattr(getattr(here, name), "rule")}
    if not backend.keeps_devices:
        return tensor_namespace(backend, table | EXTRAS, __getattr__, public=here)
    public = tensor_namespace(backend, table | EXTRAS, __getattr__, backend)
    return tensor_namespace(backend, table | EXTRAS, __getattr__, backend, public)


def __getattr__(name: str) -> ModuleType:
    """The extensions, loaded when they are first asked for: they are a fifth of the import."""
    if name in ("fft", "linalg"):
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), "fft", "linalg"})


Backend.make_tensors = _make_tensors
