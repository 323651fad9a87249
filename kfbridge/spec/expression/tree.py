"""The syntax tree of the condition language: frozen values, compared by what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """``'text'``, ``3``, ``0.5``, ``true``, ``null``.

    `loose` marks a string that is not valid CEL as written (a quote or a backslash that was not escaped,
    which KFP's compiler produces) and was read as it was most likely meant.
    """

    value: str | int | float | bool | None
    loose: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """``[1, 2]``."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A variable: ``inputs``, ``string_value``."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """``value.name``."""

    value: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """``value[key]``."""

    value: Expression
    key: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """``function(argument)``; every function of the language takes one argument."""

    function: str
    argument: Expression


@dataclass(frozen=True, slots=True)
class Unary:
    """``!value`` or ``-value``."""

    operator: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """A comparison, ``in``, or arithmetic."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Logical:
    """``a && b && ...`` or ``a || b || ...``: at least two operands."""

    operator: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Ternary:
    """``condition ? then : otherwise``."""

    condition: Expression
    then: Expression
    otherwise: Expression


Expression: TypeAlias = Literal | ListLiteral | Name | Member | Index | Call | Unary | Binary | Logical | Ternary


def children(expression: Expression) -> tuple[Expression, ...]:
    """The parts directly below a node, in the order in which they are written."""
    match expression:
        case ListLiteral(parts) | Logical(_, parts):
            return parts
        case Member(value, _) | Unary(_, value) | Call(_, value):
            return (value,)
        case Index(left, right) | Binary(_, left, right):
            return (left, right)
        case Ternary(condition, then, otherwise):
            return (condition, then, otherwise)
        case _:
            return ()


def walk(expression: Expression) -> list[Expression]:
    """The node and everything below it."""
    found, pending = [], [expression]
    while pending:
        node = pending.pop()
        found.append(node)
        pending.extend(reversed(children(node)))
    return found


def depth(expression: Expression) -> int:
    """How many nodes lie on the longest way down."""
    deepest, pending = 0, [(expression, 1)]
    while pending:
        node, level = pending.pop()
        deepest = max(deepest, level)
        pending.extend((child, level + 1) for child in children(node))
    return deepest


def names(expression: Expression) -> frozenset[str]:
    """The parameters that the expression reads, as ``inputs.parameter_values['NAME']``."""
    parameters = Member(Name("inputs"), "parameter_values")
    return frozenset(
        node.key.value
        for node in walk(expression)
        if isinstance(node, Index)
        and node.value == parameters
        and isinstance(node.key, Literal)
        and isinstance(node.key.value, str)
    )


def loose_strings(expression: Expression) -> tuple[str, ...]:
    """The strings that are not valid CEL as written, and that KFP's own engine therefore would not read."""
    return tuple(
        node.value
        for node in walk(expression)
        if isinstance(node, Literal) and node.loose and isinstance(node.value, str)
    )
