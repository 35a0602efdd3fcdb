"""NumPy's fft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor
from ._inputs import is_complex, is_floating, tensor

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]

TAKES_COMPLEX = ("fft", "ifft", "fftn", "ifftn", "irfft", "hfft", "irfftn")


def _input(a: Any, name: str) -> Tensor:
    """A Tensor of the dtype that the standard asks of a transform's input."""
    a = tensor(a)
    if not is_floating(a):
        a = xp.astype(a, xp.float64)
    if name in TAKES_COMPLEX and not is_complex(a):
        return xp.astype(a, xp.complex64 if a.dtype == xp.float32 else xp.complex128)
    return a


def _one_axis(name: str) -> Callable[..., Tensor]:
    function = getattr(xp.fft, name)

    def transform(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Tensor:
        return function(_input(a, name), n=n, axis=axis, norm=norm or "backward")

    return _named(transform, name, function.__doc__)


def _axes(name: str, default: Sequence[int] | None, title: str = "") -> Callable[..., Tensor]:
    function = getattr(xp.fft, name)

    def transform(
        a: Any,
        s: Sequence[int] | None = None,
        axes: Sequence[int] | None = default,
        norm: str | None = None,
    ) -> Tensor:
        a = _input(a, name)
        if s is not None and axes is None:
            axes = range(-len(s), 0)
        sizes = None if s is None else tuple(s)
        places = None if axes is None else tuple(axes)
        return function(a, s=sizes, axes=places, norm=norm or "backward")

    return _named(transform, title or name, function.__doc__)


def _named(transform: Callable[..., Tensor], name: str, doc: str | None) -> Callable[..., Tensor]:
    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = doc
    return transform


fft, ifft = _one_axis("fft"), _one_axis("ifft")
rfft, irfft = _one_axis("rfft"), _one_axis("irfft")
hfft, ihfft = _one_axis("hfft"), _one_axis("ihfft")
fftn, ifftn = _axes("fftn", None), _axes("ifftn", None)
rfftn, irfftn = _axes("rfftn", None), _axes("irfftn", None)
fft2, ifft2 = _axes("fftn", (-2, -1), "fft2"), _axes("ifftn", (-2, -1), "ifft2")
rfft2, irfft2 = _axes("rfftn", (-2, -1), "rfft2"), _axes("irfftn", (-2, -1), "irfft2")


def fftfreq(n: int, d: float = 1.0) -> Tensor:
    """The frequencies of the bins of `fft`, for samples at a distance d."""
    return xp.fft.fftfreq(n, d=d)


def rfftfreq(n: int, d: float = 1.0) -> Tensor:
    """The frequencies of the bins of `rfft`."""
    return xp.fft.rfftfreq(n, d=d)


def fftshift(x: Any, axes: Any = None) -> Tensor:
    """With the zero frequency in the middle."""
    return xp.fft.fftshift(tensor(x), axes=axes)


def ifftshift(x: Any, axes: Any = None) -> Tensor:
    """What undoes `fftshift`."""
    return xp.fft.ifftshift(tensor(x), axes=axes)
