"""Which backend an array or a device belongs to.

`minidiff.array_api` knows devices by name: 'cpu' is NumPy, 'cuda' and 'cuda:N' are CuPy. Any other
array-API library comes in through its arrays, or through `minidiff.wrap(library)`.
"""

from __future__ import annotations

import sys
from typing import Any

from ._backend import NUMBERS, SCALARS, Backend, Layout, namespace
from .numpy import numpy_backend

__all__ = [
    "NUMBERS",
    "SCALARS",
    "Backend",
    "Layout",
    "available",
    "ingest",
    "namespace",
    "numpy_backend",
    "of_array",
    "of_device",
    "of_library",
]


def of_device(device: Any) -> Backend:
    """The backend of a device of `minidiff.array_api`: None, 'cpu', 'cuda' or 'cuda:N'."""
    if device is None or device == "cpu":
        return numpy_backend
    if isinstance(device, str) and (device == "cuda" or device.startswith("cuda:")):
        from .cupy import cupy_backend

        return cupy_backend(device)
    raise ValueError(
        f"unknown device {device!r}; minidiff.array_api knows 'cpu', 'cuda' and 'cuda:N' (for the "
        "devices of another library use minidiff.wrap(library))"
    )


def of_library(library: Any) -> Backend:
    """The backend of an array-API library, given as its module."""
    name = getattr(library, "__name__", "")
    if name in ("numpy", "array_api_compat.numpy"):
        return numpy_backend
    if name in ("cupy", "array_api_compat.cupy"):
        return of_device("cuda")
    from .generic import generic_backend

    return generic_backend(library)


def of_array(array: Any) -> Backend | None:
    """The backend of an array, or None for what is no array."""
    if isinstance(array, numpy_backend.constants):
        return numpy_backend
    if type(array).__module__.partition(".")[0] == "cupy":
        from .cupy import cupy_backend

        return cupy_backend(f"cuda:{array.device.id}")
    if isinstance(array, int | float | complex | str | bytes | list | tuple):
        return None
    from .generic import backend_of_array

    return backend_of_array(array)


def ingest(
    data: Any,
    dtype: Any,
    device: Any,
    *,
    copy: bool | None,
    floating: bool = False,
    home: Backend | None = None,
) -> tuple[Backend, Any]:
    """An array of whatever holds numbers, and its backend.

    That is `home`, where a wrapped library's namespace asks; else where `device` says; else where
    the array is already. `floating` turns integer literals (not arrays) into the default float.
    """
    source = of_array(data)
    if home is not None and home.keeps_devices:
        target = home
        extra = {} if device is None else {"device": device}
    else:
        target = of_device(device) if device is not None else source or numpy_backend
        extra = {}
    if source is not None and source is not target:
        if copy is False:
            raise ValueError(
                f"copy=False, but {source.name} data have to be copied to {target.name}"
            )
        data = source.as_numpy(data)
    array = target.arrays.asarray(data, dtype=dtype, copy=copy, **extra)
    if getattr(array.dtype, "char", "d") in "OSUMmV":  # NumPy makes arrays of anything
        raise TypeError(
            f"a Tensor holds numbers, and {type(data).__name__} makes an array of the dtype "
            f"{array.dtype}; of an iterator make a list first"
        )
    if floating and source is None and dtype is None and not target.is_floating(array.dtype):
        array = target.arrays.astype(array, target.default_float())
    return target, array


def available() -> list[tuple[str, list[str]]]:
    """The libraries that `minidiff.array_api` can use here, each with its devices.

    CuPy is imported only where it is installed.
    """
    from importlib.util import find_spec  # an import that is needed here alone

    found = [("numpy", ["cpu"])]
    if "cupy" in sys.modules or find_spec("cupy") is not None:
        from .cupy import devices

        found.append(("cupy", devices()))
    return found
