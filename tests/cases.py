"""The ways to call the functions of the standard, a row each: arrays, parameters, what is promised.

The tests are in test_derivatives*.py.
"""

import cases_fft  # noqa: F401  # its rows
import cases_linalg  # noqa: F401  # and its
import numpy as np
from case import (
    ABOVE_MINUS_ONE,
    ABOVE_ONE,
    APART,
    BROKEN,
    CASES,
    COMPLEX,
    NONZERO,
    POSITIVE,
    REAL,
    TRUTH,
    UNIT,
    UPPER,
    WHOLE,
    between,
    either_side,
    fixed,
    row,
)

__all__ = ["CASES", "EXCLUDED"]

# ---- one array, element by element

for name, values, flags in (
    ("abs", NONZERO, "complex"),
    ("acos", UNIT, "complex"),
    ("acosh", ABOVE_ONE, "complex"),
    ("asin", UNIT, "complex"),
    ("asinh", REAL, "complex"),
    ("atan", REAL, "complex"),
    ("atanh", UNIT, "complex"),
    ("ceil", BROKEN, ""),
    ("conj", REAL, "complex"),
    ("cos", REAL, "complex"),
    ("cosh", REAL, "complex"),
    ("exp", REAL, "complex"),
    ("expm1", REAL, "complex"),
    ("floor", BROKEN, ""),
    ("imag", COMPLEX, ""),
    ("log", POSITIVE, "complex"),
    ("log10", POSITIVE, "complex"),
    ("log1p", ABOVE_MINUS_ONE, "complex"),
    ("log2", POSITIVE, "complex"),
    ("negative", REAL, "complex"),
    ("positive", REAL, "complex"),
    ("real", COMPLEX, ""),
    ("reciprocal", NONZERO, "complex"),
    ("round", BROKEN, ""),
    ("sign", NONZERO, "complex"),
    ("sin", REAL, "complex"),
    ("sinh", REAL, "complex"),
    ("sqrt", POSITIVE, "complex"),
    ("square", REAL, "complex"),
    ("tan", between(-1.2, 1.2), "complex"),
    ("tanh", REAL, "complex"),
    ("trunc", BROKEN, ""),
):
    row(name, values(2, 3), flags=f"elementwise {flags}")

# ---- two arrays, element by element

for name, values1, values2, flags in (
    ("add", REAL, REAL, "complex"),
    ("atan2", NONZERO, NONZERO, ""),
    ("copysign", NONZERO, NONZERO, ""),
    ("divide", REAL, NONZERO, "complex"),
    ("floor_divide", either_side(2.3, 2.7), either_side(0.98, 1.02), ""),
    ("hypot", NONZERO, NONZERO, ""),
    ("logaddexp", REAL, REAL, ""),
    ("maximum", BROKEN, UPPER, ""),
    ("minimum", BROKEN, UPPER, ""),
    ("multiply", REAL, REAL, "complex"),
    ("nextafter", REAL, between(3, 4), ""),
    ("pow", POSITIVE, REAL, "complex"),
    ("remainder", either_side(2.3, 2.7), either_side(0.98, 1.02), ""),
    ("subtract", REAL, REAL, "complex"),
):
    row(name, values1(2, 3), values2(2, 3), flags=f"elementwise {flags}")

# ---- element by element, in other ways

