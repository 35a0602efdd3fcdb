"""The transposed derivative of a computation, as a function: what `grad`, `vjp` and others use.

`Tensor.backward` leaves gradients on the leaves that users made. A Pullback works on variables of
its own, so that nested derivatives never meet: it walks back no further than to them, and touches
no `.grad`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..backends import numpy_backend
from .backward import Pass
from .graph import Dual, Node, OpNode, Variable, next_number
from .hooks import Hooked
from .lifting import kept_wrap
from .nodes import node_of
from .project import project
from .state import State, innermost, state, zeros_are_strong
from .tensor import Tensor, current, root_of
from .trees import tensors_of, with_tensors
from .walk import newer, parents_of
from .words import linear


@linear(x=lambda g: g)
def same(xp: Any, x: Tensor, /) -> Tensor:
    """The same array, on a node of its own."""
    return x


class Pullback:
    """From cotangents of some results to the gradients of some variables.

    Parameters
    ----------
    function : callable
        Takes the variables, returns its value, Tensors in containers; with `has_aux` a pair of it
        and anything else.
    inputs : sequence of Tensor
        Where to evaluate it. If they have a history and the state records, so do the gradients.
    outer : bool, optional
        Whether the results have a history apart from the variables; by default the graph says.
    has_aux : bool
        Whether the function returns a pair.

    Attributes
    ----------
    value, aux
        What the function returned, its tensors with the history that they have apart from the
        variables.
    outs : list of Tensor
        The tensors of the value.
    others : list of Node
        What else the value rests on: the history of tensors that the function closes over.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        inputs: Sequence[Tensor],
        outer: bool | None = None,
        has_aux: bool = False,
    ):
        now = state.get()
        self.variables = [variable(x) for x in inputs]
        self.ends = ends = [node_of(one) for one in self.variables]  # a write moves the variable on
        self.start = start = next_number()
        made = working(now.recording(), function, *self.variables)
        value, aux = made if has_aux else (made, None)
        outs = tensors_of(value)
        self.backend = next((one._backend for one in (*self.variables, *outs)), numpy_backend)
        self.roots = [node_of(current(out)) for out in outs]
        behind = histories(outs) if now.levels else self.roots
        self.nodes, others = newer([root for root in behind if root is not None], start)
        if outer is None:  # what the function closes over, or what the inputs were computed from
            outer = bool(others - set(ends)) or any(isinstance(end, OpNode) for end in ends)
        self.outer = outer
        self.others = [node for node in others if node not in ends]
        self.outs, self.value = outs, value
        if not (now.on and outer):
            self.outs = [without_graph(out) for out in outs]
            self.value = with_tensors(value, self.outs)
        beside = tensors_of(aux)
        self.aux = with_tensors(aux, self._outside(beside, start)) if beside else aux

    def _outside(self, tensors: list[Tensor], start: int) -> list[Tensor]:
        """Tensors from inside, without the history that ends at the variables."""
        if not state.get().on:
            return [without_graph(one) for one in tensors]
        nodes, ends = newer([node for node in histories(tensors) if node is not None], start)
        own = {end for end in self.ends if type(end) is Variable}
        lasting: set[Any] = ends - own
        for node in nodes:  # oldest first
            if not lasting.isdisjoint(parents_of(node)):
                lasting.add(node)
        return [
            without_graph(one) if lasting.isdisjoint(histories([one])) else one for one in tensors
        ]

    def __call__(
        self,
        cotangents: Sequence[Tensor | None],
        others: Sequence[Node] = (),
        record: bool = True,
    ) -> list[Any]:
        """The gradient of each variable, then of some other nodes; a cotangent of None is zero.

        A node that is not reached has None. The gradients have a history if the state records and
        there is one to have, unless `record` is False.
        """
        now = state.get()
        given = [one for one in cotangents if one is not None]
        history = record and now.on and self.outer
        tracked = any(node is not None for node in histories(given))
        recorded = history or (record and now.on and tracked)
        homes = [None if root is None else root.backend for root in self.roots]
        foreign = any(
            one is not None and one._backend is not home
            for one, home in zip(cotangents, homes, strict=True)
            if home is not None
        )
        tensors = recorded or bool(now.levels) or foreign
        walk = Pass(tensors, now, False, "keep", zeros_are_strong.get(), history, self.start)
        for root, out, one in zip(self.roots, self.outs, cotangents, strict=True):
            if root is not None and one is not None:
                walk.add(root, seed(out, one, tensors))
        # Underneath a batch outer transforms may record.
        batched = innermost.get() is not None or any(one._backend.base for one in given)
        during = now.recorded(recorded) if tensors and not batched else now
        working(during, self.backend.quietly, walk.run, [*self.nodes], None)
        pairs = zip(self.variables, self.ends, strict=True)
        found: list[Any] = [self._gradient(walk, *pair) for pair in pairs]
        for node in others:
            g = walk.grads.get(node)
            found.append(None if g is None else walk.as_tensor(node, g))
        return found

    @staticmethod
    def _gradient(walk: Pass, one: Tensor, node: Any) -> Tensor:
        g = walk.grads.get(node)
        if g is None:
            return one._backend.tensors.zeros_like(one.detach())  # type: ignore[no-any-return]  # untyped
        hooks = hooks_on(node)
        return walk.as_tensor(node, walk.through_hooks(node, hooks, g) if hooks else g)


def seed(out: Tensor, cotangent: Tensor, tensors: bool) -> Any:
    """A cotangent in the space of its result."""
    root_of(cotangent)._kept = True  # a gradient may come to be this very array
    backend = cotangent._backend
    xp = backend.tensors if tensors else backend.arrays
    value = cotangent if tensors else current(cotangent)._data
    return project(backend, xp, value, out.shape, out.dtype)


def variable(x: Tensor) -> Tensor:
    """A tensor of the same values that a Pullback can end at.

    It hangs on the history of `x` only as far as the state records one.
    """
    out = unshared(x)
    if node_of(out) is None:
        out._node = above(out._node, Variable(out, out._backend, out.shape, out.dtype))
    return out


def unshared(x: Tensor) -> Tensor:
    """The same values, with their history, as a tensor of its own: a write copies them first."""
    out = same(x)
    root_of(x)._kept = out._kept = True
    return out


def without_graph(out: Tensor) -> Tensor:
    """A result without the graph behind it and behind its tangents, which stay."""
    root_of(out)._kept = True
    return kept_wrap(out, bare(current(out)._node))


def bare(node: Node | None) -> Node | None:
    if type(node) is not Dual:
        return None
    return Dual(node.level, bare(node.primal), without_graph(node.tangent))


def histories(tensors: Sequence[Tensor]) -> list[Node | None]:
    """The nodes behind tensors and their tangents, on all levels."""
    found: list[Node | None] = []
    for one in tensors:
        node = current(one)._node
        while type(node) is Dual:
            found += histories([node.tangent])
            node = node.primal
        found.append(node)
    return found


def above(node: Node | None, leaf: Variable) -> Node:
    """The tangents of a node, if any, over a leaf."""
    if type(node) is not Dual:
        return leaf
    return Dual(node.level, above(node.primal, leaf), node.tangent)


def hooks_on(node: Any) -> dict[int, Any] | None:
    """What the function has registered on its variable."""
    if isinstance(node, OpNode):
        return node.rule.hooks if isinstance(node.rule, Hooked) else None
    return node.hooks  # type: ignore[no-any-return]  # of a Variable


def working(now: State, function: Callable[..., Any], *args: Any) -> Any:
    """Call a function in a state."""
    token = state.set(now)
    try:
        return function(*args)
    finally:
        state.reset(token)
