"""What the tape is made of: nodes, leaves, and the switch that says whether to record.

A node holds data and other nodes, never a Tensor: handles come and go, and the graph lives exactly
as long as somebody can still walk it.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterator
from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..backends import Backend
    from .rules import Rule
    from .saving import Saving
    from .tensor import Tensor

# A node is always newer than its parents, so newest first is an order in which to walk back.
next_number = itertools.count().__next__


class OpNode:
    """One recorded operation: where its arrays came from and what its formulas need of them.

    `parent1` and `parent2` are the nodes of the first and second array (None: not tracked), `x1`,
    `x2` and `out` the arrays that a needed formula names, the other slots stay unset. `shape` and
    `dtype` are those of the result, and so of the gradient that arrives here. `args` and `kwargs`
    are the call's other arguments, set for rules that have some; `trace` is the user's line, set
    inside detect_anomaly().
    """

    __slots__ = (
        "args",
        "backend",
        "dtype",
        "grad",
        "kwargs",
        "number",
        "out",
        "parent1",
        "parent2",
        "rule",
        "shape",
        "trace",
        "x1",
        "x2",
    )

    rule: Rule
    backend: Backend
    number: int
    shape: tuple[int, ...]
    dtype: Any
    parent1: Node | None
    parent2: Node | None
    x1: Any
    x2: Any
    out: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    grad: Tensor
    trace: str


class WideNode(OpNode):
    """An operation with another signature, or with several results.

    `many` maps inputs to their nodes, or to lists of nodes; `made` is the results' tuple type.
    """

    __slots__ = ("made", "many")

    many: dict[str, Any]
    made: type | None

    def parents(self) -> list[Node | None]:
        found: list[Node | None] = []
        for nodes in self.many.values():
            found += nodes if type(nodes) is list else [nodes]
        return found


class Leaf:
    """Where a walk ends: a Tensor that asked for its gradient, held weakly.

    `hooks` sees the gradient of each pass (core/hooks.py); None as long as there are none.
    """

    __slots__ = ("backend", "dtype", "handle", "hooks", "shape")

    hooks: dict[int, Any] | None

    def __init__(self, handle: Tensor, backend: Backend, shape: tuple[int, ...], dtype: Any):
        self.handle = weakref.ref(handle)
        self.hooks = None
        self.backend = backend
        self.shape = shape
        self.dtype = dtype


class Variable(Leaf):
    """Where the walk of a transform ends: a tensor of its own, which the function may write."""

    __slots__ = ()


class Freed:
    """What remains of a node after a backward pass freed it: enough to refuse a second walk."""

    __slots__ = ("backend", "dtype", "shape")

    backend: Backend
    shape: tuple[int, ...]
    dtype: Any

    def __init__(self, node: Node):
        self.backend = node.backend
        self.shape = node.shape
        self.dtype = node.dtype


class Dual:
    """A tensor's tangent in forward mode, laid over the node that it has without it."""

    __slots__ = ("backend", "dtype", "level", "primal", "shape", "tangent")

    def __init__(self, level: Level, primal: Node | None, tangent: Tensor):
        self.level = level
        self.primal = primal
        self.tangent = tangent
        self.backend = tangent._backend
        self.shape = tangent._data.shape
        self.dtype = tangent._data.dtype


Node = OpNode | Leaf | Freed | Dual


class Level:
    """One `jvp` while it runs (core/forward.py).

    `calls` remembers the calls that were recorded meanwhile, with the tangents of their arrays: a
    backward pass inside the jvp has to carry them on. They go when the jvp ends, so that a node
    itself holds nothing but arrays.
    """

    __slots__ = ("calls", "number")

    def __init__(self) -> None:
        self.number = next_level()
        self.calls: dict[OpNode, Any] = {}


next_level = itertools.count(1).__next__


