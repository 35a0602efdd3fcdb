"""The namespaces: `minidiff.array_api` itself, and the one that `wrap(library)` makes."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ..backends import Backend, of_library
from ..core.apply import wrapper
from ..core.rules import rule_of
from . import _creation, _indexing
from ._dtypes import DTYPES
from ._info import WrappedInfo

# Functions on Tensors that rules and writes use beyond the standard.
EXTRAS = {
    "getitem": _indexing.getitem,
    "scatter_add": _indexing.scatter_add,
    "write": _indexing.write,
    "copy": _creation.copy,
}

CONSTANTS = {"e": math.e, "inf": math.inf, "nan": math.nan, "newaxis": None, "pi": math.pi}


def tensor_namespace(
    backend: Backend,
    table: dict[str, Any],
    extensions: Callable[[str], ModuleType],
    home: Backend | None = None,
    public: Any = None,
) -> ModuleType:
    """A module of the standard's functions on Tensors of one library; new arrays are its, too.

    `extensions` gives `fft` and `linalg`, loaded when they are first asked for. `public` is the
    module that users have; this one is for formulas, if it is another.
    """
    library = getattr(backend.arrays, "__name__", backend.name)
    made: Any = ModuleType(f"minidiff.wrap({library})", "The array API over another library.")
    made.backend = backend
    made.public = made if public is None else public
    made.__array_api_version__ = "2025.12"
    made.__array_namespace_info__ = lambda: WrappedInfo(made, backend)
    names = CONSTANTS | {name: at_home(f, home, public is None) for name, f in table.items()}
    for name in DTYPES:
        if hasattr(backend.arrays, name):
            names[name] = getattr(backend.arrays, name)
    vars(made).update(names)

    def look_up(name: str) -> Any:
        found = extensions(name)
        setattr(made, name, found if home is None else extension(found, home))
        return getattr(made, name)

    made.__getattr__ = look_up
    made.__dir__ = lambda: sorted({*vars(made), "fft", "linalg"})
    return made


def extension(module: ModuleType, home: Backend) -> ModuleType:
    """`fft` or `linalg` of one library."""
    made: Any = ModuleType(module.__name__, module.__doc__)
    made.__all__ = module.__all__
    vars(made).update({name: at_home(getattr(module, name), home) for name in module.__all__})
    return made


def at_home(function: Any, home: Backend | None, for_users: bool = True) -> Any:
    """A function for a namespace of its own: creation functions know whose arrays they make."""
    rule = rule_of(function)
    own = rule.free or rule.takes_device
    return wrapper(rule, home, for_users=for_users) if own else function


def wrap(library: Any) -> Any:
    """The array API over another library, differentiable.

    Parameters
    ----------
    library : module
        Any array-API library (or one that array-api-compat knows, such as torch).

    Returns
    -------
    namespace
        The standard's functions; its creation functions make that library's arrays, with its
        dtypes and devices. The same object each time, and what `x.__array_namespace__()` returns.

    Examples
    --------
    >>> import minidiff as md
    >>> import array_api_strict
    >>> xp = md.wrap(array_api_strict)
    >>> float(xp.sum(xp.ones(3)))
    3.0
    """
    return of_library(library).tensors.public
