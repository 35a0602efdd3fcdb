"""Reverse mode: from a result to its leaves, newest operation first.

At first order the formulas run on the library's arrays. If the pass is itself recorded, the same
formulas run on Tensors. Nothing here recurses, and nothing knows a function by name.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from .anomaly import look_for_anomaly, with_strong_zeros
from .graph import Dual, Freed, Node, OpNode, WideNode
from .hooks import Front, Hooked, run_hooks
from .lifting import lift
from .nodes import NOTHING, PART, flat, lifted, mixed_backends, node_of, pack
from .project import project, projected
from .state import State, state, zeros_are_strong
from .tensor import Tensor, blank, current, root_of, wrap
from .walk import empty, freed_below, reachable

if TYPE_CHECKING:
    from ..backends import Backend

iadd: Any = operator.iadd

state_now, zeros_now = state.get, zeros_are_strong.get

CLEANUP_MODES = ("prune", "keep", "destroy")


def backward(
    self: Tensor,
    grad: Tensor | None = None,
    *,
    retain_grads: bool = False,
    cleanup_mode: str = "prune",
    allow_higher_order: bool = False,
    reset_grads: bool = True,
    strong_zeros: bool = False,
) -> None:
    """Walk back from here and leave a gradient on every leaf that was reached.

    For a real result L, `x.grad` is ∂L/∂x; for complex x it is ∂L/∂Re x + i ∂L/∂Im x, so that
    `x - lr * x.grad` descends.

    Parameters
    ----------
    grad : Tensor, optional
        What the gradient starts from, of this tensor's shape; ones by default.
    retain_grads : bool
        Leave gradients on the intermediate tensors too.
    cleanup_mode : {'prune', 'keep', 'destroy'}
        'prune' frees what no other result still needs, 'keep' nothing, 'destroy' everything
        that was walked, even if another result still needs it.
    allow_higher_order : bool
        Record the pass itself, so that the gradients can be differentiated again.
    reset_grads : bool
        Replace the gradients of the leaves that are reached; False adds to them.
    strong_zeros : bool
        What arrives as exactly 0 goes on as exactly 0, whatever the local derivative.

    Raises
    ------
    RuntimeError
        If nothing was recorded for this tensor, or an earlier pass freed it.
    ValueError
        If `grad` has another shape, or `cleanup_mode` is unknown.
    """
    if cleanup_mode not in CLEANUP_MODES:
        raise ValueError(f"backward: cleanup_mode is one of {CLEANUP_MODES}, not {cleanup_mode!r}")
    if cleanup_mode == "destroy" and allow_higher_order:
        raise ValueError(
            "backward: cleanup_mode='destroy' would empty the graph that allow_higher_order=True "
            "needs; use 'prune' or 'keep'"
        )
    backend, node = self._backend, node_of(current(self))
    if node is None:
        raise nothing_recorded(backend)
    during = now = state_now()
    on_tensors = allow_higher_order or bool(now.levels)
    if on_tensors and backend.base is None:  # else underneath outer transforms may record
        during = now.recorded(allow_higher_order)
    seed = start(self, grad, on_tensors)
    strong = strong_zeros or zeros_now()
    walk = Pass(on_tensors, now, retain_grads, cleanup_mode, strong, allow_higher_order)
    nodes = reachable(node)
    if cleanup_mode != "keep" and nodes:
        # Whoever else needs a part of the graph still has it.
        self._node = Freed(node) if type(self._node) is not Dual else freed_below(self._node, node)
        if retain_grads:
            self._grad = walk.as_tensor(node, seed)
    walk.grads[node] = seed
    del node, seed  # or they would keep what the walk frees
    token = state.set(during) if during is not now else None
    try:
        backend.quietly(walk.run, nodes, reset_grads)
    finally:
        if token is not None:
            state.reset(token)


def nothing_recorded(backend: Backend) -> RuntimeError:
    if backend.base is not None:
        return RuntimeError(
            "backward: nothing was recorded for this tensor inside vmap, where leaves made outside "
            "are constants; call backward outside, or take md.grad inside"
        )
    return RuntimeError(
        "backward: nothing was recorded for this tensor; make the inputs with allow_grad=True, "
        "compute outside no_grad(), and mind that integer results have no history"
    )


Tensor.backward = backward  # type: ignore[method-assign]  # the handle is below the walk


def start(root: Tensor, grad: Tensor | None, tensors: bool) -> Any:
    """What the gradient starts from, in the space of the root: a Tensor or an array."""
    backend, data = root._backend, root._data
    if grad is None:
        seed = backend.ones(data.shape, data.dtype, data)
        return wrap(backend, seed) if tensors else seed
    if type(grad) is not Tensor:
        raise TypeError(f"backward: grad is a Tensor, not {type(grad).__name__}; use asarray(...)")
    if grad._backend is not backend and not grad._backend.is_over(backend):
        raise mixed_backends("backward", backend, grad._backend)
    if grad.shape != root.shape:
        raise ValueError(
            f"backward: grad has shape {grad.shape}, and the tensor it belongs to has {root.shape}"
        )
    root_of(grad)._kept = True  # a gradient may come to be this very array
    xp = backend.tensors if tensors else backend.arrays
    return project(backend, xp, grad if tensors else current(grad)._data, data.shape, data.dtype)


class Pass:
    """One backward pass: the gradients on their way, and which of their arrays it owns."""

    __slots__ = (
        *("anomaly", "cleanup", "general", "grads", "history"),
        *("levels", "owned", "retain", "start", "strong", "tensors"),
    )

    def __init__(
        self,
        tensors: bool,
        now: State,
        retain: bool,
        cleanup: str,
        strong: bool,
        history: bool,
        start: int = -1,
    ):
        self.tensors = tensors  # the formulas run on Tensors
        self.history = history  # with the history of what the nodes keep
        self.levels = levels = now.levels  # the jvps whose tangents are carried on
        self.anomaly = anomaly = now.anomaly
        self.strong = strong
        self.retain = retain
        self.cleanup = cleanup
        self.start = start  # operations up to this number are where it ends
        # What the straight loops leave out.
        special = retain or strong or levels or anomaly or tensors is not history
        self.general = bool(special) or cleanup == "destroy"
        self.grads: dict[Any, Any] = {}
        self.owned: set[Any] = set()  # nodes whose gradient nobody else holds: added to in place

    def add(self, parent: Any, g: Any, owned: bool = False) -> None:
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

    def buffer(self, parent: Node, like: Any) -> Any:
        """A node's gradient so far, or zeros, as an array that the pass owns and may write."""
        backend = parent.backend
        known = self.grads.get(parent)
        if known is None:
            known = backend.zeros(parent.shape, parent.dtype, like)
        elif parent in self.owned and type(known) is backend.array_type:
            return known
        else:
            known = backend.copy(backend.asarray(known))
        self.grads[parent] = known
        self.owned.add(parent)
        return known

    def run(self, nodes: list[OpNode], reset: bool | None) -> None:
        """Walk the nodes, given oldest first, from the newest to the oldest.

        The list is used up, so that in 'prune' mode a node and what it keeps die as soon as its
        turn is over and nobody else refers to them. With `reset` None the gradients stay in
        `grads`, and no leaf gets one.
        """
        if self.general:
            while nodes:
                node = nodes.pop()
                if node in self.grads:
                    self.step(node, self.grads.pop(node))
        elif self.tensors:
            self.back_on_tensors(nodes)
        else:
            self.back_on_arrays(nodes)
        if reset is not None:
            self.finish(reset)

    def back_on_arrays(self, nodes: list[OpNode]) -> None:
        """Straight code for nodes with one or two real arrays; the others take `step`."""
        grads, owned = self.grads, self.owned
        backend = None
        while nodes:
            node = nodes.pop()
            g = grads.pop(node, None)
            if g is None:
                continue
            if node.backend is not backend:
                backend = node.backend
                xp, plain, in_place = backend.arrays, backend.plain, backend.writes_in_place
            rule, shape, dtype = node.rule, node.shape, node.dtype
            if not rule.straight or dtype not in plain:
                special = rule.special
                if special is not None and in_place:
                    special(self, node, g)
                elif rule.quick and dtype in plain:
                    pull = rule.pull1
                    d = pull(xp, g, node, *node.args, **node.kwargs)
                    self.add(node.parent1, projected(xp, d, node.parent1))
                    owned.discard(node)
                else:
                    self.step(node, g)
                continue
            if owned:
                owned.discard(node)
            # Where a parent has the result's own space, an element-wise formula stays in it, and
            # makes an array of its own unless it hands on what arrives.
            stays = rule.stays
            parent = node.parent1
            if parent is not None:
                pull = rule.pull1  # by way of a local: to call an attribute takes twice as long
                d = pull(xp, g, node)
                fresh = stays and parent.shape is shape and parent.dtype is dtype
                if not fresh:
                    d = projected(xp, d, parent)
                known = grads.get(parent)
                if known is None:
                    grads[parent] = d
                elif parent in owned:
                    grads[parent] = iadd(known, d)
                else:
                    grads[parent] = iadd(d, known) if fresh and d is not g else known + d
                    owned.add(parent)
            parent = node.parent2
            if parent is not None:
                special2 = rule.special2
                if special2 is not None and special2(self, node, g):
                    continue
                pull = rule.pull2
                d = pull(xp, g, node)
                fresh = stays and parent.shape is shape and parent.dtype is dtype
                if not fresh:
                    d = projected(xp, d, parent)
                known = grads.get(parent)
                if known is None:
                    grads[parent] = d
                elif parent in owned:
                    grads[parent] = iadd(known, d)
                else:
                    grads[parent] = iadd(d, known) if fresh and d is not g else known + d
                    owned.add(parent)

    def back_on_tensors(self, nodes: list[OpNode]) -> None:
        """The same in a pass that is itself recorded: nothing is written in place."""
        grads = self.grads
        backend = None
        while nodes:
            node = nodes.pop()
            g = grads.pop(node, None)
            if g is None:
                continue
            if node.backend is not backend:
                backend = node.backend
                xp, plain = backend.tensors, backend.plain
            rule, shape, dtype = node.rule, node.shape, node.dtype
            if not rule.straight or dtype not in plain:
                if rule.quick and dtype in plain:
                    args = [lift(one, backend, None) for one in node.args]
                    kwargs = {name: lift(one, backend, None) for name, one in node.kwargs.items()}
                    pull = rule.pull1_on_tensors
                    d = pull(xp, g, node, *args, **kwargs)
                    self.add(node.parent1, projected(xp, d, node.parent1))
                else:
                    self.step(node, g)
                continue
            stays = rule.stays
            parent = node.parent1
            if parent is not None:
                pull = rule.pull1_on_tensors
                d = pull(xp, g, node)
                if not stays or parent.shape is not shape or parent.dtype is not dtype:
                    d = projected(xp, d, parent)
                known = grads.get(parent)
                grads[parent] = d if known is None else known + d
            parent = node.parent2
            if parent is not None:
                pull = rule.pull2_on_tensors
                d = pull(xp, g, node)
                if not stays or parent.shape is not shape or parent.dtype is not dtype:
                    d = projected(xp, d, parent)
                known = grads.get(parent)
                grads[parent] = d if known is None else known + d

    def step(self, node: OpNode, g: Any) -> None:
        """One node in full generality: any signature, complex numbers, tangents on the way."""
        rule = node.rule
        if isinstance(rule, Hooked):
            g = self.through_hooks(node, rule.hooks, g)
            if rule.retain:
                self.leave(node, g)
            rule = rule.rule
        if self.retain:
            self.leave(node, g)
        if isinstance(rule, Front):
            with rule.unpacked(node) as own:
                self.through(node, own, g)
        else:
            self.through(node, rule, g)
        if self.cleanup == "destroy" and rule is not PART:
            empty(node)

    def through(self, node: OpNode, rule: Any, g: Any) -> None:
        """From the gradient of a node to those of its parents, by its rule."""
        backend = node.backend
        if rule is PART:
            index, count = node.x1
            gathered = self.grads.setdefault(node.parent1, [None] * count)
            known = gathered[index]  # a lifted result is a second part of the same index
            gathered[index] = g if known is None else known + g
            return
        if rule.special is not None and not self.tensors and backend.writes_in_place:
            rule.special(self, node, g)
        else:
            xp = backend.tensors if self.tensors else backend.arrays
            conj = unchanged
            plain = node.dtype in backend.plain
            if rule.conjugates and not plain and backend.is_complex(node.dtype):
                conj = xp.conj
            shown, args, kwargs = self.shown(node)
            if isinstance(node, WideNode):
                self.step_wide(node, g, xp, conj, shown)
            else:
                g = conj(g)
                parents = (node.parent1, node.parent2)
                for (name, pull), parent in zip(rule.pulls.items(), parents, strict=False):
                    if parent is not None:
                        d = pull(xp, g, shown, *args, **kwargs)
                        self.hand_on(node, name, xp, g, conj(d), parent)
            self.owned.discard(node)

    def step_wide(self, node: WideNode, g: Any, xp: Any, conj: Any, shown: Any) -> None:
        """One node with another signature, or with several results."""
        if node.made is None:
            g = conj(g)
        else:
            g = pack(node.made, [one if one is None else conj(one) for one in g])
        for name, several in node.many.items():
            parents = flat(several)
            if any(parent is not None for parent in parents):
                d = node.rule.pulls[name](xp, g, shown, *shown.args, **shown.kwargs)
                ds = d if type(several) is list else [d]
                for parent, one in zip(parents, ds, strict=True):
                    if parent is not None:
                        self.hand_on(node, name, xp, g, conj(one), parent)

    def hand_on(self, node: OpNode, name: str, xp: Any, g: Any, d: Any, parent: Any) -> None:
        """Add what a formula gave to the gradient of its input."""
        if self.strong:
            d = with_strong_zeros(node.rule, xp, g, d)
        if self.anomaly is not None:
            look_for_anomaly(self.anomaly, node, name, g, d)
        self.add(parent, projected(xp, d, parent))

    def shown(self, node: OpNode) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """What the formulas find kept: arrays, or Tensors with their history."""
        shown: Any = node
        if self.tensors:
            remembered = (level.calls.get(node) for level in reversed(self.levels))
            shown = next((one for one in remembered if one is not None), None)
            shown = shown or lifted(node, self.history)
        if node.rule.parametric:
            return shown, shown.args, shown.kwargs
        return shown, (), NOTHING

    def through_hooks(self, node: Any, hooks: dict[int, Any], g: Any) -> Any:
        """What the user's hooks make of a gradient."""
        if not hooks:
            return g
        out = run_hooks(hooks, node, self.as_tensor(node, g))
        self.owned.discard(node)  # a hook may have kept it
        return out if self.tensors else current(out)._data

    def leave(self, node: OpNode, g: Any) -> None:
        """Keep the gradient of an intermediate tensor on its node."""
        if not isinstance(g, list):
            node.grad = self.as_tensor(node, g)
            self.owned.discard(node)

    def as_tensor(self, node: Any, g: Any, kept: bool = True) -> Tensor:
        """A gradient for keeps; `kept`: others may hold its memory, so that a write copies it."""
        made = blank()
        if self.tensors:
            made._data, made._backend, made._node = current(g)._data, g._backend, g._node
        else:
            made._backend = backend = node.backend
            made._data = g if type(g) is backend.array_type else backend.asarray(g)
            made._node = None
        made._at = None
        if kept:
            made._kept = True
        return made

    def finish(self, reset: bool) -> None:
        """Hand every leaf its gradient."""
        owned = self.owned
        for leaf, g in self.grads.items():
            handle_of = leaf.handle
            handle = handle_of()
            if handle is None or handle._node is not leaf:
                continue  # nobody can ask for it, or wants to, any more
            if leaf.hooks:
                g = self.through_hooks(leaf, leaf.hooks, g)
            given = self.as_tensor(leaf, g, leaf not in owned)
            old = None if reset else getattr(handle, "_grad", None)
            handle._grad = given if old is None else old + given


def unchanged(g: Any) -> Any:
    return g
