"""Nested containers: tuples, lists, dicts, named tuples and dataclasses; all else is a leaf.

What the transforms take and return may be such a tree of tensors. A field of a dataclass that is
declared `field(metadata={"static": True})` is no part of it and stays as it is, as in JAX.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .tensor import Tensor


def leaves_of(tree: Any) -> list[Any]:
    """The leaves of a tree, from left to right."""
    children = children_of(tree)
    if children is None:
        return [tree]
    return [leaf for child in children for leaf in leaves_of(child)]


def with_leaves(tree: Any, leaves: Iterable[Any]) -> Any:
    """A tree of the same containers with other leaves."""
    return _with_leaves(tree, iter(leaves))


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """A tree of the same containers with a function of each leaf."""
    return with_leaves(tree, map(function, leaves_of(tree)))


def tensors_of(tree: Any) -> list[Tensor]:
    """The leaves of a tree that are tensors."""
    return [leaf for leaf in leaves_of(tree) if type(leaf) is Tensor]


def with_tensors(tree: Any, tensors: Iterable[Tensor]) -> Any:
    """A tree with other tensors; its other leaves stay as they are."""
    others = iter(tensors)
    return map_leaves(lambda leaf: next(others) if type(leaf) is Tensor else leaf, tree)


def children_of(tree: Any) -> list[Any] | None:
    """The parts of a container, or None for a leaf. None itself is an empty container."""
    if type(tree) is Tensor:
        return None
    if tree is None:
        return []
    if isinstance(tree, tuple | list):
        return list(tree)
    if isinstance(tree, dict):
        return list(tree.values())
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return [getattr(tree, name) for name in parts_of(tree)]
    return None


def parts_of(dataclass: Any) -> list[str]:
    """The fields that are not static."""
    fields = dataclasses.fields(dataclass)
    return [field.name for field in fields if not field.metadata.get("static")]


def _with_leaves(tree: Any, leaves: Iterator[Any]) -> Any:
    children = children_of(tree)
    if children is None:
        return next(leaves)
    made = [_with_leaves(child, leaves) for child in children]
    if tree is None:
        return None
    if isinstance(tree, tuple):  # of any class, whatever that is made of
        filled: Any = tuple.__new__(type(tree), made)
        if hasattr(tree, "__dict__"):
            filled.__dict__.update(tree.__dict__)
        return filled
    new = copy.copy(tree)
    if isinstance(tree, list):
        new[:] = made
        return new
    if isinstance(tree, dict):
        for key, child in zip(tree, made, strict=True):
            new[key] = child  # update() of a Counter would add
        return new
    for name, value in zip(parts_of(tree), made, strict=True):
        object.__setattr__(new, name, value)  # it may be frozen
    return new


# ---- two trees that belong together


def leaves_in_order(tree: Any, other: Any, what: str, place: str = "") -> list[Any]:
    """The leaves of another tree of the same containers, in the order of this one's.

    A list and a tuple of equal length are alike, and so are dicts of equal keys, in any order.
    `what` begins the error where the containers differ.
    """
    children, others = children_of(tree), children_of(other)
    if children is None and others is None:
        return [other]
    if children is None or others is None or not alike(tree, other):
        where = f", at {place}" if place else ""
        raise ValueError(f"{what}{where}: {difference(tree, other)}")
    if isinstance(tree, dict):
        others = [other[key] for key in tree]
    leaves: list[Any] = []
    for key, child, part in zip(keys_of(tree), children, others, strict=True):
        leaves += leaves_in_order(child, part, what, place + key)
    return leaves


def alike(tree: Any, other: Any) -> bool:
    """Whether two containers are of one kind, and their parts belong together."""
    if isinstance(tree, dict):
        return isinstance(other, dict) and tree.keys() == other.keys()
    if is_plain(tree):
        return is_plain(other) and len(tree) == len(other)
    return type(tree) is type(other)


def is_plain(tree: Any) -> bool:
    return isinstance(tree, tuple | list) and not hasattr(tree, "_fields")


def keys_of(tree: Any) -> list[str]:
    """How one gets at each part of a container."""
    if isinstance(tree, dict):
        return [f"[{key!r}]" for key in tree]
    if isinstance(tree, tuple | list):
        return [f"[{index}]" for index in range(len(tree))]
    return [] if tree is None else [f".{name}" for name in parts_of(tree)]


def difference(tree: Any, other: Any) -> str:
    """What is wrong with a container, in a few words."""
    if isinstance(tree, dict) and isinstance(other, dict):
        for key in tree:
            if key not in other:
                return f"the key {key!r} is missing"
        surplus = next(key for key in other if key not in tree)
        return f"the key {surplus!r} is one too many"
    return f"{described(tree)} is needed, and {described(other)} was found"


def described(tree: Any) -> str:
    if tree is None:
        return "None"
    length = f" of {len(tree)}" if isinstance(tree, tuple | list) else ""
    return type(tree).__name__ + length
