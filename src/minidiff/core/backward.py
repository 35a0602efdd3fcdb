"""Reverse mode: from a result to its leaves, newest operation first.

At first order the formulas run on the library's arrays. If the pass is itself recorded, the same
formulas run on Tensors. Nothing here recurses, and nothing knows a function by name.
"""

from __future__ import annotations

import operator
from operator import iadd
from typing import Any

from .graph import Dual, Freed, Leaf, Node, OpNode, WideNode, enable_grad
from .nodes import PART, Lifted, node_of, pack
from .project import project
from .rules import Rule
from .tensor import Tensor, current, wrap

CLEANUP_MODES = ("prune", "keep", "destroy")


def backward(
    root: Tensor,
    grad: Tensor | None,
    *,
    retain_grads: bool,
    cleanup_mode: str,
    allow_higher_order: bool,
    reset_grads: bool,
) -> None:
    """See Tensor.backward."""
    if cleanup_mode not in CLEANUP_MODES:
        raise ValueError(f"backward: cleanup_mode is one of {CLEANUP_MODES}, not {cleanup_mode!r}")
    if cleanup_mode == "destroy" and allow_higher_order:
        raise ValueError(
            "backward: cleanup_mode='destroy' would empty the graph that allow_higher_order=True "
            "needs; use 'prune' or 'keep'"
        )
    node = node_of(current(root))
    if node is None:
        raise RuntimeError(
            "backward: nothing was recorded for this tensor; make the inputs with allow_grad=True, "
            "compute outside no_grad(), and mind that integer results have no history"
        )
    if type(node) is Freed:
        raise freed()
    seed = start(root, grad, allow_higher_order)
    walk = Pass(tensors=allow_higher_order, retain=retain_grads, cleanup=cleanup_mode)
    nodes = reachable(node)
    if cleanup_mode != "keep" and isinstance(node, OpNode):
        give_up(root, node)
    walk.add(node, seed)
    del node, seed
    if allow_higher_order:
        with enable_grad(), root._backend.quiet():
            walk.back(nodes)
            walk.finish(reset_grads)
    else:
        with root._backend.quiet():
            walk.back(nodes)
            walk.finish(reset_grads)


def start(root: Tensor, grad: Tensor | None, tensors: bool) -> Any:
    """What the gradient starts from, in the space of the root: a Tensor or an array."""
    backend, data = root._backend, root._data
    if grad is None:
        seed = backend.arrays.ones(data.shape, dtype=data.dtype, device=data.device)
        return wrap(backend, seed) if tensors else seed
    if type(grad) is not Tensor:
        raise TypeError(f"backward: grad is a Tensor, not {type(grad).__name__}; use asarray(...)")
    if grad.shape != root.shape:
        raise ValueError(
            f"backward: grad has shape {grad.shape}, and the tensor it belongs to has {root.shape}"
        )
    xp = backend.tensors if tensors else backend.arrays
    return project(backend, xp, grad if tensors else current(grad)._data, data.shape, data.dtype)


def freed() -> RuntimeError:
    return RuntimeError(
        "backward: an earlier backward freed this graph; call that one with cleanup_mode='keep' to "
        "walk it again"
    )


def give_up(root: Tensor, node: OpNode) -> None:
    """Take the root's node from its handle: whoever else needs a part of the graph still has it."""
    remains: Node = Freed(node)
    levels = []
    outer = root._node
    while type(outer) is Dual:
        levels.append(outer)
        outer = outer.primal
    for dual in reversed(levels):
        remains = Dual(dual.level, remains, dual.tangent)
    root._node = remains
    if root._at is not None and root._at[0]._node is not node:
        root._at = (*root._at[:3], root._at[0]._node)


def reachable(root: Node) -> list[OpNode]:
    """The operations behind a node, oldest first."""
    if not isinstance(root, OpNode):
        return []
    found = [root]
    seen: set[Node] = {root}
    index = 0
    while index < len(found):
        node = found[index]
        index += 1
        for parent in (node.parent1, node.parent2) if type(node) is OpNode else node.parents():
            if type(parent) is Leaf or parent is None or parent in seen:
                continue
            if not isinstance(parent, OpNode):
                raise freed()
            seen.add(parent)
            found.append(parent)
    found.sort(key=operator.attrgetter("number"))
    return found


