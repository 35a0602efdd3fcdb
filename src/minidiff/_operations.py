"""Operations that users wrote, on the tape: a rule for each, and the call that goes with a node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

from ._differences import argument_names
from .backends import SCALARS, Backend, of_array
from .batching import running
from .batching._arrays import BatchBackend, Batched, batches_over
from .batching._functions import sample_by_sample
from .batching._values import full
from .core.graph import Dual
from .core.nodes import node_of
from .core.project import project
from .core.pullback import Pullback
from .core.state import no_grad, on_level, state
from .core.tensor import Tensor, current, has_history, wrap
from .core.trees import leaves_of, with_leaves
from .core.walk import behind
from .core.words import differentiable

Gradients = Sequence[Callable[..., Any] | None]


class Call:
    """One call of an operation: its inputs, its result, and how to go back.

    `again` gives the gradient functions for other inputs, where they rest on what the forward
    function has saved: what is saved inside a jvp, or a vmap, has no place outside of it.
    """

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        inputs: Sequence[Any],
        out: Any,
        gradients: Gradients,
        keywords: dict[str, Any],
        again: Callable[[Sequence[Any]], Gradients] | None = None,
    ):
        self.name = name
        self.forward = forward
        self.gradients = gradients
        self.keywords = keywords
        self.again = again
        self.in_jvp = bool(state.get().levels)
        first = next(one for one in inputs if type(one) is Tensor)
        self.backend = uppermost([*inputs, out])
        # An input without a gradient function is a constant, and so is a number.
        given = [
            as_tensor(constant_input(one) if function is None else one, first)
            for one, function in zip(inputs, gradients, strict=True)
        ]
        self.inputs = [on(self.backend, one) for one in given]
        self.result = result_of(name, out, self.backend)

    def input_names(self) -> list[str]:
        """What the forward function calls its inputs."""
        return argument_names(self.forward, len(self.inputs))

    def pulled(self, inputs: Sequence[Any], grad: Tensor, *, anew: bool = False) -> list[Any]:
        """What each gradient function gives, in its input's space; None where there is none.

        `anew` where the call was on another level, or in a jvp that may have ended.
        """
        found: list[Any] = []
        gradients = self.again(inputs) if anew and self.again is not None else self.gradients
        for index, (function, x) in enumerate(zip(gradients, inputs, strict=True)):
            d = None if function is None else function(*inputs, grad, **self.keywords)
            found.append(None if function is None else self.checked(index, d, x))
        return found

    def checked(self, index: int, d: Any, x: Any) -> Any:
        if type(d) in SCALARS:
            d = x._backend.tensors.asarray(d, device=x.device)
        if type(d) is not Tensor:
            raise TypeError(
                f"{self.name}: gradient function {index + 1} has to return a Tensor, and it "
                f"returned {type(d).__name__}; it gets Tensors, so compute with them alone"
            )
        if d.ndim and not broadcasts(x.shape, d.shape):
            raise ValueError(
                f"{self.name}: gradient function {index + 1} returned shape {d.shape}, and its "
                f"input has shape {x.shape}"
            )
        return project(x._backend, x._backend.tensors, d, x.shape, x.dtype)


def broadcasts(shape: tuple[int, ...], larger: tuple[int, ...]) -> bool:
    """Whether an array of one shape can be stretched to the other."""
    pairs = zip(shape[::-1], larger[::-1], strict=False)
    return len(shape) <= len(larger) and all(one in (1, side) for one, side in pairs)


def operation_inputs(xp: Any, g: Any, inputs: Any, call: Any) -> list[Any]:
    """The gradients of an operation, on Tensors; or, at first order, on arrays."""
    if type(g) is Tensor:
        found: list[Any] = call.pulled(inputs, g, anew=call.in_jvp)
        return found
    backend = call.backend
    wrapped = [wrap(backend, one, None, kept=True) for one in inputs]
    with no_grad() if backend.base is None else nullcontext():  # underneath, somebody may record
        found = call.pulled(wrapped, wrap(backend, g, None, kept=True))
    return [None if one is None else current(one)._data for one in found]


# g -> vjp(g) is linear, and its transpose is the Jacobian-vector product (J. Townsend, 'A new trick
# for calculating Jacobian vector products', 2017).
def operation_jvp(xp: Any, dinputs: Any, inputs: Any, out: Any, call: Any) -> Any:
    places = [i for i, function in enumerate(call.gradients) if function is not None]
    zeros = xp.zeros_like(out.detach())
    with on_level(call.backend):
        back = partial(call.pulled, inputs, anew=True)
        pull = Pullback(lambda grad: [back(grad)[i] for i in places], [zeros])
        return pull([dinputs[i] for i in places])[0]


def recorder(name: str) -> Callable[[Call], Tensor]:
    """What puts a call on the tape, under the operation's name."""

    def row(xp: Any, inputs: Sequence[Tensor], call: Any, /) -> Any:
        return call.result

    row.__name__ = row.__qualname__ = name
    row.__doc__ = f"The operation {name}."
    record = differentiable(inputs=operation_inputs, jvp=operation_jvp)(row)

    def recorded(call: Call) -> Tensor:
        if isinstance(call.result, Batched):
            below = Underneath(call)
            call.result = Batched(recorded(below), below.mapped)
        made: Tensor = record(call.inputs, call)
        made._kept = True  # the function may have returned what it was given, or what it keeps
        return made

    return recorded


