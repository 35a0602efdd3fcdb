"""Forward mode over the same rules: tangents travel with the tensors, and no graph is kept.

A Dual is laid over the node that a tensor has anyway, so both modes nest in either order. Each
evaluation (`Duals`) has a level of its own: an operation strips the highest level off its inputs,
runs on what remains, and lays the tangent over the result. Nested derivatives are never confused.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..backends import SCALARS, Backend
from .anomaly import users_line
from .graph import Dual, Level, Node, OpNode, WideNode, next_number
from .lifting import kept_wrap, lift
from .nodes import Lifted, constant, lifted, make_node, node_of, pack, parts_of
from .project import project_out
from .rules import Rule
from .state import on_level, state
from .tensor import Tensor, current, root_of, wrap
from .walk import behind, leaked


class Duals:
    """Primals that carry tangents while a function is evaluated: `with Duals(...) as duals: ...`.

    Attributes
    ----------
    tensors : list of Tensor
        The primals, each with its tangent laid over its node.
    """

    def __init__(self, primals: Iterable[Tensor], tangents: Iterable[Tensor]):
        self.level = Level()
        self.start = next_number()
        pairs = zip(primals, tangents, strict=True)
        self.tensors = [dual(self.level, primal, tangent) for primal, tangent in pairs]

    def __enter__(self) -> Duals:
        self._token = state.set(state.get().inside(self.level))
        return self

    def __exit__(self, *error: object) -> None:
        state.reset(self._token)
        self.level.calls.clear()

    def check(self, outs: Sequence[Tensor]) -> None:
        """Refuse what a thread computed without the tangents."""
        _, ends = behind([node_of(current(out)) for out in outs], self.start)
        if any(type(end) is Dual for end in ends):
            raise leaked()

    def split(self, out: Tensor) -> tuple[Tensor, Tensor]:
        """A result and its tangent, apart; neither shares what it may write with anybody."""
        node = carried(current(out)._node, (self.level,))
        below = kept_wrap(out, carried(out._node, state.get().entered[:-1]))
        root_of(out)._kept = True
        if type(node) is not Dual:
            return below, project_out(None, below)
        return below, kept_wrap(node.tangent, node.tangent._node)


def dual(level: Level, primal: Tensor, tangent: Tensor) -> Tensor:
    """A primal that carries its tangent."""
    root_of(primal)._kept = root_of(tangent)._kept = True
    travels = kept_wrap(tangent, current(tangent)._node)
    return kept_wrap(primal, Dual(level, current(primal)._node, travels))


def carried(node: Node | None, levels: Sequence[Level]) -> Node | None:
    """A node with the tangents of these levels alone."""
    if type(node) is not Dual:
        return node
    primal = carried(node.primal, levels)
    if node.level not in levels:
        return primal
    return node if primal is node.primal else Dual(node.level, primal, node.tangent)


def seen(value: Any, levels: Sequence[Level]) -> Any:
    """An argument with the tangents of these levels alone, in lists too."""
    if type(value) in (list, tuple):
        return [seen(one, levels) for one in value]
    if type(value) is not Tensor or type(current(value)._node) is not Dual:
        return value
    return kept_wrap(value, carried(value._node, levels))


def strip(value: Any, level: Level) -> tuple[Any, Any]:
    """An input without its tangent of one level, and that tangent; lists give lists."""
    if type(value) in (list, tuple):
        pairs = [strip(one, level) for one in value]
        return [primal for primal, _ in pairs], [tangent for _, tangent in pairs]
    if type(value) is not Tensor:
        return value, None
    node = current(value)._node
    if type(node) is not Dual or node.level is not level:
        return value, None
    return kept_wrap(value, node.primal), node.tangent


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
    if not now.live or not any(out._backend.is_floating(out._data.dtype) for out in outs):
        return  # an integer result is detached
    node = make_node(rule, outs, made, args, kwargs) if now.on else None
    nodes: list[Node | None] = [node] if made is None else parts_of(node, outs)
    for index, level in enumerate(now.levels, 1):
        # Once more for each level: a backward pass inside an outer jvp must not meet the tangents
        # of an inner one.
        levels = now.levels[:index]
        given = {name: seen(value, levels) for name, value in rule.given(args, kwargs)}
        nodes = overlay(rule, outs, made, *rule.replaced(args, kwargs, given), nodes, level)
        if node is not None and any(type(own) is Dual for own in nodes):
            wholes = [kept_wrap(out, own) for out, own in zip(outs, nodes, strict=True)]
            level.calls[node] = with_tangents(node, given, wholes)
    if node is not None and now.anomaly:
        node.trace = users_line()
    if node is not None and now.saving is not None:
        now.saving.put_away(node)
    for out, own in zip(outs, nodes, strict=True):
        out._node = own


def with_tangents(node: OpNode, given: Mapping[str, Any], outs: list[Tensor]) -> Lifted:
    """What a node keeps, as Tensors, with the tangents that its inputs and results carry."""
    rule, shown = node.rule, lifted(node)
    if isinstance(node, WideNode):
        kept = {**dict(zip(rule.parameters, shown.args, strict=False)), **shown.kwargs}
        values = {name: carrying(kept[name], value) for name, value in given.items()}
        shown.args, shown.kwargs = rule.replaced(shown.args, shown.kwargs, values)
    else:
        for slot, value in zip(("x1", "x2"), given.values(), strict=False):
            if hasattr(shown, slot):
                setattr(shown, slot, carrying(getattr(shown, slot), value))
    if hasattr(shown, "out"):
        made = node.made if isinstance(node, WideNode) else None
        shown.out = outs[0] if made is None else pack(made, outs)
    return shown


def carrying(kept: Any, value: Any) -> Any:
    """What a node keeps of an input, or the input itself where it carries a tangent."""
    if type(kept) is list:
        return [carrying(one, v) for one, v in zip(kept, value, strict=True)]
    carries = type(value) is Tensor and type(value._node) is Dual and type(kept) is Tensor
    return value if carries else kept


def overlay(
    rule: Rule,
    outs: list[Tensor],
    made: type | None,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    bottoms: list[Node | None],
    level: Level,
) -> list[Node | None]:
    """The results' tangents of one level, over the nodes that they have without it."""
    stripped = {name: strip(value, level) for name, value in rule.given(args, kwargs)}
    tangents = {name: tangent for name, (_, tangent) in stripped.items()}
    if not any(holds_any(tangent) for tangent in tangents.values()):
        return bottoms
    args, kwargs = rule.replaced(
        args, kwargs, {name: primal for name, (primal, _) in stripped.items()}
    )
    below = [kept_wrap(out, node) for out, node in zip(outs, bottoms, strict=True)]
    result = push(rule, below[0] if made is None else pack(made, below), args, kwargs, tangents)
    # What a formula closes over may carry tangents of this very level; a tangent has none.
    pushed = [strip(one, level)[0] for one in ([result] if made is None else result)]
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
    first = out if type(out) is Tensor else out[0]
    backend = first._backend
    present = {name: tangent for name, tangent in tangents.items() if holds_any(tangent)}
    given = dict(rule.given(args, kwargs))
    if rule.word == "linear":
        args, kwargs = rule.replaced(
            args, kwargs, {n: filled(tangents[n], given[n], backend) for n in tangents}
        )
        if not rule.takes_device:
            return rule.function(*args, **kwargs)
        with on_level(backend):  # astype, say, would take a tangent into the vmap that runs
            return rule.function(*args, **kwargs)
    if rule.word == "bilinear":
        calls = [rule.replaced(args, kwargs, {name: tangent}) for name, tangent in present.items()]
        return total([rule.function(*a, **k) for a, k in calls])
    xp = backend.tensors
    shown = Call(rule, out, first, args, kwargs)
    if rule.word == "elementwise":
        return total(
            [rule.pulls[n](xp, t, shown, *shown.args, **shown.kwargs) for n, t in present.items()]
        )
    in_order = [filled(tangents[n], given[n], backend) if n in given else None for n in rule.inputs]
    return rule.push(xp, in_order, shown, *shown.args, **shown.kwargs)


