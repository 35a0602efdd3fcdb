"""Sets. The values are differentiable: each is the first of its occurrences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.words import composite, nondifferentiable

if TYPE_CHECKING:
    from ..core.tensor import Tensor
    from ._results import UniqueAllResult, UniqueCountsResult, UniqueInverseResult


@nondifferentiable
def isin(xp: Any, x1: Tensor | int, x2: Tensor | int, /, *, invert: bool = False) -> Tensor:
    """Whether each element of x1 is in x2."""
    ...


def first_occurrences(xp: Any, x: Tensor, found: Any) -> Any:
    """The distinct values: taken from x where it has a history, else as they were found."""
    if not x.allow_grad:
        return found
    indices = indices_of_unique(x)
    return xp.take(xp.reshape(x, (-1,)), indices, axis=0)


@nondifferentiable
def indices_of_unique(xp: Any, x: Tensor, /) -> Tensor:
    """Where each distinct value is first, in the order in which the library lists them."""
    # Without `unique_all`, which PyTorch does not have.
    values, numbers = xp.unique_inverse(x)
    numbers = xp.reshape(numbers, (-1,))
    order = xp.argsort(numbers, stable=True)
    every = xp.arange(values.shape[0], dtype=numbers.dtype, device=numbers.device)
    return xp.take(order, xp.searchsorted(xp.take(numbers, order, axis=0), every), axis=0)


@nondifferentiable
def found_unique_all(xp: Any, x: Tensor, /) -> UniqueAllResult:
    """The library's own `unique_all`."""
    from ._results import UniqueAllResult

    return UniqueAllResult(*xp.unique_all(x))


@nondifferentiable
def found_unique_counts(xp: Any, x: Tensor, /) -> UniqueCountsResult:
    """The library's own `unique_counts`."""
    from ._results import UniqueCountsResult

    return UniqueCountsResult(*xp.unique_counts(x))


@nondifferentiable
def found_unique_inverse(xp: Any, x: Tensor, /) -> UniqueInverseResult:
    """The library's own `unique_inverse`."""
    from ._results import UniqueInverseResult

    return UniqueInverseResult(*xp.unique_inverse(x))


@nondifferentiable
def found_unique_values(xp: Any, x: Tensor, /) -> Tensor:
    """The library's own `unique_values`."""
    return xp.unique_values(x)


@composite
def unique_all(xp: Any, x: Tensor, /) -> UniqueAllResult:
    """The distinct values, where each is first, which of them each element is, and how often."""
    found = found_unique_all(x)
    return found._replace(values=first_occurrences(xp, x, found.values))


@composite
def unique_counts(xp: Any, x: Tensor, /) -> UniqueCountsResult:
    """The distinct values, and how often each occurs."""
    found = found_unique_counts(x)
    return found._replace(values=first_occurrences(xp, x, found.values))


@composite
def unique_inverse(xp: Any, x: Tensor, /) -> UniqueInverseResult:
    """The distinct values, and which of them each element is."""
    found = found_unique_inverse(x)
    return found._replace(values=first_occurrences(xp, x, found.values))


@composite
def unique_values(xp: Any, x: Tensor, /) -> Tensor:
    """The distinct values."""
    return first_occurrences(xp, x, found_unique_values(x))
