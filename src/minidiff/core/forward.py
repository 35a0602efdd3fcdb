"""Forward mode over the same rules: tangents travel with the tensors, and no graph is kept.

A Dual is laid over the node that a tensor has anyway, so both modes nest in either order. Each
`jvp` has a level of its own: an operation strips the highest level off its inputs, runs on what
remains, and lays the tangent over the result. Nested derivatives are never confused.
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..backends import SCALARS
from .graph import Dual, Node, forward_mode, state
from .lifting import kept_wrap, lift, rebased
from .nodes import constant, make_node, pack, parts_of
from .project import project_out
from .rules import Rule
from .tensor import Tensor, current

next_level = itertools.count(1).__next__


def jvp(
    function: Callable[..., Tensor], primals: Sequence[Tensor], tangents: Sequence[Tensor]
) -> tuple[Tensor, Tensor]:
    """The value of a function and its derivative along a direction.

    Parameters
    ----------
    function : callable
        Takes as many Tensors as there are `primals`; returns one Tensor.
    primals, tangents : sequences of Tensor
        Where, and along which direction; of equal shapes, real or complex floating.

    Returns
    -------
    (Tensor, Tensor)
        The value and the Jacobian-vector product, which has the value's shape and dtype.

    Raises
    ------
    ValueError
        If a tangent has another shape than its primal.
    """
    level = next_level()
    duals = []
    for primal, tangent in zip(primals, tangents, strict=True):
        if primal.shape != tangent.shape:
            raise ValueError(
                f"jvp: a tangent of shape {primal.shape} is needed, not {tangent.shape}"
            )
        over = Dual(level, current(primal)._node, tangent)
        duals.append(kept_wrap(primal, over))
    with forward_mode():
        out = function(*duals)
    return split(out, level)


def split(out: Tensor, level: int) -> tuple[Tensor, Tensor]:
    """A result of a jvp and its tangent. Levels above are of calls that have returned."""
    node = current(out)._node
    while type(node) is Dual and node.level > level:
        node = node.primal
    if type(node) is Dual and node.level == level:
        return kept_wrap(out, node.primal), node.tangent
    return out, project_out(None, out)


def strip(value: Any, level: int) -> tuple[Any, Any]:
    """An input without its tangent of one level, and that tangent; lists give lists."""
    if type(value) in (list, tuple):
        pairs = [strip(one, level) for one in value]
        return [primal for primal, _ in pairs], [tangent for _, tangent in pairs]
    if type(value) is not Tensor:
        return value, None
    node = current(value)._node
    if type(node) is not Dual or node.level != level:
        return value, None
    return kept_wrap(value, node.primal), node.tangent


def highest_level(values: Sequence[Any]) -> int:
    """The highest level of any tangent among the inputs; 0 where there is none."""
    found = 0
    for value in values:
        if type(value) in (list, tuple):
            found = max(found, highest_level(value))
        elif type(value) is Tensor and type(current(value)._node) is Dual:
            found = max(found, value._node.level)  # type: ignore[union-attr]  # a Dual has one
    return found


def record(rule: Rule, out: Tensor, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Give a result its history: a node, a tangent, both, or neither, as the state says."""
    record_all(rule, [out], None, args, kwargs)


