"""Less memory for more time: parts of a computation that are computed again on the way back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from .core.pullback import Pullback, without_graph
from .core.state import innermost, on_level, state
from .core.tensor import Tensor, current, inside_batch, wrap
from .core.trees import leaves_of, with_leaves
from .core.words import differentiable

__all__ = ["checkpoint", "checkpoint_sequence"]

Function = Callable[..., Any]


def checkpoint(f: Function) -> Function:
    """A function whose intermediate results are not kept, but computed again in a backward pass.

    Parameters
    ----------
    f : callable
        Takes and returns tensors, or nested containers of them, among other arguments. It has to do
        the same each time: what it reads besides its arguments must not change before the backward
        pass, and a random generator has to be seeded inside.

    Returns
    -------
    callable
        The same function. A graph keeps its arguments and results, and nothing in between; the
        gradients are the same, at any order, those of tensors that it closes over included. Forward
        mode and calls outside a recording run `f` as it is.

    Raises
    ------
    RuntimeError
        In a backward pass, if the second run does not rest on the same tensors as the first.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.checkpointing import checkpoint
    >>> @checkpoint
    ... def layer(x, w):
    ...     return md.tanh(x @ w) * md.exp(-x)
    >>> w = md.Tensor([[0.5, 0.1], [0.2, 0.3]], allow_grad=True)
    >>> md.sum(layer(md.asarray([1.0, 2.0]), w)).backward()
    >>> w.grad.shape
    (2, 2)
    """

    @wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        now = state.get()
        if not now.on or now.levels:
            return f(*args, **kwargs)
        segment = Segment(f, args, kwargs)
        return segment.results()

    return call


def checkpoint_sequence(functions: Sequence[Function], x: Any, segments: int | None = None) -> Any:
    """Functions one after another, in checkpoints of equal length.

    With √n segments of n functions the memory of the graph is that of about 2 √n of them, for one
    more forward pass (Griewank, Optim. Methods Softw. 1 (1992), section 3; Chen et al., Training
    Deep Nets with Sublinear Memory Cost, arXiv:1604.06174).

    Parameters
    ----------
    functions : sequence of callable
        Each takes what the one before it returns.
    x : tensor, or nested container of tensors
        What the first one takes.
    segments : int, optional
        How many checkpoints; √n by default.

    Returns
    -------
    tensor, or nested container of tensors
        What the last one returns.

    Raises
    ------
    ValueError
        If `segments` is not positive.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.checkpointing import checkpoint_sequence
    >>> x = md.Tensor(0.5, allow_grad=True)
    >>> checkpoint_sequence([md.sin] * 9, x).backward()
    >>> x.grad.shape
    ()
    """
    count = len(functions)
    if segments is not None and segments < 1:
        raise ValueError(f"checkpoint_sequence: segments is positive, not {segments}")
    length = math.ceil(count / (segments or max(1, round(math.sqrt(count)))))
    for start in range(0, count, max(length, 1)):
        x = checkpoint(one_after_another(functions[start : start + length]))(x)
    return x


def one_after_another(functions: Sequence[Function]) -> Function:
    def run(x: Any) -> Any:
        for function in functions:
            x = function(x)
        return x

    return run


class Segment:
    """One call of a checkpointed function: how to run it again, and on what it rests."""

    def __init__(self, f: Function, args: tuple[Any, ...], kwargs: dict[str, Any]):
        self.f = f
        self.form = (args, kwargs)
        leaves = leaves_of(self.form)
        self.form = with_leaves(self.form, range(len(leaves)))  # the containers alone
        self.places = [i for i, leaf in enumerate(leaves) if is_floating(leaf)]
        self.inputs = [inside_batch(leaves[i]) for i in self.places]
        self.level = innermost.get()
        # The node will keep the inputs; what is none of them is held here.
        self.constants = [
            None if is_floating(leaf) else leaf.detach() if type(leaf) is Tensor else leaf
            for leaf in leaves
        ]

    def results(self) -> Any:
        """The results of the first run, on one node in place of all that was recorded."""
        pull = Pullback(self.run, self.inputs)
        self.others = pull.others
        value, outs = self.value, [without_graph(out) for out in pull.outs]
        del self.value
        tracked = [i for i, root in enumerate(pull.roots) if root is not None]
        self.differentiable = tracked
        if tracked and pull.outer:
            self.first = tuple([current(outs[i])._data for i in tracked])
            self.backend = outs[tracked[0]]._backend
            # The history of what the function closes over, as tensors of no elements.
            rests = [placeholder(outs[tracked[0]], node) for node in self.others]
            made = segment([*self.inputs, *rests], self)
            del self.first
            for i, out in zip(tracked, made, strict=True):
                outs[i] = out
        self.inputs = []
        return with_leaves(value, outs)

    def run(self, *inputs: Tensor) -> list[Tensor]:
        leaves = list(self.constants)
        for place, one in zip(self.places, inputs, strict=True):
            leaves[place] = one
        args, kwargs = with_leaves(self.form, leaves)
        self.value = self.f(*args, **kwargs)
        return leaves_of(self.value)

    def gradients(self, inputs: list[Any], g: tuple[Any, ...]) -> list[Any]:
        """The gradients of the inputs and of the rest, from a second run."""
        count = len(self.places)
        points = [self.as_tensor(one) for one in inputs[:count]]
        with on_level(self.level):
            pull = Pullback(self.run, points)
        del self.value
        if set(pull.others) != set(self.others):
            raise RuntimeError(
                f"checkpoint: {getattr(self.f, '__name__', 'the function')} rests on other tensors "
                "when it is run again; pass what changes as an argument"
            )
        cotangents: list[Any] = [None] * len(pull.outs)
        for i, one in zip(self.differentiable, g, strict=True):
            cotangents[i] = None if one is None else self.as_tensor(one)
        found = pull(cotangents, self.others)
        zeros = [one for one in found if one is not None]
        filled = [zeros[0] * 0.0 if one is None else one for one in found] if zeros else found
        on_tensors = any(type(one) is Tensor for one in g)
        return filled if on_tensors else [current(one)._data for one in filled]

    def as_tensor(self, value: Any) -> Tensor:
        return value if type(value) is Tensor else wrap(self.backend, value, None, kept=True)


def segment_inputs(xp: Any, g: Any, inputs: Any, again: Any) -> list[Any]:
    found: list[Any] = again.gradients(inputs, g)
    return found


def no_tangent(xp: Any, dinputs: Any) -> Any:
    raise AssertionError("forward mode runs the function itself")


@differentiable(inputs=segment_inputs, jvp=no_tangent)
def segment(xp: Any, inputs: Sequence[Tensor], again: Any, /) -> tuple[Any, ...]:
    """The results of a segment, which have been computed already."""
    first: tuple[Any, ...] = again.first
    return first


def is_floating(leaf: Any) -> bool:
    return type(leaf) is Tensor and leaf._backend.is_floating(leaf.dtype)


def placeholder(like: Tensor, node: Any) -> Tensor:
    zeros = like._backend.arrays.zeros((0,), dtype=like.dtype)
    return wrap(like._backend, zeros, node)
