"""NumPy's own objects, which serve as they are: dtypes, constants, settings."""

from __future__ import annotations

import numpy as bare

from ..array_api import (
    bool,
    complex64,
    complex128,
    e,
    float32,
    float64,
    inf,
    int8,
    int16,
    int32,
    int64,
    isdtype,
    nan,
    newaxis,
    pi,
    uint8,
    uint16,
    uint32,
    uint64,
)
from ..core.tensor import Tensor

# fmt: off
__all__ = [
    "EXTENDED", "False_", "True_", "bool", "bool_", "byte", "cdouble", "clongdouble", "complex64",
    "complex128", "complexfloating", "csingle", "double", "dtype", "e", "errstate", "euler_gamma",
    "finfo", "float16", "float32", "float64", "floating", "generic", "get_printoptions", "geterr",
    "half", "iinfo", "inexact", "inf", "int8", "int16", "int32", "int64", "int_", "intc", "integer",
    "intp", "isdtype", "isscalar", "issubdtype", "iterable", "long", "longdouble", "longlong",
    "nan", "ndarray", "ndindex", "newaxis", "number", "pi", "printoptions", "promote_types",
    "set_printoptions", "seterr", "short", "signedinteger", "single", "ubyte", "uint", "uint8",
    "uint16", "uint32", "uint64", "uintc", "uintp", "ulong", "ulonglong", "unsignedinteger",
    "ushort",
]
# fmt: on

ndarray = Tensor

False_, True_, bool_ = bare.False_, bare.True_, bare.bool_
euler_gamma = bare.euler_gamma

# ---- dtypes, their kinds, and what is asked of them

byte, short, intc, int_, long = bare.byte, bare.short, bare.intc, bare.int_, bare.long
longlong, intp = bare.longlong, bare.intp
ubyte, ushort, uintc, uint, ulong = bare.ubyte, bare.ushort, bare.uintc, bare.uint, bare.ulong
ulonglong, uintp = bare.ulonglong, bare.uintp
float16, half, single, double = bare.float16, bare.half, bare.single, bare.double
longdouble, clongdouble = bare.longdouble, bare.clongdouble
csingle, cdouble = bare.csingle, bare.cdouble
complexfloating, floating, generic = bare.complexfloating, bare.floating, bare.generic
inexact, integer, number = bare.inexact, bare.integer, bare.number
signedinteger, unsignedinteger = bare.signedinteger, bare.unsignedinteger
dtype, finfo, iinfo = bare.dtype, bare.finfo, bare.iinfo
issubdtype, promote_types = bare.issubdtype, bare.promote_types

# Names of long double that say how many bits it has, where it has as many.
EXTENDED = {name: getattr(bare, name) for name in ("float128", "complex256") if hasattr(bare, name)}

# ---- how numbers are shown, what is warned of, and the like

errstate, geterr, seterr = bare.errstate, bare.geterr, bare.seterr
get_printoptions, printoptions = bare.get_printoptions, bare.printoptions
set_printoptions = bare.set_printoptions
isscalar, iterable, ndindex = bare.isscalar, bare.iterable, bare.ndindex
