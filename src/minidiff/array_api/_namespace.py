"""The namespaces: `minidiff.array_api` itself, and the one that `wrap(library)` makes."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..backends import Backend, of_library
from ..core.apply import wrapper
from ..core.rules import rule_of
from . import _constants, _creation, _indexing
from ._dtypes import DTYPES
from ._info import NamespaceInfo, WrappedInfo

# Functions on Tensors that rules and writes use beyond the standard.
EXTRAS = {
    "getitem": _indexing.getitem,
    "scatter_add": _indexing.scatter_add,
    "write": _indexing.write,
    "copy": _creation.copy,
}

CONSTANTS = {name: getattr(_constants, name) for name in ("e", "inf", "nan", "newaxis", "pi")}


class TensorNamespace:
    """The standard's functions on Tensors of one library, the creation functions bound to it.

    Attributes
    ----------
    public : namespace
        The one that users have. This one is for formulas, if it is another.
    """

    def __init__(
        self,
        backend: Backend,
        table: dict[str, Any],
        extensions: dict[str, ModuleType],
        home: Backend | None = None,
        public: Any = None,
    ):
        library = getattr(backend.arrays, "__name__", backend.name)
        self.__name__ = f"minidiff.wrap({library})"
        self.__array_api_version__ = "2025.12"
        self.backend = backend
        self.public = self if public is None else public
        self.__dict__.update(CONSTANTS)
        for_users = public is None
        self.__dict__.update({name: at_home(f, home, for_users) for name, f in table.items()})
        for name, module in extensions.items():
            setattr(self, name, module if home is None else Extension(module, home))
        for name in DTYPES:
            if hasattr(backend.arrays, name):
                setattr(self, name, getattr(backend.arrays, name))

    def __array_namespace_info__(self) -> NamespaceInfo:
        """What this namespace can do."""
        return WrappedInfo(self, self.backend)

    def __repr__(self) -> str:
        return f"<namespace {self.__name__}>"


class Extension:
    """`fft` or `linalg` of one library."""

    def __init__(self, module: ModuleType, home: Backend):
        self.__name__ = module.__name__
        self.__all__ = module.__all__
        self.__dict__.update({name: at_home(getattr(module, name), home) for name in self.__all__})

    def __repr__(self) -> str:
        return f"<extension {self.__name__}>"


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