row("clip", REAL(2, 3), then=(-0.9, 1.1), flags="elementwise")
row("clip", REAL(2, 3), min=-0.9, flags="elementwise")
row("clip", REAL(2, 3), max=0.9, flags="elementwise")
row("clip", REAL(2, 3), flags="elementwise")
row("clip", BROKEN(2, 3), UPPER(2, 3), between(4, 5)(2, 3), flags="elementwise")
row("clip", BROKEN(2, 3), UPPER(2, 3), between(4, 5)(2, 3), call="xp.clip(x, z, y)", flags="lax")
row("clip", BROKEN(2, 3), UPPER(3), call="xp.clip(x, y)")
row("clip", BROKEN(2, 3), UPPER(3), call="xp.clip(x, max=y)")
row("clip", BROKEN(2, 3), UPPER(2, 1), call="xp.clip(x, y, 1.0)")
row("clip", BROKEN(2, 3), UPPER(2, 1), call="xp.clip(x, -9.0, y)")
row("where", TRUTH(2, 3), REAL(2, 3), REAL(2, 3), flags="elementwise complex")
row("where", TRUTH(2, 1), REAL(3), REAL(2, 3), flags="complex")
row("where", TRUTH(2, 3), REAL(3), call="xp.where(x, y, 0.5)", flags="complex")
row("where", TRUTH(2, 3), REAL(3), call="xp.where(x, 0.5, y)", flags="complex")
row("where", NONZERO(2, 3), call="xp.where(x > 0, x, x * x)")

# ---- as operators, with Python scalars too

for name, text in (
    *[("add", text) for text in ("x + 2.5", "2 + x", "x + x")],
    *[("subtract", text) for text in ("x - 2.5", "2 - x", "x - x * 2")],
    *[("multiply", text) for text in ("x * 2.5", "3 * x", "x * x")],
    *[("divide", text) for text in ("x / 2.5", "2 / x", "x / x")],
    *[("pow", text) for text in ("x**2", "x**2.0", "x**3", "x**1", "x**0", "x**-2", "1.5**x")],
    *[("negative", "-x"), ("positive", "+x"), ("abs", "abs(x)"), ("permute_dims", "x.T")],
):
    row(name, NONZERO(2, 3), call=text, flags="complex")
for text in ("x**0.5", "x**-1.5", "x**x"):
    row("pow", POSITIVE(2, 3), call=text, flags="complex")
row("pow", NONZERO(2, 3), call="x ** xp.full_like(x, 2.0)", flags="complex")
row("remainder", either_side(2.3, 2.7)(2, 3), call="x % 2")
row("floor_divide", either_side(2.3, 2.7)(2, 3), call="x // 2")
row("matmul", REAL(2, 3), REAL(3, 2), call="x @ y", flags="complex")
row("matrix_transpose", REAL(2, 3, 4), call="x.mT", flags="complex")

# ---- reductions

AXES = (
    {},
    {"axis": 0},
    {"axis": -1},
    {"axis": (0, 2)},
    {"axis": (-1, 0), "keepdims": True},
    {"axis": 1, "keepdims": True},
    {"keepdims": True},
)
for options in AXES:
    row("sum", REAL(2, 3, 2), **options, flags="complex")
    row("mean", REAL(2, 3, 2), **options, flags="complex")
    row("prod", NONZERO(2, 3, 2), **options, flags="complex")
    row("max", APART(2, 3, 2), **options)
    row("min", APART(2, 3, 2), **options)
    row("var", REAL(2, 3, 2), **options)
    row("std", REAL(2, 3, 2), **options)
    row("all", TRUTH(2, 3, 2), **options, flags="constant")
    row("any", TRUTH(2, 3, 2), **options, flags="constant")
    row("count_nonzero", WHOLE(2, 3, 2), **options, flags="constant")
for name in ("sum", "mean", "prod", "max", "min", "var", "std"):
    row(name, APART(4))
    row(name, APART(2, 3, 2), axis=(0, 1, 2))
row("sum", REAL(2, 3), axis=(), flags="complex")
row("prod", fixed([[0.0, 2.0, 3.0], [0.0, 0.0, 1.5]]), axis=1)
row("prod", fixed([[0.0, 2.0, 3.0], [0.5, -1.0, 1.5]]))
for name in ("sum", "mean", "prod", "max", "min", "var"):
    row(name, REAL())
for name in ("var", "std"):
    row(name, REAL(3, 4), axis=0, correction=1)
    row(name, REAL(3, 4), correction=1.0)
    row(name, REAL(3, 4), axis=-1, correction=0.5, keepdims=True)
    row(name, REAL(5), correction=1, flags="lax complex")
