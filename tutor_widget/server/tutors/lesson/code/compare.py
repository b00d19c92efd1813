"""Whether two pieces of code are the same: as syntax trees, or by their values in some cases."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from .canonical import canonical, written
from .parsing import parse
from .valuation import same_values

__all__ = ["code_form", "is_code", "is_constant", "is_python", "same_code"]

_KEPT: Final = 500
"""Accepted answers that are kept parsed: those of some dozens of lessons. Learners' are not."""
_KEPT_READINGS: Final = 256
"""Texts that are asked for again and again, while one message is read."""


@lru_cache(_KEPT_READINGS)
def is_code(text: str) -> bool:
    """Whether it is Python, and more than a plain word, a name or a number.

    Some English is Python, too: "not sure", "5 or 6".
    """
    tree = parse(text)
    match tree and tree.body:
        case None | [ast.Expr(ast.Name())]:
            return False
        case [ast.Expr(ast.Constant(value) | ast.UnaryOp(operand=ast.Constant(value)))]:
            return isinstance(value, str)
    return True


@lru_cache(_KEPT_READINGS)
def is_python(text: str) -> bool:
    """Whether it is Python at all."""
    return parse(text) is not None


@lru_cache(_KEPT_READINGS)
def is_constant(text: str) -> bool:
    """Whether it is a value that is no text: a number, None, True or False."""
    tree = parse(text)
    match tree and tree.body:
        case [ast.Expr(ast.Constant(value) | ast.UnaryOp(operand=ast.Constant(value)))]:
            return not isinstance(value, str)
    return False


def code_form(text: str) -> str:
    """The code as it is written in one way, for code with the same meaning; "" if it `is_code` not.

    It is code again, and the same as the text.
    """
    tree = parse(text) if is_code(text) else None
    return written(tree) if tree is not None else ""


def same_code(given: str, accepted: str, cases: Sequence[Mapping[str, object]] = ()) -> bool:
    """Whether a learner's code is the same as an accepted one.

    It is if both have the same syntax tree, apart from differences that mean nothing: quotes,
    brackets, ``b <= a`` for ``a >= b`` (see canonical.py). With ``cases``, each a value for every
    name, it also is if both are expressions and have equal values in all of them. Never raises;
    texts of more than 1,000 characters, and what is no Python, are the same as nothing.
    """
    right = _accepted(accepted)
    left = parse(given) if right else None
    if left is None or right is None:
        return False
    return canonical(left) == right.form or same_values(left, right.tree, cases)


class _Accepted(NamedTuple):
    tree: ast.Module
    form: str


@lru_cache(_KEPT)
def _accepted(text: str) -> _Accepted | None:
    tree = parse(text)
    return _Accepted(tree, canonical(tree)) if tree else None
