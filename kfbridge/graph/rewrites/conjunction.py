"""Conditions put together: one expression that holds where a condition inside of another one would be reached and hold.

``a && b`` of the language is false when one side is, even if the other cannot be evaluated. A group whose own condition
cannot be evaluated fails, whatever stands inside. So the outer condition goes into a conjunction only where it can
always be evaluated; elsewhere it is asked first, by ``a ? b : false``. Values are taken to be of their declared types:
a null where a number is declared is not reckoned with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

from kfbridge.graph.model import MISSING, ParameterPort, ParameterType
from kfbridge.spec.expression import (
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
_NUMBERS = frozenset({"int", "double"})
_TYPES = {
    ParameterType.STRING: "string",
    ParameterType.NUMBER_INTEGER: "int",
    ParameterType.NUMBER_DOUBLE: "double",
    ParameterType.BOOLEAN: "bool",
    ParameterType.LIST: "list",
    ParameterType.STRUCT: "map",
}
_LITERALS: dict[type, str] = {bool: "bool", int: "int", float: "double", str: "string", type(None): "null"}


def both(outer: Expression, inner: Expression | None, ports: Mapping[str, ParameterPort]) -> Expression:
    """The condition of what stands under `inner` within `outer`.

    Args:
        outer: Is asked first.
        inner: None where there is no further condition.
        ports: The inputs that `outer` reads.
    """
    if inner is None:
        return outer
    if type_of(outer, ports) != "bool":
        return Ternary(outer, inner, Literal(False))
    return Logical("&&", (*_operands(outer), *_operands(inner)))


def type_of(expression: Expression, ports: Mapping[str, ParameterPort]) -> str | None:
    """The type of the value, as CEL calls it; None where it is not known, or where there may be no value at all."""
    match expression:
        case Literal(value):
            return _LITERALS[type(value)]
        case ListLiteral(items):
            return "list" if all(type_of(item, ports) for item in items) else None
        case Index(container, Literal(str() as name)) if container == _PARAMETERS:
            port = ports.get(name)
            return _TYPES.get(port.type) if port is not None and not _may_be_unset(port) else None
        case Logical(_, operands):
            return "bool" if all(type_of(operand, ports) == "bool" for operand in operands) else None
        case Unary(operator, value):
            return "bool" if operator == "!" and type_of(value, ports) == "bool" else None
        case Binary(operator, left, right):
            return "bool" if _compares(operator, type_of(left, ports), type_of(right, ports)) else None
        case Call(function, argument):
            return function if _converts(function, type_of(argument, ports)) else None
        case _:
            return None


def reading(expression: Expression, names: Mapping[str, str | None]) -> Expression:
    """The expression with other names for the inputs that it reads; None stands for null."""
    match expression:
        case Index(container, Literal(str() as name)) if container == _PARAMETERS and name in names:
            found = names[name]
            return Literal(None) if found is None else Index(_PARAMETERS, Literal(found))
    changed: dict[str, Any] = {}
    for part in fields(expression):
        value = getattr(expression, part.name)
        if isinstance(value, tuple):
            changed[part.name] = tuple(reading(item, names) for item in value)
        elif is_dataclass(value):
            changed[part.name] = reading(cast("Expression", value), names)
    return replace(expression, **changed)


def _operands(expression: Expression) -> tuple[Expression, ...]:
    return expression.operands if isinstance(expression, Logical) and expression.operator == "&&" else (expression,)


def _may_be_unset(port: ParameterPort) -> bool:
    return port.default is None or (port.optional and port.default is MISSING)


def _compares(operator: str, left: str | None, right: str | None) -> bool:
    if left is None or right is None:
        return False
    if operator in ("==", "!="):
        return True
    if operator == "in":
        return right in ("list", "map")
    ordered = operator in ("<", "<=", ">", ">=")
    return ordered and ({left, right} <= _NUMBERS or (left == right and left in ("string", "bool")))


def _converts(function: str, argument: str | None) -> bool:
    if argument is None:
        return False
    if function in ("int", "double"):
        return argument in _NUMBERS
    return function == "string" and argument in ("string", "bool", "int", "double")
