"""Functions of the user's applied to arrays: piece by piece, line by line, element by element."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as bare

from .. import array_api as xp
from ..core.tensor import Tensor
from ._axes import normalize_axis
from ._dtypes import as_dtype, dtype_for
from ._inputs import namespace, tensor, tensors

__all__ = ["apply_along_axis", "ndenumerate", "piecewise", "vectorize"]


def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Tensor:
    """A function (or a number) for each condition; one more is for where none holds.

    Every function is called on the elements for which its condition holds, and on no others.
    """
    x = tensor(x)
    line = x if x.ndim else xp.reshape(x, (1,))
    conditions = [
        xp.reshape(as_dtype(tensor(one, x), namespace(x).bool), line.shape)
        for one in _conditions(condlist, x.ndim)
    ]
    functions = list(funclist)
    if len(functions) == len(conditions) + 1:
        none = conditions[0]
        for condition in conditions[1:]:
            none = xp.logical_or(none, condition)
        conditions.append(xp.logical_not(none))
    if len(functions) != len(conditions):
        raise ValueError(
            f"piecewise: {len(conditions)} conditions need as many functions or one more, not "
            f"{len(functions)}"
        )
    out = xp.zeros_like(line)
    for condition, function in zip(conditions, functions, strict=True):
        part = line[condition]
        if part.shape != (0,):
            value = function(part, *args, **kw) if callable(function) else function
            value = xp.broadcast_to(as_dtype(tensor(value, out), out.dtype), part.shape)
            placed = x._backend.tensors.scatter_add(value, condition, line.shape)
            out = xp.where(condition, placed, out)
    return xp.reshape(out, x.shape)


def _conditions(condlist: Any, ndim: int) -> list[Any]:
    if bare.isscalar(condlist) or getattr(condlist, "ndim", 1) == 0:
        return [condlist]
    first = condlist[0]
    several = isinstance(first, list | tuple) or getattr(first, "ndim", 0) > 0 or ndim == 0
    return list(condlist) if several else [condlist]


def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any
) -> Tensor:
    """A function of a vector on each line along an axis."""
    arr = tensor(arr)
    axis = normalize_axis(axis, arr.ndim)
    arr = xp.moveaxis(arr, axis, -1)
    sides = arr.shape[:-1]
    lines = xp.reshape(arr, (-1, arr.shape[-1]))
    outs = tensors(*[func1d(lines[i, ...], *args, **kwargs) for i in range(lines.shape[0])])
    if not outs:
        raise ValueError(f"apply_along_axis: there is no line along axis {axis} to look at")
    out = xp.reshape(xp.stack(outs), (*sides, *outs[0].shape))
    new = tuple(range(len(sides), out.ndim))
    return xp.moveaxis(out, new, tuple(range(axis, axis + len(new))))


def ndenumerate(arr: Any) -> Iterator[tuple[tuple[int, ...], Tensor]]:
    """Pairs of an index and the element there, which keeps its history."""
    arr = tensor(arr)
    for index in bare.ndindex(arr.shape):
        yield index, arr[index]


class vectorize:
    """A function of numbers, called for each element of arrays that broadcast.

    The numbers are Tensors without axes, so that the result is differentiable where the function
    is. It is a loop: `minidiff.vmap` computes on whole arrays.

    Parameters
    ----------
    pyfunc : callable, optional
        Takes numbers, and returns one or a tuple of several. Without it the object is a decorator.
    otypes : sequence of dtype or str, optional
        The data type of each result; by default that of the first number.
    doc : str, optional
        A docstring; by default the function's.
    excluded : set of int and str, optional
        Arguments, by place or name, that are passed on whole.
    cache : bool
        Changes nothing.
    signature : None
        Functions of whole axes are what `minidiff.vmap` is for.

    Raises
    ------
    TypeError
        If a `signature` is given.

    Examples
    --------
    >>> import minidiff.numpy as np
    >>> step = np.vectorize(lambda x, limit: x if x < limit else limit)
    >>> step([1.0, 2.0, 3.0], 2.0)
    Tensor([1., 2., 2.])
    """

    def __init__(
        self,
        pyfunc: Callable[..., Any] | None = None,
        otypes: Any = None,
        doc: str | None = None,
        excluded: Any = None,
        cache: bool = False,
        signature: None = None,
    ):
        if signature is not None:
            raise TypeError("vectorize takes no signature; minidiff.vmap maps functions of arrays")
        self.pyfunc, self.otypes, self.excluded = pyfunc, otypes, set(excluded or ())
        self.__name__ = getattr(pyfunc, "__name__", "vectorize")
        self.__doc__ = doc or pyfunc.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The results as arrays of the shape that the arguments broadcast to."""
        if self.pyfunc is None:
            (function,) = args
            return vectorize(function, self.otypes, self.__doc__, self.excluded)
        given: dict[Any, Any] = {**dict(enumerate(args)), **kwargs}
        names = [name for name in given if name not in self.excluded]
        arrays = xp.broadcast_arrays(*tensors(*[given[name] for name in names])) if names else ()
        shape = arrays[0].shape if arrays else ()
        results = []
        for index in bare.ndindex(shape):
            given |= {name: x[index] for name, x in zip(names, arrays, strict=True)}
            placed = [given[i] for i in range(len(args))]
            results.append(self.pyfunc(*placed, **{name: given[name] for name in kwargs}))
        if not results:
            raise ValueError("vectorize: the arrays are empty, so there is nothing to call it on")
        if not isinstance(results[0], tuple):
            return self._joined(results, 0, shape)
        columns = zip(*results, strict=True)
        return tuple([self._joined(list(one), i, shape) for i, one in enumerate(columns)])

    def _joined(self, results: list[Any], i: int, shape: tuple[int, ...]) -> Tensor:
        first, *others = tensors(*results)
        dtype = first.dtype if self.otypes is None else dtype_for(self.otypes[i], first)
        parts = [as_dtype(one, dtype) for one in (first, *others)]
        return xp.reshape(xp.stack(parts), shape)