# ---- inside vmap


class Underneath(Call):
    """A call inside vmap as one of all samples, for transforms outside of the vmap."""

    def __init__(self, call: Call):
        assert isinstance(call.backend, BatchBackend)
        arrays = [current(one)._data for one in call.inputs]
        self.call = call
        self.in_jvp = call.in_jvp
        self.name, self.forward, self.gradients = call.name, call.forward, call.gradients
        self.keywords = call.keywords
        self.backend = call.backend.base
        self.count = call.backend.size.get()
        self.inputs = [
            constant_input(one.value) if function is None else one.value
            for one, function in zip(arrays, self.gradients, strict=True)
        ]
        self.batches = [one.mapped for one in arrays]
        self.result = current(call.result.value.detach())._data
        self.mapped = call.result.mapped

    def pulled(self, inputs: Sequence[Any], grad: Tensor, *, anew: bool = False) -> list[Any]:
        """The same, sample by sample at once; what all samples share gets the sum."""
        base = uppermost([*inputs, grad])
        backend = batches_over(base)

        def inside(x: Tensor, mapped: bool) -> Tensor:
            return wrap(backend, Batched(on(base, x), mapped), None, kept=True)

        with running(backend, self.count):
            given = [inside(x, mapped) for x, mapped in zip(inputs, self.batches, strict=True)]
            found = self.call.pulled(given, inside(grad, self.mapped), anew=True)
        pairs = zip(found, self.batches, strict=True)
        return [None if one is None else self.outside(one, mapped) for one, mapped in pairs]

    def outside(self, d: Tensor, mapped: bool) -> Tensor:
        array = current(d)._data
        if not (mapped or self.mapped):
            whole: Tensor = array.value
            return whole
        whole = full(array, self.count)
        return whole if mapped else whole._backend.tensors.sum(whole, axis=0)


