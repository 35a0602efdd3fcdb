"""The namespaces that the suite is run on, made in the suite's own process.

`space("numpy")` is minidiff.array_api, `space("strict")` wraps array_api_strict, and so on;
`bare=True` is the library itself. With `recording=True` every floating array that the suite creates
is an intermediate of a tape that records, so that every operation on it is recorded.
"""

import functools
import importlib
from types import SimpleNamespace
from typing import Any

LIBRARIES = {
    "numpy": "array_api_compat.numpy",
    "strict": "array_api_strict",
    "torch": "array_api_compat.torch",
    "cupy": "array_api_compat.cupy",
}

CREATION = (
    *("arange", "asarray", "empty", "empty_like", "eye", "from_dlpack", "full", "full_like"),
    *("linspace", "ones", "ones_like", "zeros", "zeros_like"),
)


def space(backend: str, *, bare: bool = False, recording: bool = False, module: str = "") -> Any:
    """The namespace to be tested; `module` names one that is none of the backends."""
    if module:
        return wrapped(importlib.import_module(module), tracked) if recording else named(module)
    library = importlib.import_module(LIBRARIES[backend])
    if backend == "strict":
        library.set_array_api_strict_flags(api_version="2025.12")
    if bare:
        return library
    import minidiff

    found: Any = minidiff.array_api if backend in ("numpy", "cupy") else minidiff.wrap(library)
    if backend == "cupy":
        found = wrapped(found, on_cuda, keep_creating=True)
    return wrapped(found, tracked) if recording else found


def named(module: str) -> Any:
    return importlib.import_module(module)


def wrapped(namespace: Any, change: Any, *, keep_creating: bool = False) -> Any:
    """A namespace whose creation functions are changed; all else is the same."""
    new = SimpleNamespace(__name__=namespace.__name__)
    names = set(dir(namespace)) | set(getattr(namespace, "__all__", ()))
    for name in names - {"__name__", "__class__", "__dict__", "__doc__"}:
        setattr(new, name, getattr(namespace, name))
    for name in CREATION:
        setattr(new, name, change(getattr(namespace, name)))
    return new


def tracked(function: Any) -> Any:
    """A creation function whose floating arrays have a history."""

    @functools.wraps(function)  # the suite looks at signatures
    def create(*args: Any, **kwargs: Any) -> Any:
        x = function(*args, **kwargs)
        xp = x.__array_namespace__()
        if x.op_node is not None:  # made of an array that has a history; it may be that very one
            return x
        if not xp.isdtype(x.dtype, ("real floating", "complex floating")):
            return x
        leaf = x.detach(allow_grad=True)
        # A copy changes no bit; a product with 1 would turn complex infinities into nan.
        return xp.asarray(leaf, copy=True)

    return create


def on_cuda(function: Any) -> Any:
    """A creation function of minidiff.array_api that makes CuPy's arrays by default."""

    @functools.wraps(function)
    def create(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("device") is None and "like" not in function.__name__:
            kwargs["device"] = "cuda"
        return function(*args, **kwargs)

    return create
