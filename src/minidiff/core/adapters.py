"""How the engine calls what a row is made of. It is made when a first pass needs it, not at import.

Adapters bring every formula behind one signature. Rows of users' own are looked at besides: their
formulas may return numbers, and their functions views; of this package's rows it is known, and
tested, that they do neither.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..backends import SCALARS, Backend
from .lifting import lift
from .rules import SPACE, Formula, Rule, is_list, names_of

# What adapters call a node: no parameter of a row has such a name.
NODE = "__node"


def pull_of(rule: Rule, name: str, lifting: bool) -> Formula:
    """The formula for an input as a function of (xp, g, node, *args, **kwargs)."""
    pull = adapter(rule, name, rule.formulas[name], ("xp", "g", NODE), lifting)
    return pull if rule.known else looked_at(pull, rule.title(name), rule.word == "elementwise")


def push_of(rule: Rule) -> Formula:
    """The jvp as a function of (xp, tangents, node, *args, **kwargs)."""
    assert rule.jvp is not None
    return adapter(rule, "jvp", rule.jvp, ("xp", "tangents", NODE), lifting=False)


def adapter(
    rule: Rule, name: str, formula: Formula, leading: tuple[str, ...], lifting: bool
) -> Formula:
    """The formula behind one signature that the engine can call for every rule.

    Python itself binds the call's arguments: the adapter has the row's own parameters and
    defaults, and passes on what the formula names. For multiply, d/dx1 becomes
    `lambda xp, g, node: formula(g, node.x2)`; for sum it becomes
    `lambda xp, g, node, /, *, axis=..., dtype=..., keepdims=...:
    formula(xp, g, node.parent1.shape, axis, keepdims)`. With `lifting` the kept arrays are
    passed as Tensors: `lift(node.x2, node.backend, node.parent2)`.
    """
    code, title = formula.__code__, rule.title(name)
    if code.co_name == "<lambda>":  # so that a traceback says where it was
        formula.__code__ = code.replace(co_name=title, co_qualname=title)
    kept = f"{NODE}.x{{0}}"
    out = f"{NODE}.out"
    if lifting:
        kept = f"__lift({kept}, {NODE}.backend, {NODE}.parent{{0}})"
        out = f"__lift({out}, {NODE}.backend, {NODE})"
    expressions = {name: name for name in ("xp", "g", *rule.parameters)} | {"out": out}
    for index, name in enumerate(rule.inputs):
        expressions[f"d{name}"] = f"tangents[{index}]"
        for of in SPACE:
            if not rule.wide:
                place = rule.parameters.index(name) + 1
                expressions[f"{name}_{of}"] = f"{NODE}.parent{place}.{of}"
            elif is_list(rule.signature.parameters[name]):
                expressions[f"{name}_{of}"] = f"[one.{of} for one in {name}]"
            else:  # args hold the array, or its Space
                expressions[f"{name}_{of}"] = f"{name}.{of}"
    own = list(rule.signature.parameters.values())
    if rule.kind in ("unary", "binary"):
        own = []
        expressions |= {name: kept.format(i) for i, name in enumerate(rule.parameters, 1)}
    elif rule.parametric:
        own = own[1:]
        expressions[rule.parameters[0]] = kept.format(1)
    passed = ", ".join(expressions[name] for name in names_of(formula))
    source = f"lambda {parameter_list(leading, own)}: __formula({passed})"
    defaults = {p.name: p.default for p in own}
    names = {"__formula": formula, "__defaults": defaults, "__lift": lift}
    made: Formula = eval(source, names)
    return made


def parameter_list(leading: tuple[str, ...], own: list[inspect.Parameter]) -> str:
    """The text of a parameter list: `leading`, then a row's own parameters with their kinds."""
    parts = [*leading]
    seen_slash = seen_star = False
    for p in own:
        if p.kind is not p.POSITIONAL_ONLY and not seen_slash:
            parts.append("/")
            seen_slash = True
        if p.kind is p.KEYWORD_ONLY and not seen_star:
            parts.append("*")
            seen_star = True
        if p.kind is p.VAR_POSITIONAL:
            parts.append(f"*{p.name}")
            seen_star = True
        elif p.kind is p.VAR_KEYWORD:
            parts.append(f"**{p.name}")
        else:
            parts.append(p.name if p.default is p.empty else f"{p.name}=__defaults[{p.name!r}]")
    return ", ".join(parts)


def looked_at(pull: Formula, title: str, elementwise: bool) -> Formula:
    """A user's formula, whose result may also be a number: so much for each element."""

    def call(xp: Any, g: Any, node: Any, /, *args: Any, **kwargs: Any) -> Any:
        d = pull(xp, g, node, *args, **kwargs)
        if type(d) in SCALARS and hasattr(g, "dtype"):
            return xp.zeros_like(g) + d
        if d is None or type(d) in SCALARS:
            raise TypeError(
                f"{title} returned {d}; a formula returns an array of its input's shape"
            )
        if elementwise and not go_together(d.shape, g.shape):
            raise ValueError(
                f"{title} returned shape {tuple(d.shape)} where {tuple(g.shape)} arrived; an "
                "element-wise formula works element by element"
            )
        return d

    return call


def with_own_memory(function: Callable[..., Any], backend: Backend) -> Callable[..., Any]:
    """A user's function, of which nobody knows how a view that it returns was made."""

    def call(*args: Any, **kwargs: Any) -> Any:
        out = function(*args, **kwargs)
        lists = [a if isinstance(a, list | tuple) else [a] for a in (*args, *kwargs.values())]
        arrays = [one for a in lists for one in a if isinstance(one, backend.array_type)]

        def own(one: Any) -> Any:
            if isinstance(one, backend.array_type):
                if any(backend.is_view(one, array) for array in arrays):
                    one = backend.copy(one)
                arrays.append(one)  # which the further results do not share either
            return one

        if not isinstance(out, tuple | list):
            return own(out)
        parts = [own(one) for one in out]
        return type(out)(*parts) if hasattr(out, "_fields") else type(out)(parts)

    return call


def go_together(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether arrays of two shapes broadcast."""
    return all(a == b or 1 in (a, b) for a, b in zip(shape[::-1], other[::-1], strict=False))
