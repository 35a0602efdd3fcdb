"""One call of a user's function, differentiated either way: what the transforms share."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

from .backends import SCALARS, ingest, of_array
from .core.forward import Duals
from .core.nodes import mixed_backends
from .core.pullback import Pullback
from .core.tensor import Tensor, inside_batch, wrap
from .core.trees import leaves_in_order, leaves_of, tensors_of, with_leaves, with_tensors

if TYPE_CHECKING:
    from .random import Draws

Function = Callable[..., Any]
Argnums = int | Sequence[int]


class Call:
    """A function with its arguments, some of which are differentiated with respect to.

    Attributes
    ----------
    chosen : list
        Those arguments.
    inputs : list of Tensor
        Their leaves as tensors, on the level of the vmap that the function runs in.
    """

    def __init__(
        self,
        where: str,
        f: Function,
        numbers: Sequence[int],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        has_aux: bool = False,
    ):
        for number in numbers:
            if not -len(args) <= number < len(args):
                raise ValueError(
                    f"{where}: argnums has {number}, and there are {len(args)} positional arguments"
                )
        self.numbers = [number % len(args) for number in numbers]
        if len(set(self.numbers)) < len(numbers):
            raise ValueError(f"{where}: argnums {tuple(numbers)} names an argument twice")
        self.where, self.f, self.has_aux, self.args, self.kwargs = where, f, has_aux, args, kwargs
        self.chosen = [args[number] for number in self.numbers]
        self.inputs = [inside_batch(floating(where, one)) for one in leaves_of(self.chosen)]

    def split(self, tensors: Sequence[Any]) -> list[Any]:
        """Something per input, in the containers of the chosen arguments."""
        made: list[Any] = with_leaves(self.chosen, tensors)
        return made

    def evaluated(self, *variables: Tensor) -> tuple[Any, Any]:
        """Value and aux, for other tensors in the chosen arguments."""
        given = list(self.args)
        for number, one in zip(self.numbers, self.split(variables), strict=True):
            given[number] = one
        result = self.f(*given, **self.kwargs)
        value, aux = pair(self.where, result) if self.has_aux else (result, None)
        for one in leaves_of(value):
            if type(one) is not Tensor:
                raise TypeError(
                    f"{self.where}: the function has to return a Tensor, or a nested container of "
                    f"Tensors, and it returned {type(one).__name__}"
                )
        return value, aux

    def recorded(self) -> Pullback:
        """The call, ready to be walked back."""
        return Pullback(self.evaluated, self.inputs, has_aux=True)

    @contextmanager
    def again(self, draws: Draws) -> Iterator[Call]:
        """The same call once more, which draws the same random numbers."""
        given = (self.args, self.kwargs)
        with draws.again(leaves_of(given)) as leaves:
            args, kwargs = with_leaves(given, leaves) if draws.places else given
            yield Call(self.where, self.f, self.numbers, args, kwargs, self.has_aux)

    def pushed(self, *tangents: Tensor) -> tuple[tuple[Any, Any], list[Tensor]]:
        """Value and aux, and the derivative of each tensor of the value along a direction."""
        with Duals(map(inside_batch, self.inputs), map(inside_batch, tangents)) as duals:
            value, aux = self.evaluated(*duals.tensors)
            duals.check([*tensors_of(value), *tensors_of(aux)])
            pairs = [duals.split(one) for one in leaves_of(value)]
            beside = [duals.split(one)[0] for one in tensors_of(aux)]
        value = with_leaves(value, [out for out, _ in pairs])
        aux = with_tensors(aux, beside) if beside else aux
        return (value, aux), [moved for _, moved in pairs]


def constants(tree: Any) -> Any:
    """A tree with the values of its tensors, without history."""
    return with_tensors(tree, [one.detach() for one in tensors_of(tree)])


# ---- checks and conversions


def pair(where: str, result: Any) -> tuple[Any, Any]:
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(
            f"{where}: with has_aux=True the function returns a pair (value, aux), and it returned "
            f"{type(result).__name__}"
        )
    return result


def checked_argnums(where: str, argnums: Argnums) -> tuple[int, ...]:
    numbers = argnums if isinstance(argnums, Sequence) else (argnums,)
    try:
        found = tuple([operator.index(one) for one in numbers])
    except TypeError:
        found = ()
    if not found or any(type(one) is bool for one in numbers):
        raise TypeError(f"{where}: argnums is an int or a sequence of them, not {argnums!r}")
    return found


def as_asked(argnums: Argnums, found: Sequence[Any]) -> Any:
    """One for an int, a tuple for a sequence."""
    return tuple(found) if isinstance(argnums, Sequence) else found[0]


def checked_sequence(where: str, what: str, values: Any) -> Sequence[Any]:
    if not isinstance(values, list | tuple):
        raise TypeError(
            f"{where}: {what} is a tuple or list, with one for each argument, not "
            f"{type(values).__name__}"
        )
    return values


def floating(where: str, value: Any) -> Tensor:
    """An argument as a tensor of a floating dtype; Python numbers become the default one."""
    if type(value) is not Tensor:
        value = from_plain(where, "an argument to differentiate with respect to", value)
    if not value._backend.is_floating(value.dtype):
        raise TypeError(
            f"{where}: an argument to differentiate with respect to has a real or complex floating "
            f"dtype, not {value.dtype}; convert it, or leave it out"
        )
    tensor: Tensor = value
    return tensor


def from_plain(where: str, what: str, value: Any) -> Tensor:
    """An array or a number as a Tensor; a number as one of the default floating dtype."""
    if type(value) not in SCALARS and of_array(value) is None:
        raise TypeError(
            f"{where}: {what} is a Tensor, an array, a number or a nested container of them, and "
            f"{type(value).__name__} was found"
        )
    if hasattr(value, "mask"):
        raise TypeError(
            f"{where}: {what} is a masked array, and its mask would be lost; take value.filled(0), "
            "and the mask apart"
        )
    return wrap(*ingest(value, None, None, copy=True, floating=True))


def one_real_number(outs: list[Tensor]) -> Tensor:
    if len(outs) == 1:
        out, backend = outs[0], outs[0]._backend
        if out.shape == () and backend.is_floating(out.dtype) and not backend.is_complex(out.dtype):
            return out
    found = ", ".join(f"{one.dtype} of shape {one.shape}" for one in outs) or "nothing"
    raise TypeError(
        "grad: the function has to return one real number, a floating Tensor of shape (), and it "
        f"returned {found}; reduce it (sum, mean), or use vjp or jacobian"
    )


def directions(
    where: str, what: str, tree: Any, other: Any, tensors: Sequence[Tensor]
) -> list[Tensor]:
    """Tangents or cotangents of some tensors, from a tree of the containers that they came in."""
    differ = f"{where}: the {what} has other containers than what it belongs to"
    found = leaves_in_order(tree, other, differ)
    return [direction(where, what, *both) for both in zip(found, tensors, strict=True)]


def direction(where: str, what: str, value: Any, x: Tensor) -> Tensor:
    """A tangent or cotangent in the space of what it belongs to."""
    backend = x._backend
    if type(value) in SCALARS:
        value = backend.tensors.asarray(value, device=x.device)
    elif type(value) is not Tensor:
        value = from_plain(where, f"a {what}", value)
    given: Tensor = value
    if given.shape != x.shape:
        raise ValueError(f"{where}: a {what} of shape {x.shape} is needed, not {given.shape}")
    home = given._backend
    if home is not backend and not home.is_over(backend) and not backend.is_over(home):
        raise mixed_backends(where, backend, home)
    if given.dtype == x.dtype or not backend.is_floating(x.dtype):
        return given  # what belongs to an index, say, goes nowhere
    if home.is_complex(given.dtype) and not backend.is_complex(x.dtype):
        raise TypeError(
            f"{where}: a {what} is {given.dtype}, and what it belongs to is {x.dtype}: it has no "
            "imaginary part; take real(...), or make that one complex"
        )
    cast: Tensor = home.tensors.astype(given, x.dtype)
    return cast


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
