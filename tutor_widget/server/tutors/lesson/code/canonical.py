"""The one form of code that has several forms with the same meaning.

What becomes the same: ``a >= b`` and ``b <= a``; ``a == b`` and ``b == a``; ``not a == b`` and
``a != b``; ``2 <= p <= 5`` and ``2 <= p and p <= 5``, in any order; ``x[0:3]`` and ``x[:3]``;
``range(0, 3)`` and ``range(3)``; the order of keyword arguments, and of a display of a dictionary
or set of constants.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final

__all__ = ["canonical", "written"]

_MIRRORED: Final = {ast.Gt: ast.Lt, ast.GtE: ast.LtE}
_SYMMETRIC: Final = (ast.Eq, ast.NotEq)
_PLAIN: Final = (ast.Compare, ast.cmpop, ast.Name, ast.Constant, ast.expr_context)
_OPPOSITE: Final = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


def canonical(tree: ast.Module) -> str:
    """The canonical form of a tree, as a text. Two texts are equal if the code is the same."""
    return ast.dump(_canonical(tree))


def written(tree: ast.Module) -> str:
    """The canonical form of a tree as code."""
    return ast.unparse(ast.fix_missing_locations(_canonical(tree)))


def _canonical(tree: ast.Module) -> ast.Module:
    return ast.Module([_form.visit(statement) for statement in tree.body], [])


class _Canonical(ast.NodeTransformer):
    """Makes the canonical tree. It shares nodes with the original, and changes none of them."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        fields = {name: self._field(value) for name, value in ast.iter_fields(node)}
        return type(node)(**fields)

    def _field(self, value: object) -> object:
        if isinstance(value, list):
            return [self._field(item) for item in value]
        return self.visit(value) if isinstance(value, ast.AST) else value

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(node.value)  # without the u of u"text"

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        operand = self.visit(node.operand)
        match node.op, operand:
            case ast.USub(), ast.Constant(int() | float() as value) if not isinstance(value, bool):
                return ast.Constant(-value)
            case ast.UAdd(), ast.Constant(int() | float() as value) if not isinstance(value, bool):
                return operand
            case ast.Not(), ast.Compare(left, [op], [right]) if type(op) in _OPPOSITE:
                return ast.Compare(left, [_OPPOSITE[type(op)]()], [right])
        return ast.UnaryOp(node.op, operand)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        operands = [self.visit(operand) for operand in (node.left, *node.comparators)]
        pairs = list(zip(operands, node.ops, operands[1:], strict=False))
        # The inner operands of a chain are computed once, which matters for calls only.
        if not all(isinstance(operand, ast.Name | ast.Constant) for operand in operands[1:-1]):
            return ast.Compare(operands[0], node.ops, operands[1:])
        return _joined(ast.And(), [_comparison(*pair) for pair in pairs])

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        return _joined(node.op, [self.visit(value) for value in node.values])

    def visit_Slice(self, node: ast.Slice) -> ast.AST:
        parts = [part and self.visit(part) for part in (node.lower, node.upper, node.step)]
        lower, upper, step = (None if _is(part, None) else part for part in parts)
        if _is(step, 1):
            step = None
        # From the end, with a negative step, 0 is not the same as nothing.
        return ast.Slice(None if step is None and _is(lower, 0) else lower, upper, step)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        args = [self.visit(arg) for arg in node.args]
        keywords = [self.visit(keyword) for keyword in node.keywords]
        if isinstance(node.func, ast.Name) and node.func.id == "range":
            if len(args) == 3 and _is(args[2], 1):
                args.pop()
            if len(args) == 2 and _is(args[0], 0):
                args.pop(0)
        if all(keyword.arg for keyword in keywords):
            keywords.sort(key=lambda keyword: str(keyword.arg))
        return ast.Call(self.visit(node.func), args, keywords)

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        pairs = zip(node.keys, node.values, strict=True)
        items = [(key and self.visit(key), self.visit(value)) for key, value in pairs]
        # Of two equal keys the last one counts.
        keys = {ast.dump(key) for key, _ in items if isinstance(key, ast.Constant)}
        if len(keys) == len(items):
            items.sort(key=lambda item: ast.dump(item[0]) if item[0] else "")
        return ast.Dict([key for key, _ in items], [value for _, value in items])

    def visit_Set(self, node: ast.Set) -> ast.AST:
        items = [self.visit(item) for item in node.elts]
        if all(isinstance(item, ast.Constant) for item in items):
            items.sort(key=ast.dump)
        return ast.Set(items)


_form: Final = _Canonical()


def _comparison(left: ast.expr, op: ast.cmpop, right: ast.expr) -> ast.expr:
    """One comparison, the smaller operand on the left."""
    if type(op) in _MIRRORED:
        return ast.Compare(right, [_MIRRORED[type(op)]()], [left])
    if isinstance(op, _SYMMETRIC):
        left, right = sorted((left, right), key=ast.dump)
    return ast.Compare(left, [op], [right])


def _joined(op: ast.boolop, values: Sequence[ast.expr]) -> ast.expr:
    """The values joined by ``and`` or ``or``, without brackets that change nothing."""
    parts: list[ast.expr] = []
    for value in values:
        if isinstance(value, ast.BoolOp) and type(value.op) is type(op):
            parts += value.values
        else:
            parts.append(value)
    # Comparisons of names and constants give True or False, so their order does not matter.
    if all(map(_is_plain_comparison, parts)):
        parts.sort(key=ast.dump)
    return parts[0] if len(parts) == 1 else ast.BoolOp(op, parts)


def _is_plain_comparison(node: ast.expr) -> bool:
    plain = all(isinstance(part, _PLAIN) for part in ast.walk(node))
    return plain and isinstance(node, ast.Compare)


def _is(node: ast.AST | None, value: object) -> bool:
    """Whether it is this constant: 1 is not True."""
    if not isinstance(node, ast.Constant):
        return False
    return type(node.value) is type(value) and node.value == value
