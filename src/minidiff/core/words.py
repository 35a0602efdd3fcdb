"""The six words of the rule form: each turns a row of the table into what users call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from .apply import wrapper
from .rules import Formula, Rule

P = ParamSpec("P")
R = TypeVar("R")


class Word(Protocol):
    """A decorator that takes `xp` off a row's signature and leaves the rest of it as it is."""

    def __call__(self, row: Callable[Concatenate[Any, P], R], /) -> Callable[P, R]: ...


def _word(word: str, formulas: Mapping[str, Formula], jvp: Formula | None = None) -> Any:
    return lambda row: wrapper(Rule(word, row, formulas, jvp))


def elementwise(**formulas: Formula) -> Word:
    """An element of the output depends on the same element of each input.

    Each keyword names an input; its formula, applied to the cotangent (reverse) or the tangent
    (forward), multiplies by the derivative. Written as over the reals.
    """
    word: Word = _word("elementwise", formulas)
    return word


def linear(**formulas: Formula) -> Word:
    """Linear in its array or arrays; each formula is the transpose. Written as over the reals."""
    word: Word = _word("linear", formulas)
    return word


def bilinear(**formulas: Formula) -> Word:
    """Linear in each of two arrays; the formulas are the two transposes, as over the reals."""
    word: Word = _word("bilinear", formulas)
    return word


def differentiable(*, jvp: Formula, **formulas: Formula) -> Word:
    """Anything else: the adjoint as written, for complex data too, and the forward mode's `jvp`."""
    word: Word = _word("differentiable", formulas, jvp)
    return word


def composite(row: Callable[Concatenate[Any, P], R], /) -> Callable[P, R]:
    """The body uses only other functions of `xp`: recording it is its derivative."""
    word: Word = _word("composite", {})
    return word(row)


def nondifferentiable(row: Callable[Concatenate[Any, P], R], /) -> Callable[P, R]:
    """Integer, boolean or index output, or none of the inputs an array: never tracked."""
    word: Word = _word("nondifferentiable", {})
    return word(row)


def view(row: Callable[Concatenate[Any, P], R], /) -> Callable[Concatenate[Any, P], R]:
    """Under one of the words: the result may share the memory of its array (x[1:], reshape, ...).

    Whether it does is asked of the memory each time. Every function that can return a view says so,
    or is made of such functions; only they can be followed when the base is written.
    """
    row.views = True  # type: ignore[attr-defined]  # read by Rule
    return row


def on_numbers(row: Callable[Concatenate[Any, P], R], /) -> Callable[Concatenate[Any, P], R]:
    """Under one of the words: Python's numbers come as such, also where arrays would be quicker.

    For functions and formulas that look whether an argument is a number, as those of x**2 do.
    """
    row.takes_numbers = True  # type: ignore[attr-defined]  # read by Rule
    return row
