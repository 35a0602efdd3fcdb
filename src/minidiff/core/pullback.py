"""The transposed derivative of a computation, as a function: what `grad`, `vjp` and others use.

`Tensor.backward` leaves gradients on the leaves that users made. A Pullback works on variables of
its own, so that nested derivatives never meet: it walks back no further than to them, and touches
no `.grad`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .backward import Pass
from .graph import Dual, Node, OpNode, Variable, next_number
from .lifting import kept_wrap
from .nodes import node_of
from .project import project
from .state import State, innermost, state, zeros_are_strong
from .tensor import Tensor, current, root_of
from .walk import newer
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
        Takes the variables, returns the results, all of them Tensors.
    inputs : sequence of Tensor
        Where to evaluate it. If they have a history and the state records, so do the gradients.
    outer : bool, optional
        Whether the results have a history apart from the variables; by default the graph says.

    Attributes
    ----------
    outs : sequence of Tensor
        The results, with the history that they have apart from the variables.
    others : list of Node
        What else the results rest on: the history of tensors that the function closes over.
    """

    def __init__(
        self,
        function: Callable[..., Sequence[Tensor]],
        inputs: Sequence[Tensor],
        outer: bool | None = None,
    ):
        now = state.get()
        self.variables = [variable(x) for x in inputs]
        self.ends = ends = [node_of(one) for one in self.variables]  # a write moves the variable on
        start = next_number()
        with working(now.changed(on=True)):
            outs = function(*self.variables)
        self.roots = [node_of(current(out)) for out in outs]
        self.nodes, others = newer([root for root in self.roots if root is not None], start)
        if outer is None:  # what the function closes over, or what the inputs were computed from
            outer = bool(others - set(ends)) or any(isinstance(end, OpNode) for end in ends)
        self.outer = outer
        self.others = [node for node in others if node not in ends]
        self.outs = outs if now.on and outer else [without_graph(out) for out in outs]

    def __call__(
        self, cotangents: Sequence[Tensor | None], others: Sequence[Node] = ()
    ) -> list[Any]:
        """The gradient of each variable, then of some other nodes; a cotangent of None is zero.

        A node that is not reached has None.
        """
        now = state.get()
        given = [checked(one) for one in cotangents if one is not None]
        history = now.on and self.outer
        recorded = history or (now.on and any(node_of(current(one)) is not None for one in given))
        homes = [None if root is None else root.backend for root in self.roots]
        foreign = any(
            one is not None and one._backend is not home
            for one, home in zip(cotangents, homes, strict=True)
            if home is not None
        )
        tensors = recorded or bool(now.levels) or foreign
        walk = Pass(tensors, now, False, "keep", zeros_are_strong.get(), history)
        for root, out, one in zip(self.roots, self.outs, cotangents, strict=True):
            if root is not None and one is not None:
                walk.add(root, seed(out, one, tensors))
        # Underneath a batch outer transforms may record.
        batched = innermost.get() is not None or any(one._backend.base for one in given)
        with working(now.recorded(recorded) if tensors and not batched else now):
            self.variables[0]._backend.quietly(walk.run, [*self.nodes], None)
        pairs = zip(self.variables, self.ends, strict=True)
        found: list[Any] = [self._gradient(walk, *pair) for pair in pairs]
        for node in others:
            g = walk.grads.get(node)
            found.append(None if g is None else walk.as_tensor(node, g))
        return found

    @staticmethod
    def _gradient(walk: Pass, one: Tensor, node: Node | None) -> Tensor:
        g = walk.grads.get(node)
        if g is None:
            return one._backend.tensors.zeros_like(one.detach())  # type: ignore[no-any-return]  # untyped
        return walk.as_tensor(node, g)


def checked(cotangent: Any) -> Tensor:
    if type(cotangent) is not Tensor:
        raise TypeError(f"a cotangent is a Tensor, not {type(cotangent).__name__}")
    return cotangent


def seed(out: Tensor, cotangent: Tensor, tensors: bool) -> Any:
    """A cotangent in the space of its result."""
    if cotangent.shape != out.shape:
        raise ValueError(
            f"a cotangent has shape {cotangent.shape}, and the result it belongs to has {out.shape}"
        )
    root_of(cotangent)._kept = True  # a gradient may come to be this very array
    backend = cotangent._backend
    xp = backend.tensors if tensors else backend.arrays
    value = cotangent if tensors else current(cotangent)._data
    return project(backend, xp, value, out.shape, out.dtype)


def variable(x: Tensor) -> Tensor:
    """A tensor of the same values that a Pullback can end at.

    It hangs on the history of `x` only as far as the state records one.
    """
    out = same(x)
    root_of(x)._kept = out._kept = True
    if node_of(out) is None:
        out._node = above(out._node, Variable(out, out._backend, out.shape, out.dtype))
    return out


def without_graph(out: Tensor) -> Tensor:
    """A result without the graph behind it; its tangents stay."""
    root_of(out)._kept = True
    return kept_wrap(out, bare(current(out)._node))


def bare(node: Node | None) -> Node | None:
    return Dual(node.level, bare(node.primal), node.tangent) if type(node) is Dual else None


def above(node: Node | None, leaf: Variable) -> Node:
    """The tangents of a node, if any, over a leaf."""
    if type(node) is not Dual:
        return leaf
    return Dual(node.level, above(node.primal, leaf), node.tangent)


@contextmanager
def working(now: State) -> Iterator[None]:
    token = state.set(now)
    try:
        yield
    finally:
        state.reset(token)
