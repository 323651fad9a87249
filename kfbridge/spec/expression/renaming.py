"""Expressions that read the same under other names."""

from __future__ import annotations

from collections.abc import Mapping

from kfbridge.spec.expression.tree import (
    Binary,
    Call,
    Expression,
    Index,
    ListLiteral,
    Literal,
    Logical,
    Member,
    Name,
    Ternary,
    Unary,
)

_PARAMETERS = Member(Name("inputs"), "parameter_values")


def renamed(expression: Expression, new: Mapping[str, str]) -> Expression:
    """The expression with ``inputs.parameter_values['OLD']`` read as ``['NEW']`` everywhere."""

    def again(node: Expression) -> Expression:
        return renamed(node, new)

    match expression:
        case Index(value, Literal(str() as name)) if value == _PARAMETERS:
            return Index(value, Literal(new.get(name, name)))
        case Index(value, key):
            return Index(again(value), again(key))
        case Member(value, name):
            return Member(again(value), name)
        case Call(function, argument):
            return Call(function, again(argument))
        case Unary(operator, value):
            return Unary(operator, again(value))
        case Binary(operator, left, right):
            return Binary(operator, again(left), again(right))
        case Logical(operator, operands):
            return Logical(operator, tuple(map(again, operands)))
        case Ternary(condition, then, otherwise):
            return Ternary(again(condition), again(then), again(otherwise))
        case ListLiteral(items):
            return ListLiteral(tuple(map(again, items)))
        case _:
            return expression
