"""Arrays in files, as NumPy writes and reads them: the values alone, without history."""

from __future__ import annotations

from typing import Any, Self

from .. import files
from ..core.tensor import Tensor
from ._inputs import tensor

__all__ = ["load", "save", "savez"]


class Archive(dict[str, Tensor]):
    """What lies in an `.npz` file, all of it read; `with np.load(...) as found` works as well."""

    @property
    def files(self) -> list[str]:
        """The names."""
        return [*self]

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None: ...


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
    """Read a `.npy` file, or an `.npz` file as an Archive. Pickled objects are refused."""
    if mmap_mode is not None or allow_pickle:
        raise ValueError("load reads arrays of numbers into memory: no mmap_mode, no allow_pickle")
    found = files.load(file)
    return Archive(found) if isinstance(found, dict) else found
