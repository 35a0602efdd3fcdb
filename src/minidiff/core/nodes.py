"""A node from any call: the general form of what apply.py does in a straight line.

It serves wide signatures, forward mode, in-place updates and, in the other direction, shows any
node's arrays as Tensors again.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

from ..backends import SCALARS, Backend, numpy_backend
from .graph import Dual, Node, OpNode, WideNode, next_number
from .lifting import lift
from .rules import Rule, Space
from .state import exporting, state
from .tensor import Tensor, current, has_history, root_of, wrap

# The keywords of a call that has none; never written to.
NOTHING: dict[str, Any] = {}
# Arguments that hold no Tensor and never change behind our back.
PLAIN = frozenset({int, float, complex, bool, str, type(None), type(...)})


def node_of(value: Any) -> Node | None:
    """The reverse-mode node behind a value, below any tangent."""
    node = value._node if type(value) is Tensor else None
    while type(node) is Dual:
        node = node.primal
    return node


def make_node(
    rule: Rule,
    outs: list[Tensor],
    made: type | None,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> OpNode | None:
    """The node of a call, or None where no input is tracked.

    `made` is the tuple type of several results.
    """
    if rule.wide:
        return _make_wide(rule, outs, made, args, kwargs)
    (out,) = outs
    parents = [node_of(args[0]), node_of(args[1]) if rule.kind == "binary" else None]
    if not rule.inputs or parents == [None, None]:
        return None
    node = OpNode()
    _fill(node, rule, out)
    node.parent1, node.parent2 = parents
    keep1, keep2, keep_out = rule.keeps(*parents)
    if keep1:
        node.x1 = keep(args[0], rule, out)
    if keep2:
        node.x2 = keep(args[1], rule, out)
    if keep_out:
        out._kept = True
        node.out = out._data
    if rule.parametric:
        node.args = tuple([unwrap(a, out._backend, True, rule.name) for a in args[1:]])
        node.kwargs = {name: unwrap(a, out._backend, True, rule.name) for name, a in kwargs.items()}
    return node


def _fill(node: OpNode, rule: Rule, out: Tensor) -> None:
    node.rule = rule
    node.backend = out._backend
    node.number = next_number()
    node.shape = out._data.shape
    node.dtype = out._data.dtype


def _make_wide(
    rule: Rule,
    outs: list[Tensor],
    made: type | None,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> WideNode | None:
    out = outs[0]
    many = {name: nodes_of(value) for name, value in rule.given(args, kwargs)}
    tracked = {name for name, nodes in many.items() if any(n is not None for n in flat(nodes))}
    if not tracked:
        return None
    node = WideNode()
    _fill(node, rule, out)
    node.parent1 = node.parent2 = None
    node.many = many
    node.made = made
    keeps = frozenset().union(*[rule.named[one] for one in tracked])
    node.args = tuple(
        [held(n, a, rule, out, keeps) for n, a in zip(rule.parameters, args, strict=False)]
    )
    node.kwargs = {name: held(name, a, rule, out, keeps) for name, a in kwargs.items()}
    if "out" in keeps:
        for one in outs:
            one._kept = True
        node.out = out._data if made is None else pack(made, [one._data for one in outs])
    return node


def held(name: str, value: Any, rule: Rule, out: Tensor, keeps: frozenset[str]) -> Any:
    """An argument as a wide node holds it: an array only where a formula names it."""
    if type(value) in (list, tuple) and name in rule.inputs:
        return [held(name, one, rule, out, keeps) for one in value]
    if type(value) is Tensor or isinstance(value, out._backend.constants):
        return keep(value, rule, out) if name in keeps else Space(array_of(value))
    if type(value) in SCALARS and name in rule.inputs:
        return constant(value, rule, out._backend, out._data)
    return unwrap(value, out._backend, True, rule.name)


def parts_of(node: OpNode | None, outs: list[Tensor]) -> list[Node | None]:
    """A node for each of several results; the gradients that arrive there are gathered."""
    if node is None:
        return [None] * len(outs)
    parts: list[Node | None] = []
    for index, out in enumerate(outs):
        part = OpNode()
        part.rule = PART
        part.backend = out._backend
        part.number = next_number()
        part.shape = out._data.shape
        part.dtype = out._data.dtype
        part.parent1 = node
        part.parent2 = None
        part.x1 = (index, len(outs))
        parts.append(part if out._backend.is_floating(part.dtype) else None)
    return parts


def nodes_of(value: Any) -> Any:
    """The node behind an input, or the list of nodes behind a list of inputs."""
    if type(value) in (list, tuple):
        return [node_of(one) for one in value]
    return node_of(value)


def flat(nodes: Any) -> list[Node | None]:
    return nodes if type(nodes) is list else [nodes]


def array_of(value: Any) -> Any:
    return current(value)._data if type(value) is Tensor else value


def keep(value: Any, rule: Rule, out: Tensor) -> Any:
    """An input as a node keeps it; from now on a write has to copy the memory first."""
    if type(value) is not Tensor:
        return constant(value, rule, out._backend, out._data)
    root_of(value)._kept = True
    return current(value)._data


def constant(value: Any, rule: Rule, backend: Backend, out: Any) -> Any:
    """A scalar or a raw array beside a Tensor, as a node keeps it.

    A raw array is copied, since it may change behind our back. A scalar stays as it is where the
    formulas use operators alone, and becomes an array where they hand it to functions of `xp`.
    """
    if type(value) not in SCALARS:
        return backend.copy(backend.asarray(value))
    if rule.calls_xp:
        return backend.arrays.asarray(value, dtype=out.dtype, device=out.device)
    return value


def is_plain(values: tuple[Any, ...]) -> bool:
    """Whether all that stands in a key or a shape is plain, or a slice of what is."""
    for one in values:
        kind = type(one)
        if kind is slice:
            start, stop, step = type(one.start), type(one.stop), type(one.step)
            if start not in PLAIN or stop not in PLAIN or step not in PLAIN:
                return False
        elif kind not in PLAIN:
            return False
    return True


def unwrap(value: Any, backend: Backend, keep: bool, where: str) -> Any:
    """An argument with arrays for the Tensors in it; `keep` if a graph will hold them."""
    kind = type(value)
    if kind is Tensor:
        if value._backend is not backend:
            value = brought_out(value)
            if value._backend.is_over(backend):
                raise Above(value._backend)
            value = adopted(value, backend, where)
        if keep:
            root_of(value)._kept = True
        return current(value)._data
    if kind is tuple:
        if is_plain(value):
            return value
        made = [v if type(v) in PLAIN else unwrap(v, backend, keep, where) for v in value]
        # The very key that came, if it holds no Tensor: `x[key] += v` is known by it.
        return value if all(map(operator.is_, made, value)) else tuple(made)
    if kind is slice:
        ends = (value.start, value.stop, value.step)
        if is_plain(ends):
            return value
        return slice(*[unwrap(one, backend, keep, where) for one in ends])
    if kind is list:
        return [unwrap(one, backend, keep, where) for one in value]
    if not isinstance(value, backend.constants):
        foreign = isinstance(value, numpy_backend.constants) and backend.base is None
        if foreign and value.dtype.kind in "biu":  # a key, in NumPy's arrays
            return backend.tensors.asarray(value, copy=True)._data
        return value
    changes = type(value) is backend.array_type or getattr(value, "shape", ()) != ()
    return backend.copy(value) if keep and changes else backend.constant(value)


def parameter(value: Any, backend: Backend, keep: bool, where: str) -> Any:
    """As `unwrap`, for an argument that has no derivative: one with a history is refused."""
    is_tensor = type(value) is Tensor
    if is_tensor and state.get().live and not exporting.get() and has_history(value):
        raise TypeError(
            f"{where}: one of the parameters tracks gradients, and there is no derivative in it, "
            "so its gradient would silently be zero; pass a number, or t.detach()"
        )
    return unwrap(value, backend, keep, where)


def adopted(value: Any, backend: Backend, where: str) -> Any:
    """A value with Tensors of one backend, which has to be laid over those that they have."""
    if type(value) in (list, tuple):
        return type(value)([adopted(one, backend, where) for one in value])
    if type(value) is not Tensor or value._backend is backend:
        return value
    if not backend.is_over(value._backend):
        raise mixed_backends(where, backend, value._backend)
    return backend.adopt(value)


def together(where: str, x1: Tensor, x2: Tensor) -> list[Any]:
    """Two Tensors of different backends as Tensors of the upper one of them."""
    x1, x2 = brought_out(x1), brought_out(x2)
    upper = x2._backend if x2._backend.is_over(x1._backend) else x1._backend
    return [adopted(x1, upper, where), adopted(x2, upper, where)]


def listed(x: Tensor, values: Any) -> Tensor:
    """A list, or NumPy's array, beside a Tensor as one of its library, with all history."""
    values = list(values) if isinstance(values, list | tuple) else values.copy()
    made: Tensor = x._backend.tensors.asarray(values, device=x.device)
    return made