def record_all(
    rule: Rule,
    outs: list[Tensor],
    made: type | None,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> None:
    """The same for all results of a call; `made` is the tuple that they came in, if any."""
    now = state.get()
    if not now.on or not any(out._backend.is_floating(out._data.dtype) for out in outs):
        return  # an integer result is detached
    node = make_node(rule, outs, made, args, kwargs, whole=now.forward)
    nodes: list[Node | None] = [node] if made is None else parts_of(node, outs)
    if now.forward:
        nodes = overlay(rule, outs, made, args, kwargs, nodes)
        if node is not None and hasattr(node, "out"):
            node.out = whole_out(outs, nodes, made)
    for out, own in zip(outs, nodes, strict=True):
        out._node = own


def overlay(
    rule: Rule,
    outs: list[Tensor],
    made: type | None,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    bottoms: list[Node | None],
) -> list[Node | None]:
    """The results' tangents, one level over the other, over their reverse-mode nodes."""
    given = rule.given(args, kwargs)
    level = highest_level([value for _, value in given])
    if not level:
        return bottoms
    stripped = {name: strip(value, level) for name, value in given}
    tangents = {name: tangent for name, (_, tangent) in stripped.items()}
    args, kwargs = rule.replaced(
        args, kwargs, {name: primal for name, (primal, _) in stripped.items()}
    )
    nodes = overlay(rule, outs, made, args, kwargs, bottoms)
    below = [kept_wrap(out, node) for out, node in zip(outs, nodes, strict=True)]
    result = push(rule, below[0] if made is None else pack(made, below), args, kwargs, tangents)
    pushed = [result] if made is None else result
    return [
        Dual(level, under._node, project_out(tangent, under))
        for under, tangent in zip(below, pushed, strict=True)
    ]


def push(
    rule: Rule,
    out: Any,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    tangents: Mapping[str, Any],
) -> Any:
    """The tangent of a result, by the promise of the rule's word."""
    present = {name: tangent for name, tangent in tangents.items() if holds_any(tangent)}
    given = dict(rule.given(args, kwargs))
    if rule.word == "linear":
        args, kwargs = rule.replaced(
            args, kwargs, {n: filled(tangents[n], given[n]) for n in tangents}
        )
        return rule.function(*args, **kwargs)
    if rule.word == "bilinear":
        calls = [rule.replaced(args, kwargs, {name: tangent}) for name, tangent in present.items()]
        return total([rule.function(*a, **k) for a, k in calls])
    first = out if type(out) is Tensor else out[0]
    xp = first._backend.tensors
    shown = Call(rule, out, first, args, kwargs)
    if rule.word == "elementwise":
        return total(
            [rule.pulls[n](xp, t, shown, *shown.args, **shown.kwargs) for n, t in present.items()]
        )
    in_order = [filled(tangents[n], given[n]) if n in given else None for n in rule.inputs]
    return rule.push(xp, in_order, shown, *shown.args, **shown.kwargs)


class Call:
    """A call's arguments as the formulas' adapters look for them on a node, all of them Tensors."""

    __slots__ = ("args", "kwargs", "out", "parent1", "parent2", "x1", "x2")

    def __init__(self, rule: Rule, out: Any, first: Tensor, args: Any, kwargs: Any):
        args = tuple([self._shown(rule, first, a) for a in args])
        self.out = out
        self.x1 = self.parent1 = args[0] if args else None
        self.x2 = self.parent2 = args[1] if len(args) > 1 else None
        self.args = args if rule.wide else args[1:] if rule.parametric else ()
        self.kwargs = kwargs

    @staticmethod
    def _shown(rule: Rule, first: Tensor, value: Any) -> Any:
        if type(value) in SCALARS and rule.calls_xp and not rule.parametric:
            return lift(constant(value, rule, first._backend, first._data), first._backend, None)
        return lift(value, first._backend, None)


def holds_any(tangent: Any) -> bool:
    return any(t is not None for t in tangent) if type(tangent) is list else tangent is not None


def filled(tangent: Any, primal: Any) -> Any:
    """A tangent, or zeros where an input carries none."""
    if type(tangent) is list:
        return [filled(t, p) for t, p in zip(tangent, primal, strict=True)]
    if tangent is None and type(primal) is Tensor:
        return primal._backend.tensors.zeros_like(primal.detach())
    return tangent


def total(terms: list[Any]) -> Any:
    return functools.reduce(operator.add, [t for t in terms if t is not None]) if terms else None


def whole_out(outs: list[Tensor], nodes: list[Node | None], made: type | None) -> Any:
    """A result as its own node keeps it in forward mode: its tangents, and not the node itself."""
    wholes = [kept_wrap(out, rebased(node, None)) for out, node in zip(outs, nodes, strict=True)]
    return wholes[0] if made is None else pack(made, wholes)
