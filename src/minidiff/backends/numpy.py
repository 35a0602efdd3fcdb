"""NumPy, the backend of the device 'cpu'.

NumPy 2 follows the standard nearly everywhere, so its own functions serve; what differs is mended
here, and what is rare comes from array_api_compat, which is imported only then (importing it costs
more than importing NumPy).
"""

from __future__ import annotations

import operator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from ._backend import Backend, Namespace


class Mended:
    """The functions in which NumPy differs from the standard, or has a quicker way."""

    getitem = staticmethod(operator.getitem)
    asarray = staticmethod(np.asarray)
    # The method and ufunc forms do without NumPy's own Python layer: a third of the time.
    sum = staticmethod(np.sum)


def _compat() -> Any:
    import array_api_compat.numpy

    return array_api_compat.numpy


_compat.is_lazy_place = True  # type: ignore[attr-defined]  # read by Namespace


class NumPyBackend(Backend):
    name = "numpy (device 'cpu')"
    array_type = np.ndarray
    constants = (np.ndarray, np.generic)
    plain = (np.dtype(np.float64), np.dtype(np.float32))

    def __init__(self) -> None:
        self.arrays = Namespace("numpy arrays", Mended, np, _compat)

    def asarray(self, data: Any) -> Any:
        return np.asarray(data)

    def copy(self, array: Any) -> Any:
        return array.copy()

    def zeros(self, shape: tuple[int, ...], dtype: Any, like: Any) -> Any:
        return np.zeros(shape, dtype)

    def is_complex(self, dtype: Any) -> bool:
        return dtype.kind == "c"  # type: ignore[no-any-return]  # a str

    def is_floating(self, dtype: Any) -> bool:
        return dtype.kind in "fc"

    def default_float(self) -> Any:
        return np.dtype(np.float64)

    def check_same_kind(self, source: Any, target: Any) -> None:
        if not np.can_cast(source, target, "same_kind"):
            raise TypeError(f"an update in place cannot turn {source} into {target}")

    def device(self, array: Any) -> Any:
        return "cpu"

    def is_view(self, out: Any, array: Any) -> bool:
        base = out.base
        while base is not None:
            if base is array or base is array.base:
                return True
            base = getattr(base, "base", None)
        return out is array

    def write(self, array: Any, key: Any, value: Any) -> None:
        if isinstance(value, np.ndarray) and np.may_share_memory(array, value):
            value = value.copy()  # NumPy does not see the overlap when the key is a mask
        array[key] = value

    def add_at(self, array: Any, key: Any, value: Any) -> None:
        if is_basic(key):
            array[key] += value
        else:
            np.add.at(array, key, value)

    def as_numpy(self, array: Any) -> Any:
        return array

    def quiet(self) -> AbstractContextManager[Any]:
        return np.errstate(all="ignore")


def is_basic(key: Any) -> bool:
    """Whether a key has slices, integers, ellipses and new axes alone: no place comes twice."""
    for one in key if type(key) is tuple else (key,):
        if not (one is None or one is ... or type(one) in (int, slice) or isinstance(one, np.integer)):
            return False
    return True


numpy_backend = NumPyBackend()
