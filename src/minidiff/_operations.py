"""Operations that users wrote, on the tape: a rule for each, and the call that goes with a node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .backends import SCALARS, Backend, of_array
from .core.graph import no_grad
from .core.project import project
from .core.pullback import Pullback
from .core.tensor import Tensor, current, wrap
from .core.words import differentiable

Gradients = Sequence[Callable[..., Any] | None]


class Call:
    """One call of an operation: its inputs, its result, and how to go back."""

    def __init__(
        self,
        name: str,
        inputs: Sequence[Any],
        out: Any,
        gradients: Gradients,
        keywords: dict[str, Any],
    ):
        self.name = name
        self.gradients = gradients
        self.keywords = keywords
        first = next(one for one in inputs if type(one) is Tensor)
        # An input without a gradient function is a constant, and so is a number.
        self.inputs = [
            as_tensor(constant_input(one) if function is None else one, first)
            for one, function in zip(inputs, gradients, strict=True)
        ]
        self.result = result_of(name, out, first._backend)

    def pulled(self, inputs: Sequence[Any], grad: Tensor) -> list[Any]:
        """What each gradient function gives, in its input's space; None where there is none."""
        found: list[Any] = []
        for index, (function, x) in enumerate(zip(self.gradients, inputs, strict=True)):
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
        try:
            return project(x._backend, x._backend.tensors, d, x.shape, x.dtype)
        except (ValueError, IndexError) as error:
            raise ValueError(
                f"{self.name}: gradient function {index + 1} returned shape {d.shape}, and its "
                f"input has shape {x.shape}"
            ) from error


def operation_inputs(xp: Any, g: Any, inputs: Any, call: Any) -> list[Any]:
    """The gradients of an operation, on Tensors; or, at first order, on arrays."""
    if type(g) is Tensor:
        found: list[Any] = call.pulled(inputs, g)
        return found
    backend = of_array(g)
    assert backend is not None  # a gradient is an array of some library
    wrapped = [wrap(backend, one, None, kept=True) for one in inputs]
    with no_grad():
        found = call.pulled(wrapped, wrap(backend, g, None, kept=True))
    return [None if one is None else current(one)._data for one in found]


# g -> vjp(g) is linear, and its transpose is the Jacobian-vector product (J. Townsend, 'A new trick
# for calculating Jacobian vector products', 2017).
def operation_jvp(xp: Any, dinputs: Any, inputs: Any, out: Any, call: Any) -> Any:
    places = [i for i, function in enumerate(call.gradients) if function is not None]
    pull = Pullback(
        lambda grad: [call.pulled(inputs, grad)[i] for i in places], [xp.zeros_like(out.detach())]
    )
    return pull([dinputs[i] for i in places])[0]


def recorder(name: str) -> Callable[[Call], Tensor]:
    """What puts a call on the tape, under the operation's name."""

    def row(xp: Any, inputs: Sequence[Tensor], call: Any, /) -> Any:
        return call.result

    row.__name__ = row.__qualname__ = name
    row.__doc__ = f"The operation {name}."
    record = differentiable(inputs=operation_inputs, jvp=operation_jvp)(row)
    return lambda call: record(call.inputs, call)


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
        raise TypeError(
            f"{name} takes {count} inputs by position and was given {len(inputs)}; give one "
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


def result_of(name: str, out: Any, backend: Backend) -> Any:
    """What a forward function returned, as an array that nobody writes."""
    if type(out) is Tensor:
        return current(out.detach())._data
    if of_array(out) is not None or type(out) in SCALARS:
        return backend.copy(backend.asarray(out))
    raise TypeError(
        f"{name}: the forward function has to return one Tensor or array, and it returned "
        f"{type(out).__name__}"
    )
