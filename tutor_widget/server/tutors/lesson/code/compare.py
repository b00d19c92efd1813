"""Whether two pieces of code are the same: as syntax trees, or by their values in some cases."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from .canonical import canonical
from .parsing import parse
from .valuation import same_values

__all__ = ["is_code", "same_code"]

_WORDS: Final = 1_000
"""Accepted answers that are kept parsed: those of some dozens of lessons."""


def is_code(text: str) -> bool:
    """Whether it is Python, and more than a plain word, a name or a number.

    Some English is Python, too: "not sure", "5 or 6".
    """
    tree = _tree(text)
    match tree and tree.body:
        case None | [ast.Expr(ast.Name())]:
            return False
        case [ast.Expr(ast.Constant(value) | ast.UnaryOp(operand=ast.Constant(value)))]:
            return isinstance(value, str)
    return True


def same_code(given: str, accepted: str, cases: Sequence[Mapping[str, object]] = ()) -> bool:
    """Whether a learner's code is the same as an accepted one.

    It is if both have the same syntax tree, apart from differences that mean nothing: quotes,
    brackets, ``b <= a`` for ``a >= b`` (see canonical.py). With ``cases``, each a value for every
    name, it also is if both are expressions and have equal values in all of them. Never raises;
    texts of more than 1,000 characters, and what is no Python, are the same as nothing.
    """
    left, right = _tree(given), _tree(accepted)
    if left is None or right is None:
        return False
    return canonical(left) == canonical(right) or same_values(left, right, cases)


_tree = lru_cache(_WORDS)(parse)
