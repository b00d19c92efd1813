"""What an expression gives, with the names that a question's code sets."""

from __future__ import annotations

import ast
import re
from typing import Any, Final

from .evaluator import evaluate
from .parsing import parse
from .values import Budget, Refused

__all__ = ["outcome"]

_BLOCK: Final = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
_WORK: Final = (
    ast.BinOp, ast.Call, ast.Compare, ast.IfExp, ast.JoinedStr, ast.Subscript,
)  # fmt: skip
"""What makes an expression more than the value that it stands for."""


def outcome(text: str, question: str) -> Any:
    """The value of an expression that is still to be worked out, such as ``7 * 2``.

    None if it is none, or cannot be evaluated. ``question`` is Markdown. Its code sets the names;
    nothing of it is run but assignments of what can be evaluated. Never raises.
    """
    tree = parse(text)
    match tree and tree.body:
        case [ast.Expr(ast.BoolOp())]:
            return None  # "5 or 6" offers two values
        case [ast.Expr(value)] if any(isinstance(node, _WORK) for node in ast.walk(value)):
            return _value(value, _names(question))
    return None


def _names(question: str) -> dict[str, Any]:
    names = dict[str, Any]()
    for block in _BLOCK.findall(question):
        tree = parse(block)
        for statement in tree.body if tree else ():
            match statement:
                case ast.Assign([ast.Name(name)], value):
                    names[name] = _value(value, names)
    return {name: value for name, value in names.items() if value is not None}


def _value(node: ast.expr, names: dict[str, Any]) -> Any:
    known = {name: value for name, value in names.items() if value is not None}
    try:
        return evaluate(node, known, Budget())
    except (Refused, RecursionError, ArithmeticError, LookupError, TypeError, ValueError):
        return None
