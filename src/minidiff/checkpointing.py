"""Less memory for more time: parts of a computation that are computed again on the way back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from .backends import Backend
from .core.pullback import Pullback, unshared, without_graph
from .core.state import innermost, on_level, state
from .core.tensor import Tensor, current, inside_batch, raw, wrap
from .core.trees import leaves_of, tensors_of, with_leaves, with_tensors
from .core.words import differentiable
from .random import Draws

__all__ = ["checkpoint", "checkpoint_sequence"]

Function = Callable[..., Any]


def checkpoint(f: Function) -> Function:
    """A function whose intermediate results are not kept, but computed again in a backward pass.

    Parameters
    ----------
    f : callable
        Takes and returns tensors, or nested containers of them, among other things. It has to do
        the same each time: what it reads besides tensors (arrays among its arguments, which are
        held as they are) must not change before the backward pass, and what it changes besides its
        results (a tensor that it closes over, say) is changed again. `minidiff.random`, and
        generators of it among the arguments, draw the same numbers again.

    Returns
    -------
    callable
        The same function. A graph keeps its arguments and results, and nothing in between; the
        gradients are the same, at any order, those of tensors that it closes over included. Forward
        mode and calls outside a recording run `f` as it is. The results share no memory, with the
        arguments or each other: a write into one reaches no other.

    Raises
    ------
    RuntimeError
        If `f` writes into an argument; in a backward pass, if the second run gives other values
        than the first, or does not rest on the same tensors.

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
            value = f(*args, **kwargs)
            return with_tensors(value, map(unshared, tensors_of(value)))
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
    parts = [functions[start : start + length] for start in range(0, count, max(length, 1))]
    for part in parts[:-1]:
        x = checkpoint(one_after_another(part))(x)
    # The way back begins with the last part, which would be run again at once.
    for function in parts[-1] if parts else ():
        x = function(x)
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
        form = (args, kwargs)
        leaves = leaves_of(form)
        self.name = getattr(f, "__name__", "the function")
        self.f = f
        self.form = with_leaves(form, range(len(leaves)))  # the containers alone
        self.places = [i for i, leaf in enumerate(leaves) if is_floating(leaf)]
        self.inputs = [inside_batch(leaves[i]) for i in self.places]
        self.level = innermost.get()
        # The node will keep the inputs; what is none of them is held here.
        self.constants = [
            None if is_floating(leaf) else leaf.detach() if type(leaf) is Tensor else leaf
            for leaf in leaves
        ]
        self.draws = Draws(leaves)
        # What was packed for a graph comes back changed, and so would the results.
        self.comparable = state.get().saving is None

    def results(self) -> Any:
        """The results of the first run, on one node in place of all that was recorded."""
        pull = Pullback(self.run, self.inputs)
        outs = [without_graph(out) for out in pull.outs]
        self.others = pull.others
        self.count = len(outs)
        self.tracked = [i for i, root in enumerate(pull.roots) if root is not None]
        if self.tracked and pull.outer:
            tracked = [outs[i] for i in self.tracked]
            self.backend = tracked[0]._backend
            self.first = tuple([current(one)._data for one in tracked])
            # The history of what the function closes over, as tensors of no elements.
            rests = [placeholder(tracked[0], node) for node in self.others]
            made = segment([*self.inputs, *rests], self)
            del self.first
            for i, out in zip(self.tracked, made, strict=True):
                outs[i] = out
        self.inputs = []
        return with_tensors(pull.value, outs)

    def run(self, *inputs: Tensor, constants: list[Any] | None = None) -> Any:
        leaves = list(self.constants if constants is None else constants)
        for place, one in zip(self.places, inputs, strict=True):
            leaves[place] = one
        given = [(one, one._data) for one in leaves if type(one) is Tensor]
        args, kwargs = with_leaves(self.form, leaves)
        value = self.f(*args, **kwargs)
        for one, array in given:
            if one._data is not array:
                raise RuntimeError(
                    f"checkpoint: {self.name} writes into an argument, of shape {one.shape}, which "
                    "would not reach the caller; let it begin with a copy: x = asarray(x, "
                    "copy=True)"
                )
        return value

    def run_again(self, *inputs: Tensor) -> Any:
        with self.draws.again(self.constants) as constants:
            return self.run(*inputs, constants=constants)

    def gradients(self, inputs: list[Any], out: Any, g: tuple[Any, ...]) -> list[Any]:
        """The gradients of the inputs and of the rest, from a second run."""
        points = [self.as_tensor(one) for one in inputs[: len(self.places)]]
        with on_level(self.level):
            pull = Pullback(self.run_again, points)
        self.compare(pull, [raw(one) for one in out])
        cotangents: list[Any] = [None] * len(pull.outs)
        for i, one in zip(self.tracked, g, strict=True):
            cotangents[i] = None if one is None else self.as_tensor(one)
        on_tensors = any(type(one) is Tensor for one in g)
        found = pull(cotangents, self.others, record=on_tensors)
        zeros = [one for one in found if one is not None]
        filled = [zeros[0] * 0.0 if one is None else one for one in found] if zeros else found
        return filled if on_tensors else [current(one)._data for one in filled]

    def compare(self, pull: Pullback, first: list[Any]) -> None:
        """Refuse a second run that is another one than the first."""
        if len(pull.outs) != self.count or set(pull.others) != set(self.others):
            raise RuntimeError(
                f"checkpoint: {self.name} rests on other tensors when it is run again; pass what "
                "changes as an argument"
            )
        again = [raw(pull.outs[i]) for i in self.tracked]
        pairs = zip(first, again, strict=True)
        if self.comparable and not all(agree(self.backend, *pair) for pair in pairs):
            raise RuntimeError(
                f"checkpoint: {self.name} gives other values when it is run again: what it reads "
                "has been changed, or it draws from a random generator of its own; pass what "
                "changes, and the generator, as arguments"
            )

    def as_tensor(self, value: Any) -> Tensor:
        return value if type(value) is Tensor else wrap(self.backend, value, None, kept=True)


def segment_inputs(xp: Any, g: Any, out: Any, inputs: Any, again: Any) -> list[Any]:
    found: list[Any] = again.gradients(inputs, out, g)
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


def agree(backend: Backend, one: Any, other: Any) -> bool:
    """Whether two arrays are the same, up to what a library's threads and alignment may change."""
    if one.shape != other.shape:
        return False
    while backend.base is not None:  # batches: all samples
        one, other, backend = raw(one.value), raw(other.value), backend.base
    xp = backend.arrays
    same = one == other
    if bool(xp.all(same)):
        return True
    same, zero = same | (xp.isnan(one) & xp.isnan(other)), xp.zeros_like(one)
    one, other = xp.where(same, zero, one), xp.where(same, zero, other)
    apart, most = xp.abs(one - other), xp.finfo(one.dtype).eps ** 0.5 * xp.max(xp.abs(one))
    return bool(xp.all(xp.isfinite(apart) & (apart <= most)))
