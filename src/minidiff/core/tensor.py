"""The Tensor: a handle on an array, and on the place where the tape knows it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..backends import Backend, ingest
from .graph import Dual, Freed, Leaf, Node, OpNode
from .state import exporting, innermost, state

# A step of a view: the function that made it, with its arguments. A path is its last step behind
# the path before, so that a view of a view costs one step, however many there are. (root, path,
# array, node): the base it looks at, the way there, and the base's array and node when last seen.
Step = tuple[str, tuple[Any, ...], dict[str, Any]]
Path = tuple["Path", str, tuple[Any, ...], dict[str, Any]] | None
View = tuple["Tensor", Path, Any, Any]

# Stands for the base's node in a view made under no_grad() of a tracked base: it has no history,
# and none is looked up later.
UNRECORDED = object()


class Construction(type):
    """`Tensor(...)` as users call it, kept apart from the class.

    A `__new__` of Tensor's own would make every result of every operation dearer (see `blank`).
    """

    def __call__(
        cls, data: Any, allow_grad: bool = False, dtype: Any = None, device: Any = None
    ) -> Tensor:
        self: Tensor
        if type(data) is Tensor:
            if has_history(data) and not exporting.get():
                raise TypeError(
                    "Tensor(t) of a Tensor that tracks gradients would silently lose its history; "
                    "asarray(t) keeps it, and t.detach() is the same without it (a new leaf: "
                    "t.detach(allow_grad=True))"
                )
            xp = data._backend.tensors
            self = xp.asarray(data.detach(), dtype=dtype, device=device, copy=True)
        else:
            data = cls._without_tensors(data)
            self = wrap(*ingest(data, dtype, device, copy=True, floating=allow_grad))
        if allow_grad:
            self = inside_batch(self)
        self.allow_grad = allow_grad
        return self

    __call__.__qualname__ = "Tensor"  # what Python's own errors call it

    @staticmethod
    def _without_tensors(data: Any) -> Any:
        """Nested lists with arrays for the Tensors in them, none of which may have a history."""
        if type(data) in (list, tuple):
            inside = Construction._without_tensors
            return [inside(one) for one in data]
        if type(data) is not Tensor:
            return data
        if has_history(data) and not exporting.get():
            raise TypeError(
                "Tensor([...]) of Tensors that track gradients would silently lose their history; "
                "asarray([...]) keeps it, and without it t.detach() is what to put in"
            )
        return data._data


class Tensor(metaclass=Construction):
    """An array whose operations are recorded where a gradient is asked for.

    Parameters
    ----------
    data : scalar, nested sequence, array of any array-API library, or Tensor
        Copied. An array stays in its library.
    allow_grad : bool
        Whether `backward` leaves a gradient in `grad`. Python literals become the default float;
        an integer or boolean array is refused.
    dtype, device : optional
        As in `minidiff.array_api.asarray`.

    Raises
    ------
    TypeError
        If `allow_grad` and the data are not of a real or complex floating dtype.

    Examples
    --------
    >>> import minidiff as md
    >>> x = md.Tensor([3, 4], allow_grad=True)
    >>> (x * x).backward()
    >>> x.grad
    Tensor([6., 8.])
    """

    # _at is None for what is no view; _kept says that a graph may hold the array, so that the next
    # write has to copy it first (core/views.py). _kept and _grad are unset until there is something
    # to say: a result is made in as few steps as possible.
    __slots__ = ("__weakref__", "_at", "_backend", "_data", "_grad", "_kept", "_node")

    _data: Any
    _backend: Backend
    _node: Node | None
    _grad: Tensor | None
    _at: View | None
    _kept: bool

    # NumPy operands leave operators to the Tensor. numpy_protocols.py puts a fuller answer here.
    __array_ufunc__ = None
    __hash__ = object.__hash__

    if TYPE_CHECKING:  # installed by core/backward.py, core/hooks.py and array_api/_operators.py

        def __init__(
            self, data: Any, allow_grad: bool = False, dtype: Any = None, device: Any = None
        ) -> None: ...

        def backward(
            self,
            grad: Tensor | None = None,
            *,
            retain_grads: bool = False,
            cleanup_mode: str = "prune",
            allow_higher_order: bool = False,
            reset_grads: bool = True,
            strong_zeros: bool = False,
        ) -> None: ...

        def register_hook(self, hook: Any) -> Any: ...
        def retain_grad(self) -> None: ...

        T: Tensor
        mT: Tensor

        def __add__(self, other: Tensor | complex, /) -> Tensor: ...
        def __radd__(self, other: complex, /) -> Tensor: ...
        def __sub__(self, other: Tensor | complex, /) -> Tensor: ...
        def __rsub__(self, other: complex, /) -> Tensor: ...
        def __mul__(self, other: Tensor | complex, /) -> Tensor: ...
        def __rmul__(self, other: complex, /) -> Tensor: ...
        def __truediv__(self, other: Tensor | complex, /) -> Tensor: ...
        def __rtruediv__(self, other: complex, /) -> Tensor: ...
        def __floordiv__(self, other: Tensor | float, /) -> Tensor: ...
        def __rfloordiv__(self, other: float, /) -> Tensor: ...
        def __mod__(self, other: Tensor | float, /) -> Tensor: ...
        def __rmod__(self, other: float, /) -> Tensor: ...
        def __pow__(self, other: Tensor | complex, /) -> Tensor: ...
        def __rpow__(self, other: complex, /) -> Tensor: ...
        def __matmul__(self, other: Tensor, /) -> Tensor: ...
        def __and__(self, other: Tensor | int, /) -> Tensor: ...
        def __or__(self, other: Tensor | int, /) -> Tensor: ...
        def __xor__(self, other: Tensor | int, /) -> Tensor: ...
        def __lshift__(self, other: Tensor | int, /) -> Tensor: ...
        def __rshift__(self, other: Tensor | int, /) -> Tensor: ...
        def __eq__(self, other: object, /) -> Tensor: ...  # type: ignore[override]  # element-wise
        def __ne__(self, other: object, /) -> Tensor: ...  # type: ignore[override]  # element-wise
        def __lt__(self, other: Tensor | float, /) -> Tensor: ...
        def __le__(self, other: Tensor | float, /) -> Tensor: ...
        def __gt__(self, other: Tensor | float, /) -> Tensor: ...
        def __ge__(self, other: Tensor | float, /) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __pos__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __getitem__(self, key: Any, /) -> Tensor: ...
        def __setitem__(self, key: Any, value: Tensor | complex, /) -> None: ...
        def __iter__(self) -> Iterator[Tensor]: ...
        def __len__(self) -> int: ...
        def __bool__(self) -> bool: ...
        def __int__(self) -> int: ...
        def __float__(self) -> float: ...
        def __complex__(self) -> complex: ...
        def __index__(self) -> int: ...
        def item(self, *index: int) -> Any: ...
        def as_numpy(self) -> Any: ...
        def to_device(self, device: Any, /, *, stream: Any = None) -> Tensor: ...

    def __init_subclass__(cls, **kwargs: Any) -> None:
        raise TypeError(
            "Tensor is final: the tape asks for exactly this type; hold one, do not be one"
        )

    # ---- what it is

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self._data.shape  # type: ignore[no-any-return]  # the library's

    @property
    def dtype(self) -> Any:
        """The data type of the elements."""
        return self._data.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim  # type: ignore[no-any-return]  # the library's

    @property
    def size(self) -> int:
        """The number of elements."""
        size = 1
        for side in self._data.shape:
            size *= side
        return size

    @property
    def device(self) -> Any:
        """Where the array lies: 'cpu', 'cuda:N', or the wrapped library's own device."""
        return self._backend.device(self._data)

    # ---- its place in a graph

    @property
    def grad(self) -> Tensor | None:
        """The gradient that the last `backward` left here, or None."""
        # An intermediate's lies on its node, where the pass can reach it.
        kept = getattr(self._node, "grad", None) if isinstance(self._node, OpNode) else None
        return getattr(self, "_grad", None) if kept is None else kept

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if type(value) is not Tensor:
                raise TypeError(f"grad is a Tensor or None, not {type(value).__name__}")
            if value.shape != self.shape:
                raise ValueError(
                    f"a tensor of shape {self.shape} cannot have a gradient of shape {value.shape}"
                )
            if value._backend is not self._backend or not value._backend.is_floating(value.dtype):
                raise TypeError(
                    f"a tensor on {self._backend.name} has a floating gradient there, and this one "
                    f"is {value.dtype} on {value._backend.name}"
                )
        if isinstance(self._node, OpNode) and hasattr(self._node, "grad"):
            del self._node.grad
        self._grad = value

    @property
    def allow_grad(self) -> bool:
        """Whether gradients flow to this tensor: a leaf that asks for one, or a recorded result."""
        return has_history(self)

    @allow_grad.setter
    def allow_grad(self, flag: bool) -> None:
        if flag and not has_history(self):
            if not self._backend.is_floating(self._data.dtype):
                raise TypeError(
                    f"allow_grad=True needs a real or complex floating dtype, not {self.dtype}; "
                    "convert first: astype(x, xp.float64)"
                )
            cut(self)
            self._node = Leaf(self, self._backend, self._data.shape, self._data.dtype)
        elif not flag and has_history(self):
            if type(self._node) is not Leaf:
                raise ValueError(
                    "allow_grad can be turned off on a leaf only; take a constant with detach()"
                )
            self._node = None

    @property
    def op_node(self) -> OpNode | None:
        """The operation that made this tensor, if it was recorded and not freed."""
        node = current(self)._node
        while type(node) is Dual:
            node = node.primal
        return node if isinstance(node, OpNode) else None

    @property
    def is_leaf(self) -> bool:
        """No operation stands behind it."""
        return self.op_node is None

    @property
    def graphed(self) -> bool:
        """It has an `op_node`, or a live graph refers to it."""
        # A leaf's node is held by its handle and by the operations on it; sys.getrefcount counts
        # its own argument too.
        if isinstance(self._node, Leaf):
            return sys.getrefcount(self._node) > 2
        return self.op_node is not None

    def wipe(self) -> None:
        """Forget the operation that made this tensor, and the gradients kept on it."""
        node = self.op_node
        if node is not None and hasattr(node, "grad"):
            del node.grad
        if type(self._node) is not Leaf:
            self._node = None
        self._grad = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and deepcopy take a leaf with its gradient, not a graph."""
        if self.op_node is not None or (has_history(self) and type(self._node) is not Leaf):
            raise TypeError(
                "pickle and deepcopy take leaves, and this tensor was computed from others; take "
                "t.detach() for its values"
            )
        grad = None if self.grad is None else self.grad.detach()
        return _rebuilt, (current(self)._data, self.allow_grad, grad)

    def detach(self, allow_grad: bool = False) -> Tensor:
        """The same values without history; memory is shared until either side is written."""
        backend = self._backend
        out = wrap(backend, backend.constant(current(self)._data))
        root_of(self)._kept = out._kept = True
        if allow_grad:
            out.allow_grad = True
        return out


# Makes a Tensor whose slots are all unset.
blank: Callable[[], Tensor] = type.__call__.__get__(Tensor)


def _rebuilt(data: Any, allow_grad: bool, grad: Tensor | None) -> Tensor:
    tensor = Tensor(data, allow_grad)
    tensor._grad = grad
    return tensor


def wrap(backend: Backend, array: Any, node: Node | None = None, kept: bool = False) -> Tensor:
    """A Tensor around an array as it is: no check, no copy. `kept`: somebody else holds it too."""
    out = blank()
    out._data = array
    out._backend = backend
    out._node = node
    out._at = None
    if kept:
        out._kept = True
    return out


def raw(data: Any) -> Any:
    """The array of a Tensor; lists and tuples are searched, anything else is returned as it is."""
    if type(data) is Tensor:
        return current(data)._data
    if type(data) in (list, tuple):
        return [raw(one) for one in data]
    return data


def root_of(tensor: Tensor) -> Tensor:
    """The tensor whose memory this one shows: a view's base, or itself."""
    return tensor if tensor._at is None else tensor._at[0]


