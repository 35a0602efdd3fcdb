"""Arrays in files, as NumPy writes and reads them: the values alone, without history."""

from __future__ import annotations

from typing import Any

from .. import files
from ._inputs import tensor

__all__ = ["load", "save", "savez"]


def save(file: Any, arr: Any, allow_pickle: bool = True) -> None:
    """Write an array to a `.npy` file."""
    files.save(file, tensor(arr))


def savez(file: Any, *args: Any, allow_pickle: bool = True, **kwds: Any) -> None:
    """Write several arrays to one `.npz` file."""
    named = {name: tensor(one) for name, one in kwds.items()}
    files.savez(file, *[tensor(one) for one in args], **named)


def load(
    file: Any,
    mmap_mode: str | None = None,
    allow_pickle: bool = False,
    fix_imports: bool = True,
    encoding: str = "ASCII",
    *,
    max_header_size: int = 10000,
) -> Any:
    """Read a `.npy` file, or an `.npz` file as a dict. Pickled objects are refused."""
    if mmap_mode is not None or allow_pickle:
        raise ValueError("load reads arrays of numbers into memory: no mmap_mode, no allow_pickle")
    return files.load(file)
