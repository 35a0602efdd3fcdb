"""What a namespace can do: `__array_namespace_info__`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..backends import available

if TYPE_CHECKING:
    from ..backends import Backend

KINDS = {
    "bool": ("bool",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": ("complex64", "complex128"),
}
KINDS["integral"] = KINDS["signed integer"] + KINDS["unsigned integer"]
KINDS["numeric"] = KINDS["integral"] + KINDS["real floating"] + KINDS["complex floating"]


class NamespaceInfo:
    """The inspection functions of `minidiff.array_api`."""

    def __init__(self, xp: Any):
        self._xp = xp

    def capabilities(self) -> dict[str, Any]:
        """What depends on values, and how many axes there may be."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> Any:
        """Where arrays are made when nothing is said."""
        return "cpu"

    def devices(self) -> tuple[Any, ...]:
        """The devices that are there; CuPy is asked only where it is installed."""
        return tuple(device for _, names in available() for device in names)

    def default_dtypes(self, *, device: Any | None = None) -> dict[str, Any]:
        """The dtypes that functions choose when nothing is said."""
        xp = self._xp
        return {
            "real floating": xp.float64,
            "complex floating": xp.complex128,
            "integral": xp.int64,
            "indexing": xp.int64,
        }

    def dtypes(
        self, *, device: Any | None = None, kind: str | tuple[str, ...] | None = None
    ) -> dict[str, Any]:
        """The dtypes by name, of one kind, of several, or all."""
        kinds = ("bool", "numeric") if kind is None else (kind,) if isinstance(kind, str) else kind
        names: list[str] = []
        for one in kinds:
            if one not in KINDS:
                raise ValueError(f"dtypes: kind is one of {', '.join(KINDS)}, not {one!r}")
            names += [name for name in KINDS[one] if name not in names]
        return {name: getattr(self._xp, name) for name in names}


class WrappedInfo(NamespaceInfo):
    """The same for a wrapped library: its own answers, in the standard's containers."""

    def __init__(self, xp: Any, backend: Backend):
        super().__init__(xp)
        self._info = backend.arrays.__array_namespace_info__()

    def capabilities(self) -> dict[str, Any]:
        return dict(self._info.capabilities())

    def default_device(self) -> Any:
        return self._info.default_device()

    def devices(self) -> tuple[Any, ...]:
        return tuple(self._info.devices())

    def default_dtypes(self, *, device: Any | None = None) -> dict[str, Any]:
        return dict(self._info.default_dtypes(device=device))

    def dtypes(
        self, *, device: Any | None = None, kind: str | tuple[str, ...] | None = None
    ) -> dict[str, Any]:
        return dict(self._info.dtypes(device=device, kind=kind))