def is_listed(value: Any, backend: Backend) -> bool:
    """Whether a value is a list or a tuple, or NumPy's array beside another library."""
    if isinstance(value, list | tuple):
        return True
    return isinstance(value, numpy_backend.constants) and not isinstance(value, backend.constants)


def brought_out(value: Any) -> Any:
    """A value with what it is outside for the Tensors in it that were kept beyond their vmap."""
    if type(value) in (list, tuple):
        return type(value)([brought_out(one) for one in value])
    if type(value) is not Tensor or value._backend.base is None:
        return value
    batches: Any = value._backend
    return batches.brought_out(value)


class Above(Exception):
    """An argument has a backend that is laid over the array's own: start again with that one."""

    def __init__(self, backend: Backend):
        self.backend = backend


def mixed_backends(where: str, first: Backend, second: Backend) -> TypeError:
    return TypeError(
        f"{where}: one array is on {first.name} and another on {second.name}; move one of them "
        "first, with to_device or the asarray of the other's namespace"
    )


class Part:
    """The rule of a result among several: its gradient waits for the others."""

    name = "part"
    parametric = straight = quick = False
    special = None


PART: Any = Part()


class Lifted:
    """What a node keeps, as Tensors with their history."""

    __slots__ = ("args", "kwargs", "out", "parent1", "parent2", "x1", "x2")

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    out: Any
    parent1: Node | None
    parent2: Node | None
    x1: Any
    x2: Any


