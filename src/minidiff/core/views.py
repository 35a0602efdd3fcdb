"""In-place updates: NumPy's meaning, views included, and differentiable.

A view knows its base; the base knows nothing (core/tensor.py holds the reading side). A write is
the library's own write plus one node on the base: the base gets a new history, and views look
again when they are next read. `look` and `write` are each other's transposes, which closes every
order. What a graph keeps is never changed: a kept buffer is copied once before it is written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..backends import SCALARS
from .forward import record
from .graph import Leaf
from .nodes import Above, adopted, brought_out, is_listed, listed, node_of, unwrap
from .rules import Rule, rule_of
from .state import state
from .tensor import UNRECORDED, Tensor, current, follow, is_kept, root_of, steps_of, take_over, wrap


def set_item(x: Tensor, key: Any, value: Any, write: Rule) -> None:
    """x[key] = value; `write` is the table's rule for a write through a view's path."""
    if type(value) is not Tensor and is_listed(value, x._backend):
        value = listed(x, value)
    if type(value) is Tensor:
        if value._backend is not x._backend:
            value = beside(x, value, "x[k] = v")
        if is_that_view(value, x, key):
            return  # x[k] += v: the view has been written already, and here it is handed back
        current(value)
    current(x)
    root = root_of(x)
    refuse_broadcast(x)
    recorded = must_record(x, root, value, lambda: f"x[{describe(key)}] = v")
    try:
        array_key = unwrap(key, x._backend, recorded, "__setitem__")
    except Above:
        raise from_outside("x[k] = v") from None
    array_value = value._data if type(value) is Tensor else value
    if type(value) is Tensor and root_of(value) is root:
        array_value = x._backend.copy(array_value)  # it may overlap what is written
    make_writable(x, root)
    put(x, root, array_key, array_value)
    if recorded:
        note_write(x, root, array_key, value, write)


def update(
    x: Tensor, other: Any, function: Any, library_update: Callable[..., Any] | None, write: Rule
) -> Any:
    """X += other and its like: `function` is the operation, `library_update` operator.iadd, ...

    Without `library_update` the result of the function is written.
    """
    backend = x._backend
    current(x)
    root = root_of(x)
    rule = rule_of(function)
    if type(other) is Tensor:
        if other._backend is not backend:
            other = beside(x, other, f"x {SYMBOLS.get(rule.name, rule.name)}= y")
        current(other)
    elif type(other) not in SCALARS and not isinstance(other, backend.constants):
        if not is_listed(other, backend):
            return NotImplemented
        return update(x, listed(x, other), function, library_update, write)
    refuse_broadcast(x)
    if type(other) is Tensor and other is not x and root_of(other) is root:
        other = wrap(backend, backend.copy(other._data), other._node)  # some do not see overlaps
    if not must_record(x, root, other, lambda: f"x {SYMBOLS.get(rule.name, rule.name)}= y"):
        make_writable(x, root)
        array = other._data if type(other) is Tensor else other
        if library_update is None:
            written = rule.kernel(backend)(x._data, array)
        else:
            written = library_update(x._data, array)
        if written is not x._data:  # a library whose arrays cannot be updated in place, say
            backend.check_same_kind(written.dtype, x.dtype)
            refuse_another_shape(x, written)
            put(x, root, ..., written)
        return x
    part = x
    if x is not root and any(rule.parameters[0] in named for named in rule.named.values()):
        # The rule gets a copy of the part, so that the whole base need not be kept for it.
        part = wrap(backend, backend.copy(x._data), x._node)
    out = function(part, other)
    refuse_another_shape(x, out)
    if out.dtype != x.dtype:
        backend.check_same_kind(out.dtype, x.dtype)
        out = backend.tensors.astype(out, x.dtype)
    if x is root:
        kept = is_kept(x) or is_kept(out)
        if kept and (len(x.shape) < 2 or backend.layout(x._data) == backend.layout(out._data)):
            x._data, x._kept = out._data, is_kept(out)  # instead of a copy; views look again
        else:
            make_writable(x, root)
            put(x, root, ..., out._data)
        take_over(x, out._node)
    else:
        make_writable(x, root)
        put(x, root, ..., out._data)
        note_write(x, root, ..., out, write)
    return x


def put(x: Tensor, root: Tensor, key: Any, value: Any) -> None:
    """Write into the memory of a base through x, the base itself or a view."""
    steps = () if x._at is None else steps_of(x._at[1])
    written = x._backend.put(root._data, steps, x._data, key, value)
    if written is not root._data:  # then views, x among them, look again
        root._data = written
        root._kept = False


SYMBOLS = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "floor_divide": "//",
    "remainder": "%",
    "pow": "**",
    "matmul": "@",
}


def must_record(x: Tensor, root: Tensor, value: Any, what: Callable[[], str]) -> bool:
    """Whether a write becomes a part of the history; an error, saying `what`, where it cannot."""
    now = state.get()
    if not now.live:
        return False
    if now.on and type(node_of(root)) is Leaf:
        raise RuntimeError(
            f"{what()}: x is a leaf that allows gradients (or a view of one), and an update in "
            "place would change what its gradient belongs to; wrap the update in no_grad(), or "
            "write x = x + y"
        )
    tracked = root._node is not None or (type(value) is Tensor and value._node is not None)
    if not tracked or not x._backend.is_floating(x.dtype):
        return False
    if x._at is not None and x._at[3] is UNRECORDED:
        raise RuntimeError(
            f"{what()}: x is a view made under no_grad() of a tensor with history, so its gradient "
            "would silently be zero; take the view outside no_grad(), or write under no_grad() too"
        )
    return True


def beside(x: Tensor, value: Tensor, what: str) -> Tensor:
    """What is written into x, on its backend."""
    value = brought_out(value)
    if value._backend.is_over(x._backend):
        raise from_outside(what)
    made: Tensor = adopted(value, x._backend, what)
    return made


def from_outside(what: str) -> TypeError:
    return TypeError(
        f"{what}: x comes from outside of this vmap, so that all samples share it, or was computed "
        "from such values alone, and what is written, made inside, may differ from sample to "
        "sample; write into a copy: x = asarray(x, copy=True)"
    )


def refuse_another_shape(x: Tensor, written: Any) -> None:
    if tuple(written.shape) != tuple(x.shape):
        raise ValueError(
            f"an update in place cannot change the shape {tuple(x.shape)} to "
            f"{tuple(written.shape)}; write x = x op y"
        )


def refuse_broadcast(x: Tensor) -> None:
    """Some libraries refuse by themselves, and in others one write would change many places."""
    if x._at is not None and any(name == "broadcast_to" for name, _, _ in steps_of(x._at[1])):
        raise ValueError("a broadcast array is read-only; copy it first: asarray(x, copy=True)")


def is_that_view(value: Tensor, x: Tensor, key: Any) -> bool:
    """Whether `value` is the very view that x[key] gave, for this very key."""
    if value._at is None or value._at[0] is not root_of(x) or value._at[3] is UNRECORDED:
        return False
    assert value._at[1] is not None
    before, name, args, _ = value._at[1]
    same_view = before is (None if x._at is None else x._at[1])
    return same_view and name == "getitem" and args[0] is key


def make_writable(x: Tensor, root: Tensor) -> None:
    """Copy a buffer that a graph keeps, once, before it is written."""
    backend = root._backend
    if backend.immutable or (not is_kept(root) and backend.may_write(root._data)):
        return
    root._data = root._backend.copy(root._data)
    root._kept = False
    if x._at is not None:
        _, path, _, node = x._at
        x._data = follow(x._backend.arrays, root._data, steps_of(path))
        x._at = (root, path, root._data, node)


def note_write(x: Tensor, root: Tensor, key: Any, value: Any, write: Rule) -> None:
    """Give the base of a write, just made, its new history."""
    path = None if x._at is None else x._at[1]
    steps = (*steps_of(path), ("getitem", (key,), {}))
    before = wrap(root._backend, root._data, root._node)
    after = wrap(root._backend, root._data)
    # Where a view was reshaped, the gradient has to lie in memory as the base does.
    reshaped = any(name == "reshape" for name, _, _ in steps)
    layout = root._backend.layout(root._data) if reshaped else None
    record(write, after, (before, value, steps, layout), {})
    take_over(root, after._node)


def describe(key: Any) -> str:
    """A short text for a key in a message."""
    text = "..." if key is ... else repr(key)
    return text if len(text) <= 40 else type(key).__name__