row("any", REAL(2, 3), call="xp.any(x)", flags="constant")
row("argmax", APART(2, 3), flags="constant")
row("argmax", APART(2, 3), axis=1, keepdims=True, flags="constant")
row("argmin", APART(2, 3), flags="constant")
row("argmin", APART(2, 3), axis=0, flags="constant")

# ---- running sums and products, differences

for name, values in (("cumulative_sum", REAL), ("cumulative_prod", NONZERO)):
    row(name, values(4), flags="complex")
    row(name, values(2, 3), axis=0, flags="complex")
    row(name, values(2, 3), axis=-1, flags="complex")
    row(name, values(2, 3, 2), axis=1, include_initial=True, flags="complex")
    row(name, values(3), include_initial=True, flags="complex")
row("cumulative_prod", fixed([2.0, 0.0, 3.0, 0.0, 1.5]))
row("diff", REAL(2, 4), flags="complex")
row("diff", REAL(4, 2), axis=0, flags="complex")
row("diff", REAL(2, 4), n=2, flags="complex")
row("diff", REAL(2, 4), n=0, flags="complex")
DIFF = "xp.diff(x, axis=1, n=2, prepend=y, append=z)"
row("diff", REAL(2, 3), REAL(2, 1), REAL(2, 2), call=DIFF, flags="complex")

# ---- order and sets

DOWN = {"descending": True}
for options in ({}, {"axis": 0}, DOWN, {"axis": 0, **DOWN}, {"stable": False}):
    row("sort", APART(3, 4), **options)
    row("argsort", APART(3, 4), **options, flags="constant")
row("searchsorted", fixed([1.0, 2.0, 3.0]), REAL(4), flags="constant")
row("searchsorted", fixed([1.0, 2.0, 3.0]), fixed([2.0, 5.0]), side="right", flags="constant")
row("nonzero", fixed([[0.0, 2.0], [3.0, 0.0]]), flags="constant")
row("isin", fixed([1, 2, 3]), fixed([3, 1]), flags="constant")
row("isin", fixed([1, 2, 3]), fixed([3, 1]), invert=True, flags="constant")
for name in ("unique_all", "unique_counts", "unique_inverse"):
    row(name, APART(2, 3))
row("unique_values", APART(2, 3), call="xp.sort(xp.unique_values(x))")

# ---- indexing

KEYS = "1, :  -1, -1  ...  ..., 1  :, 1:3  ::-1, ::2  -1:0:-1, ...  None, :, None, 1  1:1, :"
NUMPY_KEYS = "2  1:  [0, 2, 2]  [2, 0], [1, 1]  :, [1, 1, 3], None  [[0, 1], [2, 0]]"
for keys, flags in ((KEYS, "complex"), (NUMPY_KEYS, "complex lax")):
    for key in keys.split("  "):
        row("getitem", REAL(3, 4), call=f"x[{key}]", flags=flags)
MASK = fixed([[True, False, True, True], [False, False, True, False], [True, True, False, False]])
TWICE = fixed([2, 0, 2])
row("getitem", REAL(3, 4), MASK, call="x[y]", flags="complex")
row("getitem", NONZERO(3, 4), call="x[x > 0]")
row("getitem", REAL(3, 4), TWICE, call="x[y, ...]", flags="lax")
row("getitem", REAL(3, 4), TWICE, call="x[y, y]", flags="complex")
row("getitem", REAL(3, 4), TWICE, call="x[y, 1]", flags="complex")
row("getitem", REAL(4), TWICE, call="x[y]", flags="complex")
row("getitem", REAL(3), call="x[0]", flags="complex")
row("getitem", REAL(3, 4), call="x + x[::-1, ...]", flags="complex")
row("take", REAL(4), TWICE, flags="complex")
row("take", REAL(3, 4), TWICE, call="x + xp.take(x, y, axis=0)", flags="complex")
row("take", REAL(3, 4), TWICE, axis=0, flags="complex")
row("take", REAL(2, 3, 4), TWICE, axis=-1, flags="complex")
row("take", REAL(2, 3, 4), fixed([-1, 0]), axis=1, flags="complex")
row("take", REAL(3, 4), fixed([[0, 1], [2, 0]]), axis=0, flags="lax")
row("take", REAL(3, 4), fixed(1), axis=0, flags="lax")
row("take_along_axis", REAL(2, 4), fixed([[0, 2, 2], [3, 0, 1]]), flags="complex")
row("take_along_axis", REAL(4, 2), fixed([[0, 3]]), axis=0, flags="complex")

