"""Nested tuples, lists and dicts: their leaves, and the same nest with other leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def leaves(tree: Any) -> list[Any]:
    """What is in a nest, from left to right; dicts in the order of their keys' insertion."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list | tuple):
        return [leaf for branch in tree for leaf in leaves(branch)]
    return [tree]


def tree_map(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """The nest with f of each leaf; f gets the leaves in the same place of the others too.

    Another nest may end earlier: its leaf then stands for all that is below.
    """
    def branch(key: Any, branches: Any) -> list[Any]:
        return [o[key] if isinstance(o, dict | list | tuple) else o for o in branches]

    if isinstance(tree, dict):
        return {k: tree_map(f, v, *branch(k, others)) for k, v in tree.items()}
    if isinstance(tree, list | tuple):
        parts = [tree_map(f, v, *branch(k, others)) for k, v in enumerate(tree)]
        named = hasattr(tree, "_fields")
        return type(tree)(*parts) if named else type(tree)(parts)
    return f(tree, *others)