def lifted(node: OpNode, history: bool = True) -> Lifted:
    """Show a node of any kind to formulas that run on Tensors; without `history`, as constants."""
    if isinstance(node, WideNode):
        return lift_wide(node, history)
    shown, backend = Lifted(), node.backend
    shown.parent1, shown.parent2 = node.parent1, node.parent2
    for slot, own in (("x1", node.parent1), ("x2", node.parent2), ("out", node)):
        if hasattr(node, slot):
            setattr(shown, slot, lift(getattr(node, slot), backend, own if history else None))
    if node.rule.parametric:
        shown.args = tuple([lift(one, backend, None) for one in node.args])
        shown.kwargs = {name: lift(one, backend, None) for name, one in node.kwargs.items()}
    return shown


def lift_wide(node: WideNode, history: bool) -> Lifted:
    shown, backend = Lifted(), node.backend
    many = node.many if history else {}

    def with_history(name: str, value: Any) -> Any:
        nodes = many.get(name)
        if type(nodes) is list:
            return [lift(v, backend, n) for v, n in zip(value, nodes, strict=True)]
        if type(value) is list:
            return [lift(v, backend, None) for v in value]
        return lift(value, backend, nodes)

    pairs = zip(node.rule.parameters, node.args, strict=False)
    shown.args = tuple([with_history(name, a) for name, a in pairs])
    shown.kwargs = {name: with_history(name, a) for name, a in node.kwargs.items()}
    if hasattr(node, "out"):
        if node.made is None:
            shown.out = lift(node.out, backend, node if history else None)
        else:
            shown.out = lift_outs(node, node.made, history)
    return shown


def lift_outs(node: WideNode, made: type, history: bool) -> Any:
    """Several kept results as Tensors, each on its own part of the node."""
    outs = [wrap(node.backend, array, None, True) for array in node.out]
    if history:
        for out, part in zip(outs, parts_of(node, outs), strict=True):
            out._node = part
    return pack(made, outs)


def pack(made: type, results: list[Any]) -> Any:
    """Several results in the tuple, or named tuple, that the function returns."""
    return made(*results) if hasattr(made, "_fields") else tuple(results)
