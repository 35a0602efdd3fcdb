"""Discrete Fourier transforms.

A transform is a product with a symmetric matrix, so the full transforms are their own transposes,
but for the zeros that a longer `n` adds and the elements that a shorter one leaves out. The real
ones keep half of a spectrum: there the other half has to be counted too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from ..core.words import composite, differentiable, linear, nondifferentiable
from ._helpers import axes_of, axes_within

if TYPE_CHECKING:
    from ..core.tensor import Tensor

__all__ = [
    "fft",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfftn",
    "rfft",
    "rfftfreq",
    "rfftn",
]

Norm = Literal["backward", "ortho", "forward"]
Axes = Sequence[int] | None


# ---- what the formulas share


def fit(xp: Any, x: Any, axis: int, length: int) -> Any:
    """As many elements along an axis: the last ones left out, or zeros added."""
    side = x.shape[axis]
    if side == length:
        return x
    (axis,) = axes_of(axis, x.ndim)
    if side > length:
        return xp.getitem(x, (*(slice(None),) * axis, slice(0, length), ...))
    more = (*x.shape[:axis], length - side, *x.shape[axis + 1 :])
    return xp.concat([x, xp.zeros(more, dtype=x.dtype, device=x.device)], axis=axis)


def fit_axes(xp: Any, x: Any, axes: Sequence[int], shape: tuple[int, ...]) -> Any:
    for axis in axes:
        x = fit(xp, x, axis, shape[axis])
    return x


def axes_over(
    shape: tuple[int, ...], s: Sequence[int] | None, axes: Axes, name: str = "fftn"
) -> tuple[int, ...]:
    """The axes of a transform: those given, else the last ones, one for each length."""
    if axes is None:
        axes = range(-len(shape) if s is None else -len(s), 0)
    return axes_within(name, tuple(axes), shape)


def counted(xp: Any, half: Any, axis: int, length: int) -> Any:
    """How often each frequency of half a spectrum occurs in the whole one of some length."""
    (axis,) = axes_of(axis, half.ndim)
    k = xp.arange(half.shape[axis], device=half.device)
    once = (k == 0) | (2 * k == length)
    times = 2 - xp.astype(once, xp.real(half).dtype)
    return xp.reshape(times, (-1,) + (1,) * (half.ndim - 1 - axis))


def other_way(norm: Norm) -> Norm:
    """The norm with which the inverse transform is the transpose."""
    if norm not in OTHER_WAY:
        raise ValueError(f"norm is one of {tuple(OTHER_WAY)}, not {norm!r}")
    return OTHER_WAY[norm]


OTHER_WAY: dict[Norm, Norm] = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


# ---- transforms of complex numbers


def fft_x(xp: Any, g: Any, x_shape: tuple[int, ...], axis: int, norm: Norm) -> Any:
    return fit(xp, xp.fft.fft(g, axis=axis, norm=norm), axis, x_shape[axis])


@linear(x=fft_x)
def fft(
    xp: Any, x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
) -> Tensor:
    """Discrete Fourier transform along an axis."""
    (axis,) = axes_within("fft", axis, x.shape)
    return xp.fft.fft(x, n=n, axis=axis, norm=norm)


def ifft_x(xp: Any, g: Any, x_shape: tuple[int, ...], axis: int, norm: Norm) -> Any:
    return fit(xp, xp.fft.ifft(g, axis=axis, norm=norm), axis, x_shape[axis])


@linear(x=ifft_x)
def ifft(
    xp: Any, x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
) -> Tensor:
    """Inverse of `fft`."""
    (axis,) = axes_within("ifft", axis, x.shape)
    return xp.fft.ifft(x, n=n, axis=axis, norm=norm)


def fftn_x(xp: Any, g: Any, x_shape: tuple[int, ...], s: Axes, axes: Axes, norm: Norm) -> Any:
    over = axes_over(x_shape, s, axes)
    return fit_axes(xp, xp.fft.fftn(g, axes=over, norm=norm), over, x_shape)


@linear(x=fftn_x)
def fftn(
    xp: Any,
    x: Tensor,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Axes = None,
    norm: Norm = "backward",
) -> Tensor:
    """Discrete Fourier transform along several axes."""
    return xp.fft.fftn(x, s=s, axes=axes_over(x.shape, s, axes), norm=norm)


def ifftn_x(xp: Any, g: Any, x_shape: tuple[int, ...], s: Axes, axes: Axes, norm: Norm) -> Any:
    over = axes_over(x_shape, s, axes)
    return fit_axes(xp, xp.fft.ifftn(g, axes=over, norm=norm), over, x_shape)


@linear(x=ifftn_x)
def ifftn(
    xp: Any,
    x: Tensor,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Axes = None,
    norm: Norm = "backward",
) -> Tensor:
    """Inverse of `fftn`."""
    return xp.fft.ifftn(x, s=s, axes=axes_over(x.shape, s, axes, "ifftn"), norm=norm)


# ---- transforms of real numbers: half of the spectrum says it all


def rfft_x(xp: Any, g: Any, x_shape: tuple[int, ...], n: int | None, axis: int, norm: Norm) -> Any:
    # irfft counts the inner frequencies twice, and rfft made each of them once.
    length = x_shape[axis] if n is None else n
    half = g / counted(xp, g, axis, length)
    whole = xp.fft.irfft(half, n=length, axis=axis, norm=other_way(norm))
    return fit(xp, whole, axis, x_shape[axis])


@differentiable(
    x=rfft_x, jvp=lambda xp, dx, n, axis, norm: xp.fft.rfft(dx, n=n, axis=axis, norm=norm)
)
def rfft(
    xp: Any, x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
) -> Tensor:
    """The first half of the Fourier transform of real numbers, up to the middle frequency."""
    (axis,) = axes_within("rfft", axis, x.shape)
    return xp.fft.rfft(x, n=n, axis=axis, norm=norm)


def irfft_x(xp: Any, g: Any, x_shape: tuple[int, ...], axis: int, norm: Norm) -> Any:
    half = xp.fft.rfft(g, axis=axis, norm=other_way(norm))
    return fit(xp, half * counted(xp, half, axis, g.shape[axis]), axis, x_shape[axis])


@differentiable(
    x=irfft_x, jvp=lambda xp, dx, n, axis, norm: xp.fft.irfft(dx, n=n, axis=axis, norm=norm)
)
def irfft(
    xp: Any, x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
) -> Tensor:
    """Inverse of `rfft`; `n` is the length of the result."""
    (axis,) = axes_within("irfft", axis, x.shape)
    return xp.fft.irfft(x, n=n, axis=axis, norm=norm)


@composite
def rfftn(
    xp: Any,
    x: Tensor,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Axes = None,
    norm: Norm = "backward",
) -> Tensor:
    """`rfft` along the last of several axes, `fft` along the others."""
    *others, last = axes_over(x.shape, s, axes, "rfftn")
    lengths = [x.shape[axis] for axis in (*others, last)] if s is None else s
    x = xp.fft.rfft(x, n=lengths[-1], axis=last, norm=norm)
    return xp.fft.fftn(x, s=lengths[:-1], axes=others, norm=norm) if others else x


@composite
def irfftn(
    xp: Any,
    x: Tensor,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Axes = None,
    norm: Norm = "backward",
) -> Tensor:
    """Inverse of `rfftn`."""
    *others, last = axes_over(x.shape, s, axes, "irfftn")
    if others:
        x = xp.fft.ifftn(x, s=None if s is None else s[:-1], axes=others, norm=norm)
    return xp.fft.irfft(x, n=None if s is None else s[-1], axis=last, norm=norm)


@composite
def hfft(
    xp: Any, x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
) -> Tensor:
    """The real Fourier transform of a signal with Hermitian symmetry, given by its first half."""
    return xp.fft.irfft(xp.conj(x), n=n, axis=axis, norm=other_way(norm))


@composite
def ihfft(
    xp: Any, x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
) -> Tensor:
    """Inverse of `hfft`."""
    return xp.conj(xp.fft.rfft(x, n=n, axis=axis, norm=other_way(norm)))


# ---- frequencies and their order


@nondifferentiable
def fftfreq(
    xp: Any,
    n: int,
    /,
    *,
    d: float = 1.0,
    dtype: Any | None = None,
    device: Any | None = None,
) -> Tensor:
    """The frequencies of `fft` of n samples at distances d: zero, positive, negative."""
    k = xp.arange(0.0, float(n), dtype=dtype, device=device)
    return xp.where(k < (n + 1) // 2, k, k - n) / (n * d)


@nondifferentiable
def rfftfreq(
    xp: Any,
    n: int,
    /,
    *,
    d: float = 1.0,
    dtype: Any | None = None,
    device: Any | None = None,
) -> Tensor:
    """The frequencies of `rfft` of n samples at distances d: zero and the positive ones."""
    return xp.arange(0.0, float(n // 2 + 1), dtype=dtype, device=device) / (n * d)


@composite
def fftshift(xp: Any, x: Tensor, /, *, axes: int | Sequence[int] | None = None) -> Tensor:
    """Order by frequency, zero in the middle."""
    over = shifted_axes(x, axes)
    return xp.roll(x, tuple([x.shape[axis] // 2 for axis in over]), axis=over)


@composite
def ifftshift(xp: Any, x: Tensor, /, *, axes: int | Sequence[int] | None = None) -> Tensor:
    """Inverse of `fftshift`."""
    over = shifted_axes(x, axes)
    return xp.roll(x, tuple([-(x.shape[axis] // 2) for axis in over]), axis=over)


def shifted_axes(x: Tensor, axes: int | Sequence[int] | None) -> tuple[int, ...]:
    return axes_within("fftshift", range(x.ndim) if axes is None else axes, x.shape)
