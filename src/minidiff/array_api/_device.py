"""From one device to another, with history."""

from __future__ import annotations

from typing import Any

from ..backends import Backend, of_array
from ..core.forward import record
from ..core.rules import rule_of
from ..core.tensor import Tensor, current, wrap
from ..core.words import differentiable


def sent(x: Any, place: Any) -> Any:
    """An array or a Tensor, on a device or in another library."""
    if type(x) is Tensor:
        return convert(x, place) if isinstance(place, Backend) else to_device(x, place)
    backend = of_array(x)
    assert backend is not None  # a gradient is an array of some library
    if isinstance(place, Backend):
        return place.arrays.asarray(backend.as_numpy(x), copy=True)
    return backend.to_device(x, place)[1]


# Linear, but its result belongs to another backend: @linear would run the library's own function.
@differentiable(x=lambda g, source: sent(g, source), jvp=lambda dx, target: sent(dx, target))
def transfer(xp: Any, x: Tensor, target: Any, source: Any, /) -> Tensor:
    """X on the device, or in the library, `target`; it comes from `source`."""
    return sent(x, target)


def to_device(x: Tensor, device: Any) -> Tensor:
    """X on a device, of another library perhaps; itself where it is there already."""
    source = x.device
    if device == source:
        return x
    backend, array = x._backend.to_device(current(x)._data, device)
    out = wrap(backend, array)
    if x._node is not None:
        record(rule_of(transfer), out, (x, device, source), {})
    return out


def convert(x: Tensor, backend: Backend) -> Tensor:
    """X as an array of another library."""
    source = x._backend
    out = wrap(backend, sent(current(x)._data, backend))
    if x._node is not None:
        record(rule_of(transfer), out, (x, backend, source), {})
    return out
