"""Random tensors: `md.random.randn(2, 3)`, and generators of one's own.

The numbers are NumPy's, drawn on the host and sent to the device: a seed gives the same numbers on
every device. All functions return tensors without history; with `allow_grad=True` they are leaves
that ask for gradients. Every function of the module takes `rng`, a seed or a generator; without it,
all draw from one generator, which `seed` starts anew.
"""

from __future__ import annotations

import copy
import inspect
import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial, update_wrapper
from typing import Any, TypeVar

import numpy as np

from .core.tensor import Tensor, root_of

__all__ = [
    "Generator",
    "binomial",
    "choice",
    "default_rng",
    "exponential",
    "integers",
    "multivariate_normal",
    "normal",
    "permutation",
    "rand",
    "randint",
    "randn",
    "random",
    "seed",
    "shuffle",
    "standard_normal",
    "uniform",
]

R = TypeVar("R")
Size = int | tuple[int, ...] | None


class Generator:
    """A source of random tensors.

    Parameters
    ----------
    seed : int, numpy.random.Generator or None
        The same seed gives the same numbers; None gives others in each run.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.random import default_rng
    >>> rng = default_rng(0)
    >>> rng.normal(size=(2, 3)).shape
    (2, 3)
    >>> bool(md.all(default_rng(1).rand(4) == default_rng(1).rand(4)))
    True
    """

    def __init__(self, seed: Any = None):
        self._rng = np.random.default_rng(seed)

    # ---- real numbers

    def rand(self, *shape: int, **options: Any) -> Tensor:
        """Uniform in [0, 1); options as for `uniform`."""
        return self.uniform(size=shape, **options)

    def random(self, size: Size = None, dtype: Any = None, **options: Any) -> Tensor:
        """Uniform in [0, 1); options as for `uniform`."""
        return self.uniform(size=size, dtype=dtype, **options)

    def randn(self, *shape: int, **options: Any) -> Tensor:
        """Normal of mean 0 and standard deviation 1; options as for `uniform`."""
        return self.normal(size=shape, **options)

    def standard_normal(self, size: Size = None, dtype: Any = None, **options: Any) -> Tensor:
        """Normal of mean 0 and standard deviation 1; options as for `uniform`."""
        return self.normal(size=size, dtype=dtype, **options)

    def uniform(
        self,
        low: float = 0.0,
        high: float = 1.0,
        size: Size = None,
        *,
        dtype: Any = None,
        device: Any = None,
        allow_grad: bool = False,
    ) -> Tensor:
        """Uniform in [low, high).

        Parameters
        ----------
        low, high : float
            The interval.
        size : int or tuple of int, optional
            The shape; one number by default.
        dtype, device : optional
            float64 and 'cpu' by default.
        allow_grad : bool
            Whether the tensor asks for its gradient.
        """
        return _made(self._rng.uniform(low, high, size), device, dtype, allow_grad)

    def normal(
        self,
        loc: float = 0.0,
        scale: float = 1.0,
        size: Size = None,
        *,
        dtype: Any = None,
        device: Any = None,
        allow_grad: bool = False,
    ) -> Tensor:
        """Normal of mean `loc` and standard deviation `scale`; options as for `uniform`."""
        return _made(self._rng.normal(loc, scale, size), device, dtype, allow_grad)

    def exponential(
        self,
        scale: float = 1.0,
        size: Size = None,
        *,
        dtype: Any = None,
        device: Any = None,
        allow_grad: bool = False,
    ) -> Tensor:
        """Exponential of mean `scale`; options as for `uniform`."""
        return _made(self._rng.exponential(scale, size), device, dtype, allow_grad)

    def multivariate_normal(
        self,
        mean: Any,
        cov: Any,
        size: Size = None,
        *,
        dtype: Any = None,
        device: Any = None,
        allow_grad: bool = False,
    ) -> Tensor:
        """Vectors, normal of a mean and a covariance matrix; options as for `uniform`."""
        values = self._rng.multivariate_normal(mean, cov, size)
        return _made(values, device, dtype, allow_grad)

    # ---- whole numbers

    def integers(
        self,
        low: Any,
        high: Any = None,
        size: Size = None,
        dtype: Any = np.int64,
        endpoint: bool = False,
        *,
        device: Any = None,
    ) -> Tensor:
        """Integers in [low, high), or in [0, low); with `endpoint` also the upper end itself."""
        return _made(self._rng.integers(low, high, size, dtype, endpoint), device)

    def randint(
        self,
        low: Any,
        high: Any = None,
        size: Size = None,
        dtype: Any = np.int64,
        *,
        device: Any = None,
    ) -> Tensor:
        """Integers in [low, high), or in [0, low)."""
        return self.integers(low, high, size, dtype, device=device)

    def binomial(self, n: int, p: Any, size: Size = None, *, device: Any = None) -> Tensor:
        """How many of n trials succeed, each with probability p (a number or an array)."""
        return _made(self._rng.binomial(n, _numbers(p), size), device)

    # ---- order

    def choice(
        self,
        a: Any,
        size: Size = None,
        replace: bool = True,
        p: Any = None,
        axis: int = 0,
        shuffle: bool = True,
        *,
        device: Any = None,
    ) -> Tensor:
        """Elements drawn from a tensor along an axis, with its history, or from range(a)."""
        weights = _numbers(p)
        draw = partial(self._rng.choice, size=size, replace=replace, p=weights, shuffle=shuffle)
        return _taken(a, axis, device, draw)

    def permutation(self, x: Any, axis: int = 0, *, device: Any = None) -> Tensor:
        """A tensor in random order along an axis, with its history; of an int, range(x)."""
        return _taken(x, axis, device, self._rng.permutation)

    def shuffle(self, x: Tensor, axis: int = 0) -> None:
        """Put a tensor in random order along an axis, in place."""
        if type(x) is not Tensor:
            raise TypeError(f"shuffle writes into a Tensor, and {type(x).__name__} was given")
        root_of(x)._kept = True  # what is read must not change while it is written
        x[...] = self.permutation(x, axis)