def is_kept(tensor: Tensor) -> bool:
    """Whether somebody else may hold the memory of a tensor."""
    return getattr(root_of(tensor), "_kept", False)


def current(tensor: Tensor) -> Tensor:
    """The tensor, having looked again if it is a view whose base was written."""
    if tensor._at is not None:
        look_again(tensor)
    return tensor


def inside_batch(x: Tensor) -> Tensor:
    """A tensor on the level of the innermost vmap that runs, where it meets what differs by sample.

    Whatever is differentiated inside a vmap starts there: a history made below, of what all samples
    share, would be the outer transforms' own.
    """
    if x._backend.base is not None:
        x = x._backend.brought_out(x)
    batches = innermost.get()
    if batches is None or not batches.is_over(x._backend):
        return x
    adopted: Tensor = batches.adopt(x)
    return adopted


def has_history(tensor: Tensor) -> bool:
    """Whether gradients flow to a tensor; also to a view that could not look again in no_grad()."""
    if current(tensor)._node is not None:
        return True
    if tensor._at is None or tensor._at[3] is UNRECORDED:
        return False
    root = tensor._at[0]
    return root._node is not None and root._node is not tensor._at[3]


def refuse_to_lose(tensor: Tensor, what: str) -> None:
    """An exported array has no history, and losing it silently is the worst failure."""
    if not exporting.get() and has_history(tensor):
        raise TypeError(
            f"{what} of a Tensor that tracks gradients would silently lose its history; take "
            "t.detach() first, or t.as_numpy() for a copy of the values, or wrap the code in "
            "minidiff.allow_detach(); minidiff.numpy has functions that keep it"
        )


