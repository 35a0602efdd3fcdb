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


class Extras:
    """What rules need beyond the standard, and the quicker forms of what NumPy has."""

    getitem = staticmethod(operator.getitem)

    @staticmethod
    def write_at(x: Any, key: Any, value: Any) -> None:
        x[key] = value

    @staticmethod
    def scatter_add(x: Any, key: Any, shape: tuple[int, ...]) -> Any:
        out = np.zeros(shape, x.dtype)
        add_at(out, key, x)
        return out

    @staticmethod
    def asarray(obj: Any, dtype: Any = None, copy: bool | None = None, device: Any = None) -> Any:
        return np.array(obj, dtype=dtype, copy=copy)

    @staticmethod
    def astype(x: Any, dtype: Any, copy: bool = True, device: Any = None) -> Any:
        return x.astype(dtype, copy=copy)

    @staticmethod
    def reshape(x: Any, shape: tuple[int, ...], copy: bool | None = None) -> Any:
        return x.reshape(shape, copy=copy)

    @staticmethod
    def permute_dims(x: Any, axes: tuple[int, ...]) -> Any:
        return x.transpose(axes)

    @staticmethod
    def pow(x1: Any, x2: Any) -> Any:
        # np.power takes twice the time of the products that it stands for.
        if type(x2) is int and x1.dtype.kind in "fc":
            if x2 == 2:
                return x1 * x1
            if x2 == 3:
                return x1 * x1 * x1
        return np.power(x1, x2)

    @staticmethod
    def matrix_transpose(x: Any) -> Any:
        return x.mT


def add_at(array: Any, key: Any, value: Any) -> None:
    """array[key] += value, repeated places summed."""
    if is_basic(key):
        array[key] += value
    else:
        np.add.at(array, key, value)


def _compat() -> Any:
    import array_api_compat.numpy

    return array_api_compat.numpy


_compat.is_lazy_place = True  # type: ignore[attr-defined]  # read by Namespace


class NumPyBackend(Backend):
    name = "numpy (device 'cpu')"
    keeps_devices = False

    def __init__(self) -> None:
        self.array_type = np.ndarray
        self.constants = (np.ndarray, np.generic)
        self.plain = (np.dtype(np.float64), np.dtype(np.float32))
        self.arrays = Namespace("numpy arrays", Extras, np, _compat)

    def asarray(self, data: Any) -> Any:
        return np.asarray(data)

    def copy(self, array: Any) -> Any:
        return array.copy(order="K")  # views of the copy are to be views as before

    def ones(self, shape: tuple[int, ...], dtype: Any, like: Any) -> Any:
        out = np.empty(shape, dtype)
        out.fill(1)
        return out

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
        if base is None:
            return out is array
        if base is array or base is array.base:
            return True
        return base.base is not None and np.may_share_memory(out, array)  # np.broadcast_to

    def write(self, array: Any, key: Any, value: Any) -> None:
        if isinstance(value, np.ndarray) and np.may_share_memory(array, value):
            value = value.copy()  # NumPy does not see the overlap when the key is a mask
        array[key] = value

    def add_at(self, array: Any, key: Any, value: Any) -> None:
        add_at(array, key, value)

    def as_numpy(self, array: Any) -> Any:
        return array

    def to_device(self, array: Any, device: Any) -> tuple[Backend, Any]:
        from . import of_device

        target = of_device(device)
        return target, array if target is self else target.arrays.asarray(array)

    def quiet(self) -> AbstractContextManager[Any]:
        return np.errstate(all="ignore")


def is_basic(key: Any) -> bool:
    """Whether a key has slices, integers, ellipses and new axes alone: no place comes twice."""
    for one in key if type(key) is tuple else (key,):
        if not (
            one is None or one is ... or type(one) in (int, slice) or isinstance(one, np.integer)
        ):
            return False
    return True


numpy_backend = NumPyBackend()