# ---- shape and order

row("reshape", REAL(2, 6), then=((3, 4),), flags="complex")
row("reshape", REAL(2, 6), then=((-1,),), flags="complex")
row("reshape", REAL(2, 6), shape=(3, 2, 2), copy=True, flags="complex")
row("reshape", REAL(1, 1), then=((),), flags="complex")
row("permute_dims", REAL(2, 3, 4), then=((2, 0, 1),), flags="complex")
row("permute_dims", REAL(2, 3, 4), then=((-1, -3, -2),), flags="lax complex")
row("matrix_transpose", REAL(2, 3), flags="complex")
row("moveaxis", REAL(2, 3, 4), then=(0, -1), flags="complex")
row("moveaxis", REAL(2, 3, 4), then=((0, 2), (1, 0)), flags="complex")
row("expand_dims", REAL(2, 3), axis=0, flags="complex")
row("expand_dims", REAL(2, 3), axis=-1, flags="complex")
row("expand_dims", REAL(2, 3), axis=(0, -1), flags="complex")
row("squeeze", REAL(1, 3, 1), axis=0, flags="complex")
row("squeeze", REAL(1, 3, 1), axis=(0, -1), flags="complex")
row("flip", REAL(2, 3), flags="complex")
row("flip", REAL(2, 3), axis=-1, flags="complex")
row("flip", REAL(2, 3, 2), axis=(0, 1), flags="complex")
row("roll", REAL(2, 3), then=(2,), flags="complex")
row("roll", REAL(2, 3), then=(-1,), axis=1, flags="complex")
row("roll", REAL(2, 3), shift=(1, -2), axis=(0, 1), flags="complex")
row("roll", REAL(2, 3), shift=(1, 1), axis=(-1, -1), flags="complex")
row("broadcast_to", REAL(3, 1), then=((2, 3, 4),), flags="complex")
row("broadcast_to", REAL(), then=((2, 3),), flags="complex")
row("broadcast_arrays", REAL(3, 1), REAL(1, 4), REAL(3, 4), flags="complex")
row("meshgrid", REAL(2), REAL(3), flags="complex")
row("meshgrid", REAL(2), REAL(3), REAL(2), indexing="ij", flags="complex")
row("repeat", REAL(2, 3), then=(2,), flags="complex")
row("repeat", REAL(2, 3), then=(3,), axis=1, flags="complex")
row("repeat", REAL(2, 3), fixed([2, 0, 1]), axis=-1, flags="complex")
row("tile", REAL(2, 3), then=((2,),), flags="complex")
row("tile", REAL(3), then=((2, 3),), flags="complex")
row("tile", REAL(2, 1, 3), then=((2, 2),), flags="complex")
row("tril", REAL(3, 4), flags="complex")
row("tril", REAL(2, 3, 3), k=-1, flags="complex")
row("triu", REAL(3, 4), flags="complex")
row("triu", REAL(2, 3, 3), k=1, flags="complex")
row("concat", REAL(2, 3), REAL(1, 3), listed=True, flags="complex")
row("concat", REAL(2, 3), REAL(2, 0), REAL(2, 2), listed=True, axis=-1, flags="complex")
row("concat", REAL(2, 3), REAL(2), listed=True, axis=None, flags="complex")
row("concat", REAL(2), call="xp.concat((x, x, 2 * x))")
row("stack", REAL(2, 3), REAL(2, 3), listed=True, flags="complex")
row("stack", REAL(2, 3), REAL(2, 3), listed=True, axis=-1, flags="complex")
row("stack", REAL(2), call="xp.stack((x, x), axis=1)")
row("unstack", REAL(2, 3), flags="complex")
row("unstack", REAL(2, 3), axis=-1, flags="complex")