def in_a_loop(function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """A function of tensors outside of vmap for each sample, or None where there are none."""
    leaves = leaves_of([args, kwargs])
    tensors = [one for one in leaves if type(one) is Tensor]
    if not tensors or not isinstance(uppermost(tensors), BatchBackend):
        return None
    backend = uppermost(tensors)

    def array(one: Any) -> Any:
        return current(on(backend, one))._data if type(one) is Tensor else one

    def of_leaves(*leaves: Any) -> Any:
        given, keywords = with_leaves([args, kwargs], leaves)
        return function(*given, **keywords)

    of_leaves.__name__ = name_of(function)
    of_leaves.__wrapped__ = function  # type: ignore[attr-defined]  # warnings tell such loops apart
    with on_level(backend.base):
        out = sample_by_sample(of_leaves, *map(array, leaves))
    return tuple([wrap(backend, one) for one in out]) if type(out) is tuple else wrap(backend, out)


def uppermost(values: Sequence[Any]) -> Backend:
    """The backend of the innermost vmap that a value comes from, or that of the library."""
    backends = [one._backend for one in values if type(one) is Tensor]
    found: Backend = backends[0]
    for one in backends[1:]:
        found = one if one.is_over(found) else found
    return found


def on(backend: Backend, x: Tensor) -> Tensor:
    """A tensor of a level underneath, on that level."""
    adopted: Tensor = backend.adopt(x) if backend.is_over(x._backend) else x
    return adopted


# ---- inputs and results


def name_of(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def constant_input(value: Any) -> Any:
    return value.detach() if type(value) is Tensor else value


def as_tensor(value: Any, like: Tensor) -> Tensor:
    """A number beside a Tensor as one of its dtype."""
    if type(value) is Tensor:
        return value
    made: Tensor = like._backend.tensors.asarray(value, dtype=like.dtype, device=like.device)
    return made


def checked(name: str, inputs: Sequence[Any], count: int | None, tensor_only: bool) -> None:
    """Refuse what is no input of an operation."""
    if count is not None and len(inputs) != count:
        inputs_text = "1 input" if count == 1 else f"{count} inputs"
        raise TypeError(
            f"{name} takes {inputs_text} by position and was given {len(inputs)}; give one "
            "gradient function per input, and anything else by keyword"
        )
    for index, one in enumerate(inputs, 1):
        if type(one) is not Tensor and (tensor_only or type(one) not in SCALARS):
            raise TypeError(
                f"{name}: input {index} is {type(one).__name__}; make a Tensor of it with "
                "asarray(...)"
            )
    if not any(type(one) is Tensor for one in inputs):
        raise TypeError(f"{name} needs at least one Tensor among its inputs")


def checked_gradients(what: str, functions: Any) -> Gradients:
    """Refuse what is no sequence of gradient functions."""
    if not isinstance(functions, Sequence) or isinstance(functions, str):
        raise TypeError(
            f"{what} has to be a list with one function per input (None for an input without "
            f"one), and is {type(functions).__name__}"
        )
    for index, function in enumerate(functions, 1):
        if function is not None and not callable(function):
            raise TypeError(f"{what}: number {index} is {function!r}, which is no function")
    return functions


def refuse_history(name: str, keywords: dict[str, Any]) -> None:
    """Keywords get no gradient, and a history that is lost silently is the worst failure."""
    if not keywords or not state.get().live:
        return
    for keyword, value in keywords.items():
        if any(type(one) is Tensor and tracks(one) for one in leaves_of(value)):
            raise TypeError(
                f"{name}: {keyword}= has a Tensor that tracks gradients, and only inputs by "
                "position get one; make it an input, with a gradient function of its own, or give "
                f"{keyword}.detach()"
            )


def refuse_closed_over(name: str, inputs: Sequence[Any], out: Any, start: int) -> None:
    """The same for what a result rests on besides the inputs, inside the running vmaps or outside.

    What a jvp moves is recognised by its level: an input may carry tangents of the same one.
    """
    given = [current(one) for one in inputs if type(one) is Tensor]
    while type(out) is Tensor:
        _, ends = behind([node_of(current(out))], start)
        levels = {level for one in given for level in levels_of(one)}
        if not (ends <= {node_of(one) for one in given} and levels_of(out) <= levels):
            raise TypeError(
                f"{name}: what its forward function returns rests on a Tensor that tracks "
                "gradients and is none of its inputs, whose gradient would silently be zero; make "
                "it an input, with a gradient function of its own, or take t.detach()"
            )
        given = [underneath(one) if one._backend is out._backend else one for one in given]
        out = underneath(out)


def levels_of(x: Tensor) -> set[Any]:
    """The running jvps of which a tensor carries tangents."""
    found, node = set(), x._node
    while type(node) is Dual:
        found.add(node.level)
        node = node.primal
    return found


def underneath(x: Tensor) -> Any:
    """The tensor of all samples behind one inside vmap; None outside."""
    array = current(x)._data
    return array.value if isinstance(array, Batched) else None


def tracks(x: Any) -> bool:
    """Whether a gradient is asked for, inside the running vmaps or outside of them."""
    while x is not None and not has_history(x):
        x = underneath(x)
    return x is not None


def result_of(name: str, out: Any, backend: Backend) -> Any:
    """What a forward function returned, as an array that nobody writes."""
    if type(out) is Tensor:
        return current(on(backend, out.detach()))._data
    if of_array(out) is not None or type(out) in SCALARS:
        return backend.copy(backend.asarray(out))
    raise TypeError(
        f"{name}: the forward function has to return one Tensor or array, and it returned "
        f"{type(out).__name__}"
    )
