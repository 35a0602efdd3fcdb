"""Projection: a gradient has its input's shape, realness and dtype; a tangent its output's.

The one place where broadcasting, complex parts and casts are undone, so that no formula has to.
"""

from __future__ import annotations

from typing import Any

from ..backends import SCALARS, Backend
from .tensor import Tensor


def project(backend: Backend, xp: Any, g: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """A gradient as its input's space has it: broadcast axes summed, real for real, cast."""
    if g.shape != shape:
        g = unbroadcast(xp, g, shape)
    if g.dtype != dtype:
        if backend.is_complex(g.dtype) and not backend.is_complex(dtype):
            g = xp.real(g)
        if g.dtype != dtype:
            g = xp.astype(g, dtype)
    return g


def projected(xp: Any, g: Any, parent: Any) -> Any:
    """A gradient in its node's space."""
    if g.shape != parent.shape or g.dtype is not parent.dtype:
        return project(parent.backend, xp, g, parent.shape, parent.dtype)
    return g


def unbroadcast(xp: Any, g: Any, shape: tuple[int, ...]) -> Any:
    """The transpose of broadcasting: sum `g` over the axes along which `shape` was stretched.

    A formula may also give less than `shape` (a scalar's share, say); that is broadcast.
    """
    extra = len(g.shape) - len(shape)
    if extra > 0:
        g = xp.sum(g, axis=tuple(range(extra)))
        if g.shape == shape:
            return g
    stretched = tuple(
        [i for i, side in enumerate(g.shape) if side != 1 and shape[i - len(g.shape)] == 1]
    )
    if stretched:
        g = xp.sum(g, axis=stretched, keepdims=True)
    if g.shape == shape:
        return g
    if any(
        side not in (1, wanted) for side, wanted in zip(g.shape[::-1], shape[::-1], strict=False)
    ):
        raise ValueError(
            f"a formula gave a gradient of shape {tuple(g.shape)} for an input of shape "
            f"{tuple(shape)}"
        )
    return xp.broadcast_to(g, shape)


def project_out(tangent: Any, out: Tensor) -> Tensor:
    """A tangent as its output's space has it: broadcast, made complex, cast; None is zero."""
    xp = out._backend.tensors
    shape, dtype = out._data.shape, out._data.dtype
    if tangent is None or type(tangent) in SCALARS:
        zeros = xp.zeros_like(out.detach())
        return zeros if tangent is None else zeros + tangent  # type: ignore[no-any-return]  # untyped
    if tangent.dtype != dtype:
        if out._backend.is_complex(tangent.dtype) and not out._backend.is_complex(dtype):
            tangent = xp.real(tangent)
        if tangent.dtype != dtype:
            tangent = xp.astype(tangent, dtype)
    if tangent.shape != shape:
        tangent = xp.broadcast_to(tangent, shape)
    return tangent  # type: ignore[no-any-return]  # as above
