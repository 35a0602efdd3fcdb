"""Named tuples, which take long to make: loaded when a function first returns one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ..core.tensor import Tensor


class finfo_object(NamedTuple):
    """What `finfo` returns: Python numbers, and the dtype."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: Any


class iinfo_object(NamedTuple):
    """What `iinfo` returns: Python numbers, and the dtype."""

    bits: int
    max: int
    min: int
    dtype: Any


class UniqueAllResult(NamedTuple):
    """The distinct values; where each is first, where each element went, how often each occurs."""

    values: Tensor
    indices: Tensor
    inverse_indices: Tensor
    counts: Tensor


class UniqueCountsResult(NamedTuple):
    """The distinct values, and how often each occurs."""

    values: Tensor
    counts: Tensor


class UniqueInverseResult(NamedTuple):
    """The distinct values, and which of them each element is."""

    values: Tensor
    inverse_indices: Tensor
