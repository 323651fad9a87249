"""Commands of steps that look at their own condition: writing them, and knowing them again.

``python3 -c LOADER PACKED CONDITIONS '{{$}}' COMMAND...`` needs nothing but Python in the image. Where there is a shell
but perhaps no Python, conditions that compare inputs with constants become a script of the shell:
``sh -c SCRIPT OUTPUT_FILE VALUE... COMMAND...``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kfbridge.spec._predicate import LOADER, PACKED
from kfbridge.spec.boot import EXECUTOR_INPUT
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
    names,
)
from kfbridge.spec.expression.tree import walk
from kfbridge.spec.shell import script_of

_PYTHON: Final = re.compile(r"(.*/)?python[0-9.]*")
_SHELL: Final = re.compile(r"(.*/)?(ba|da|a|k|z)?sh")


@dataclass(frozen=True, slots=True)
class Predicated:
    """A command that is run where its conditions hold; `conditions` is what `kfbridge.runtime.predicate` takes."""

    conditions: str
    command: tuple[str, ...]


def wrap(command: Sequence[str], conditions: Sequence[Expression], types: Mapping[str, str]) -> list[str] | None:
    """The command of a step that looks at its own conditions first; None where the command cannot be wrapped.

    Args:
        command: The container's command.
        conditions: The outer one first: the others are looked at only where those before them hold.
        types: The types of the inputs that the conditions read and that are always given (``STRING``, ...), by name.
    """
    if not command or not all(map(_is_closed, conditions)):
        return None
    shell = _SHELL.fullmatch(command[0]) is not None
    if _PYTHON.fullmatch(command[0]) or (shell and any("python" in word for word in command[1:4])):
        return ["python3", "-c", LOADER, PACKED, conditions_text(conditions), EXECUTOR_INPUT, *command]
    if shell:
        script = script_of(conditions, types)
        return None if script is None else [command[0], "-c", script[0], *script[1], *command]
    return None


def unwrap(command: Sequence[str]) -> Predicated | None:
    """The conditions and the command in it, if a command is one that looks at its conditions in Python."""
    if list(command[:4]) != ["python3", "-c", LOADER, PACKED] or len(command) < 7:
        return None
    return Predicated(command[4], tuple(command[6:]))


def conditions_text(conditions: Sequence[Expression]) -> str:
    """Conditions as `kfbridge.runtime.predicate` takes them: the same for the same conditions."""
    read = sorted(frozenset[str]().union(*map(names, conditions)))
    found = {"conditions": [tree_of(one) for one in conditions], "unset": read}
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def tree_of(expression: Expression) -> list[Any]:
    """An expression as JSON data."""
    match expression:
        case Literal(value):
            return ["literal", value]
        case Name(name):
            return ["name", name]
        case Member(value, name):
            return ["member", tree_of(value), name]
        case Index(value, key):
            return ["[]", tree_of(value), tree_of(key)]
        case ListLiteral(parts):
            return ["list", *map(tree_of, parts)]
        case Logical(operator, parts):
            return [operator, *map(tree_of, parts)]
        case Call(operator, value) | Unary(operator, value):
            return [operator, tree_of(value)]
        case Binary(operator, left, right):
            return [operator, tree_of(left), tree_of(right)]
        case Ternary(condition, then, otherwise):
            return ["?", tree_of(condition), tree_of(then), tree_of(otherwise)]


def _is_closed(expression: Expression) -> bool:
    """Whether the inputs that it reads can be told from its form alone."""
    whole = Member(Name("inputs"), "parameter_values")
    nodes = walk(expression)
    read = [node for node in nodes if isinstance(node, Index) and node.value == whole]
    return len(read) == sum(node == whole for node in nodes) and all(
        isinstance(node.key, Literal) and isinstance(node.key.value, str) for node in read
    )
