"""One evaluation of a user's function, ready to be walked back: what the transforms share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any

from .backends import SCALARS, ingest, of_array
from .core.forward import Duals
from .core.pullback import Pullback
from .core.tensor import Tensor, inside_batch, wrap
from .core.trees import leaves_of, map_leaves, structure_of, with_leaves

Function = Callable[..., Any]
Argnums = int | Sequence[int]


class Call:
    """A function evaluated at some arguments, ready to be walked back.

    Attributes
    ----------
    value, aux
        What it returned, with and without `has_aux`; `outs` are the tensors of the value.
    inputs : list of Tensor
        The tensors of the chosen arguments.
    """

    def __init__(
        self,
        where: str,
        f: Function,
        numbers: Sequence[int],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        has_aux: bool,
    ):
        for number in numbers:
            if not -len(args) <= number < len(args):
                raise ValueError(
                    f"{where}: argnums has {number}, and there are {len(args)} positional arguments"
                )
        self.where, self.f, self.has_aux, self.args, self.kwargs = where, f, has_aux, args, kwargs
        self.numbers = [number % len(args) for number in numbers]
        self.chosen = [args[number] for number in self.numbers]
        self.inputs = [variable(where, one) for one in leaves_of(self.chosen)]
        self.value: Any = None
        self.aux: Any = None
        self.pull = Pullback(self.evaluated, self.inputs)
        self.outs = self.pull.outs
        self.value = with_leaves(self.value, self.outs)

    @property
    def result(self) -> Any:
        return (self.value, self.aux) if self.has_aux else self.value

    def evaluated(self, *variables: Tensor) -> list[Tensor]:
        """The tensors of the value, for other tensors in the chosen arguments."""
        given = list(self.args)
        for number, one in zip(self.numbers, self.split(variables), strict=True):
            given[number] = one
        self.value, aux = value_and_aux(self.where, self.f(*given, **self.kwargs), self.has_aux)
        self.aux = constants(aux)
        return checked_results(self.where, self.value)

    def split(self, tensors: Sequence[Any]) -> list[Any]:
        """Something per input, in the containers of the chosen arguments."""
        made: list[Any] = with_leaves(self.chosen, tensors)
        return made

    def push(self, tangents: Sequence[Tensor]) -> list[Tensor]:
        """The derivative of the value along a direction, by forward mode."""
        with Duals(map(inside_batch, self.inputs), map(inside_batch, tangents)) as duals:
            return [duals.split(out)[1] for out in self.evaluated(*duals.tensors)]


def constants(tree: Any) -> Any:
    """A tree with the values of its tensors, without history."""
    return map_leaves(lambda one: one.detach() if type(one) is Tensor else one, tree)


def value_and_aux(where: str, result: Any, has_aux: bool) -> tuple[Any, Any]:
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(
            f"{where}: with has_aux=True the function returns a pair (value, aux), and it returned "
            f"{type(result).__name__}"
        )
    return result


# ---- checks and conversions


def checked_argnums(where: str, argnums: Argnums) -> Sequence[int]:
    numbers = argnums if isinstance(argnums, Sequence) else (argnums,)
    if not numbers or not all(type(one) is int for one in numbers):
        raise TypeError(f"{where}: argnums is an int or a sequence of them, not {argnums!r}")
    return numbers


def as_tensor(where: str, value: Any) -> Tensor:
    """An argument as a tensor of a floating dtype; Python numbers become the default one."""
    if type(value) is not Tensor:
        if type(value) not in SCALARS and of_array(value) is None:
            raise TypeError(
                f"{where}: an argument to differentiate with respect to is a Tensor, an array, a "
                f"number or a nested container of them, and {type(value).__name__} was found"
            )
        value = wrap(*ingest(value, None, None, copy=True, floating=True))
    if not value._backend.is_floating(value.dtype):
        raise TypeError(
            f"{where}: an argument to differentiate with respect to has a real or complex floating "
            f"dtype, not {value.dtype}; convert it, or leave it out of argnums"
        )
    return value  # type: ignore[no-any-return]  # a Tensor by now


def variable(where: str, value: Any) -> Tensor:
    """The same, on the level of the vmap that the user's function runs in."""
    return inside_batch(as_tensor(where, value))


def checked_results(where: str, value: Any) -> list[Tensor]:
    outs = leaves_of(value)
    for one in outs:
        if type(one) is not Tensor:
            raise TypeError(
                f"{where}: the function has to return a Tensor, or a nested container of Tensors, "
                f"and it returned {type(one).__name__}"
            )
    return outs


def matching(where: str, what: str, tree: Any, other: Any) -> list[Any]:
    """The leaves of another tree of the same containers."""
    if structure_of(list(tree) if isinstance(tree, Sequence) else tree) != structure_of(
        list(other) if isinstance(other, Sequence) else other
    ):
        raise ValueError(
            f"{where}: the {what} has other containers than what it belongs to: "
            f"{structure_of(other)}, not {structure_of(tree)}"
        )
    return leaves_of(other)


def refuse_complex(call: Call) -> None:
    for one in (*call.inputs, *call.outs):
        if one._backend.is_complex(one.dtype):
            raise TypeError(
                f"jacobian: {one.dtype} was found; the derivative of a complex function is a "
                "matrix over the reals: take jvp along 1 and along 1j"
            )


def zeros_like(x: Tensor) -> Tensor:
    zeros: Tensor = x._backend.tensors.zeros_like(x.detach())
    return zeros


def ones_like(x: Tensor) -> Tensor:
    ones: Tensor = x._backend.tensors.ones_like(x.detach())
    return ones


def named_like(f: Function, function: Function, what: str) -> Function:
    """With the signature and docstring of f, and a name that says what it is."""
    update_wrapper(function, f)
    function.__name__ = function.__qualname__ = f"{what}({getattr(f, '__name__', 'f')})"
    function.__dict__.pop("rule", None)  # of a function of the table; this is another one
    return function