class Pass:
    """One backward pass: the gradients on their way, and which of their arrays it owns."""

    __slots__ = ("cleanup", "grads", "owned", "retain", "tensors")

    def __init__(self, *, tensors: bool, retain: bool, cleanup: str):
        self.tensors = tensors
        self.retain = retain
        self.cleanup = cleanup
        self.grads: dict[Any, Any] = {}
        self.owned: set[Any] = set()  # nodes whose gradient nobody else holds: added to in place

    def add(self, parent: Node, g: Any, owned: bool = False) -> None:
        """Add a gradient to what a node has so far; `owned`: the pass may write into it."""
        known = self.grads.get(parent)
        if known is None:
            self.grads[parent] = g
            if owned:
                self.owned.add(parent)
        elif parent in self.owned:
            self.grads[parent] = iadd(known, g)
        else:
            self.grads[parent] = known + g
            if not self.tensors:
                self.owned.add(parent)

    def projected(self, g: Any, parent: Any) -> Any:
        """A gradient in its node's space, on arrays."""
        return project(parent.backend, parent.backend.arrays, g, parent.shape, parent.dtype)

    def buffer(self, parent: Node, like: Any) -> Any:
        """A node's gradient so far, or zeros, as an array that the pass owns and may write."""
        backend = parent.backend
        known = self.grads.get(parent)
        if known is None:
            known = backend.zeros(parent.shape, parent.dtype, like)
        elif parent not in self.owned or type(known) is not backend.array_type:
            known = backend.copy(backend.asarray(known))
        else:
            return known
        self.grads[parent] = known
        self.owned.add(parent)
        return known

    def back(self, nodes: list[OpNode]) -> None:
        """Walk the nodes, given oldest first, from the newest to the oldest.

        In 'prune' mode the list is used up, so that a node and what it keeps die as soon as its
        turn is over and nobody else refers to them.
        """
        grads, owned, tensors = self.grads, self.owned, self.tensors
        while nodes:
            node = nodes.pop()
            g = grads.pop(node, None)
            if g is None:
                continue
            if self.retain:
                self.leave(node, g)
            rule = node.rule
            if rule.wide:
                self.back_wide(node, g)
                continue
            backend = node.backend
            if tensors:
                xp = backend.tensors
                shown: Any = Lifted(node)
            elif rule.special is not None:
                rule.special(self, node, g)
                continue
            else:
                xp = backend.arrays
                shown = node
            owned.discard(node)
            conjugate = node.dtype not in backend.plain and must_conjugate(rule, node)
            if conjugate:
                g = xp.conj(g)
            parent = node.parent1
            if parent is not None:
                if rule.parametric:
                    d = rule.pull1(xp, g, shown, *shown.args, **shown.kwargs)
                else:
                    d = rule.pull1(xp, g, shown)
                if conjugate:
                    d = xp.conj(d)
                if d.shape != parent.shape or d.dtype is not parent.dtype:
                    d = project(backend, xp, d, parent.shape, parent.dtype)
                known = grads.get(parent)
                if known is None:
                    grads[parent] = d
                elif parent in owned:
                    grads[parent] = iadd(known, d)
                else:
                    grads[parent] = known + d
                    if not tensors:
                        owned.add(parent)
            parent = node.parent2
            if parent is not None:
                d = rule.pull2(xp, g, shown)
                if conjugate:
                    d = xp.conj(d)
                if d.shape != parent.shape or d.dtype is not parent.dtype:
                    d = project(backend, xp, d, parent.shape, parent.dtype)
                known = grads.get(parent)
                if known is None:
                    grads[parent] = d
                elif parent in owned:
                    grads[parent] = iadd(known, d)
                else:
                    grads[parent] = known + d
                    if not tensors:
                        owned.add(parent)
            if self.cleanup == "destroy":
                empty(node)

    def back_wide(self, node: OpNode, g: Any) -> None:
        """One step for a rule with any signature, or for one of several results."""
        if node.rule is PART:
            parent = node.parent1
            index, count = node.x1
            self.grads.setdefault(parent, [None] * count)[index] = g
            return
        assert isinstance(node, WideNode)
        rule, backend = node.rule, node.backend
        if rule.special is not None and not self.tensors:
            rule.special(self, node, g)
            return
        self.owned.discard(node)
        xp = backend.tensors if self.tensors else backend.arrays
        shown: Any = Lifted(node) if self.tensors else node
        conjugate = must_conjugate(rule, node)
        if node.made is not None:
            g = pack(node.made, [xp.conj(one) if conjugate and one is not None else one for one in g])
        elif conjugate:
            g = xp.conj(g)
        for name, parents in node.many.items():
            many = type(parents) is list
            if not any(p is not None for p in (parents if many else [parents])):
                continue
            result = rule.pulls[name](xp, g, shown, *shown.args, **shown.kwargs)
            pairs = zip(parents, result, strict=True) if many else ((parents, result),)
            for parent, d in pairs:
                if parent is None or d is None:
                    continue
                if conjugate:
                    d = xp.conj(d)
                if d.shape != parent.shape or d.dtype is not parent.dtype:
                    d = project(backend, xp, d, parent.shape, parent.dtype)
                self.add(parent, d)
        if self.cleanup == "destroy":
            empty(node)

    def leave(self, node: OpNode, g: Any) -> None:
        """Keep the gradient of an intermediate tensor on its node."""
        if not isinstance(g, list):
            node.grad = self.as_tensor(node, g)

    def as_tensor(self, node: Any, g: Any) -> Tensor:
        """A gradient for keeps: its memory may be shared with another one, so writes copy it."""
        if self.tensors:
            kept = wrap(node.backend, current(g)._data, g._node)
        else:
            kept = wrap(node.backend, node.backend.asarray(g))
        kept._kept = True
        return kept

    def finish(self, reset: bool) -> None:
        """Hand every leaf its gradient."""
        for leaf, g in self.grads.items():
            handle = leaf.handle()
            if handle is None:
                continue  # nobody can ask for it any more
            old = handle._grad
            if reset or old is None:
                handle._grad = self.as_tensor(leaf, g)
                if leaf in self.owned:
                    handle._grad._kept = False
            else:
                handle._grad = old + self.as_tensor(leaf, g)
        self.grads.clear()


def must_conjugate(rule: Rule, node: OpNode) -> bool:
    """Whether a formula written as over the reals meets complex numbers."""
    return rule.conjugates and node.backend.is_complex(node.dtype)


def empty(node: OpNode) -> None:
    """Take from a node whatever it keeps, so that a second walk is refused."""
    for slot in ("x1", "x2", "out", "args", "kwargs"):
        if hasattr(node, slot):
            delattr(node, slot)
    node.parent1 = Freed(node)
    node.parent2 = None
    if isinstance(node, WideNode):
        node.many = {"freed": node.parent1}
