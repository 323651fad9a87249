"""A tree and variables to a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfbridge.spec.expression import values
from kfbridge.spec.expression.problem import ExpressionError
from kfbridge.spec.expression.text import unparse
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


def evaluate(expression: Expression, variables: Mapping[str, Any]) -> Any:
    """The value of an expression.

    Args:
        expression: What `parse` returned.
        variables: JSON data by variable name. A condition reads ``{"inputs": {"parameter_values": {...}}}``,
            a selector ``{"string_value": text}``.

    Raises:
        ExpressionError: when a variable or key does not exist, or an operator does not take its operands.
    """
    match expression:
        case Literal(value):
            return value
        case Logical(operator, operands):
            return _logical(operator, operands, variables)
        case Ternary(condition, then, otherwise):
            chosen = _apply(expression, values.truth, evaluate(condition, variables), '"?"')
            return evaluate(then if chosen else otherwise, variables)
        case ListLiteral(items):
            return [evaluate(item, variables) for item in items]
        case Name(name):
            return _apply(expression, _variable, variables, name)
        case Member(value, name):
            return _apply(expression, values.index, evaluate(value, variables), name)
        case Index(value, key):
            return _apply(expression, values.index, evaluate(value, variables), evaluate(key, variables))
        case Call(function, argument):
            return _apply(expression, values.FUNCTIONS[function], evaluate(argument, variables))
        case Unary(operator, value):
            return _apply(expression, values.UNARY[operator], evaluate(value, variables))
        case Binary(operator, left, right):
            return _apply(expression, values.BINARY[operator], evaluate(left, variables), evaluate(right, variables))


def condition_holds(expression: Expression, variables: Mapping[str, Any]) -> bool:
    """The value of a condition, which must be a bool.

    Raises:
        ExpressionError: as `evaluate`, and when the value is anything but a bool.
    """
    value = evaluate(expression, variables)
    return bool(_apply(expression, values.truth, value, "a condition"))


def _variable(variables: Mapping[str, Any], name: str) -> Any:
    if name not in variables:
        raise ValueError(f'there is no variable "{name}"')
    return variables[name]


def _apply(place: Expression, function: Any, *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except ValueError as error:
        raise ExpressionError(str(error), text=unparse(place)) from None


def _logical(operator: str, operands: tuple[Expression, ...], variables: Mapping[str, Any]) -> bool:
    """CEL's ``&&`` and ``||``: an operand that settles the result wins over one that cannot be evaluated."""
    settles = operator == "||"
    failure: ExpressionError | None = None
    for operand in operands:
        try:
            value = evaluate(operand, variables)
            if bool(_apply(operand, values.truth, value, f'"{operator}"')) == settles:
                return settles
        except ExpressionError as error:
            failure = failure or error
    if failure is not None:
        raise failure
    return not settles
