"""NumPy's methods on Tensor (`t.sum()`, `t.reshape(2, 3)`), loaded when they are first used.

`import minidiff.array_api` pays nothing for them: what stands on the class is a note of the name,
which the first use replaces by the method itself.
"""

from __future__ import annotations

from typing import Any

from .core.tensor import Tensor

NAMES = (
    *("abs", "absolute", "add", "all", "any", "argmax", "argmin", "argsort", "astype"),
    *("broadcast_to", "ceil", "clip", "compress", "conj", "conjugate", "copy", "cos", "cosh"),
    *("cumprod", "cumsum", "diagonal", "divide", "dot", "equal", "exp", "expand_dims", "fill"),
    *("flatten", "flip", "floor", "floor_divide", "greater", "greater_equal", "imag", "invert"),
    *("less", "less_equal", "log", "logical_and", "logical_not", "logical_or", "logical_xor"),
    *("matmul", "max", "mean", "min", "mod", "multiply", "negative", "nonzero", "not_equal"),
    *("power", "prod", "ptp", "ravel", "real", "repeat", "reshape", "round", "searchsorted"),
    *("sign", "sin", "sinh", "sort", "sqrt", "square", "squeeze", "std", "subtract", "sum"),
    *("swapaxes", "take", "tan", "tanh", "tolist", "trace", "transpose", "true_divide", "var"),
)


class Later:
    """A method that is still to be loaded."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, tensor: Tensor | None, owner: type) -> Any:
        from .numpy._methods import METHODS

        method = METHODS[self.name]
        setattr(Tensor, self.name, method)
        return method.__get__(tensor, owner)


def add_methods() -> None:
    """Put a note of each name on Tensor."""
    for name in NAMES:
        later = Later()
        later.__set_name__(Tensor, name)
        setattr(Tensor, name, later)
