"""A tree back to text."""

from __future__ import annotations

import json

from kfbridge.spec.expression.parser import BINDING
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

_UNARY, _POSTFIX = 6, 7


def unparse(expression: Expression) -> str:
    """Text that parses to an equal tree, with no more parentheses than it needs."""
    return _text(expression)[0]


def quote(value: str) -> str:
    """A string as a literal of the language, in single quotes, everything escaped that has to be."""
    body = "".join(_character(char) for char in value)
    return f"'{body}'"


def _character(char: str) -> str:
    if char in "\\'":
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def _text(node: Expression) -> tuple[str, int]:
    """The text, and how strongly its outermost operator binds."""
    match node:
        case Literal(str() as value):
            return quote(value), _POSTFIX
        case Literal(value):
            return json.dumps(value), _POSTFIX
        case Name(name):
            return name, _POSTFIX
        case ListLiteral(items):
            return f"[{', '.join(map(unparse, items))}]", _POSTFIX
        case Member(value, name):
            return f"{_within(value, _POSTFIX)}.{name}", _POSTFIX
        case Index(value, key):
            return f"{_within(value, _POSTFIX)}[{unparse(key)}]", _POSTFIX
        case Call(function, argument):
            return f"{function}({unparse(argument)})", _POSTFIX
        case Unary(operator, value):
            text = _within(value, _UNARY)
            if text[0].isdigit():  # a number after a minus would be read as one negative number
                text = f"({text})"
            return f"{operator}{text}", _UNARY
        case Logical(operator, operands):
            binding = BINDING[operator]
            return f" {operator} ".join(_within(part, binding + 1) for part in operands), binding
        case Binary(operator, left, right):
            binding = BINDING[operator]
            return f"{_within(left, binding)} {operator} {_within(right, binding + 1)}", binding
        case Ternary(condition, then, otherwise):
            return f"{_within(condition, 1)} ? {unparse(then)} : {unparse(otherwise)}", 0


def _within(node: Expression, least: int) -> str:
    text, binding = _text(node)
    return text if binding >= least else f"({text})"
