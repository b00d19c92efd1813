"""Evaluates an expression of a learner's without running it: a walk over a whitelist of its tree.

Everything that is not named here is refused: attributes other than the methods of functions.py,
lambda, the walrus, imports, names that the case does not give. The walk has a budget of steps, and
each value a limit of its weight (values.py). A generator is made at once, as a list.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from .functions import (
    COMPARISONS,
    FUNCTIONS,
    ITERATORS,
    OPERATORS,
    UNARY,
    items,
    method,
    text,
)
from .values import Budget, Refused, weight

__all__ = ["evaluate"]

Names = Mapping[str, Any]


def evaluate(node: ast.expr, names: Names, budget: Budget) -> Any:
    """The value of an expression, in which ``names`` have these values.

    Raises Refused for what it does not evaluate, and what Python raises for what it does.
    """
    budget.spend(1)
    evaluator = _EVALUATORS.get(type(node))
    if evaluator is None:
        raise Refused
    value = evaluator(node, names, budget)
    budget.spend(weight(value))
    return value


def _constant(node: ast.Constant, _names: Names, _budget: Budget) -> Any:
    return node.value


def _name(node: ast.Name, names: Names, _budget: Budget) -> Any:
    if node.id not in names:
        raise Refused
    return names[node.id]


def _binary(node: ast.BinOp, names: Names, budget: Budget) -> Any:
    left, right = evaluate(node.left, names, budget), evaluate(node.right, names, budget)
    return _found(OPERATORS, node.op)(left, right)


def _unary(node: ast.UnaryOp, names: Names, budget: Budget) -> Any:
    return _found(UNARY, node.op)(evaluate(node.operand, names, budget))


def _boolean(node: ast.BoolOp, names: Names, budget: Budget) -> Any:
    value = None
    for part in node.values:
        value = evaluate(part, names, budget)
        if bool(value) is isinstance(node.op, ast.Or):
            break
    return value


def _comparison(node: ast.Compare, names: Names, budget: Budget) -> Any:
    left = evaluate(node.left, names, budget)
    value = None
    for op, part in zip(node.ops, node.comparators, strict=True):
        right = evaluate(part, names, budget)
        value = _found(COMPARISONS, op)(left, right)
        if not value:
            break
        left = right
    return value


def _conditional(node: ast.IfExp, names: Names, budget: Budget) -> Any:
    chosen = node.body if evaluate(node.test, names, budget) else node.orelse
    return evaluate(chosen, names, budget)


def _display(node: ast.List | ast.Tuple | ast.Set, names: Names, budget: Budget) -> Any:
    kinds = {ast.List: list, ast.Tuple: tuple, ast.Set: set}
    return kinds[type(node)]([evaluate(part, names, budget) for part in node.elts])


def _dictionary(node: ast.Dict, names: Names, budget: Budget) -> Any:
    if None in node.keys:  # {**other}
        raise Refused
    return {
        evaluate(key, names, budget): evaluate(value, names, budget)
        for key, value in zip(node.keys, node.values, strict=True)
        if key is not None
    }


def _subscript(node: ast.Subscript, names: Names, budget: Budget) -> Any:
    whole = evaluate(node.value, names, budget)
    if not isinstance(node.slice, ast.Slice):
        return whole[evaluate(node.slice, names, budget)]
    parts = (node.slice.lower, node.slice.upper, node.slice.step)
    return whole[slice(*(part and evaluate(part, names, budget) for part in parts))]


def _formatted(node: ast.JoinedStr, names: Names, budget: Budget) -> Any:
    return "".join(evaluate(part, names, budget) for part in node.values)


def _field(node: ast.FormattedValue, names: Names, budget: Budget) -> Any:
    if node.format_spec is not None or node.conversion not in (-1, ord("s")):
        raise Refused
    return text(evaluate(node.value, names, budget))


def _call(node: ast.Call, names: Names, budget: Budget) -> Any:
    match node.func:
        case ast.Name(name) if name in FUNCTIONS and name not in names:
            function: Callable[..., Any] = FUNCTIONS[name]
        case ast.Attribute(of, name):
            function = method(evaluate(of, names, budget), name)
        case _:
            raise Refused
    args = [_argument(name, arg, names, budget) for arg in node.args]
    if not node.keywords:
        return function(*args)
    if name != "sorted" or [keyword.arg for keyword in node.keywords] != ["reverse"]:
        raise Refused
    return sorted(*args, reverse=evaluate(node.keywords[0].value, names, budget))


def _argument(function: str, node: ast.expr, names: Names, budget: Budget) -> Any:
    if isinstance(node, ast.GeneratorExp) and function in ITERATORS:
        return _list(node, names, budget)
    return evaluate(node, names, budget)


def _list(node: ast.ListComp | ast.GeneratorExp, names: Names, budget: Budget) -> Any:
    rounds = _rounds(node.generators, names, budget)
    return [evaluate(node.elt, inner, budget) for inner in rounds]


def _set(node: ast.SetComp, names: Names, budget: Budget) -> Any:
    return {evaluate(node.elt, inner, budget) for inner in _rounds(node.generators, names, budget)}


def _mapping(node: ast.DictComp, names: Names, budget: Budget) -> Any:
    return {
        evaluate(node.key, inner, budget): evaluate(node.value, inner, budget)
        for inner in _rounds(node.generators, names, budget)
    }


def _rounds(loops: list[ast.comprehension], names: Names, budget: Budget) -> Iterator[Names]:
    """The names in each round of a comprehension."""
    if not loops:
        yield names
        return
    loop, *rest = loops
    for item in items(evaluate(loop.iter, names, budget)):
        inner = {**names, **_bound(loop.target, item)}
        if all(evaluate(condition, inner, budget) for condition in loop.ifs):
            yield from _rounds(rest, inner, budget)


def _bound(target: ast.expr, item: Any) -> dict[str, Any]:
    """The names that a loop gives to an item: ``for n in …``, ``for key, value in …``."""
    match target:
        case ast.Name(name):
            return {name: item}
        case ast.Tuple(parts):
            values = items(item)
            if len(values) != len(parts):
                raise ValueError
            bound = [_bound(part, value) for part, value in zip(parts, values, strict=True)]
            return {name: value for names in bound for name, value in names.items()}
    raise Refused


def _found(table: Mapping[Any, Callable[..., Any]], op: ast.AST) -> Callable[..., Any]:
    if type(op) not in table:
        raise Refused
    return table[type(op)]


_EVALUATORS: Final[Mapping[type[ast.expr], Callable[[Any, Names, Budget], Any]]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _comparison,
    ast.IfExp: _conditional,
    ast.List: _display,
    ast.Tuple: _display,
    ast.Set: _display,
    ast.Dict: _dictionary,
    ast.Subscript: _subscript,
    ast.JoinedStr: _formatted,
    ast.FormattedValue: _field,
    ast.Call: _call,
    ast.ListComp: _list,
    ast.SetComp: _set,
    ast.DictComp: _mapping,
}
