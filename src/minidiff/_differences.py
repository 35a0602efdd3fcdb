"""A function's derivatives from its values alone, and tensors as vectors over the reals."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np

from .core.state import no_grad
from .core.tensor import Tensor
from .core.trees import leaves_of

Vector = Any  # a NumPy array of float64 with one axis

# By distance in steps, the weights of f(x + distance) - f(x - distance).
WEIGHTS = ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))


class Problem:
    """A function and its arguments, and which of these are moved.

    Attributes
    ----------
    inputs : tuple
        The arguments, Tensors without history.
    places : list of int
        The positions of those that are moved; `points` are these.
    names : list of str
        What the function calls its arguments.
    """

    def __init__(self, func: Callable[..., Any], inputs: tuple[Any, ...], exclude: Collection[int]):
        self.func = func
        self.inputs = tuple([one.detach() if type(one) is Tensor else one for one in inputs])
        self.places = [
            place
            for place, one in enumerate(self.inputs)
            if type(one) is Tensor and is_floating(one) and place not in exclude
        ]
        self.points = [self.inputs[place] for place in self.places]
        self.names = argument_names(func, len(inputs))

    def value(self, points: Sequence[Tensor]) -> list[Tensor]:
        """The floating results, for other values of the inputs that are moved."""
        given = list(self.inputs)
        for place, point in zip(self.places, points, strict=True):
            given[place] = point
        return [
            out
            for out in leaves_of(self.func(*given))
            if type(out) is not Tensor or is_floating(out)
        ]

    def difference(self, place: int, direction: Vector, step: float | None) -> Vector:
        """The derivative of all results along a direction in one input, from values alone."""
        x = self.inputs[place]
        h = self.step(place, step)
        total = np.float64(0.0)
        with no_grad():
            for distance, weight in WEIGHTS:
                ahead, behind = [
                    self.moved(place, x + like(x, sign * distance * h * direction))
                    for sign in (1.0, -1.0)
                ]
                total = total + weight * (ahead - behind)
        return total / h

    def moved(self, place: int, x: Tensor) -> Vector:
        points = [x if p == place else self.inputs[p] for p in self.places]
        return joined(self.value(points))

    def step(self, place: int, step: float | None) -> float:
        if step is not None:
            return step
        x = self.inputs[place]
        size = float(np.max(np.abs(vector(x)), initial=1.0))
        return float(epsilon(x) ** 0.2 * size)


# ---- tensors as vectors over the reals


def is_floating(x: Tensor) -> bool:
    return x._backend.is_floating(x.dtype)


def is_complex(x: Tensor) -> bool:
    return x._backend.is_complex(x.dtype)


def epsilon(x: Tensor) -> float:
    return float(x._backend.arrays.finfo(x.dtype).eps)


def unknowns(x: Tensor) -> int:
    return 2 * x.size if is_complex(x) else x.size


def vector(x: Tensor) -> Vector:
    """The elements in order; of complex ones the real parts, then the imaginary parts."""
    flat = x.detach().as_numpy().reshape(-1)
    parts = [flat.real, flat.imag] if is_complex(x) else [flat]
    return np.concatenate(parts).astype(np.float64)


def joined(tensors: Sequence[Tensor]) -> Vector:
    return np.concatenate([vector(one) for one in tensors]) if tensors else np.zeros(0)


def like(x: Tensor, values: Vector) -> Tensor:
    """The tensor in the space of x with a given vector; with x.size numbers, a real one."""
    if is_complex(x) and values.size == 2 * x.size:
        values = values[: x.size] + 1j * values[x.size :]
    made: Tensor = x._backend.tensors.asarray(
        values.reshape(x.shape).tolist(), dtype=x.dtype, device=x.device
    )
    return x._backend.tensors.reshape(made, x.shape)  # type: ignore[no-any-return]  # of no elements


def cut(rows: Vector, tensors: Sequence[Tensor]) -> Iterator[list[Vector]]:
    """Each row in pieces, one for each tensor."""
    ends = np.cumsum([unknowns(one) for one in tensors])[:-1]
    for row in rows:
        yield np.split(row, ends)


def labels(name: str, x: Tensor) -> list[str]:
    """What each of the unknowns of a tensor is called: 'x[0, 1]', 'Im x[0, 1]'."""
    places = [f"{name}[{', '.join(map(str, i))}]" if i else name for i in np.ndindex(x.shape)]
    return [*places, *[f"Im {place}" for place in places]] if is_complex(x) else places


def argument_names(func: Callable[..., Any], count: int) -> list[str]:
    known = getattr(func, "names", None)
    if known is not None:
        return list(known)
    try:
        parameters = inspect.signature(func).parameters.values()
    except (TypeError, ValueError):  # a function in C need not say
        parameters = ()  # type: ignore[assignment]  # nothing is known
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [*names, *[f"argument {i}" for i in range(len(names), count)]][:count]
