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
from ..core.tensor import Tensor, current, root_of, wrap
from ._functions import BatchFunctions
from ._values import Batched, Run

__all__ = ["BatchBackend", "Batched", "batches_over"]


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
setattr(Batched, "__getitem__", _binary("getitem"))  # noqa: B010  # as the others are
Batched.__hash__ = None  # type: ignore[assignment]  # == is element by element


class BatchBackend(Backend):
    """Batches of arrays of one backend, which may itself be one of batches: a level for each vmap.

    Attributes
    ----------
    base : Backend
        What the values belong to.
    size : ContextVar of Run
        The running vmap of this level, which says how many samples there are.
    """

    writes_in_place = False  # the backward pass makes new arrays; users' writes work

    base: Backend

    def __init__(self, base: Backend):
        super().__init__()
        self.base = base
        self.name = f"a batch over {base.name}"
        self.array_type = Batched
        self.constants = ()  # nobody holds a Batched beside a Tensor
        self.plain = base.plain
        self.size: ContextVar[Run] = ContextVar(self.name)
        self.arrays = BatchFunctions(self)

    def adopt(self, tensor: Tensor) -> Tensor:
        """A tensor of a backend underneath, as what all samples share."""
        if tensor._node is not None and self.size.get(None) is None:
            raise RuntimeError(
                "vmap: a tensor that allows gradients was made inside a vmap, which has ended, and "
                "here it meets another one from outside, whose gradient would be lost; make it (a "
                "layer's weights, say) outside of vmap"
            )
        if tensor._backend is not self.base:
            tensor = self.base.adopt(tensor)
        return wrap(self, Batched(tensor, None))

    def brought_out(self, tensor: Tensor) -> Tensor:
        """A tensor, or what it is outside where it was kept beyond the vmap that it was made in.

        A constant is one there too. One with a history stays, and others are taken to its level.
        """
        if self.size.get(None) is not None:
            return tensor
        array = current(tensor)._data
        if array.mapped and array.mapped.ended:
            array.mapped.refuse()
        if array.mapped or tensor._node is not None:
            return tensor
        value: Tensor = array.value
        below: Any = self.base
        return value if below.base is None else below.brought_out(value)

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
        return Batched(wrap(self.base, array), None)

    def zeros(self, shape: tuple[int, ...], dtype: Any, like: Any) -> Any:
        array = self.base.zeros(shape, dtype, like.value._data)
        return Batched(wrap(self.base, array), None)

    def is_complex(self, dtype: Any) -> bool:
        return self.base.is_complex(dtype)

    def is_floating(self, dtype: Any) -> bool:
        return self.base.is_floating(dtype)

    def is_view(self, out: Any, array: Any, arguments: Any = None) -> bool:
        return out is array or root_of(out.value) is root_of(array.value)

    def elements_are_views(self) -> bool:
        return self.base.elements_are_views()

    def constant(self, array: Any) -> Any:
        return Batched(array.value.detach(), array.mapped)

    def may_write(self, array: Any) -> bool:
        return bool(array.mapped) or self.size.get(None) is None

    def write(self, array: Any, key: Any, value: Any) -> None:
        self.arrays.write_at(array, key, value)

    def read_only(self, array: Any) -> Any:
        return self.constant(array)  # whose value says that somebody else holds it

    def as_numpy(self, array: Any) -> Any:
        return array.shared("as_numpy").detach().as_numpy()

    def to_device(self, array: Any, device: Any) -> tuple[Backend, Any]:
        if not self.base.keeps_devices:
            raise TypeError(
                f"to_device inside vmap: everything there is on {self.base.name}, and stays there; "
                "move it before or after"
            )
        return self, Batched(array.value.to_device(device), array.mapped)

    def strides(self, array: Any) -> tuple[int, ...]:
        found = self.base.strides(array.value._data)
        return found[1:] if array.mapped else found

    def is_contiguous(self, array: Any) -> bool:
        value = array.value
        if array.mapped and value.shape[0]:
            value = value[0, ...]
        return self.base.is_contiguous(current(value)._data)

    def quietly(self, function: Callable[..., Any], *args: Any) -> Any:
        return self.base.quietly(function, *args)


_over: dict[Backend, BatchBackend] = {}


def batches_over(base: Backend) -> BatchBackend:
    """The backend of batches of another one's arrays; the same one each time."""
    found = _over.get(base)
    if found is None:
        found = _over[base] = BatchBackend(base)
    return found
