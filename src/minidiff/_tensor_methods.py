"""NumPy's methods on Tensor (`t.sum()`, `t.reshape(2, 3)`), loaded when they are first used.

`import minidiff.array_api` pays nothing for them: what stands on the class is a note of the name,
which the first use replaces by the method itself.
"""

from __future__ import annotations

from typing import Any

from .core.tensor import Tensor

NAMES = (
    *("__round__", "abs", "absolute", "add", "all", "any", "argmax", "argmin", "argpartition"),
    *("argsort", "astype", "broadcast_to", "ceil", "choose", "clip", "compress", "conj"),
    *("conjugate", "copy", "cos", "cosh", "cumprod", "cumsum", "diagonal", "divide", "dot"),
    *("equal", "exp", "expand_dims", "fill", "flat", "flatten", "flip", "floor", "floor_divide"),
    *("greater", "greater_equal", "imag", "invert", "itemsize", "less", "less_equal", "log"),
    *("logical_and", "logical_not", "logical_or", "logical_xor", "matmul", "max", "mean", "min"),
    *("mod", "multiply", "nbytes", "negative", "nonzero", "not_equal", "partition", "power"),
    *("prod", "ptp", "put", "ravel", "real", "repeat", "reshape", "round", "searchsorted", "sign"),
    *("sin", "sinh", "sort", "sqrt", "square", "squeeze", "std", "strides", "subtract", "sum"),
    *("swapaxes", "take", "tan", "tanh", "tobytes", "tolist", "trace", "transpose"),
    *("true_divide", "var"),
)

# What an ndarray has and a Tensor has not, with what to write instead.
ABSENT = {
    "base": "its views are known to the tape; np.shares_memory(x, y) compares memory",
    "flags": "its memory is its library's; see x.as_numpy().flags",
    "resize": "it has one size for life; pad, concatenate or repeat make another Tensor",
    "view": "x[...] is a view, reshape gives another shape, and astype another dtype",
}


class Later:
    """A method that is still to be loaded."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, tensor: Tensor | None, owner: type) -> Any:
        from .numpy._methods import METHODS

        method = METHODS[self.name]
        setattr(Tensor, self.name, method)
        return method.__get__(tensor, owner)

    def __set__(self, tensor: Tensor, value: Any) -> None:
        self.__get__(None, Tensor)
        setattr(tensor, self.name, value)


class Absent:
    """A name that is refused with a reason; `hasattr` says no."""

    def __init__(self, name: str, instead: str):
        self.message = f"a Tensor has no {name}: {instead}"

    def __get__(self, tensor: Tensor | None, owner: type) -> Any:
        raise AttributeError(self.message)


def add_methods() -> None:
    """Put a note of each name on Tensor."""
    for name in NAMES:
        later = Later()
        later.__set_name__(Tensor, name)
        setattr(Tensor, name, later)
    for name, instead in ABSENT.items():
        setattr(Tensor, name, Absent(name, instead))
