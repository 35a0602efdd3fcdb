"""The array object: operators, conversions and methods, installed on Tensor from visible tables.

Tensor itself is in the core, which knows no function by name; this is where the two are tied.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from ..backends import SCALARS, numpy_backend, of_array
from ..core.apply import operator as as_operator
from ..core.nodes import listed, mixed_backends
from ..core.rules import Rule, rule_of
from ..core.tensor import Tensor, current, has_history, is_kept, refuse_to_lose
from ..core.views import set_item, update
from . import _device, _elementwise, _indexing, _linear_algebra, _logic, _manipulation

FORWARD: dict[str, Any] = {
    "__add__": _elementwise.add,
    "__sub__": _elementwise.subtract,
    "__mul__": _elementwise.multiply,
    "__truediv__": _elementwise.divide,
    "__floordiv__": _elementwise.floor_divide,
    "__mod__": _elementwise.remainder,
    "__pow__": _elementwise.pow,
    "__matmul__": _linear_algebra.matmul,
    "__and__": _logic.bitwise_and,
    "__or__": _logic.bitwise_or,
    "__xor__": _logic.bitwise_xor,
    "__lshift__": _logic.bitwise_left_shift,
    "__rshift__": _logic.bitwise_right_shift,
    "__eq__": _logic.equal,
    "__ne__": _logic.not_equal,
    "__lt__": _logic.less,
    "__le__": _logic.less_equal,
    "__gt__": _logic.greater,
    "__ge__": _logic.greater_equal,
    "__neg__": _elementwise.negative,
    "__pos__": _elementwise.positive,
    "__abs__": _elementwise.abs,
    "__invert__": _logic.bitwise_invert,
}

# __radd__ is __add__ with the operands exchanged, and __iadd__ writes where it can.
BOTH_WAYS = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"),
    *("and", "or", "xor", "lshift", "rshift"),
)


def otherwise(rule: Rule, x1: Any, x2: Any = None) -> Any:
    """An operator beside what is no array: NumPy takes lists and tuples, and compares with None."""
    x, other = (x1, x2) if type(x1) is Tensor else (x2, x1)
    if type(x) is Tensor and isinstance(other, list | tuple):
        made = listed(x, other)
        return rule.function(x, made) if x is x1 else rule.function(made, x)
    if type(x) is Tensor and other is None and rule.name in ("equal", "not_equal"):
        xp = x._backend.tensors  # no element is None
        return xp.full(x.shape, rule.name == "not_equal", dtype=xp.bool, device=x.device)
    if type(x) is Tensor and type(other) is not Tensor and type(other) not in SCALARS:
        foreign = of_array(other)
        if foreign not in (None, numpy_backend):  # NumPy's arrays answer for themselves
            raise mixed_backends(rule.name, x._backend, foreign)
    return NotImplemented


def reflected(method: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def call(self: Tensor, other: Any, /) -> Any:
        return method(other, self)

    return call


def in_place(
    function: Any, library_update: Callable[[Any, Any], Any] | None
) -> Callable[[Any, Any], Any]:
    def call(self: Tensor, other: Any, /) -> Any:
        return update(self, other, function, library_update, rule_of(_indexing.write))

    return call


for _name, _function in FORWARD.items():
    setattr(Tensor, _name, as_operator(_function, otherwise))
for _name in BOTH_WAYS:
    _function = FORWARD[f"__{_name}__"]
    setattr(Tensor, f"__r{_name}__", reflected(as_operator(_function, otherwise)))
    # NumPy's own //= has other special cases than the standard, which floor_divide mends.
    _update = None if _name == "floordiv" else getattr(operator, f"__i{_name}__")
    setattr(Tensor, f"__i{_name}__", in_place(_function, _update))


def _divmod(self: Tensor, other: Any, /) -> tuple[Tensor, Tensor]:
    return self // other, self % other


def _rdivmod(self: Tensor, other: Any, /) -> tuple[Tensor, Tensor]:
    return other // self, other % self


def _setitem(self: Tensor, key: Any, value: Any, /) -> None:
    set_item(self, key, value, rule_of(_indexing.write))


# ---- conversions


def single(self: Tensor, kind: str) -> Any:
    """The array, if it has one element."""
    if self.size != 1:
        raise TypeError(
            f"{kind}() needs a Tensor of one element, and this one has shape {self.shape}; take an "
            "element, or reduce it first (sum, mean, ...)"
        )
    data = current(self)._data
    return data if data.ndim == 0 else self._backend.arrays.reshape(data, ())


def _bool(self: Tensor, /) -> bool:
    return bool(single(self, "bool"))


def _int(self: Tensor, /) -> int:
    return int(single(self, "int"))


def _float(self: Tensor, /) -> float:
    return float(single(self, "float"))


def _complex(self: Tensor, /) -> complex:
    return complex(single(self, "complex"))


def _index(self: Tensor, /) -> int:
    if self.ndim != 0 or not self._backend.arrays.isdtype(self.dtype, "integral"):
        raise TypeError(
            f"an index is an integer Tensor of shape (), and this one has shape {self.shape} and "
            f"dtype {self.dtype}"
        )
    return int(current(self)._data)


def _len(self: Tensor, /) -> int:
    if self.ndim == 0:
        raise TypeError("len() of a Tensor of shape ()")
    return self.shape[0]


def _iter(self: Tensor, /) -> Iterator[Tensor]:
    if self.ndim == 0:
        raise TypeError("iteration over a Tensor of shape ()")
    keys: Any = range(self.shape[0])  # of one axis elements, which NumPy's arrays do not share
    return (self[i] for i in keys) if self.ndim == 1 else (self[i, ...] for i in keys)


def item(self: Tensor, *index: Any) -> complex:
    """The value of a tensor of one element, or of the element at an index, as a Python number.

    An index is a number for each axis, or one that counts through all elements.
    """
    array = current(self)._data if index else single(self, "item")
    if index and type(index[0]) is tuple:
        (index,) = index
    if len(index) == 1:
        array = self._backend.arrays.reshape(array, (-1,))
    return self._backend.as_numpy(array[index] if index else array).item()


def as_numpy(self: Tensor) -> Any:
    """The values as a NumPy array.

    A tensor that tracks gradients gives a copy. An untracked one shares memory where its library
    can; the array is read-only where a graph keeps that memory.
    """
    array = self._backend.as_numpy(current(self)._data)
    if has_history(self):
        return array.copy()
    return numpy_backend.read_only(array) if is_kept(self) else array


def to_device(self: Tensor, device: Any, /, *, stream: Any = None) -> Tensor:
    """The same values on another device, with their history."""
    return _device.to_device(self, device)


def _repr(self: Tensor) -> str:
    # NumPy's own text: it shows the shape where it leaves elements out, and a dtype that is not
    # clear from them.
    data, in_vmap = current(self)._data, self._backend.base is not None
    body = repr(data if in_vmap else self._backend.as_numpy(data))
    body = body.removeprefix("array(").removesuffix(")")
    if self._backend is not numpy_backend and not in_vmap:
        body += f", device={self.device!r}"
    if self.op_node is not None:
        body += f", op={self.op_node.rule.name}"
    elif has_history(self):
        body += ", allow_grad=True"
    return f"Tensor({body})"


def _format(self: Tensor, spec: str) -> str:
    if not spec:
        return str(self)
    if self.ndim:
        raise TypeError(
            f"format: {spec!r} is for a number, and this tensor has shape {self.shape}; format its "
            "elements, or round(t, decimals)"
        )
    return format(self.item(), spec)


def _array(self: Tensor, dtype: Any = None, copy: bool | None = None) -> Any:
    refuse_to_lose(self, "np.asarray")
    array = as_numpy(self)
    if dtype is not None and dtype != array.dtype:
        if copy is False:
            raise ValueError(f"copy=False, but {array.dtype} has to become {dtype}")
        return array.astype(dtype)
    return array.copy() if copy else array


def _dlpack(
    self: Tensor,
    /,
    *,
    stream: Any = None,
    max_version: tuple[int, int] | None = None,
    dl_device: Any = None,
    copy: bool | None = None,
) -> Any:
    refuse_to_lose(self, "DLPack export")
    array, backend = current(self)._data, self._backend
    if is_kept(self):  # DLPack can say so since its version 1
        says_so = max_version is not None and max_version >= (1, 0)
        array = backend.read_only(array) if says_so else backend.copy(array)
    return array.__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)


def _dlpack_device(self: Tensor, /) -> tuple[Any, int]:
    return self._data.__dlpack_device__()


def _array_namespace(self: Tensor, /, *, api_version: str | None = None) -> Any:
    if api_version not in (None, "2021.12", "2022.12", "2023.12", "2024.12", "2025.12"):
        raise ValueError(f"array API version {api_version!r} is not known; this is 2025.12")
    return self._backend.tensors.public


def _transposed(self: Tensor) -> Tensor:
    """The axes in reverse order, as NumPy's."""
    # The standard says that other arrays than matrices should raise. NumPy users write `x.T` of a
    # vector too, and there is no other meaning that it could have.
    return _manipulation.permute_dims(self, tuple(range(self.ndim))[::-1])


METHODS: dict[str, Any] = {
    "__getitem__": as_operator(_indexing.getitem, otherwise),
    "__setitem__": _setitem,
    "__divmod__": _divmod,
    "__rdivmod__": _rdivmod,
    "__bool__": _bool,
    "__int__": _int,
    "__float__": _float,
    "__complex__": _complex,
    "__index__": _index,
    "__len__": _len,
    "__iter__": _iter,
    "__repr__": _repr,
    "__str__": _repr,
    "__format__": _format,
    "__array__": _array,
    "__array_namespace__": _array_namespace,
    "__dlpack__": _dlpack,
    "__dlpack_device__": _dlpack_device,
    "item": item,
    "as_numpy": as_numpy,
    "to_device": to_device,
    "T": property(_transposed),
    "mT": property(lambda self: _linear_algebra.matrix_transpose(self), doc="matrix_transpose(x)"),
}

for _name, _method in METHODS.items():
    setattr(Tensor, _name, _method)
