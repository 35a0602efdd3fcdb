"""Any other array-API library, reached through array_api_compat.

`GenericBackend` asks a library for nothing but the standard: memory is compared through DLPack, and
repeated places are summed by sorting. What PyTorch and JAX need beyond that stands below it, found
by the name of the module that their arrays come from; neither is ever imported here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from ._backend import Backend, Steps, namespace
from ._numpy_functions import is_basic
from .numpy import numpy_backend

# From what fits into all others to what fits into none: an update in place may only go up.
KINDS = ("bool", "unsigned integer", "signed integer", "real floating", "complex floating")

# Functions that hand back their own argument where nothing is to be done (the floor of an integer,
# the conjugate of a real number). A result of theirs is no view, so it gets memory of its own.
MAY_ALIAS = ("all", "any", "astype", "ceil", "conj", "floor", "positive", "round", "trunc")


class GenericBackend(Backend):
    """A library that follows the standard; its devices and dtypes are its own."""

    def __init__(self, library: Any, array_type: type):
        super().__init__()
        self.name = library.__name__.removeprefix("array_api_compat.")
        self.array_type = array_type
        self.constants = (array_type,)
        names = ("float64", "float32")
        self.plain = tuple(getattr(library, name) for name in names if hasattr(library, name))
        self._namespace = library
        self._kinds: dict[Any, int] = {}
        extras = SimpleNamespace(
            asarray=self.from_data,
            getitem=self.getitem,
            scatter_add=self.scatter_add,
            write_at=self.write,
            **{
                name: self._fresh(getattr(library, name))
                for name in MAY_ALIAS
                if hasattr(library, name)
            },
        )
        self.arrays = namespace(f"{self.name} arrays", extras, library)

    def _fresh(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(x: Any, /, *args: Any, **kwargs: Any) -> Any:
            out = function(x, *args, **kwargs)
            wanted = kwargs.get("copy") is not False
            return self.copy(out) if wanted and self.is_view(out, x) else out

        return call

    def from_data(
        self, obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        """The library's own asarray."""
        return self._namespace.asarray(obj, dtype=dtype, device=device, copy=copy)

    # ---- dtypes

    def _kind(self, dtype: Any) -> int:
        found = self._kinds.get(dtype)
        if found is None:
            is_of = self._namespace.isdtype
            found = next((i for i, kind in enumerate(KINDS) if is_of(dtype, kind)), -1)
            self._kinds[dtype] = found
        return found

    def is_complex(self, dtype: Any) -> bool:
        return self._kind(dtype) == 4

    def is_floating(self, dtype: Any) -> bool:
        return self._kind(dtype) >= 3

    def check_same_kind(self, source: Any, target: Any) -> None:
        if self._kind(source) > self._kind(target):
            raise TypeError(f"an update in place cannot turn {source} into {target}")

    # ---- memory and devices

    def is_view(self, out: Any, array: Any, arguments: Any = None) -> bool:
        if out is array:
            return self.writes_in_place
        one, other = dlpack(out), dlpack(array)
        # Without DLPack there is no telling, and then writes in place are not seen through views.
        return one is not None and other is not None and np.may_share_memory(one, other)

    def as_numpy(self, array: Any) -> Any:
        try:
            found = np.asarray(array)
            if found.dtype != object:
                return found
        except (TypeError, RuntimeError, ValueError, BufferError):
            pass
        found = dlpack(array)
        if found is None:
            raise TypeError(
                f"an array of {self.name} on the device {array.device} cannot be shown to NumPy; "
                "move it to the CPU first with to_device"
            )
        return found

    def to_device(self, array: Any, device: Any) -> tuple[Backend, Any]:
        import array_api_compat

        return self, array_api_compat.to_device(array, device)

    def quietly(self, function: Callable[..., Any], *args: Any) -> Any:
        with np.errstate(all="ignore"):  # several libraries compute with NumPy inside
            return function(*args)

    def strides(self, array: Any) -> tuple[int, ...]:
        return self.as_numpy(array).strides  # type: ignore[no-any-return]  # NumPy's

    def is_contiguous(self, array: Any) -> bool:
        if self.immutable:  # how its arrays lie in memory is nothing that it shows
            return True
        return self.as_numpy(array).flags.c_contiguous  # type: ignore[no-any-return]  # NumPy's

    # ---- indexing

    def getitem(self, x: Any, key: Any, /) -> Any:
        """x[key]."""
        return x[key]

    def write(self, array: Any, key: Any, value: Any) -> None:
        if isinstance(value, self.array_type) and self.is_view(value, array):
            value = self.copy(value)
        array[key] = value

    def add_at(self, array: Any, key: Any, value: Any) -> None:
        if is_basic(key):
            keys = key if type(key) is tuple else (key,)
            if None in keys:  # which the standard does not allow in writes
                key = tuple(one for one in keys if one is not None)
                key = key if ... in key else (*key, ...)
                value = self._namespace.reshape(value, array[key].shape)
            array[key] += value
        elif self._is_mask(key):
            array[key] = array[key] + value
        else:
            array += self.scatter_add(value, key, array.shape)

    def scatter_add(self, g: Any, key: Any, shape: tuple[int, ...], /) -> Any:
        """Zeros of a shape with g added at key, repeated places summed: the transpose of x[key]."""
        if self.writes_in_place and (is_basic(key) or self._is_mask(key)):
            out = self.zeros(shape, g.dtype, g)
            self.add_at(out, key, g)
            return out
        xp = self._namespace
        places = self.places(key, shape, g.device)
        return xp.reshape(self.sum_at(xp.reshape(g, (-1,)), places, math.prod(shape)), shape)

    def places(self, key: Any, shape: tuple[int, ...], device: Any) -> Any:
        """The flat indices that a key stands for, in the order of x[key]."""
        xp = self._namespace
        numbers = xp.reshape(xp.arange(math.prod(shape), device=device), shape)
        found = take_key(key)
        if found is None:
            return xp.reshape(self.getitem(numbers, key), (-1,))
        axis, indices = found
        return xp.reshape(xp.take(numbers, indices, axis=axis), (-1,))

    def sum_at(self, values: Any, places: Any, size: int) -> Any:
        """`size` zeros with values added at flat places.

        Sorted by place, equal places stand side by side; in the round of distance d every value
        takes in the sum that ends d before it. After log2(longest run) rounds the last of a run
        holds its sum. (Differences of a running sum would lose digits, and spread inf and nan.)
        """
        xp = self._namespace
        if values.shape[0] == 0:
            return self.zeros((size,), values.dtype, values)
        order = xp.argsort(places)
        places, values = xp.take(places, order, axis=0), xp.take(values, order, axis=0)
        distance = 1
        while distance < places.shape[0]:
            same = places[distance:] == places[:-distance]
            if not bool(xp.any(same)):
                break
            summed = xp.where(same, values[distance:] + values[:-distance], values[distance:])
            values = xp.concat([values[:distance], summed])
            distance *= 2
        targets = xp.arange(size, dtype=places.dtype, device=places.device)
        last = xp.searchsorted(places, targets, side="right") - 1
        last = xp.maximum(last, xp.zeros_like(last))
        hit = xp.take(places, last, axis=0) == targets
        found = xp.take(values, last, axis=0)
        return xp.where(hit, found, xp.zeros_like(found))

    def _is_mask(self, key: Any) -> bool:
        """Whether a key is one boolean array: no place comes twice, and it may be written to."""
        if type(key) is tuple and len(key) == 1:
            (key,) = key
        return isinstance(key, self.array_type) and self._kind(key.dtype) == 0  # type: ignore[attr-defined]  # an array