def look_again(view: Tensor) -> None:
    """Bring a view up to date: its array always shares the base's memory.

    Its history is a look at the base, recorded anew when the base has another node than the one
    that was seen. Outside recording the array alone is fetched; the node can wait.
    """
    seen: Any = view._at
    root, path, array, node = seen
    if root._data is array and root._node is node:
        return
    moved = root._node is not node and node is not UNRECORDED
    backend = view._backend
    if moved and state.get().live and type(root._node) is not Freed:
        fresh = follow(backend.tensors, root, steps_of(path))
        view._data = fresh._data
        view._at = (root, path, root._data, root._node)
        take_over(view, fresh._node)
    elif root._data is not array:
        view._data = follow(backend.arrays, root._data, steps_of(path))
        view._at = (root, path, root._data, node)


def take_over(tensor: Tensor, node: Node | None) -> None:
    """Give a tensor the node that its history goes on with, and what `retain_grad` asked of it."""
    before, tensor._node = tensor._node, node
    retained = isinstance(before, OpNode) and getattr(before.rule, "retain", False)
    if retained and tensor.op_node is not None:
        tensor.retain_grad()


def steps_of(path: Path) -> list[Step]:
    """The steps of a path, in order."""
    steps: list[Step] = []
    while path is not None:
        path, name, args, kwargs = path
        steps.append((name, args, kwargs))
    return steps[::-1]


def follow(xp: Any, array: Any, steps: Iterable[Step]) -> Any:
    """Walk the steps of a view, on arrays or on Tensors."""
    for name, args, kwargs in steps:
        array = getattr(xp, name)(array, *args, **kwargs)
    return array


def cut(view: Tensor) -> None:
    """Make a view a tensor of its own; the memory is shared until either side is written."""
    if view._at is not None:
        look_again(view)
        root_of(view)._kept = view._kept = True
        view._at = None
