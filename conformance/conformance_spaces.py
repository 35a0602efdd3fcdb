"""The namespaces that the suite is run on, made in the suite's own process.

`space("numpy")` is minidiff.array_api, `space("strict")` wraps array_api_strict, and so on;
`bare=True` is the library itself, and `recording=True` gives every array a history.
"""

import functools
import importlib
from collections.abc import Callable
from typing import Any

from conformance_recording import CREATION, changed, with_history

import minidiff

LIBRARIES = {
    "numpy": "array_api_compat.numpy",
    "strict": "array_api_strict",
    "torch": "array_api_compat.torch",
    "cupy": "array_api_compat.cupy",
}


def space(backend: str, *, bare: bool = False, recording: bool = False, module: str = "") -> Any:
    """The namespace to be tested; `module` names one that is none of the backends."""
    if module:
        found: Any = importlib.import_module(module)
    else:
        library = importlib.import_module(LIBRARIES[backend])
        if backend == "strict":
            library.set_array_api_strict_flags(api_version="2025.12")
        if bare:
            return library
        found = minidiff.array_api if backend in ("numpy", "cupy") else minidiff.wrap(library)
        if backend == "cupy":
            found = on_cuda(found)
    return with_history(found) if recording else found


def on_cuda(namespace: Any) -> Any:
    """minidiff.array_api with functions that make CuPy's arrays by default."""
    # *_like and asarray of an array stay on the device of their argument.
    names = [name for name in CREATION if not name.endswith("_like") and name != "from_dlpack"]
    frequencies = {
        name: with_device(getattr(namespace.fft, name)) for name in ("fftfreq", "rfftfreq")
    }
    return changed(
        namespace,
        {name: with_device(getattr(namespace, name)) for name in names}
        | {"fft": changed(namespace.fft, frequencies)},
    )


def with_device(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)  # the suite looks at signatures
    def create(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("device") is None and not (args and hasattr(args[0], "device")):
            kwargs["device"] = "cuda"
        return function(*args, **kwargs)

    return create
