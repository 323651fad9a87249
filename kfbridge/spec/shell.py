"""Simple conditions as a script of the POSIX shell, for steps whose image may hold nothing but a shell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Final

from kfbridge.spec.expression import Binary, Call, Expression, Index, Literal, Logical, Unary, names

_OUTPUT_FILE: Final = "{{$.outputs.output_file}}"
_MARK: Final = json.dumps({"kfbridge": {"skipped": "its condition is false"}})
_NUMBERS: Final = {"==": "-eq", "!=": "-ne", "<": "-lt", "<=": "-le", ">": "-gt", ">=": "-ge"}
_TEXTS: Final = {"==": "=", "!=": "!="}
_SPLIT: Final = "&&", "||"


def script_of(conditions: Sequence[Expression], types: Mapping[str, str]) -> tuple[str, list[str]] | None:
    """The script and its first arguments, ``$0`` included; the step's command comes after them.

    Args:
        conditions: The outer one first.
        types: The types of the inputs that are always given, by name.

    Returns:
        None where a condition is more than comparisons of such inputs with constants (or with each other) of the same
        type: equality of texts and bools, order of integers too.
    """
    places = {name: number for number, name in enumerate(sorted(frozenset[str]().union(*map(names, conditions))), 1)}
    tests = [_test(condition, places, types) for condition in conditions]
    found = [test for test in tests if test is not None]
    if len(found) < len(tests):
        return None
    lines = [
        f'if {" && ".join(found)}; then shift {len(places)}; exec "$@"; fi',
        'mkdir -p "$(dirname "$0")"',
        f"printf '%s' {shlex.quote(_MARK)} > \"$0\"",
        "echo 'skipped: its condition is false'",
    ]
    values = [f"{{{{$.inputs.parameters['{name}']}}}}" for name in places]
    return "\n".join(lines), [_OUTPUT_FILE, *values]


def _test(expression: Expression, places: Mapping[str, int], types: Mapping[str, str]) -> str | None:
    """A condition as a command of the shell that succeeds where it holds."""
    match expression:
        case Logical(operator, operands) if operator in _SPLIT:
            tests = [_test(operand, places, types) for operand in operands]
            return None if None in tests else f"{{ {f' {operator} '.join(str(test) for test in tests)}; }}"
        case Unary("!", value):
            test = _test(value, places, types)
            return None if test is None else f"! {{ {test}; }}"
        case Binary(operator, one, other):
            left, right = _plain(one, types), _plain(other, types)
            kinds = {_kind(side, types) for side in (left, right)}
            words = [_word(side, places) for side in (left, right)]
            table = {frozenset({"NUMBER_INTEGER"}): _NUMBERS}.get(frozenset(kinds), _TEXTS)
            if len(kinds) != 1 or kinds & {"", "NUMBER_DOUBLE", "LIST", "STRUCT"} or operator not in table:
                return None
            return f"[ {words[0]} {table[operator]} {words[1]} ]"
        case Index() if _kind(expression, types) == "BOOLEAN":
            return f"[ {_word(expression, places)} = true ]"
    return None


def _plain(side: Expression, types: Mapping[str, str]) -> Expression:
    """The side without ``int(...)`` around what is an integer anyway, as KFP writes it."""
    match side:
        case Call("int", inner) if _kind(inner, types) == "NUMBER_INTEGER":
            return inner
    return side


def _kind(side: Expression, types: Mapping[str, str]) -> str:
    match side:
        case Literal(bool()):
            return "BOOLEAN"
        case Literal(int()):
            return "NUMBER_INTEGER"
        case Literal(str()):
            return "STRING"
        case Index(_, Literal(str() as name)):
            return types.get(name, "")
    return ""


def _word(side: Expression, places: Mapping[str, int]) -> str:
    match side:
        case Index(_, Literal(str() as name)):
            return f'"${{{places[name]}}}"' if name in places else ""
        case Literal(bool() as value):
            return "true" if value else "false"
        case Literal(int() as number):
            return str(number)
        case Literal(str() as text):
            return shlex.quote(text)
    return ""
