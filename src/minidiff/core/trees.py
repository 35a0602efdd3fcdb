"""Nested containers: tuples, lists, dicts, named tuples and dataclasses; all else is a leaf.

What the transforms take and return may be such a tree of tensors. A field of a dataclass that is
declared `field(metadata={"static": True})` is no part of it and stays as it is, as in JAX.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any


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


def structure_of(tree: Any) -> Any:
    """What two trees have to share for their leaves to belong together."""
    children = children_of(tree)
    if children is None:
        return "leaf"
    keys = tuple(tree) if isinstance(tree, dict) else None
    return type(tree).__name__, keys, tuple([structure_of(child) for child in children])


def children_of(tree: Any) -> list[Any] | None:
    """The parts of a container, or None for a leaf. None itself is an empty container."""
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
    if hasattr(tree, "_fields"):  # a named tuple
        return type(tree)(*made)
    if isinstance(tree, tuple | list):
        return type(tree)(made)
    new = copy.copy(tree)
    if isinstance(tree, dict):
        new.update(zip(tree, made, strict=True))
        return new
    for name, value in zip(parts_of(tree), made, strict=True):
        object.__setattr__(new, name, value)  # it may be frozen
    return new
