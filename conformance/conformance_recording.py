"""Recording on: a namespace whose floating arrays all have a history, and the proof of it.

Every floating array that the suite creates becomes an intermediate of a tape, so that every
operation on it is recorded. TALLY counts what the tape did; the plugin writes it down, and the
runner fails where a function gave back floating numbers without the history of its arguments.
"""

import functools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import minidiff.array_api

CREATION = (
    *("arange", "asarray", "empty", "empty_like", "eye", "from_dlpack", "full", "full_like"),
    *("linspace", "ones", "ones_like", "zeros", "zeros_like"),
)

FLOATING = ("real floating", "complex floating")


@dataclass
class Tally:
    """What was seen in this process.

    `created` arrays were given a history. A call of a function on an array with history counts in
    `recorded`, by the function's name, if its floating results have one too; otherwise in `lost`.
    `differentiable` are the names of all functions that can be recorded.
    """

    created: int = 0
    recorded: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    differentiable: set[str] = field(default_factory=set)


TALLY = Tally()


def with_history(namespace: Any) -> Any:
    """The namespace with recording on."""
    changes = {name: tracked(getattr(namespace, name)) for name in CREATION}
    changes |= watched_functions(namespace, minidiff.array_api.__all__)
    for name in ("fft", "linalg"):
        extension = getattr(namespace, name)
        changes[name] = changed(extension, watched_functions(extension, extension.__all__))
    return changed(namespace, changes)


def changed(namespace: Any, changes: dict[str, Any]) -> Any:
    """The same namespace but for some functions."""
    names = set(dir(namespace)) - {"__class__", "__dict__", "__doc__"}
    return SimpleNamespace(**{name: getattr(namespace, name) for name in names} | changes)


def tracked(function: Callable[..., Any]) -> Callable[..., Any]:
    """A creation function whose floating arrays have a history."""

    @functools.wraps(function)  # the suite looks at signatures
    def create(*args: Any, **kwargs: Any) -> Any:
        x = function(*args, **kwargs)
        if x.op_node is not None or not is_floating(x):
            return x  # it may be the very array that was given, which has its history already
        TALLY.created += 1
        # A copy changes no bit; a product with 1 would turn complex infinities into nan.
        leaf = x.detach(allow_grad=True)
        return x.__array_namespace__().asarray(leaf, copy=True)

    return create


def watched_functions(namespace: Any, names: list[str]) -> dict[str, Any]:
    """The functions of a namespace that are rows of minidiff's table, watched."""
    functions = {name: getattr(namespace, name) for name in names}
    return {
        name: watched(function)
        for name, function in functions.items()
        if name not in CREATION and hasattr(function, "rule")
    }


def watched(function: Any) -> Callable[..., Any]:
    """A function that counts whether its results have the history of its arguments."""
    name = function.__name__
    if function.rule.word != "nondifferentiable":
        TALLY.differentiable.add(name)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        out = function(*args, **kwargs)
        given = arrays([args, list(kwargs.values())])
        counts = name == "vector_norm" and kwargs.get("ord") == 0  # the one without a gradient
        if not counts and any(x.op_node is not None for x in given):
            results = [x for x in arrays(out) if is_floating(x)]
            if results:
                kept = all(x.op_node is not None for x in results)
                (TALLY.recorded if kept else TALLY.lost)[name] += 1
        return out

    return call


def arrays(value: Any) -> Iterator[Any]:
    """The tensors in a value: itself, or those in a list or tuple."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from arrays(one)
    elif hasattr(value, "op_node"):
        yield value


def is_floating(x: Any) -> bool:
    return bool(x.__array_namespace__().isdtype(x.dtype, FLOATING))
