"""NumPy's fft: transforms of whatever is given, real numbers and integers too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from .. import array_api as xp
from ..core.tensor import Tensor
from ._dtypes import floats
from ._inputs import is_complex, tensor

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

Norm = Literal["backward", "ortho", "forward"]
Axes = Sequence[int] | None


def _complex(a: Any) -> Tensor:
    """As complex numbers, which the standard asks for; of the precision that they had."""
    a = floats(a)
    return a if is_complex(a) else a + 0j


def _over(a: Tensor, s: Axes, axes: Axes) -> dict[str, Any]:
    """The lengths and axes of a transform, where -1 is the length that an axis has."""
    if s is None:
        return {"s": None, "axes": None if axes is None else tuple(axes)}
    axes = tuple(range(a.ndim - len(s), a.ndim)) if axes is None else tuple(axes)
    lengths = [a.shape[axis] if n == -1 else n for n, axis in zip(s, axes, strict=True)]
    return {"s": tuple(lengths), "axes": axes}


# ---- along one axis


def fft(a: Any, n: int | None = None, axis: int = -1, norm: Norm | None = None) -> Tensor:
    """Discrete Fourier transform along an axis."""
    return xp.fft.fft(_complex(a), n=n, axis=axis, norm=norm or "backward")


def ifft(a: Any, n: int | None = None, axis: int = -1, norm: Norm | None = None) -> Tensor:
    """Inverse of `fft`."""
    return xp.fft.ifft(_complex(a), n=n, axis=axis, norm=norm or "backward")


def rfft(a: Any, n: int | None = None, axis: int = -1, norm: Norm | None = None) -> Tensor:
    """The first half of the Fourier transform of real numbers, up to the middle frequency."""
    return xp.fft.rfft(floats(a), n=n, axis=axis, norm=norm or "backward")


def irfft(a: Any, n: int | None = None, axis: int = -1, norm: Norm | None = None) -> Tensor:
    """Inverse of `rfft`; `n` is the length of the result."""
    return xp.fft.irfft(_complex(a), n=n, axis=axis, norm=norm or "backward")


def hfft(a: Any, n: int | None = None, axis: int = -1, norm: Norm | None = None) -> Tensor:
    """The real Fourier transform of a signal with Hermitian symmetry, given by its first half."""
    return xp.fft.hfft(_complex(a), n=n, axis=axis, norm=norm or "backward")


def ihfft(a: Any, n: int | None = None, axis: int = -1, norm: Norm | None = None) -> Tensor:
    """Inverse of `hfft`."""
    return xp.fft.ihfft(floats(a), n=n, axis=axis, norm=norm or "backward")


# ---- along several axes


def fftn(a: Any, s: Axes = None, axes: Axes = None, norm: Norm | None = None) -> Tensor:
    """Discrete Fourier transform along several axes, by default all."""
    a = _complex(a)
    return xp.fft.fftn(a, **_over(a, s, axes), norm=norm or "backward")


def ifftn(a: Any, s: Axes = None, axes: Axes = None, norm: Norm | None = None) -> Tensor:
    """Inverse of `fftn`."""
    a = _complex(a)
    return xp.fft.ifftn(a, **_over(a, s, axes), norm=norm or "backward")


def rfftn(a: Any, s: Axes = None, axes: Axes = None, norm: Norm | None = None) -> Tensor:
    """`rfft` along the last of several axes, `fft` along the others."""
    a = floats(a)
    return xp.fft.rfftn(a, **_over(a, s, axes), norm=norm or "backward")


def irfftn(a: Any, s: Axes = None, axes: Axes = None, norm: Norm | None = None) -> Tensor:
    """Inverse of `rfftn`."""
    a = _complex(a)
    return xp.fft.irfftn(a, **_over(a, s, axes), norm=norm or "backward")


def fft2(a: Any, s: Axes = None, axes: Axes = (-2, -1), norm: Norm | None = None) -> Tensor:
    """`fftn` along two axes."""
    return fftn(a, s, axes, norm)


def ifft2(a: Any, s: Axes = None, axes: Axes = (-2, -1), norm: Norm | None = None) -> Tensor:
    """`ifftn` along two axes."""
    return ifftn(a, s, axes, norm)


def rfft2(a: Any, s: Axes = None, axes: Axes = (-2, -1), norm: Norm | None = None) -> Tensor:
    """`rfftn` along two axes."""
    return rfftn(a, s, axes, norm)


def irfft2(a: Any, s: Axes = None, axes: Axes = (-2, -1), norm: Norm | None = None) -> Tensor:
    """`irfftn` along two axes."""
    return irfftn(a, s, axes, norm)


# ---- frequencies and their order


def fftfreq(n: int, d: float = 1.0, device: Any = None) -> Tensor:
    """The frequencies of the bins of `fft`, for samples at a distance d."""
    return xp.fft.fftfreq(n, d=d, device=device)


def rfftfreq(n: int, d: float = 1.0, device: Any = None) -> Tensor:
    """The frequencies of the bins of `rfft`."""
    return xp.fft.rfftfreq(n, d=d, device=device)


def fftshift(x: Any, axes: Any = None) -> Tensor:
    """With the zero frequency in the middle."""
    return xp.fft.fftshift(tensor(x), axes=axes)


def ifftshift(x: Any, axes: Any = None) -> Tensor:
    """What undoes `fftshift`."""
    return xp.fft.ifftshift(tensor(x), axes=axes)
