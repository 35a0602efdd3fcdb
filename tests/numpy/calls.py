"""Which names the NumPy drop-in must have, and the tables of calls, put together."""

import calls_elementwise
import calls_fft
import calls_joining
import calls_linalg
import calls_masks
import calls_places
import calls_products
import calls_reductions
import calls_shapes
import calls_ufuncs

import numpy as np

_rng = np.random.default_rng(7)

# What the expressions may name. No two elements are equal, none is near an integer or 0.
ARRAYS = {
    "a": (_rng.permutation(6).reshape(2, 3) - 2.6 + _rng.uniform(0, 0.3, (2, 3))) / 2,
    "b": (_rng.permutation(6).reshape(2, 3) - 2.6 + _rng.uniform(0, 0.3, (2, 3))) / 2,
    "p": _rng.uniform(0.2, 0.9, (2, 3)),  # positive, below 1
    "q": _rng.uniform(1.1, 3.0, (2, 3)),  # above 1
    "m": _rng.uniform(-1, 1, (3, 3)) + 2 * np.eye(3),  # regular
    "r": np.array([[0.3, -1.2, 0.4], [1.1, 0.2, -0.7], [0.5, 0.6, 0.8]]),  # two eigenvalues complex
    "n": np.array([[0.3, np.nan, -1.2], [2.1, 0.6, np.nan]]),
    "t": _rng.permutation(24).reshape(2, 3, 4) / 7 - 1.6,
    "v": np.array([0.3, -1.2, 2.1]),
    "w": np.array([1.7, 0.4, -0.6]),
    "s": np.array(0.7),
    "z": _rng.uniform(-1, 1, (2, 3)) + 1j * _rng.uniform(0.3, 1, (2, 3)),
    "i": np.array([2, 0, 1]),
    "j": np.array([[3, 1, 4], [1, 5, 9]]),
    "k": np.array([[True, False, True], [False, True, True]]),
}

TABLES = (
    *(calls_elementwise, calls_fft, calls_joining, calls_linalg, calls_masks, calls_places),
    *(calls_products, calls_reductions, calls_shapes, calls_ufuncs),
)

CALLS: dict[str, list[str]] = {}
for _table in TABLES:
    for _name, _texts in _table.CALLS.items():
        CALLS[_name] = CALLS.get(_name, []) + _texts


def words(text):
    return text.split()


def is_dtype(found):
    """Whether something of NumPy's is a type of numbers or truth values."""
    kinds = np.number | np.bool_
    return isinstance(found, type) and issubclass(found, kinds) and found is not np.timedelta64


# What the namespace promises, beside what CALLS has anyway.
NAMES = words("""
    absolute any all argmax argmin argwhere atleast_1d atleast_2d atleast_3d ceil copy cos cosh exp
    flatten flip floor invert log logical_and logical_not logical_or logical_xor max min mean prod
    ravel sign sin sinh sqrt square squeeze std sum tan tanh transpose add astype broadcast_to dot
    equal expand_dims floor_divide getitem greater greater_equal less less_equal matmul mod multiply
    not_equal power reshape subtract tensordot true_divide unbroadcast clip swapaxes where
    concatenate stack split repeat tile take_along_axis put_along_axis index_add isin unravel_index
    arange ones zeros full ones_like zeros_like full_like einsum var median linspace outer inner
    kron trace diag diagonal triu tril cumsum cumprod diff gradient pad roll rot90 hstack vstack
    dstack column_stack array_split vsplit hsplit moveaxis select piecewise nan_to_num nansum
    nanmean nanmax nanmin average cov corrcoef convolve interp logaddexp2 exp2 sinc cbrt deg2rad
    rad2deg hypot maximum minimum fmax fmin heaviside ptp sort partition argsort meshgrid ix_
    ravel_multi_index allclose isclose array_equal
    array asarray empty eye identity pi e inf nan newaxis ndarray abs arcsin arccos arctan arctan2
    arcsinh arccosh arctanh log1p expm1 log2 log10 real imag conj angle unique bincount shape ndim
    size errstate
""")

# `linalg.*`, `fft.*` and the dtypes are NumPy's own lists, whichever NumPy is installed.
NAMES += [f"linalg.{name}" for name in sorted(np.linalg.__all__)]
NAMES += [f"fft.{name}" for name in sorted(np.fft.__all__)]
NAMES += [name for name in sorted(np.__all__) if is_dtype(getattr(np, name))]

# Without a call in the tables: tested in other files (tests/test_user_api.py looks for them).
TESTED_ELSEWHERE = {
    *("flatten", "getitem", "put_along_axis", "index_add", "unbroadcast", "partition", "errstate"),
    *("argpartition", "fill_diagonal", "place", "put", "putmask", "copyto", "ndenumerate"),
    *("from_dlpack", "load", "save", "savez"),
}