def _made(values: Any, device: Any, dtype: Any = None, allow_grad: bool = False) -> Tensor:
    return Tensor(np.asarray(values), allow_grad, dtype, device)


def _taken(a: Any, axis: int, device: Any, draw: Callable[[int], Any]) -> Tensor:
    """What lies in a tensor at places that are drawn along an axis; of an integer, the places."""
    from .numpy import asarray, take

    a = asarray(a)
    if a.ndim == 0:
        return _made(draw(operator.index(a)), device)
    found: Tensor = take(a, draw(a.shape[axis]), axis)
    return found if device is None else found.to_device(device)


def _numbers(values: Any) -> Any:
    return values.detach().as_numpy() if type(values) is Tensor else values


def default_rng(seed: Any = None) -> Generator:
    """A generator of one's own; see `Generator`."""
    return seed if isinstance(seed, Generator) else Generator(seed)


# ---- the functions of the module

_shared = Generator()
# What stands in for it while a checkpointed function is run again, in that context alone.
_instead: ContextVar[Generator | None] = ContextVar("minidiff.random", default=None)


def seed(seed: Any = None) -> None:
    """Start the module's own generator anew."""
    global _shared
    instead = _instead.get()
    if instead is None:
        _shared = Generator(seed)
    else:
        instead._rng = np.random.default_rng(seed)


def current_generator() -> Generator:
    return _instead.get() or _shared


@contextmanager
def drawing_from(generator: Generator) -> Iterator[None]:
    """Let the functions of the module draw from another generator."""
    token = _instead.set(generator)
    try:
        yield
    finally:
        _instead.reset(token)


class Draws:
    """Where random generators stand, so that a second run draws the same numbers.

    These are the shared one, and those among the leaves of what is run.
    """

    def __init__(self, leaves: Sequence[Any]):
        self.places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Generator)]
        self._generators = [current_generator(), *[leaves[i] for i in self.places]]
        self._stood = [one._rng.bit_generator.state for one in self._generators]

    @contextmanager
    def again(self, leaves: Sequence[Any]) -> Iterator[list[Any]]:
        """The leaves with copies of the generators as they stood; the shared one has one too."""
        shared, *own = copies = copy.deepcopy(self._generators)  # those that are one stay one
        for one, stood in zip(copies, self._stood, strict=True):
            one._rng.bit_generator.state = stood
        found = list(leaves)
        for i, generator in zip(self.places, own, strict=True):
            found[i] = generator
        with drawing_from(shared):
            yield found


def _with_rng(method: Callable[..., R]) -> Callable[..., R]:
    """A method of Generator as a function that takes `rng`: None, a seed or a generator."""

    def call(*args: Any, rng: Any = None, **kwargs: Any) -> R:
        return method(current_generator() if rng is None else default_rng(rng), *args, **kwargs)

    update_wrapper(call, method)
    call.__qualname__ = method.__name__
    signature = inspect.signature(method)
    _, *own = signature.parameters.values()
    rng = inspect.Parameter("rng", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Any)
    options = [one for one in own if one.kind is one.VAR_KEYWORD]  # which come last
    parameters = [*own[: len(own) - len(options)], rng, *options]
    call.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # read by inspect
    return call


binomial = _with_rng(Generator.binomial)
choice = _with_rng(Generator.choice)
exponential = _with_rng(Generator.exponential)
integers = _with_rng(Generator.integers)
multivariate_normal = _with_rng(Generator.multivariate_normal)
normal = _with_rng(Generator.normal)
permutation = _with_rng(Generator.permutation)
rand = _with_rng(Generator.rand)
randint = _with_rng(Generator.randint)
randn = _with_rng(Generator.randn)
random = _with_rng(Generator.random)
shuffle = _with_rng(Generator.shuffle)
standard_normal = _with_rng(Generator.standard_normal)
uniform = _with_rng(Generator.uniform)
