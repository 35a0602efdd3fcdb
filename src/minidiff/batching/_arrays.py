"""A batch as an array library: what `vmap` computes with.

Inside `vmap` a tensor's array is a `Batched`: a Tensor of the library underneath with one more axis
in front, which nobody inside sees. So the tape, the rules and forward mode work there as over any
library, and what happens underneath can be recorded too, by an outer gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ..backends import Backend
from ..core.tensor import Tensor, raw, root_of, wrap
from ._functions import BatchFunctions

__all__ = ["BatchBackend", "Batched", "batches_over"]


class Batched:
    """An array for each sample of a batch.

    Attributes
    ----------
    value : Tensor
        Of the backend underneath.
    mapped : bool
        Whether the first axis of `value` counts the samples; otherwise all share it.
    """

    __slots__ = ("mapped", "value")

    def __init__(self, value: Tensor, mapped: bool):
        self.value = value
        self.mapped = mapped

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape[1:] if self.mapped else self.value.shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        size = 1
        for side in self.shape:
            size *= side
        return size

    @property
    def dtype(self) -> Any:
        return self.value.dtype

    @property
    def device(self) -> Any:
        return self.value.device

    def __getitem__(self, key: Any) -> Any:
        return functions_for(self).getitem(self, key)

    def __repr__(self) -> str:
        return f"Batched({self.value!r}, mapped={self.mapped})"

    def in_any_sample(self) -> bool:
        """Whether a truth value holds for any sample: what rules ask before they warn."""
        found: Any = raw(self.value._backend.tensors.any(self.value))
        return bool(found.in_any_sample() if type(found) is Batched else found)

    def _number(self, kind: Callable[[Any], Any]) -> Any:
        if self.mapped:
            raise TypeError(
                f"{kind.__name__}() of a value inside vmap: it stands for {self.value.shape[0]} "
                "numbers, one a sample; write `where` instead of `if`, or take the argument out of "
                "in_axes"
            )
        return kind(self.value)

    def __bool__(self) -> bool:
        return self._number(bool)  # type: ignore[no-any-return]  # a bool

    def __int__(self) -> int:
        return self._number(int)  # type: ignore[no-any-return]  # an int

    def __float__(self) -> float:
        return self._number(float)  # type: ignore[no-any-return]  # a float

    def __complex__(self) -> complex:
        return self._number(complex)  # type: ignore[no-any-return]  # a complex

    def __index__(self) -> int:
        return self._number(int)  # type: ignore[no-any-return]  # an int


# Formulas use operators; each is the function of that name.
OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "pow",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
SIGNS = {"neg": "negative", "pos": "positive", "abs": "abs", "invert": "bitwise_invert"}


def functions_for(*values: Any) -> Any:
    batched = next(one for one in values if type(one) is Batched)
    return batches_over(batched.value._backend).arrays


def _binary(name: str) -> Callable[[Any, Any], Any]:
    return lambda x1, x2: getattr(functions_for(x1, x2), name)(x1, x2)


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    return lambda x2, x1: getattr(functions_for(x1, x2), name)(x1, x2)


def _unary(name: str) -> Callable[[Any], Any]:
    return lambda x: getattr(functions_for(x), name)(x)


for _operator, _name in OPERATORS.items():
    setattr(Batched, f"__{_operator}__", _binary(_name))
    setattr(Batched, f"__r{_operator}__", _reflected(_name))
for _operator, _name in SIGNS.items():
    setattr(Batched, f"__{_operator}__", _unary(_name))
Batched.__hash__ = None  # type: ignore[assignment]  # == is element by element


class BatchBackend(Backend):
    """Batches of arrays of one backend, which may itself be one of batches: a level for each vmap.

    Attributes
    ----------
    base : Backend
        What the values belong to.
    size : ContextVar of int
        How many samples the running vmap of this level has.
    """

    writes_in_place = False  # the backward pass makes new arrays; users' writes work

    def __init__(self, base: Backend):
        self.base: Backend = base
        self.name = f"a batch over {base.name}"
        self.array_type = Batched
        self.constants = ()  # nobody holds a Batched beside a Tensor
        self.plain = base.plain
        self.size: ContextVar[int] = ContextVar(self.name)
        self.arrays = BatchFunctions(self)

    def adopt(self, tensor: Tensor) -> Tensor:
        """A tensor of a backend underneath, as what all samples share."""
        if tensor._backend is not self.base:
            tensor = self.base.adopt(tensor)
        return wrap(self, Batched(tensor, False))

    def asarray(self, data: Any) -> Any:
        return data if type(data) is Batched else self.arrays.asarray(data)

    def copy(self, array: Any) -> Any:
        return self.arrays.asarray(array, copy=True)

    def default_float(self) -> Any:
        return self.base.default_float()

    def check_same_kind(self, source: Any, target: Any) -> None:
        self.base.check_same_kind(source, target)

    def ones(self, shape: tuple[int, ...], dtype: Any, like: Any) -> Any:
        array = self.base.ones(shape, dtype, like.value._data)
        return Batched(wrap(self.base, array), False)

    def zeros(self, shape: tuple[int, ...], dtype: Any, like: Any) -> Any:
        array = self.base.zeros(shape, dtype, like.value._data)
        return Batched(wrap(self.base, array), False)

    def is_complex(self, dtype: Any) -> bool:
        return self.base.is_complex(dtype)

    def is_floating(self, dtype: Any) -> bool:
        return self.base.is_floating(dtype)

    def is_view(self, out: Any, array: Any, arguments: Any = None) -> bool:
        return out is array or root_of(out.value) is root_of(array.value)

    def constant(self, array: Any) -> Any:
        return Batched(array.value.detach(), array.mapped)

    def may_write(self, array: Any) -> bool:
        return array.mapped  # type: ignore[no-any-return]  # a bool

    def write(self, array: Any, key: Any, value: Any) -> None:
        self.arrays.write_at(array, key, value)

    def as_numpy(self, array: Any) -> Any:
        """All samples, along the first axis."""
        return array.value.detach().as_numpy()

    def strides(self, array: Any) -> tuple[int, ...]:
        found = self.base.strides(array.value._data)
        return found[1:] if array.mapped else found

    def quietly(self, function: Callable[..., Any], *args: Any) -> Any:
        return self.base.quietly(function, *args)


_over: dict[Backend, BatchBackend] = {}


def batches_over(base: Backend) -> BatchBackend:
    """The backend of batches of another one's arrays; the same one each time."""
    found = _over.get(base)
    if found is None:
        found = _over[base] = BatchBackend(base)
    return found