class TorchBackend(GenericBackend):
    """PyTorch: arrays that record their own gradients, and slices that only go forward."""

    def from_data(
        self, obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        if isinstance(obj, self.array_type):
            obj = obj.detach()  # type: ignore[attr-defined]  # a tensor: minidiff records, not torch
        elif isinstance(obj, np.ndarray) and (
            not obj.flags.writeable or min(obj.strides, default=0) < 0
        ):
            obj = obj.copy()  # torch takes neither
        return self._namespace.asarray(obj, dtype=dtype, device=device, copy=copy)

    def is_view(self, out: Any, array: Any, arguments: Any = None) -> bool:
        if out is array:
            return True
        memory = out.untyped_storage().data_ptr()
        return memory != 0 and memory == array.untyped_storage().data_ptr()  # type: ignore[no-any-return]  # a bool

    def constant(self, array: Any) -> Any:
        # A parameter of a network would take torch's own graph along.
        return array.detach().clone() if array.requires_grad else array

    def as_numpy(self, array: Any) -> Any:
        if str(array.dtype) == "torch.bfloat16":  # which NumPy does not have
            array = array.float()
        return array.detach().cpu().resolve_conj().resolve_neg().numpy()

    def strides(self, array: Any) -> tuple[int, ...]:
        return array.stride()  # type: ignore[no-any-return]  # torch's

    def is_contiguous(self, array: Any) -> bool:
        return array.is_contiguous()  # type: ignore[no-any-return]  # torch's

    def getitem(self, x: Any, key: Any, /) -> Any:
        key, flipped = forward_key(key, x.shape)
        return x[key].flip(flipped) if flipped else x[key]

    def write(self, array: Any, key: Any, value: Any) -> None:
        key, flipped = forward_key(key, array.shape)
        if flipped and isinstance(value, self.array_type):
            value = self._namespace.broadcast_to(value, array[key].shape).flip(flipped)
        super().write(array, key, value)

    def add_at(self, array: Any, key: Any, value: Any) -> None:
        key, flipped = forward_key(key, array.shape)
        if flipped:
            value = value.flip(flipped)
        if is_basic(key) or self._is_mask(key) or not array.is_contiguous():
            super().add_at(array, key, value)
        else:
            places = self.places(key, array.shape, array.device)
            array.view(-1).index_add_(0, places, value.reshape(-1))

    def sum_at(self, values: Any, places: Any, size: int) -> Any:
        return values.new_zeros(size).index_add_(0, places, values)


class JAXBackend(GenericBackend):
    """JAX: arrays never change, so a write makes a new one, and views look at it when next read."""

    writes_in_place = False
    immutable = True

    def __init__(self, library: Any, array_type: type):
        super().__init__(library, array_type)
        self.own = {"write": self.written}
        self.arrays.write = self.written  # which formulas call on arrays, too

    def is_view(self, out: Any, array: Any, arguments: Any = None) -> bool:
        return out is array if arguments is None else all(map(is_basic, arguments))

    def put(self, base: Any, steps: Steps, part: Any, key: Any, value: Any) -> Any:
        """A new base; the part is found in it by the number of each place."""
        xp, arrays = self._namespace, self.arrays
        places = xp.reshape(xp.arange(base.size, device=base.device), base.shape)
        halves = [name for name, _, _ in steps if name in ("real", "imag")]
        for name, args, kwargs in steps:
            if name not in halves:
                places = getattr(arrays, name)(places, *args, **kwargs)
        places = self.getitem(places, key)
        value = xp.broadcast_to(xp.astype(xp.asarray(value), part.dtype), places.shape)
        if halves:  # one half of complex numbers; the other one stays
            old = xp.reshape(base, (-1,))[places]
            real, imag = (value, old.imag) if halves[0] == "real" else (old.real, value)
            value = xp.astype(real + 1j * imag, base.dtype)
        return xp.reshape(xp.reshape(base, (-1,)).at[places].set(value), base.shape)

    def written(self, base: Any, value: Any, steps: Steps, layout: Any) -> Any:
        """The row `write` of the table, where nothing is written in place."""
        *path, (_, (key,), _) = steps
        halves = any(name in ("real", "imag") for name, _, _ in path)
        like = base.real if halves else base
        return self.put(base, path, like, key, value)

    def write(self, array: Any, key: Any, value: Any) -> None:
        raise TypeError(f"an array of {self.name} cannot be changed; a Tensor that holds it can")

    def add_at(self, array: Any, key: Any, value: Any) -> None:
        raise TypeError(f"an array of {self.name} cannot be changed; a Tensor that holds it can")

    def sum_at(self, values: Any, places: Any, size: int) -> Any:
        return self.zeros((size,), values.dtype, values).at[places].add(values)


# By the top-level module of the array type.
KNOWN: dict[str, type[GenericBackend]] = {
    "torch": TorchBackend,
    "jax": JAXBackend,
    "jaxlib": JAXBackend,
}

_by_namespace: dict[Any, Backend] = {}
_by_type: dict[type, Backend] = {}


def generic_backend(library: Any) -> Backend:
    """The backend of an array-API library, one for each.

    Parameters
    ----------
    library : module
        Where the library keeps `asarray` and the other functions of the standard: array_api_strict,
        torch, jax.numpy, dask.array, or their namespace in array_api_compat.

    Raises
    ------
    TypeError
        If it has no `asarray`, or one that makes no array of the standard.
    """
    name = getattr(library, "__name__", repr(library))
    make = getattr(library, "asarray", None)
    if make is None:
        raise TypeError(
            f"{name} is no array-API library, for it has no asarray; give the module that has the "
            "array functions (jax.numpy, not jax)"
        )
    array = make(0.0)
    found = backend_of_array(array)
    if found is None:
        raise TypeError(
            f"{name} is no array-API library: its asarray makes a {type(array).__name__}, with "
            "no __array_namespace__ and unknown to array_api_compat"
        )
    return found


def backend_of_array(array: Any) -> Backend | None:
    """The backend of an array of any library, or None for what is no array."""
    kind = type(array)
    found = _by_type.get(kind)
    if found is None:
        import array_api_compat

        if not array_api_compat.is_array_api_obj(array):
            return None
        namespace = array_api_compat.array_namespace(array)
        found = _by_namespace.get(namespace)
        if found is None:
            if namespace.__name__ == "array_api_compat.numpy":
                found = numpy_backend
            else:
                # A subclass (a parameter of a network) is no array type that operations return.
                made = type(namespace.asarray(0.0))
                found = KNOWN.get(made.__module__.partition(".")[0], GenericBackend)(
                    namespace, made
                )
            _by_namespace[namespace] = found
        _by_type[kind] = found
    return found


def dlpack(array: Any) -> Any:
    """An array's memory as NumPy sees it through DLPack, or None."""
    try:
        return np.from_dlpack(array)
    except (AttributeError, BufferError, NotImplementedError, RuntimeError, TypeError, ValueError):
        return None


def take_key(key: Any) -> tuple[int, Any] | None:
    """(axis, indices) of a key like (:, :, indices), the form that the standard knows as `take`."""
    *before, indices = key if type(key) is tuple and key else (key,)
    if getattr(indices, "ndim", 0) != 1 or not all(
        type(b) is slice and b == slice(None) for b in before
    ):
        return None
    if "bool" in str(indices.dtype):
        return None
    return len(before), indices


def forward_key(key: Any, shape: tuple[int, ...]) -> tuple[Any, list[int]]:
    """A basic key whose slices all go forward, and the axes of the result to flip after it."""
    keys = key if type(key) is tuple else (key,)
    if not any(type(one) is slice and one.step is not None and one.step < 0 for one in keys):
        return key, []
    if not is_basic(key):
        return key, []  # the library's own error says enough
    rest = len(shape) - sum(one is not None and one is not ... for one in keys)
    forward: list[Any] = []
    flipped = []
    axis = out = 0
    for one in keys:
        if type(one) is slice:
            if one.step is not None and one.step < 0:
                places = range(*one.indices(shape[axis]))
                one = slice(places[-1], places[0] + 1, -places.step) if places else slice(0, 0)
                flipped.append(out)
            axis += 1
            out += 1
        elif one is ...:
            axis += rest
            out += rest
        elif one is None:
            out += 1
        else:
            axis += 1
        forward.append(one)
    return tuple(forward), flipped
