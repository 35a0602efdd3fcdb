"""NumPy's fft: transforms of whatever is given, real numbers and integers too."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Literal

from .. import array_api as xp
from ..core.tensor import Tensor
from ._axes import as_shape, axes_of, normalize_axis
from ._dtypes import dtype_for, floats
from ._inputs import into, is_complex, tensor

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


def _along(
    transform: Callable[..., Tensor], a: Tensor, n: Any, axis: int, norm: Norm | None, out: Any
) -> Tensor:
    length = None if n is None else operator.index(n)
    axis = normalize_axis(axis, a.ndim)
    return into(out, transform(a, n=length, axis=axis, norm=norm or "backward"))


def _over(
    transform: Callable[..., Tensor], a: Tensor, s: Axes, axes: Axes, norm: Norm | None, out: Any
) -> Tensor:
    """A transform along several axes, where the length -1 is that which an axis has."""
    lengths = None if s is None else as_shape(s)
    if lengths is not None and axes is None:
        axes = range(-len(lengths), 0)
    if axes is not None:
        axes = tuple([normalize_axis(one, a.ndim) for one in axes])
        if lengths is not None:
            pairs = zip(lengths, axes, strict=True)
            lengths = tuple([a.shape[axis] if n == -1 else n for n, axis in pairs])
    return into(out, transform(a, s=lengths, axes=axes, norm=norm or "backward"))


# ---- along one axis


def fft(a: Any, n: Any = None, axis: int = -1, norm: Norm | None = None, out: Any = None) -> Tensor:
    """Discrete Fourier transform along an axis."""
    return _along(xp.fft.fft, _complex(a), n, axis, norm, out)


def ifft(
    a: Any, n: Any = None, axis: int = -1, norm: Norm | None = None, out: Any = None
) -> Tensor:
    """Inverse of `fft`."""
    return _along(xp.fft.ifft, _complex(a), n, axis, norm, out)


def rfft(
    a: Any, n: Any = None, axis: int = -1, norm: Norm | None = None, out: Any = None
) -> Tensor:
    """The first half of the Fourier transform of real numbers, up to the middle frequency."""
    return _along(xp.fft.rfft, floats(a), n, axis, norm, out)


def irfft(
    a: Any, n: Any = None, axis: int = -1, norm: Norm | None = None, out: Any = None
) -> Tensor:
    """Inverse of `rfft`; `n` is the length of the result."""
    return _along(xp.fft.irfft, _complex(a), n, axis, norm, out)


def hfft(
    a: Any, n: Any = None, axis: int = -1, norm: Norm | None = None, out: Any = None
) -> Tensor:
    """The real Fourier transform of a signal with Hermitian symmetry, given by its first half."""
    return _along(xp.fft.hfft, _complex(a), n, axis, norm, out)


def ihfft(
    a: Any, n: Any = None, axis: int = -1, norm: Norm | None = None, out: Any = None
) -> Tensor:
    """Inverse of `hfft`."""
    return _along(xp.fft.ihfft, floats(a), n, axis, norm, out)


# ---- along several axes


def fftn(
    a: Any, s: Axes = None, axes: Axes = None, norm: Norm | None = None, out: Any = None
) -> Tensor:
    """Discrete Fourier transform along several axes, by default all."""
    return _over(xp.fft.fftn, _complex(a), s, axes, norm, out)


def ifftn(
    a: Any, s: Axes = None, axes: Axes = None, norm: Norm | None = None, out: Any = None
) -> Tensor:
    """Inverse of `fftn`."""
    return _over(xp.fft.ifftn, _complex(a), s, axes, norm, out)


def rfftn(
    a: Any, s: Axes = None, axes: Axes = None, norm: Norm | None = None, out: Any = None
) -> Tensor:
    """`rfft` along the last of several axes, `fft` along the others."""
    return _over(xp.fft.rfftn, floats(a), s, axes, norm, out)


def irfftn(
    a: Any, s: Axes = None, axes: Axes = None, norm: Norm | None = None, out: Any = None
) -> Tensor:
    """Inverse of `rfftn`."""
    return _over(xp.fft.irfftn, _complex(a), s, axes, norm, out)


def fft2(
    a: Any, s: Axes = None, axes: Axes = (-2, -1), norm: Norm | None = None, out: Any = None
) -> Tensor:
    """`fftn` along two axes."""
    return fftn(a, s, axes, norm, out)


def ifft2(
    a: Any, s: Axes = None, axes: Axes = (-2, -1), norm: Norm | None = None, out: Any = None
) -> Tensor:
    """`ifftn` along two axes."""
    return ifftn(a, s, axes, norm, out)


def rfft2(
    a: Any, s: Axes = None, axes: Axes = (-2, -1), norm: Norm | None = None, out: Any = None
) -> Tensor:
    """`rfftn` along two axes."""
    return rfftn(a, s, axes, norm, out)


def irfft2(
    a: Any, s: Axes = None, axes: Axes = (-2, -1), norm: Norm | None = None, out: Any = None
) -> Tensor:
    """`irfftn` along two axes."""
    return irfftn(a, s, axes, norm, out)


# ---- frequencies and their order


def fftfreq(n: Any, d: float = 1.0, device: Any = None, *, dtype: Any = None) -> Tensor:
    """The frequencies of the bins of `fft`, for samples at a distance d."""
    return xp.fft.fftfreq(operator.index(n), d=d, dtype=dtype_for(dtype, None), device=device)


def rfftfreq(n: Any, d: float = 1.0, device: Any = None, *, dtype: Any = None) -> Tensor:
    """The frequencies of the bins of `rfft`."""
    return xp.fft.rfftfreq(operator.index(n), d=d, dtype=dtype_for(dtype, None), device=device)


def fftshift(x: Any, axes: Any = None) -> Tensor:
    """With the zero frequency in the middle."""
    x = tensor(x)
    return xp.fft.fftshift(x, axes=axes_of(axes, x.ndim))


def ifftshift(x: Any, axes: Any = None) -> Tensor:
    """What undoes `fftshift`."""
    x = tensor(x)
    return xp.fft.ifftshift(x, axes=axes_of(axes, x.ndim))
