"""What happens to an operation on tracked tensors: the state, and the switches that change it.

The state belongs to the current context, so threads and asyncio tasks do not see each other's.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, Self, TypeVar

from .graph import Level

if TYPE_CHECKING:
    from ..backends import Backend
    from .saving import Saving

F = TypeVar("F", bound=Callable[..., Any])


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

    def recording(self) -> State:
        """The state of a function whose derivative is taken, also where nothing may be recorded."""
        return self if self.on else self.changed(on=True)

    def inside(self, level: Level) -> State:
        """The state inside one more jvp, which works under `no_grad` too."""
        return self.changed(levels=(*self.levels, level), entered=(*self.entered, level))


RECORDING = State(on=True)
OFF = State(on=False)

state: ContextVar[State] = ContextVar("minidiff.state", default=RECORDING)


class Switch:
    """A context manager and decorator that sets a context variable and puts it back.

    Coroutines and generators that are decorated work inside it too: a generator step by step, since
    what runs between two steps is somebody else's.
    """

    _variable: ContextVar[Any] = state

    def __init__(self) -> None:
        self._tokens: list[Token[Any]] = []  # a stack: one object may be entered inside itself

    def _again(self) -> Self:
        # Each call of a decorated function has its own: it may run in several threads at once.
        return type(self)()

    def _next(self, now: Any) -> Any:
        raise NotImplementedError

    def __enter__(self) -> None:
        self._tokens.append(self._variable.set(self._next(self._variable.get())))

    def __exit__(self, *error: object) -> None:
        self._variable.reset(self._tokens.pop())

    def __call__(self, function: F) -> F:
        call: Any
        if inspect.iscoroutinefunction(function):

            async def call(*args: Any, **kwargs: Any) -> Any:
                with self._again():
                    return await function(*args, **kwargs)

        elif inspect.isgeneratorfunction(function):

            def call(*args: Any, **kwargs: Any) -> Any:
                return steps(self._again, function(*args, **kwargs))

        elif inspect.isasyncgenfunction(function):

            def call(*args: Any, **kwargs: Any) -> Any:
                return async_steps(self._again, function(*args, **kwargs))

        else:

            def call(*args: Any, **kwargs: Any) -> Any:
                with self._again():
                    return function(*args, **kwargs)

        functools.update_wrapper(call, function)
        return call  # type: ignore[no-any-return]  # what the function was


def steps(
    around: Callable[[], Switch], generator: Generator[Any, Any, Any]
) -> Generator[Any, Any, Any]:
    """A generator, each step of which runs inside a context manager."""
    step: Callable[[Any], Any] = generator.send
    given: Any = None
    while True:
        try:
            with around():
                made = step(given)
        except StopIteration as end:
            return end.value
        try:
            given = yield made
            step = generator.send
        except GeneratorExit:
            with around():
                generator.close()
            raise
        except BaseException as error:
            step, given = generator.throw, error


async def async_steps(
    around: Callable[[], Switch], generator: AsyncGenerator[Any, Any]
) -> AsyncGenerator[Any, Any]:
    """The same of an asynchronous generator."""
    step: Callable[[Any], Any] = generator.asend
    given: Any = None
    while True:
        try:
            with around():
                made = await step(given)
        except StopAsyncIteration:
            return
        try:
            given = yield made
            step = generator.asend
        except GeneratorExit:
            with around():
                await generator.aclose()
            raise
        except BaseException as error:
            step, given = generator.athrow, error


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

    def _again(self) -> Self:
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

    def _again(self) -> Self:
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


class Permission(Switch):
    """A context manager and decorator that lets something pass."""

    def _next(self, now: bool) -> bool:
        return True


class allow_detach(Permission):
    """Let `np.asarray(t)` and DLPack export of a tracking tensor pass, without history."""

    _variable = exporting


class allow_gauge_dependence(Permission):
    """Turn off the check that a loss does not depend on the phase of complex vectors.

    `eigh`, `eig` and `svd` give vectors of an arbitrary phase, so a loss that depends on it has no
    derivative, and `backward` raises. Inside, the derivative for the phases that the library chose
    is taken, as if they were fixed.
    """

    _variable = gauge_allowed


class strong_zeros(Permission):
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

    _variable = zeros_are_strong
