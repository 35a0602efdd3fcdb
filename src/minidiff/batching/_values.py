"""Values of a batch, and how they lie beside each other."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from ..core.tensor import Tensor, raw

Axes = int | tuple[int, ...] | None


class Run:
    """One run of a vmap: whose samples a batch has along its first axis.

    Attributes
    ----------
    count : int
        How many samples there are.
    open : bool
        It goes on, and what belongs to it may be computed with.
    """

    __slots__ = ("count", "open")

    def __init__(self, count: int):
        self.count = count
        self.open = False

    @property
    def ended(self) -> bool:
        return not self.open

    def beside(self, other: Run) -> Run:
        """What two values of different runs have in common."""
        if type(other) is Run:
            (other if self.open else self).refuse()
        return other.beside(self)

    def refuse(self) -> NoReturn:
        """The error for a value that cannot be computed with."""
        raise RuntimeError(
            f"vmap: a value of another vmap, which has ended, was kept (in a global, a cache, a "
            f"closure); it stands for {self.count} values, one a sample; return it from the "
            "function that is mapped"
        )

    def shown(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """The shape of a sample, given that with the axis of the samples."""
        return shape[1:]

    def element_by_element(self, inner: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """An element-wise function of values of a run that is not open."""
        self.refuse()

    def total(
        self, inner: Callable[..., Any], x: Batched, axis: Axes, keepdims: bool, **options: Any
    ) -> Any:
        """The sum of a value of a run that is not open."""
        self.refuse()

    def permuted(self, inner: Callable[..., Any], x: Batched, axes: tuple[int, ...]) -> Any:
        """A value of a run that is not open, its axes in another order."""
        self.refuse()

    def reshaped(self, inner: Callable[..., Any], x: Batched, shape: tuple[Any, ...]) -> Any:
        """A value of a run that is not open, in another shape."""
        self.refuse()


class Batched:
    """An array for each sample of a batch.

    Attributes
    ----------
    value : Tensor
        Of the backend underneath.
    mapped : Run, optional
        Whose samples the first axis of `value` counts; None if all samples share it.
    """

    __slots__ = ("mapped", "value")

    def __init__(self, value: Tensor, mapped: Any):
        self.value = value
        self.mapped: Run | None = mapped

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self.value._data.shape
        run = self.mapped
        if not run:
            return shape
        return shape[1:] if run.open else run.shown(shape)

    @property
    def ndim(self) -> int:
        ndim: int = self.value._data.ndim
        return ndim - 1 if self.mapped else ndim

    @property
    def size(self) -> int:
        size = 1
        for side in self.shape:
            size *= side
        return size

    @property
    def dtype(self) -> Any:
        return self.value._data.dtype

    @property
    def device(self) -> Any:
        return self.value.device

    def __repr__(self) -> str:
        inner = repr(self.value.detach()).removeprefix("Tensor(").removesuffix(")")
        return f"array(batch of {self.mapped.count}: {inner})" if self.mapped else f"array({inner})"

    def in_any_sample(self) -> bool:
        """Whether a truth value holds for any sample: what rules ask before they warn."""
        found: Any = raw(self.value._backend.tensors.any(self.value))
        return bool(found.in_any_sample() if type(found) is Batched else found)

    # ---- what leaves the library: no sample has a value that Python or NumPy could look at

    def _number(self, kind: Callable[[Any], Any], instead: str) -> Any:
        if self.mapped:
            raise TypeError(
                f"{kind.__name__}() of a value inside vmap: it stands for {self.mapped.count} "
                f"numbers, one a sample; {instead}, or take the argument out of in_axes"
            )
        return kind(self.value)

    def __bool__(self) -> bool:
        return self._number(bool, "write `where` instead of `if`")  # type: ignore[no-any-return]  # a bool

    def __int__(self) -> int:
        return self._number(int, STEPS)  # type: ignore[no-any-return]  # an int

    def __float__(self) -> float:
        return self._number(float, FUNCTIONS)  # type: ignore[no-any-return]  # a float

    def __complex__(self) -> complex:
        return self._number(complex, FUNCTIONS)  # type: ignore[no-any-return]  # a complex

    def __index__(self) -> int:
        return self._number(int, STEPS)  # type: ignore[no-any-return]  # an int

    def shared(self, where: str) -> Tensor:
        """The value, for another library, if all samples share it."""
        if self.mapped:
            raise TypeError(
                f"{where}: a value inside vmap stands for {self.mapped.count} arrays, one a "
                f"sample; {FUNCTIONS}, or return it from the function that is mapped"
            )
        return self.value

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.shared("np.asarray").detach().as_numpy()
        return array.astype(dtype or array.dtype, copy=bool(copy))

    def __dlpack__(self, **options: Any) -> Any:
        exporting: Any = self.shared("DLPack export")
        return exporting.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        exporting: Any = self.shared("DLPack export")
        return exporting.__dlpack_device__()

    def __reduce__(self) -> tuple[Any, ...]:
        return itself, (self.shared("pickle and deepcopy").detach(),)


STEPS = "no shape, index or number of steps can differ from sample to sample: compute with arrays"
FUNCTIONS = "compute with minidiff's functions"


def itself(value: Any) -> Any:
    """What a pickle of a shared value is read as: a tensor outside of all vmaps."""
    return value


# ---- which samples there are


def common(values: Iterable[Any]) -> Run | None:
    """The run whose samples differ in any of some values; None where all samples share them."""
    found: Run | None = None
    for value in values:
        if type(value) is Batched:
            run = value.mapped
            if run and run is not found:
                found = run if found is None else found.beside(run)
    return found


def run_of(*values: Any) -> Run | None:
    """The same, where no function but the plainest can do with values of a run that has ended."""
    found = common(values)
    if found is not None and not found.open:
        found.refuse()
    return found


def plain(value: Any) -> Any:
    """An argument as the functions underneath take it, if no sample has a value of its own."""
    if type(value) is Batched:
        return value.value
    if type(value) is tuple:
        return tuple(map(plain, value))
    return [plain(one) for one in value] if type(value) is list else value


def batched(value: Any, run: Run | None) -> Any:
    """A result, or a tuple of them, as Batched."""
    if isinstance(value, tuple):
        made: list[Any] = [Batched(one, run) for one in value]
        return type(value)(*made) if hasattr(value, "_fields") else tuple(made)
    return Batched(value, run)


def namespace(x: Batched) -> Any:
    """The functions on tensors underneath."""
    return x.value._backend.tensors


# ---- how they lie beside each other


def aligned(value: Any, ndim: int) -> Any:
    """A value whose axes broadcast from the right although one for the samples is in front."""
    if type(value) is not Batched:
        return value
    array = value.value
    missing = ndim + 1 - array._data.ndim
    if not value.mapped or missing <= 0:
        return array
    count, *shape = array._data.shape
    return array._backend.tensors.reshape(array, (count, *(1,) * missing, *shape))


def full(value: Batched, run: Run) -> Any:
    """A value with an axis for the samples, also where all share it."""
    if value.mapped:
        return value.value
    return namespace(value).broadcast_to(value.value, (run.count, *value.shape))


def shifted(axis: Axes, ndim: int) -> Any:
    """An axis of a sample as one of the batch."""
    if axis is None:
        return None
    if isinstance(axis, tuple | list):
        return tuple([shifted(one, ndim) for one in axis])
    axis = operator.index(axis)
    if not -ndim <= axis < ndim:
        raise IndexError(f"axis {axis} is out of range for {ndim} axes (inside vmap)")
    return axis % ndim + 1


def flattened(x: Batched) -> Any:
    return namespace(x).reshape(x.value, (x.value.shape[0], x.size))


def one_sample(x: Batched) -> Any:
    """An array like a sample of a batch, from which the library finds what a sample lacks."""
    return namespace(x).zeros(x.shape, dtype=x.dtype, device=x.device)


def refused(what: str) -> ValueError:
    return ValueError(
        f"vmap: {what}: the shape of the result would differ from sample to sample; write it with "
        "where, or outside vmap"
    )
