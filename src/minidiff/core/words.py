"""The six words of the rule form: each turns a row of the table into what users call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from .apply import wrapper
from .rules import Formula, Rule

P = ParamSpec("P")
R = TypeVar("R")
Row = Callable[Concatenate[Any, P], R]
Word = Callable[[Row[P, R]], Callable[P, R]]


def _word(word: str, formulas: Mapping[str, Formula], jvp: Formula | None = None) -> Any:
    return lambda row: wrapper(Rule(word, row, formulas, jvp))


def elementwise(**formulas: Formula) -> Word[P, R]:
    """An element of the output depends on the same element of each input.

    Each keyword names an input; its formula, applied to the cotangent (reverse) or the tangent
    (forward), multiplies by the derivative. Written as over the reals.
    """
    return _word("elementwise", formulas)  # type: ignore[no-any-return]  # a row becomes what users call


def linear(**formulas: Formula) -> Word[P, R]:
    """Linear in its array or arrays; each formula is the transpose. Written as over the reals."""
    return _word("linear", formulas)  # type: ignore[no-any-return]  # as above


def bilinear(**formulas: Formula) -> Word[P, R]:
    """Linear in each of two arrays; the formulas are the two transposes, as over the reals."""
    return _word("bilinear", formulas)  # type: ignore[no-any-return]  # as above


def differentiable(*, jvp: Formula, **formulas: Formula) -> Word[P, R]:
    """Anything else: the adjoint as written, for complex data too, and the forward mode's `jvp`."""
    return _word("differentiable", formulas, jvp)  # type: ignore[no-any-return]  # as above


def composite(row: Row[P, R]) -> Callable[P, R]:
    """The body uses only other functions of `xp`: recording it is its derivative."""
    return _word("composite", {})(row)  # type: ignore[no-any-return]  # as above


def nondifferentiable(row: Row[P, R]) -> Callable[P, R]:
    """Integer, boolean or index output, or none of the inputs an array: never tracked."""
    return _word("nondifferentiable", {})(row)  # type: ignore[no-any-return]  # as above