class State:
    """What happens to an operation on tracked tensors in the current thread or asyncio task.

    Attributes
    ----------
    on : bool
        Operations are recorded for a backward pass.
    levels : tuple of Level
        The jvps whose tangents operations carry on.
    entered : tuple of Level
        All jvps that run; `enable_grad` inside `no_grad` makes them count again.
    final : bool
        `enable_grad` has no effect.
    anomaly : {None, 'raise', 'warn'}
        What happens at the first nan or inf that a backward pass makes (core/anomaly.py).
    saving : Saving, optional
        In which form operations keep what their formulas need (core/saving.py).
    live : bool
        Any history is made at all.
    """

    __slots__ = ("anomaly", "entered", "final", "levels", "live", "on", "saving")

    def __init__(
        self,
        *,
        on: bool,
        levels: tuple[Level, ...] = (),
        entered: tuple[Level, ...] = (),
        final: bool = False,
        anomaly: str | None = None,
        saving: Saving | None = None,
    ):
        self.on = on
        self.levels = levels
        self.entered = entered
        self.final = final
        self.anomaly = anomaly
        self.saving = saving
        self.live = on or bool(levels)

    def changed(self, **changes: Any) -> State:
        """The same but for some attributes; RECORDING and OFF themselves where nothing is special.

        The hot path asks for identity with RECORDING.
        """
        attributes = {name: getattr(self, name) for name in self.__slots__ if name != "live"}
        attributes.update(changes)
        if any(attributes[name] for name in ("anomaly", "entered", "final", "levels", "saving")):
            return State(**attributes)
        return RECORDING if attributes["on"] else OFF

    def switched(self, on: bool) -> State:
        """The state inside `enable_grad` or `no_grad`; a tangent counts as history too."""
        return self if self.final else self.changed(on=on, levels=self.entered if on else ())

    def recorded(self, on: bool) -> State:
        """The state of a backward pass that is itself recorded, or not; it carries tangents on."""
        return self if self.final or on == self.on else self.changed(on=on)

    def inside(self, level: Level) -> State:
        """The state inside one more jvp, which works under `no_grad` too."""
        return self.changed(levels=(*self.levels, level), entered=(*self.entered, level))


RECORDING = State(on=True)
OFF = State(on=False)

state: ContextVar[State] = ContextVar("minidiff.state", default=RECORDING)


class Switch(ContextDecorator):
    """A context manager and decorator that changes the state and puts it back."""

    def __init__(self) -> None:
        self._tokens: list[Token[State]] = []  # a stack: one object may be entered inside itself

    def _recreate_cm(self) -> Switch:
        # A decorated function may run in several threads at once: each call has its own stack.
        return type(self)()

    def _next(self, now: State) -> State:
        raise NotImplementedError

    def __enter__(self) -> None:
        now = state.get()
        self._tokens.append(state.set(self._next(now)))

    def __exit__(self, *error: object) -> None:
        state.reset(self._tokens.pop())


class no_grad(Switch):
    """Nothing is recorded inside; leaves keep their `allow_grad`.

    A context manager and a decorator. Other threads and asyncio tasks do not notice.

    Examples
    --------
    >>> import minidiff as md
    >>> x = md.Tensor([1.0, 2.0], allow_grad=True)
    >>> with md.no_grad():
    ...     x -= 0.5  # a step on a leaf: allowed here, and x stays the same leaf
    >>> x.allow_grad
    True
    """

    def _next(self, now: State) -> State:
        return now.switched(False)


class enable_grad(Switch):
    """Record inside, also within `no_grad()`; with `flag=False` the same as `no_grad()`.

    Parameters
    ----------
    flag : bool
        Whether to record.
    """

    def __init__(self, flag: bool = True):
        super().__init__()
        self._flag = flag

    def _recreate_cm(self) -> enable_grad:
        return type(self)(self._flag)

    def _next(self, now: State) -> State:
        return now.switched(self._flag)


class disable_new_grads(Switch):
    """As `no_grad()`, and `enable_grad()` inside has no effect."""

    def _next(self, now: State) -> State:
        return now.changed(on=False, levels=(), final=True)


