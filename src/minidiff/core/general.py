"""Calls of any signature: the loops over arguments that apply.py leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from ..backends import Backend, of_device
from .forward import record, record_all
from .nodes import adopted, brought_out, mixed_backends, pack, unwrap
from .rules import Rule
from .tensor import Tensor, inside_batch, refuse_to_lose, wrap


def wide(rule: Rule, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """Any signature: several arrays, lists of arrays, several results."""

    def call(*args: Any, **kwargs: Any) -> Any:
        backend = backend_of(rule, args, kwargs)
        if backend is None:
            return otherwise(rule, *args, *kwargs.values())
        if backend.base is not None:
            backend, args, kwargs = on_running_level(rule, backend, args, kwargs)
            args = adopted(args, backend, rule.name)
            kwargs = {name: adopted(one, backend, rule.name) for name, one in kwargs.items()}
        arrays = tuple([unwrap(a, backend, False, rule.name) for a in args])
        keyword_arrays = {name: unwrap(a, backend, False, rule.name) for name, a in kwargs.items()}
        data = rule.kernel(backend)(*arrays, **keyword_arrays)
        if isinstance(data, tuple | list):
            return several(rule, backend, data, args, kwargs)
        if type(data) is not backend.array_type:
            if not isinstance(data, backend.constants):
                return data  # a dtype, say
            data = backend.asarray(data)  # NumPy gives a scalar for an array of shape ()
        out = wrap(backend, data)
        if rule.inputs:
            record(rule, out, args, kwargs)
        return out

    return call


def composite(rule: Rule) -> Callable[..., Any]:
    row = rule.row

    def call(*args: Any, **kwargs: Any) -> Any:
        backend = backend_of(rule, args, kwargs)
        if backend is None:
            return refuse(rule, *args, *kwargs.values())
        if backend.base is not None:
            backend, args, kwargs = on_running_level(rule, backend, args, kwargs)
        return row(backend.tensors, *args, **kwargs)

    return call


def free(rule: Rule, home: Backend | None) -> Callable[..., Any]:
    """A function that needs no array: `device`, a Tensor among its arguments or `home` decides."""
    row = rule.row
    runs_on_tensors = rule.word == "composite"
    drops_device = rule.takes_device and home is None

    def call(*args: Any, **kwargs: Any) -> Any:
        device = None if home is not None else kwargs.get("device")
        chosen = None if device is None else of_device(device)
        backend = home or chosen or backend_of(rule, args, kwargs) or of_device(None)
        if runs_on_tensors:
            return row(backend.tensors, *args, **kwargs)
        if drops_device:
            kwargs.pop("device", None)  # it has chosen the backend, and a backend has one device
        arrays = unwrap(args, backend, False, rule.name)
        data = rule.kernel(backend)(*arrays, **kwargs)
        if type(data) is not backend.array_type:
            return data
        for value in (*args, *kwargs.values()):
            if type(value) is Tensor:
                refuse_to_lose(value, rule.name)
        return wrap(backend, data)

    return call


def made_inside(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that makes arrays: inside vmap, any value of a sample may be written to them."""

    def call(*args: Any, **kwargs: Any) -> Any:
        made = function(*args, **kwargs)
        if type(made) is not Tensor or any(made is one for one in args):
            return made
        return inside_batch(made)

    return call


def several(rule: Rule, backend: Backend, data: Any, args: Any, kwargs: Any) -> Any:
    """Wrap a tuple of results; a named tuple keeps its type."""
    outs = [wrap(backend, backend.asarray(array)) for array in data]
    made = type(data) if hasattr(data, "_fields") else tuple
    if rule.inputs:
        rule.widen()
        record_all(rule, outs, made, args, kwargs)
    return pack(made, outs)


def backend_of(rule: Rule, args: Any, kwargs: Any) -> Backend | None:
    """The one backend of a call's Tensors, or the uppermost; None where there are none."""
    found: Backend | None = None
    for value in (*args, *kwargs.values()):
        for one in value if type(value) in (list, tuple) else (value,):
            if type(one) is Tensor:
                if found is None or one._backend.is_over(found):
                    found = one._backend
                elif one._backend is not found and not found.is_over(one._backend):
                    raise mixed_backends(rule.name, found, one._backend)
    return found


def on_running_level(rule: Rule, backend: Backend, args: Any, kwargs: Any) -> tuple[Any, Any, Any]:
    """The arguments of a call with what was kept beyond its vmap taken out, and their backend."""
    args, kwargs = brought_out(args), {name: brought_out(one) for name, one in kwargs.items()}
    return backend_of(rule, args, kwargs) or backend, args, kwargs


def refuse(rule: Rule, *operands: Any) -> NoReturn:
    """The error for operands that an operation cannot take."""
    backend = next((one._backend for one in operands if type(one) is Tensor), None)
    kind = type(next((one for one in operands if type(one) is not Tensor), None))
    what = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    if backend is None:
        raise TypeError(
            f"{rule.name} needs at least one Tensor among its arrays and found {what}; "
            "make one with asarray(...) or minidiff.Tensor(...)"
        )
    raise TypeError(
        f"{rule.name} takes Tensors, Python scalars and arrays of {backend.name}, not {what}; "
        "make a Tensor of it with asarray(...)"
    )
