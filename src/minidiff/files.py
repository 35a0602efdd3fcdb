"""Tensors in files, in NumPy's formats: the values alone, without history."""

from __future__ import annotations

import os
from typing import Any, BinaryIO

from .backends import numpy_backend
from .core.tensor import Tensor

__all__ = ["load", "save", "savez"]

File = str | os.PathLike[str] | BinaryIO


def save(file: File, tensor: Tensor) -> None:
    """Write the values of a tensor to a `.npy` file.

    Parameters
    ----------
    file : str, path-like or binary file
        A name without the suffix `.npy` gets it, as in `numpy.save`.
    tensor : Tensor
        Of any device and library; one that tracks gradients is saved without history.

    Raises
    ------
    TypeError
        If it is no Tensor.

    Examples
    --------
    >>> import io
    >>> import minidiff as md
    >>> from minidiff.files import load, save
    >>> file = io.BytesIO()
    >>> save(file, md.Tensor([1.0, 2.0], allow_grad=True))
    >>> _ = file.seek(0)
    >>> load(file)
    Tensor([1., 2.])
    """
    numpy_backend.arrays.save(file, values("save", "tensor", tensor))


def savez(file: File, *tensors: Tensor, **named: Tensor) -> None:
    """Write several tensors to one `.npz` file.

    Parameters
    ----------
    file : str, path-like or binary file
        A name without the suffix `.npz` gets it, as in `numpy.savez`.
    *tensors, **named : Tensor
        Those without a name are called `arr_0`, `arr_1`, ...

    Raises
    ------
    TypeError
        If one of them is no Tensor.
    ValueError
        If a name is that of a tensor without one.
    """
    found = {f"arr_{i}": values("savez", f"arr_{i}", one) for i, one in enumerate(tensors)}
    for name, one in named.items():
        if name in found:
            raise ValueError(f"savez: {name!r} is the name of a tensor given by position")
        found[name] = values("savez", name, one)
    numpy_backend.arrays.savez(file, **found)


def load(file: File, *, allow_grad: bool = False, device: Any = None) -> Tensor | dict[str, Tensor]:
    """Read what `save`, `savez`, or NumPy has written.

    Parameters
    ----------
    file : str, path-like or binary file
        A `.npy` or `.npz` file. Nothing in it is executed: pickled objects are refused.
    allow_grad : bool
        Whether the tensors are leaves that ask for gradients.
    device : optional
        'cpu' (the default), 'cuda' or 'cuda:N'.

    Returns
    -------
    Tensor, or dict of str to Tensor
        A dict for an `.npz` file.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it has another format or holds pickled objects; the message is NumPy's.
    TypeError
        If `allow_grad` and an array is not of a floating dtype.
    """
    found = numpy_backend.arrays.load(file, allow_pickle=False)
    if isinstance(found, numpy_backend.array_type):
        return Tensor(found, allow_grad, device=device)
    with found:
        return {name: Tensor(found[name], allow_grad, device=device) for name in found.files}


def values(where: str, name: str, tensor: Any) -> Any:
    if type(tensor) is not Tensor:
        raise TypeError(
            f"{where}: {name} is a Tensor, not {type(tensor).__name__}; make one with asarray(...)"
        )
    return tensor.as_numpy()
