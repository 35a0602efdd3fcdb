"""CuPy, the backend of the devices 'cuda:N'. It is imported here alone, and only when asked for.

CuPy launches on the current device, whatever its arrays are on. So each device is a backend of its
own, and where there are several, every function of its namespace runs with that device made
current. A backward pass makes it current once, for the operators in it (`quietly`).
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any

import numpy as np

from ._backend import Backend, namespace
from ._numpy_functions import is_basic
from .numpy import numpy_backend


class Extras:
    """What rules need beyond the standard, and what depends on the device."""

    getitem = staticmethod(operator.getitem)

    def __init__(self, backend: CuPyBackend):
        self._backend = backend
        self.write_at = backend.write

    def asarray(
        self, obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        cupy = self._backend.cupy
        with self._backend.current():
            found = cupy.array(obj, dtype=dtype) if copy else cupy.asarray(obj, dtype=dtype)
        if copy is False and found is not obj and not self._backend.is_view(found, obj):
            raise ValueError("asarray: copy=False, but these data have to be copied to the GPU")
        return found

    def scatter_add(self, g: Any, key: Any, shape: tuple[int, ...], /) -> Any:
        """Zeros of a shape with g added at key, repeated places summed: the transpose of x[key]."""
        out = self._backend.zeros(shape, g.dtype, g)
        self._backend.add_at(out, key, g)
        return out


class OnDevice:
    """A place for `namespace` whose functions run with one device made current."""

    def __init__(self, backend: CuPyBackend, place: Any):
        self._backend = backend
        self._place = place

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._place, name)
        if isinstance(found, ModuleType):  # linalg, fft
            return OnDevice(self._backend, found)
        if not callable(found) or isinstance(found, type):  # a constant, a dtype
            return found
        backend = self._backend

        @functools.wraps(found)
        def call(*args: Any, **kwargs: Any) -> Any:
            with backend.current():
                return found(*args, **kwargs)

        return call


class CuPyBackend(Backend):
    """One GPU."""

    keeps_devices = False

    def __init__(self, cupy: Any, index: int, alone: bool):
        import array_api_compat.cupy

        super().__init__()
        self.plain = (np.dtype(np.float64), np.dtype(np.float32))
        self.cupy = cupy
        self.index = index
        self.name = f"cupy (device 'cuda:{index}')"
        self.array_type = cupy.ndarray
        self.constants = (cupy.ndarray, np.generic)
        self.slices_are_views = True
        library = array_api_compat.cupy
        self.arrays = namespace(
            f"cupy arrays on cuda:{index}",
            Extras(self),
            library if alone else OnDevice(self, library),
        )

    def current(self) -> AbstractContextManager[Any]:
        """Makes this device CuPy's current one."""
        return self.cupy.cuda.Device(self.index)  # type: ignore[no-any-return]  # CuPy is untyped

    def copy(self, array: Any) -> Any:
        with self.current():
            return array.copy(order="K")

    def zeros(self, shape: tuple[int, ...], dtype: Any, like: Any) -> Any:
        with self.current():
            return self.cupy.zeros(shape, dtype)

    def is_complex(self, dtype: Any) -> bool:
        return dtype.kind == "c"  # type: ignore[no-any-return]  # a str

    def is_floating(self, dtype: Any) -> bool:
        return dtype.kind in "fc"

    def default_float(self) -> Any:
        return np.dtype(np.float64)

    def check_same_kind(self, source: Any, target: Any) -> None:
        numpy_backend.check_same_kind(source, target)

    def device(self, array: Any) -> Any:
        return f"cuda:{self.index}"

    def is_view(self, out: Any, array: Any, arguments: Any = None) -> bool:
        # CuPy's `base` is always the array that has the memory, never a view of it.
        base = out.base
        return out is array or (base is not None and (base is array or base is array.base))

    def write(self, array: Any, key: Any, value: Any) -> None:
        with self.current():
            if isinstance(value, self.cupy.ndarray) and self.cupy.may_share_memory(array, value):
                value = value.copy()  # the kernel would read what it has already written
            array[key] = value

    def add_at(self, array: Any, key: Any, value: Any) -> None:
        with self.current():
            if is_basic(key):
                array[key] += value
            elif array.dtype.kind == "c":  # there is no atomic addition of complex numbers
                self.cupy.add.at(array.real, key, value.real)
                self.cupy.add.at(array.imag, key, value.imag)
            else:
                self.cupy.add.at(array, key, value)

    def as_numpy(self, array: Any) -> Any:
        with self.current():
            return array.get()

    def to_device(self, array: Any, device: Any) -> tuple[Backend, Any]:
        if device == "cpu":
            return numpy_backend, self.as_numpy(array)
        target = cupy_backend(device)
        # Between devices CuPy copies contiguous arrays alone.
        if target is not self:
            with self.current():
                array = self.cupy.ascontiguousarray(array)
        return target, target.arrays.asarray(array)

    def quietly(self, function: Callable[..., Any], *args: Any) -> Any:
        # CuPy warns of no infinities; what a backward pass needs is its device.
        with self.current():
            return function(*args)


_backends: dict[int, CuPyBackend] = {}


def cupy_backend(device: str) -> CuPyBackend:
    """The backend of a GPU, one for each.

    Parameters
    ----------
    device : str
        'cuda' (CuPy's current device) or 'cuda:N'.

    Raises
    ------
    ImportError
        If CuPy is not installed, or cannot be loaded.
    RuntimeError
        If CUDA finds no GPU; the message is CUDA's.
    ValueError
        If there is no such device.
    """
    cupy, count = _cupy(device)
    text = device.removeprefix("cuda").removeprefix(":")
    index = cupy.cuda.Device().id if device == "cuda" else int(text) if text.isdecimal() else -1
    if not 0 <= index < count:
        known = ", ".join(f"'cuda:{i}'" for i in range(count))
        raise ValueError(f"unknown device {device!r}; the GPUs here are {known}")
    found = _backends.get(index)
    if found is None:
        found = _backends[index] = CuPyBackend(cupy, index, alone=count == 1)
    return found


def devices() -> list[str]:
    """The GPUs that CuPy can use here; an empty list where there is none."""
    try:
        _, count = _cupy("cuda")
    except (ImportError, RuntimeError):
        return []
    return [f"cuda:{index}" for index in range(count)]


def _cupy(device: str) -> tuple[Any, int]:
    """CuPy, and the number of GPUs that it finds."""
    try:
        import cupy
    except ModuleNotFoundError as error:
        if error.name != "cupy":
            raise
        raise ImportError(
            f"the device {device!r} needs CuPy, which is not installed: pip install minidiff[cupy]"
        ) from error
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise RuntimeError(
            f"the device {device!r} needs a GPU that CUDA can use: {error}"
        ) from error
    if count == 0:
        raise RuntimeError(f"the device {device!r} needs a GPU, and CUDA finds none")
    return cupy, count