class reuse_graph(Switch):
    """Accepted, and without effect: walking a graph again costs no search for it.

    To walk the same graph twice, see `cleanup_mode="keep"` of `backward`.
    """

    def _next(self, now: State) -> State:
        return now


class detect_anomaly(Switch):
    """Stop at the first nan or inf that a backward pass makes, and say where it comes from.

    Around the forward pass too, so that the message can show the line that recorded the operation.
    It costs time inside and none outside.

    Parameters
    ----------
    mode : {'raise', 'warn'}
        A FloatingPointError, or a RuntimeWarning at each operation that makes one.

    Examples
    --------
    >>> import minidiff as md
    >>> with md.detect_anomaly():
    ...     x = md.Tensor([0.0, 4.0], allow_grad=True)
    ...     y = md.sqrt(x)
    ...     try:
    ...         y.backward()
    ...     except FloatingPointError as error:
    ...         print(str(error)[:47])
    d(sqrt)/d(x) made inf or nan in 1 of 2 elements
    """

    def __init__(self, mode: str = "raise"):
        if mode not in ("raise", "warn"):
            raise ValueError(f"detect_anomaly: mode is 'raise' or 'warn', not {mode!r}")
        super().__init__()
        self._mode = mode

    def _recreate_cm(self) -> detect_anomaly:
        return type(self)(self._mode)

    def _next(self, now: State) -> State:
        return now.changed(anomaly=self._mode)


# The backend of the innermost vmap that runs: a vmap inside it batches batches.
innermost: ContextVar[Backend | None] = ContextVar("minidiff.vmap", default=None)


@contextmanager
def on_level(backend: Backend | None) -> Iterator[None]:
    """Work as inside the vmap of that backend, or outside of all if it is no batch."""
    token = innermost.set(backend if backend is not None and backend.base is not None else None)
    try:
        yield
    finally:
        innermost.reset(token)


exporting: ContextVar[bool] = ContextVar("minidiff.exporting", default=False)
zeros_are_strong: ContextVar[bool] = ContextVar("minidiff.strong_zeros", default=False)
gauge_allowed: ContextVar[bool] = ContextVar("minidiff.gauge_allowed", default=False)


class _Permission(ContextDecorator):
    """A context manager and decorator that lets something pass."""

    _flag: ContextVar[bool]

    def __init__(self) -> None:
        self._tokens: list[Token[bool]] = []

    def _recreate_cm(self) -> _Permission:
        return type(self)()

    def __enter__(self) -> None:
        self._tokens.append(self._flag.set(True))

    def __exit__(self, *error: object) -> None:
        self._flag.reset(self._tokens.pop())


class allow_detach(_Permission):
    """Let `np.asarray(t)` and DLPack export of a tracking tensor pass, without history."""

    _flag = exporting


class allow_gauge_dependence(_Permission):
    """Turn off the check that a loss does not depend on the phase of complex vectors.

    `eigh`, `eig` and `svd` give vectors of an arbitrary phase, so a loss that depends on it has no
    derivative, and `backward` raises. Inside, the derivative for the phases that the library chose
    is taken, as if they were fixed.
    """

    _flag = gauge_allowed


class strong_zeros(_Permission):
    """In a backward pass, what arrives as exactly 0 goes on as exactly 0, element by element.

    Also where the local derivative is infinite or nan: `where(x > 0, sqrt(x), 0)` then has gradient
    0 where x is 0. Off by default, since it can hide what a nan would have shown; the same as
    `backward(strong_zeros=True)`.

    Examples
    --------
    >>> import minidiff as md
    >>> x = md.Tensor([0.0, 4.0], allow_grad=True)
    >>> with md.strong_zeros():
    ...     md.where(x > 0, md.sqrt(x), 0.0).backward()
    >>> x.grad
    Tensor([0.  , 0.25])
    """

    _flag = zeros_are_strong
