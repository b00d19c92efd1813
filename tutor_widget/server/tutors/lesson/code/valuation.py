"""Whether two expressions have the same value in each of a step's cases."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .evaluator import evaluate
from .values import Budget, Refused, same_value, weight

__all__ = ["same_values"]


class _Outcome(NamedTuple):
    """A value, or the name of the error that Python raises in its place."""

    value: Any = None
    error: str | None = None


def same_values(
    given: ast.Module, accepted: ast.Module, cases: Sequence[Mapping[str, object]]
) -> bool:
    """Whether both are one expression, or set one name to it, with equal values in all cases.

    The same error in the same case is equal, too, if the accepted one has a value in another. The
    given one must read the names that the accepted one reads: a constant may be right by chance.
    """
    left, right = _assigned(given), _assigned(accepted)
    if left is None or right is None or left[0] != right[0] or not cases:
        return False
    given_names = {name for case in cases for name in case}
    if not _names(right[1]) & given_names <= _names(left[1]):
        return False
    try:
        return _agree(left[1], right[1], cases)
    except (Refused, RecursionError):
        return False


def _agree(given: ast.expr, accepted: ast.expr, cases: Sequence[Mapping[str, object]]) -> bool:
    """Whether the outcomes are the same. Raises Refused if one cannot be found out."""
    budgets = Budget(), Budget()
    valued = False
    for case in cases:
        weight(list(case.values()))  # raises Refused for dates, and for what is too large
        left, right = (
            _outcome(node, case, budget)
            for node, budget in zip((given, accepted), budgets, strict=True)
        )
        if left.error != right.error or not same_value(left.value, right.value):
            return False
        valued = valued or right.error is None
    return valued


def _outcome(node: ast.expr, case: Mapping[str, object], budget: Budget) -> _Outcome:
    try:
        return _Outcome(evaluate(node, case, budget))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        return _Outcome(error=type(error).__name__)


def _assigned(tree: ast.Module) -> tuple[str | None, ast.expr] | None:
    """The expression, and the name that is set to it: ``n += 1`` sets n to ``n + 1``."""
    match tree.body:
        case [ast.Expr(value)]:
            return None, value
        case [ast.Assign([ast.Name(name)], value)]:
            return name, value
        case [ast.AugAssign(ast.Name(name), op, value)]:
            return name, ast.BinOp(ast.Name(name, ast.Load()), op, value)
    return None


def _names(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
