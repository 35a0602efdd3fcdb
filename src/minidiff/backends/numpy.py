"""NumPy, the backend of the device 'cpu'.

NumPy 2 follows the standard nearly everywhere, so its own functions serve; what differs is mended
here, and what is rare comes from array_api_compat, which is imported only then (importing it costs
more than importing NumPy).
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from typing import Any, ClassVar

import numpy as np

from . import _numpy_functions
from ._backend import Backend, namespace


def _compat() -> Any:
    import array_api_compat.numpy

    return array_api_compat.numpy


_compat.is_lazy_place = True  # type: ignore[attr-defined]  # read by `namespace`


class Numbers(dict[float, Any]):
    """Python's numbers as arrays of a dtype, each made once.

    To convert one takes NumPy as long as the arithmetic on ten elements. Zeros are not kept, for
    0.0 and -0.0 are the same key, nor what is not finite, so that NumPy warns each time.
    """

    most: ClassVar[int] = 256

    def __init__(self, dtype: Any):
        super().__init__()
        self.dtype = dtype

    def __missing__(self, number: float) -> Any:
        made = np.asarray(number, self.dtype)
        if number and np.isfinite(made):
            if len(self) >= self.most:  # a learning rate that falls, say
                self.clear()
            made.flags.writeable = False
            self[number] = made
        return made


def silencer() -> Callable[..., Any]:
    """A function that calls another without NumPy's floating-point warnings.

    np.errstate would work out its setting anew each time. So the context variable that NumPy sets
    is looked up, once, and set to the very same from then on: less than half the work.
    """
    context = Context()
    context.run(np.seterr, all="ignore")
    if len(context) != 1:  # a NumPy that keeps it in another way
        return np.errstate(all="ignore")(lambda function, *args: function(*args))
    ((variable, silent),) = context.items()

    def quietly(function: Callable[..., Any], *args: Any) -> Any:
        token = variable.set(silent)
        try:
            return function(*args)
        finally:
            variable.reset(token)

    return quietly


class NumPyBackend(Backend):
    name = "numpy (device 'cpu')"
    keeps_devices = False
    most_patterns, most_in_pattern = 64, 1000  # of small arrays of ones, and elements in each

    def __init__(self) -> None:
        super().__init__()
        self.array_type = np.ndarray
        self.constants = (np.ndarray, np.generic)
        self.plain = (np.dtype(np.float64), np.dtype(np.float32))
        self.slices_are_views = True
        self.double, self.single = self.plain
        self.doubles, self.singles = Numbers(self.double), Numbers(self.single)
        self.patterns: dict[Any, Any] = {}
        self.arrays = namespace("numpy arrays", _numpy_functions, np, _compat)

    def asarray(self, data: Any) -> Any:
        return np.asarray(data)

    def copy(self, array: Any) -> Any:
        out = array.copy(order="K")
        if out.strides == array.strides or 0 in array.strides:
            return out
        return _numpy_functions.copy_as_it_lies(array)

    def ones(self, shape: tuple[int, ...], dtype: Any, like: Any) -> Any:
        pattern = self.patterns.get(shape)
        if pattern is not None:  # a third of the time of np.ones
            return +pattern if dtype is self.double else pattern.astype(dtype)
        out = np.ones(shape, dtype)
        if out.size <= self.most_in_pattern:
            if len(self.patterns) >= self.most_patterns:
                self.patterns.clear()
            self.patterns[shape] = np.ones(shape)
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

    def is_view(self, out: Any, array: Any, arguments: Any = None) -> bool:
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

    def read_only(self, array: Any) -> Any:
        out = array.view()
        out.flags.writeable = False
        return out

    add_at = staticmethod(_numpy_functions.add_at)

    def as_numpy(self, array: Any) -> Any:
        return array

    def to_device(self, array: Any, device: Any) -> tuple[Backend, Any]:
        from . import of_device

        target = of_device(device)
        return target, array if target is self else target.arrays.asarray(array)

    quietly = staticmethod(silencer())


numpy_backend = NumPyBackend()
