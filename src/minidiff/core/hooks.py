"""Hooks: functions of the user's that see a gradient on its way, and may replace it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .graph import Leaf, OpNode
from .nodes import node_of
from .project import project
from .rules import Rule
from .tensor import Tensor, current

Hook = Callable[[Tensor], Tensor | None]

next_key = itertools.count().__next__


class Front(Rule if TYPE_CHECKING else object):  # type: ignore[misc]  # it serves as one
    """A rule in front of a node's own, with all that this one has.

    Other graphs pay nothing for it: the straight loops of a backward pass leave what is not
    straight to `Pass.step`, which does what is to be done and goes on with `rule`.
    """

    def __init__(self, rule: Rule):
        self.rule = rule
        self.straight = self.quick = False
        self.special = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rule, name)

    @contextmanager
    def unpacked(self, node: OpNode) -> Iterator[Rule]:
        """The rule behind, for one step; in core/saving.py, with what the node keeps unpacked."""
        yield self.rule


class Hooked(Front):
    """The rule of a node that has hooks."""

    def __init__(self, rule: Rule):
        super().__init__(rule)
        self.hooks: dict[int, Hook] = {}
        self.retain = False


class HookHandle:
    """What `register_hook` returns: `remove()` takes the hook away; so does leaving a `with`."""

    def __init__(self, hooks: dict[int, Hook], key: int):
        self._hooks = hooks
        self._key = key

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


def register_hook(self: Tensor, hook: Hook) -> HookHandle:
    """Call a function with the gradient of this tensor in every backward pass that reaches it.

    Of a leaf it is the whole gradient of that pass, before it goes to `grad`; of an intermediate
    the sum of what has arrived, before it goes on. Hooks run in the order of registration.

    Parameters
    ----------
    hook : function of a Tensor
        What it returns, if not None, takes the gradient's place; it has the same shape.

    Returns
    -------
    HookHandle
        With a method `remove()`.

    Raises
    ------
    RuntimeError
        If the tensor has no history and asks for no gradient.

    Examples
    --------
    >>> import minidiff as md
    >>> x = md.Tensor([1.0, 2.0], allow_grad=True)
    >>> y = x * 3
    >>> handle = y.register_hook(lambda g: g * 10)
    >>> y.backward(cleanup_mode="keep")
    >>> x.grad
    Tensor([30., 30.])
    >>> handle.remove()
    >>> y.backward()
    >>> x.grad
    Tensor([3., 3.])
    """
    if not callable(hook):
        raise TypeError(f"register_hook takes a function, not {type(hook).__name__}")
    hooks = hooks_of(self, "register_hook")
    key = next_key()
    hooks[key] = hook
    return HookHandle(hooks, key)


def retain_grad(self: Tensor) -> None:
    """Let every backward pass leave this tensor's gradient in `grad`, though it is no leaf.

    Raises
    ------
    RuntimeError
        If the tensor has no history and asks for no gradient.
    """
    node = hooked_node(self, "retain_grad")
    if isinstance(node, OpNode):  # a leaf does so anyway
        hooked(node).retain = True


Tensor.register_hook = register_hook  # type: ignore[method-assign]  # the handle is below
Tensor.retain_grad = retain_grad  # type: ignore[method-assign]  # as above


def hooked_node(tensor: Tensor, what: str) -> OpNode | Leaf:
    node = node_of(current(tensor))
    if not isinstance(node, OpNode | Leaf):
        raise RuntimeError(
            f"{what}: no gradient will come to this tensor: it has no history (or an earlier "
            "backward freed it) and asks for no gradient; make it with allow_grad=True"
        )
    return node


def hooked(node: OpNode) -> Hooked:
    """The rule of a node, made one that has hooks."""
    rule = node.rule
    if not isinstance(rule, Hooked):
        rule = node.rule = Hooked(rule)
    return rule


def hooks_of(tensor: Tensor, what: str) -> dict[int, Hook]:
    node = hooked_node(tensor, what)
    if isinstance(node, OpNode):
        return hooked(node).hooks
    if node.hooks is None:
        node.hooks = {}
    return node.hooks


def run_hooks(hooks: dict[int, Hook], node: Any, g: Tensor) -> Tensor:
    """The gradient of a node after its hooks, in the node's space."""
    for hook in tuple(hooks.values()):  # a hook may remove itself
        found = hook(g)
        if found is None:
            continue
        if type(found) is not Tensor or found.shape != tuple(node.shape):
            what = f"shape {found.shape}" if type(found) is Tensor else type(found).__name__
            raise TypeError(
                "register_hook: a hook returns None or a Tensor of the gradient's shape "
                f"{tuple(node.shape)}, and this one returned {what}"
            )
        g = project(node.backend, node.backend.tensors, found, node.shape, node.dtype)
    return g