# ---- products

for one, other in (((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4))):
    row("matmul", REAL(*one), REAL(*other), flags="complex")
for one, other in (
    ((2, 2, 3), (3, 2)),
    ((3,), (2, 3, 4)),
    ((2, 1, 2, 3), (4, 3, 2)),
    ((2, 4, 3), (3,)),
):
    row("matmul", REAL(*one), REAL(*other), flags="complex")
row("matmul", REAL(3, 3), call="xp.matmul(x, x)", flags="complex")
row("vecdot", REAL(2, 3), REAL(2, 3), flags="complex")
row("vecdot", REAL(3), REAL(3), flags="complex")
row("vecdot", REAL(3, 2), REAL(3, 1), axis=-2, flags="complex")
row("vecdot", REAL(2, 1, 3), REAL(4, 3), flags="complex")
row("tensordot", REAL(2, 3, 4), REAL(3, 4, 2), flags="complex")
row("tensordot", REAL(2, 3), REAL(3, 4), axes=1, flags="complex")
row("tensordot", REAL(2), REAL(3), axes=0, flags="complex")
row("tensordot", REAL(2, 3, 4), REAL(4, 2, 3), axes=((0, 2), (1, 0)), flags="complex")
row("tensordot", REAL(2, 3), REAL(3, 2), axes=((-1,), (0,)), flags="complex")

# ---- conversions

row("astype", REAL(2, 3), call="xp.astype(x, xp.complex128)")
row("astype", REAL(2, 3), call="xp.astype(x, xp.float64)")
row("astype", REAL(2, 3), call="xp.astype(x, xp.int64)", flags="constant")
row("astype", REAL(2, 3), call="xp.astype(x, xp.bool)", flags="constant")
row("asarray", REAL(2, 3), flags="complex")
row("asarray", REAL(2, 3), copy=True, flags="complex")
row("asarray", REAL(2), REAL(2), listed=True, flags="lax complex")
row("zeros_like", REAL(2, 3), flags="constant complex")
row("ones_like", REAL(2, 3), flags="constant complex")
row("full_like", REAL(2, 3), then=(2.5,), flags="constant complex")

# ---- comparisons, tests, logic, bits

for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
    row(name, WHOLE(2, 3), WHOLE(2, 3), flags="constant")
    row(name, REAL(2, 3), REAL(3), flags="constant")
    row(name, NONZERO(2, 3), call=f"xp.{name}(x, 0.0)", flags="constant")
for name in ("isfinite", "isinf", "isnan"):
    row(name, fixed([1.0, np.inf, -np.inf, np.nan]), flags="constant")
row("signbit", fixed([1.0, -0.0, 0.0, -2.0]), flags="constant")
for name in ("logical_and", "logical_or", "logical_xor"):
    row(name, TRUTH(2, 3), TRUTH(2, 1), flags="constant")
row("logical_not", TRUTH(2, 3), flags="constant")
for name in ("and", "or", "xor", "left_shift", "right_shift"):
    row(f"bitwise_{name}", WHOLE(2, 3), WHOLE(3), flags="constant")
row("bitwise_invert", WHOLE(2, 3), flags="constant")

NO_ARRAY = ("arange", "empty", "eye", "full", "linspace", "ones", "zeros")
EXCLUDED = {
    **dict.fromkeys((*NO_ARRAY, "__array_namespace_info__"), "takes no array"),
    **dict.fromkeys(("can_cast", "finfo", "iinfo", "isdtype", "result_type"), "about dtypes"),
    "broadcast_shapes": "about shapes",
    "empty_like": "its values are not defined",
    "from_dlpack": "refuses arrays with a history",
}