class Call:
    """A call's arguments as the formulas' adapters look for them on a node, all of them Tensors."""

    __slots__ = ("args", "kwargs", "out", "parent1", "parent2", "x1", "x2")

    def __init__(self, rule: Rule, out: Any, first: Tensor, args: Any, kwargs: Any):
        pairs = zip(rule.parameters, args, strict=False)
        args = tuple([self._shown(rule, first, name, value) for name, value in pairs])
        self.out = out
        self.x1 = self.parent1 = args[0] if args else None
        self.x2 = self.parent2 = args[1] if len(args) > 1 else None
        self.args = args if rule.wide else args[1:] if rule.parametric else ()
        self.kwargs = kwargs

    @staticmethod
    def _shown(rule: Rule, first: Tensor, name: str, value: Any) -> Any:
        if type(value) in SCALARS and rule.calls_xp and name in rule.inputs:
            return lift(constant(value, rule, first._backend, first._data), first._backend, None)
        return lift(value, first._backend, None)


def holds_any(tangent: Any) -> bool:
    return any(t is not None for t in tangent) if type(tangent) is list else tangent is not None


def filled(tangent: Any, primal: Any, backend: Backend) -> Any:
    """A tangent, or zeros where an input carries none."""
    if type(tangent) is list:
        return [filled(t, p, backend) for t, p in zip(tangent, primal, strict=True)]
    if tangent is not None or primal is None:
        return tangent
    if type(primal) in SCALARS:
        return 0
    array = current(primal)._data if type(primal) is Tensor else backend.asarray(primal)
    return wrap(backend, backend.arrays.zeros_like(array))


def total(terms: list[Any]) -> Any:
    return functools.reduce(operator.add, [t for t in terms if t is not None]) if terms else None
