"""Reverse mode: from a result to its leaves, newest operation first.

At first order the formulas run on the library's arrays. If the pass is itself recorded, the same
formulas run on Tensors. Nothing here recurses, and nothing knows a function by name.
"""

from __future__ import annotations

import operator
from typing import Any

from .graph import Dual, Freed, Node, OpNode, WideNode, enable_grad
from .nodes import PART, Lifted, node_of, pack
from .project import project
from .tensor import Tensor, current, wrap

iadd: Any = operator.iadd

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
    for node in found:  # which grows meanwhile
        if type(node) is OpNode:
            parent = node.parent1
            if type(parent) is OpNode:
                if parent not in seen:
                    seen.add(parent)
                    found.append(parent)
            elif type(parent) in NOT_STRAIGHT:
                enqueue(parent, found, seen)
            parent = node.parent2
            if type(parent) is OpNode:
                if parent not in seen:
                    seen.add(parent)
                    found.append(parent)
            elif type(parent) in NOT_STRAIGHT:
                enqueue(parent, found, seen)
        else:
            for parent in node.parents():
                enqueue(parent, found, seen)
    found.sort(key=operator.attrgetter("number"))
    return found


NOT_STRAIGHT = frozenset({WideNode, Freed})


def enqueue(parent: Node | None, found: list[OpNode], seen: set[Node]) -> None:
    """Add an operation to what has been found; refuse what an earlier pass freed."""
    if type(parent) is Freed:
        raise freed()
    if isinstance(parent, OpNode) and parent not in seen:
        seen.add(parent)
        found.append(parent)


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

    @staticmethod
    def projected(xp: Any, g: Any, parent: Any) -> Any:
        """A gradient in its node's space."""
        if g.shape != parent.shape or g.dtype is not parent.dtype:
            return project(parent.backend, xp, g, parent.shape, parent.dtype)
        return g

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
        grads, owned = self.grads, self.owned
        simple = not self.tensors and not self.retain and self.cleanup != "destroy"
        backend = None
        while nodes:
            node = nodes.pop()
            g = grads.pop(node, None)
            if g is None:
                continue
            if node.backend is not backend:
                backend = node.backend
                xp, plain = backend.arrays, backend.plain
            rule = node.rule
            if not (simple and rule.straight and node.dtype in plain):
                self.step(node, g)
                continue
            if owned:
                owned.discard(node)
            parent = node.parent1
            if parent is not None:
                d = rule.pull1(xp, g, node)
                if d.shape != parent.shape or d.dtype is not parent.dtype:
                    d = project(backend, xp, d, parent.shape, parent.dtype)
                known = grads.get(parent)
                if known is None:
                    grads[parent] = d
                elif parent in owned:
                    grads[parent] = iadd(known, d)
                else:
                    grads[parent] = known + d
                    owned.add(parent)
            parent = node.parent2
            if parent is not None:
                d = rule.pull2(xp, g, node)
                if d.shape != parent.shape or d.dtype is not parent.dtype:
                    d = project(backend, xp, d, parent.shape, parent.dtype)
                known = grads.get(parent)
                if known is None:
                    grads[parent] = d
                elif parent in owned:
                    grads[parent] = iadd(known, d)
                else:
                    grads[parent] = known + d
                    owned.add(parent)

    def step(self, node: OpNode, g: Any) -> None:
        """One node in full generality: any signature, complex numbers, a recorded pass."""
        rule, backend = node.rule, node.backend
        if rule is PART:
            index, count = node.x1
            self.grads.setdefault(node.parent1, [None] * count)[index] = g
            return
        if self.retain:
            self.leave(node, g)
        if rule.special is not None and not self.tensors:
            rule.special(self, node, g)
        else:
            xp = backend.tensors if self.tensors else backend.arrays
            shown: Any = Lifted(node) if self.tensors else node
            conj = xp.conj if rule.conjugates and backend.is_complex(node.dtype) else unchanged
            if isinstance(node, WideNode):
                if node.made is None:
                    g = conj(g)
                else:
                    g = pack(node.made, [one if one is None else conj(one) for one in g])
                for name, parents in node.many.items():
                    if type(parents) is not list:
                        if parents is not None:
                            d = rule.pulls[name](xp, g, shown, *shown.args, **shown.kwargs)
                            self.add(parents, self.projected(xp, conj(d), parents))
                    elif any(parent is not None for parent in parents):
                        ds = rule.pulls[name](xp, g, shown, *shown.args, **shown.kwargs)
                        for parent, d in zip(parents, ds, strict=True):
                            if parent is not None:
                                self.add(parent, self.projected(xp, conj(d), parent))
            else:
                g = conj(g)
                args, kwargs = (shown.args, shown.kwargs) if rule.parametric else ((), {})
                for parent, pull in ((node.parent1, rule.pull1), (node.parent2, rule.pull2)):
                    if parent is not None:
                        d = pull(xp, g, shown, *args, **kwargs)
                        self.add(parent, self.projected(xp, conj(d), parent))
            self.owned.discard(node)
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


def unchanged(g: Any) -> Any:
    return g


def empty(node: OpNode) -> None:
    """Take from a node whatever it keeps, so that a second walk is refused."""
    for slot in ("x1", "x2", "out", "args", "kwargs"):
        if hasattr(node, slot):
            delattr(node, slot)
    node.parent1 = Freed(node)
    node.parent2 = None
    if isinstance(node, WideNode):
        node.many = {"freed": node.parent1}
