"""What minidiff needs to know of an array library, and nothing else in the package knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar

# Types whose values take the dtype of the array beside them. Exactly these: np.float64 is a
# subclass of float, and promotes as NumPy promotes it.
SCALARS: frozenset[type] = frozenset({bool, int, float, complex})
NUMBERS: frozenset[type] = frozenset({int, float})

# How a view is made: functions of the namespace, each with its further arguments.
Steps = Sequence[tuple[str, tuple[Any, ...], Mapping[str, Any]]]
# (axis, backwards) in the order of memory, the outermost first.
Layout = tuple[tuple[int, bool], ...]

MISSING = object()


def namespace(name: str, *places: Any) -> ModuleType:
    """A module of names taken from the first of several places that has them, then kept.

    Places are modules, classes or functions that are called once, at the first miss, and return
    one (array_api_compat costs more to import than NumPy, so it waits until it is needed). A module
    and no class with `__getattr__`, since CPython finds names in it at once.
    """
    waiting = list(places)
    made = ModuleType(name)

    def look_up(name: str) -> Any:
        if name.startswith("__") and name != "__array_namespace_info__":
            raise AttributeError(name)
        for index, place in enumerate(waiting):
            if getattr(place, "is_lazy_place", False):
                place = waiting[index] = place()
            found = getattr(place, name, MISSING)
            if found is not MISSING:
                setattr(made, name, found)
                return found
        raise AttributeError(f"{made.__name__} has no {name!r}")

    made.__getattr__ = look_up  # type: ignore[method-assign]  # of the module, as PEP 562 has it
    return made


class Backend:
    """One array library on one device, or on the devices that it manages itself.

    Attributes
    ----------
    name : str
        How messages call it.
    arrays : namespace
        The standard's functions on the library's arrays. Formulas run here at first order.
    tensors : namespace
        The same functions on Tensors: `minidiff.array_api`, or what `minidiff.wrap` made. Formulas
        run here when the backward pass is itself recorded. Filled once, from above.
    array_type : type
        What operations return; anything else (a NumPy scalar) goes through `asarray`.
    constants : tuple of types
        What may stand beside a Tensor and is a constant: the library's arrays and scalars.
    plain : tuple of dtypes
        The commonest real floating dtypes: found here, a dtype needs no further look.
    base : Backend, optional
        What this one is laid over: it takes that one's Tensors as its own (batching.py).
    own : mapping of name to function
        What takes the place of the bodies of some rows.
    slices_are_views : bool
        x[a:b] always shares the memory of x.
    double, single : dtype, optional
        Beside an array of one Python's numbers are taken from `doubles` or `singles`, ready-made
        arrays.
    """

    name: str
    arrays: Any
    array_type: type
    constants: tuple[type, ...]
    plain: tuple[Any, ...]
    base: Backend | None
    own: Mapping[str, Callable[..., Any]]
    slices_are_views: bool
    double: Any
    single: Any
    doubles: Mapping[float, Any]
    singles: Mapping[float, Any]
    writes_in_place: ClassVar[bool] = True
    # Arrays never change: a write makes a new one.
    immutable: ClassVar[bool] = False
    # A wrapped library keeps its own device objects; NumPy and CuPy are a device each.
    keeps_devices: ClassVar[bool] = True
    # Makes `tensors`; array_api sets it, since functions on Tensors are above this layer.
    make_tensors: ClassVar[Callable[[Backend], Any]]

    def __init__(self) -> None:
        # Not as defaults of the class, and never by way of `__dict__` (or cached_property): CPython
        # is quick at what the instance alone has, and these are read at every operation.
        self.plain = ()
        self.base = None
        self.own = {}
        self.slices_are_views = False
        self.double = self.single = None
        self.doubles = self.singles = {}
        self._tensors: Any = None
        self._elements: bool | None = None

    @property
    def tensors(self) -> Any:
        if self._tensors is None:
            self._tensors = Backend.make_tensors(self)
        return self._tensors

    def __repr__(self) -> str:
        return f"<backend {self.name}>"

    def is_over(self, other: Backend) -> bool:
        """Whether this backend is laid over another one, directly or not."""
        below = self.base
        while below is not None and below is not other:
            below = below.base
        return below is not None

    def adopt(self, tensor: Any) -> Any:
        """A Tensor of a backend that this one is laid over, as one of its own."""
        raise NotImplementedError

    def brought_out(self, tensor: Any) -> Any:
        """A Tensor that was kept beyond what its backend is for, as what it is outside."""
        return tensor

    def asarray(self, data: Any) -> Any:
        """The library's array of a library scalar (or anything it makes an array of)."""
        return self.arrays.asarray(data)

    def copy(self, array: Any) -> Any:
        return self.arrays.asarray(array, copy=True)

    def default_float(self) -> Any:
        return self.arrays.asarray(0.0).dtype

    def check_same_kind(self, source: Any, target: Any) -> None:
        """Raise TypeError where an update in place would lose more than precision."""
        raise NotImplementedError

    def ones(self, shape: tuple[int, ...], dtype: Any, like: Any) -> Any:
        """Ones on the device of `like`."""
        return self.arrays.ones(shape, dtype=dtype, device=like.device)

    def zeros(self, shape: tuple[int, ...], dtype: Any, like: Any) -> Any:
        """Zeros on the device of `like`."""
        return self.arrays.zeros(shape, dtype=dtype, device=like.device)

    def is_complex(self, dtype: Any) -> bool:
        return bool(self.arrays.isdtype(dtype, "complex floating"))

    def is_floating(self, dtype: Any) -> bool:
        """Real or complex floating: what a gradient can have."""
        return bool(self.arrays.isdtype(dtype, ("real floating", "complex floating")))

    def device(self, array: Any) -> Any:
        """The device as `Tensor.device` shows it."""
        return array.device

    def is_view(self, out: Any, array: Any, arguments: Any = None) -> bool:
        """Whether `out`, just made from `array`, shares its memory.

        `arguments` are those of the function that made it. They decide in a library whose arrays
        never change: there a view is what would be one in NumPy.
        """
        raise NotImplementedError

    def elements_are_views(self) -> bool:
        """Whether x[0] of one axis shares the memory of x: NumPy's is a number of its own."""
        if self._elements is None:
            probe = self.arrays.zeros((1,))
            element = self.asarray(self.arrays.getitem(probe, 0))
            self._elements = self.is_view(element, probe, (0,))
        return self._elements

    def constant(self, array: Any) -> Any:
        """The same array without whatever history lies in it."""
        return array

    def may_write(self, array: Any) -> bool:
        """Whether any value may be written into an array, or only into a copy of it."""
        return True

    def write(self, array: Any, key: Any, value: Any) -> None:
        """array[key] = value, the value read before anything is written."""
        array[key] = value

    def put(self, base: Any, steps: Steps, part: Any, key: Any, value: Any) -> Any:
        """part[key] = value, where `part` is what these steps show of `base`; the base after it."""
        self.write(part, key, value)
        return base

    def add_at(self, array: Any, key: Any, value: Any) -> None:
        """array[key] += value, repeated places summed."""
        raise NotImplementedError

    def as_numpy(self, array: Any) -> Any:
        """A NumPy array of the same values, sharing memory where the library can."""
        raise NotImplementedError

    def to_device(self, array: Any, device: Any) -> tuple[Backend, Any]:
        """The array on another device, and the backend that it then belongs to."""
        raise NotImplementedError

    def strides(self, array: Any) -> tuple[int, ...]:
        """How far apart in memory neighbours along each axis are."""
        return array.strides  # type: ignore[no-any-return]  # the library's

    def is_contiguous(self, array: Any) -> bool:
        """Whether its elements lie in memory one after another, in the order of C."""
        return array.flags.c_contiguous  # type: ignore[no-any-return]  # the library's

    def layout(self, array: Any) -> Layout:
        """The axes in the order of memory, each with whether it runs backwards.

        On arrays alike in this the same steps give views.
        """
        strides = self.strides(array)
        order = sorted(range(array.ndim), key=lambda axis: -abs(strides[axis]))
        return tuple([(axis, strides[axis] < 0) for axis in order])

    def read_only(self, array: Any) -> Any:
        """The same memory as an array that cannot be written, or a copy."""
        return self.copy(array)

    def quietly(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function without floating-point warnings: a backward pass emits none."""
        return function(*args)
