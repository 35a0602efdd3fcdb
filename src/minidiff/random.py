"""Random tensors: `md.random.randn(2, 3)`, and generators of one's own.

The numbers are NumPy's, drawn on the host and sent to the device: a seed gives the same numbers on
every device. All functions return tensors without history; with `allow_grad=True` they are leaves
that ask for gradients.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .core.tensor import Tensor, root_of

__all__ = [
    "Generator",
    "binomial",
    "choice",
    "default_rng",
    "normal",
    "permutation",
    "rand",
    "randint",
    "randn",
    "seed",
    "shuffle",
    "uniform",
]

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

    def randn(self, *shape: int, **options: Any) -> Tensor:
        """Normal of mean 0 and standard deviation 1; options as for `normal`."""
        return self.normal(size=shape, **options)

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
        return _made(self._rng.uniform(low, high, size), allow_grad, dtype, device)

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
        return _made(self._rng.normal(loc, scale, size), allow_grad, dtype, device)

    # ---- whole numbers

    def randint(
        self, low: int, high: int | None = None, size: Size = None, *, device: Any = None
    ) -> Tensor:
        """Integers in [low, high), or in [0, low)."""
        return _made(self._rng.integers(low, high, size), False, None, device)

    def binomial(self, n: int, p: Any, size: Size = None, *, device: Any = None) -> Tensor:
        """How many of n trials succeed, each with probability p (a number or an array)."""
        return _made(self._rng.binomial(n, _numbers(p), size), False, None, device)

    # ---- order

    def choice(
        self, a: Any, size: Size = None, replace: bool = True, p: Any = None, *, axis: int = 0
    ) -> Tensor:
        """Elements drawn from a tensor along an axis (or from range(a)), with its history."""
        p = None if p is None else _numbers(p)
        if isinstance(a, int):
            return _made(self._rng.choice(a, size, replace, p), False, None, None)
        from .numpy import asarray, take

        a = asarray(a)
        return take(a, self._rng.choice(a.shape[axis], size, replace, p), axis)

    def permutation(self, x: Any, axis: int = 0) -> Tensor:
        """A tensor in random order along an axis, with its history; of an int, range(x)."""
        if isinstance(x, int):
            return _made(self._rng.permutation(x), False, None, None)
        from .numpy import asarray, take

        x = asarray(x)
        return take(x, self._rng.permutation(x.shape[axis]), axis)

    def shuffle(self, x: Tensor, axis: int = 0) -> None:
        """Put a tensor in random order along an axis, in place."""
        if type(x) is not Tensor:
            raise TypeError(f"shuffle writes into a Tensor, and {type(x).__name__} was given")
        root_of(x)._kept = True  # what is read must not change while it is written
        x[...] = self.permutation(x, axis)


def _made(values: Any, allow_grad: bool, dtype: Any, device: Any) -> Tensor:
    return Tensor(np.asarray(values), allow_grad, dtype, device)


def _numbers(values: Any) -> Any:
    return values.detach().as_numpy() if type(values) is Tensor else values


def default_rng(seed: Any = None) -> Generator:
    """A generator of one's own; see `Generator`."""
    return seed if isinstance(seed, Generator) else Generator(seed)


# What the functions of the module draw from.
_shared = Generator()


def seed(seed: Any = None) -> None:
    """Start the module's own generator anew."""
    _shared.__init__(seed)  # type: ignore[misc]  # the functions below are bound to this very one


binomial = _shared.binomial
choice = _shared.choice
normal = _shared.normal
permutation = _shared.permutation
rand = _shared.rand
randint = _shared.randint
randn = _shared.randn
shuffle = _shared.shuffle
uniform = _shared.uniform
