"""Comparisons, tests and logic, bitwise too: boolean and integer results have no derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.words import nondifferentiable

if TYPE_CHECKING:
    from ..core.tensor import Tensor


# ---- comparisons


@nondifferentiable
def equal(xp: Any, x1: Tensor | complex, x2: Tensor | complex, /) -> Tensor:
    """Whether two values are equal."""
    ...


@nondifferentiable
def not_equal(xp: Any, x1: Tensor | complex, x2: Tensor | complex, /) -> Tensor:
    """Whether two values differ."""
    ...


@nondifferentiable
def less(xp: Any, x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Whether x1 is less than x2."""
    ...


@nondifferentiable
def less_equal(xp: Any, x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Whether x1 is at most x2."""
    ...


@nondifferentiable
def greater(xp: Any, x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Whether x1 is greater than x2."""
    ...


@nondifferentiable
def greater_equal(xp: Any, x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Whether x1 is at least x2."""
    ...


# ---- tests


@nondifferentiable
def isfinite(xp: Any, x: Tensor, /) -> Tensor:
    """Whether a number is neither infinite nor nan."""
    ...


@nondifferentiable
def isinf(xp: Any, x: Tensor, /) -> Tensor:
    """Whether a number is infinite."""
    ...


@nondifferentiable
def isnan(xp: Any, x: Tensor, /) -> Tensor:
    """Whether a number is nan."""
    ...


@nondifferentiable
def signbit(xp: Any, x: Tensor, /) -> Tensor:
    """Whether the sign bit is set, as it is for -0.0."""
    ...


# ---- logic


@nondifferentiable
def logical_and(xp: Any, x1: Tensor | bool, x2: Tensor | bool, /) -> Tensor:
    """Whether both are true."""
    ...


@nondifferentiable
def logical_or(xp: Any, x1: Tensor | bool, x2: Tensor | bool, /) -> Tensor:
    """Whether one is true, or both."""
    ...


@nondifferentiable
def logical_xor(xp: Any, x1: Tensor | bool, x2: Tensor | bool, /) -> Tensor:
    """Whether exactly one is true."""
    ...


@nondifferentiable
def logical_not(xp: Any, x: Tensor, /) -> Tensor:
    """Whether it is false."""
    ...


# ---- bits


@nondifferentiable
def bitwise_and(xp: Any, x1: Tensor | int, x2: Tensor | int, /) -> Tensor:
    """The bits set in both."""
    ...


@nondifferentiable
def bitwise_or(xp: Any, x1: Tensor | int, x2: Tensor | int, /) -> Tensor:
    """The bits set in either."""
    ...


@nondifferentiable
def bitwise_xor(xp: Any, x1: Tensor | int, x2: Tensor | int, /) -> Tensor:
    """The bits set in exactly one."""
    ...


@nondifferentiable
def bitwise_invert(xp: Any, x: Tensor, /) -> Tensor:
    """The bits exchanged."""
    ...


@nondifferentiable
def bitwise_left_shift(xp: Any, x1: Tensor | int, x2: Tensor | int, /) -> Tensor:
    """The bits of x1 moved up by x2 places."""
    ...


@nondifferentiable
def bitwise_right_shift(xp: Any, x1: Tensor | int, x2: Tensor | int, /) -> Tensor:
    """The bits of x1 moved down by x2 places."""
    ...
