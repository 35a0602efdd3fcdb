"""What rows of users' own give is looked at: formulas may return numbers, functions views.

Of this package's rows it is known, and tested, that they do neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..backends import SCALARS, Backend
from .rules import Formula


def looked_at(pull: Formula, title: str, elementwise: bool) -> Formula:
    """A user's formula, whose result may also be a number: so much for each element."""

    def call(xp: Any, g: Any, node: Any, /, *args: Any, **kwargs: Any) -> Any:
        d = pull(xp, g, node, *args, **kwargs)
        if type(d) in SCALARS and hasattr(g, "dtype"):
            return xp.zeros_like(g) + d
        if d is None or type(d) in SCALARS:
            raise TypeError(
                f"{title} returned {d}; a formula returns an array of its input's shape"
            )
        if elementwise and not go_together(d.shape, g.shape):
            raise ValueError(
                f"{title} returned shape {tuple(d.shape)} where {tuple(g.shape)} arrived; an "
                "element-wise formula works element by element"
            )
        return d

    return call


def with_own_memory(function: Callable[..., Any], backend: Backend) -> Callable[..., Any]:
    """A user's function, of which nobody knows how a view that it returns was made."""

    def call(*args: Any, **kwargs: Any) -> Any:
        out = function(*args, **kwargs)
        lists = [a if isinstance(a, list | tuple) else [a] for a in (*args, *kwargs.values())]
        arrays = [one for a in lists for one in a if isinstance(one, backend.array_type)]

        def own(one: Any) -> Any:
            if isinstance(one, backend.array_type):
                if any(backend.is_view(one, array) for array in arrays):
                    one = backend.copy(one)
                arrays.append(one)  # which the further results do not share either
            return one

        if not isinstance(out, tuple | list):
            return own(out)
        parts = [own(one) for one in out]
        return type(out)(*parts) if hasattr(out, "_fields") else type(out)(parts)

    return call


def go_together(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether arrays of two shapes broadcast."""
    return all(a == b or 1 in (a, b) for a, b in zip(shape[::-1], other[::-1], strict=False))
