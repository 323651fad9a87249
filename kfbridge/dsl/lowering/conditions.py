"""Comparisons as the text of a condition (CEL)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kfbridge.dsl.pipeline_channel import ConditionOperation
from kfbridge.dsl.reference import Reference
from kfbridge.dsl.types.hints import type_of_constant
from kfbridge.errors import CompileError, KfbridgeWarning

_COMPARABLE = ("STRING", "BOOLEAN", "NUMBER_DOUBLE", "NUMBER_INTEGER")
"""What can be compared; of two different types the one that stands first wins."""

_SPECIAL = frozenset("'\\\n\r")
"""What a text of CEL must escape, and KFP does not."""


def condition_text(operations: Sequence[ConditionOperation], where: str) -> str:
    """Comparisons that must all hold, as one condition.

    Args:
        operations: The comparisons.
        where: The user's line, for errors.

    Raises:
        CompileError: A comparison of something else than text, numbers and booleans.
    """
    text = _conjunction(operations, where, _as_kfp)
    return text if _SPECIAL.isdisjoint(_texts(operations)) else _with_special_text(text, operations, where)


def _with_special_text(text: str, operations: Sequence[ConditionOperation], where: str) -> str:
    """KFP's spelling, which escapes nothing, as long as it is read as it is meant; escaped otherwise."""
    import warnings

    from kfbridge.spec.expression import ExpressionError, loose_strings, parse, quote

    escaped = _conjunction(operations, where, quote)
    try:
        read = parse(text)
    except ExpressionError:
        return escaped
    if read != parse(escaped):
        return escaped
    for loose in loose_strings(read):
        warnings.warn(
            f"{where}: a condition compares with {loose!r}, which KFP writes without escaping it; KFP's own engines "
            "may fail on it. Compare with text that has no quote or backslash.",
            KfbridgeWarning,
            stacklevel=2,
        )
    return text


def _conjunction(operations: Sequence[ConditionOperation], where: str, spell: Callable[[str], str]) -> str:
    return " && ".join(_comparison(operation, where, spell) for operation in operations)


def _texts(operations: Sequence[ConditionOperation]) -> Iterator[str]:
    """The characters of every text that is compared with."""
    for operation in operations:
        for operand in (operation.left_operand, operation.right_operand):
            if isinstance(operand, str):
                yield from operand


def _as_kfp(text: str) -> str:
    return f"'{text}'"


def _comparison(operation: ConditionOperation, where: str, spell: Callable[[str], str]) -> str:
    operands = (operation.left_operand, operation.right_operand)
    types = [_type(operand, where) for operand in operands]
    common = min(types, key=_COMPARABLE.index)
    left, right = (_cast(operand, type, common, where, spell) for operand, type in zip(operands, types, strict=True))
    text = f"{left} {operation.operator} {right}"
    return f"!({text})" if operation.negate else text


def _type(operand: Any, where: str) -> str:
    found = operand.type if isinstance(operand, Reference) else type_of_constant(operand)[0]
    if found not in _COMPARABLE:
        what = f"{operand.full_name!r}, of type {found}" if isinstance(operand, Reference) else repr(operand)
        raise CompileError(
            f"A condition compares {what}; only text, numbers and booleans can be compared.",
            where=where,
            remedy="Compute what decides in a task that returns str, int, float or bool, and compare that.",
        )
    return found


def _cast(operand: Any, type: str, common: str, where: str, spell: Callable[[str], str]) -> str:
    is_reference = isinstance(operand, Reference)
    text = spell(operand) if isinstance(operand, str) else _operand(operand, type)
    if type == common:
        return text
    if common == "STRING":
        return f"string({text})" if is_reference else f"'{text}'"
    if common == "NUMBER_DOUBLE":
        return f"double({text})"
    if is_reference:
        raise CompileError(
            f"A condition compares the number {operand.full_name!r} with a boolean.",
            where=where,
            remedy="Compare it with a number.",
        )
    import warnings

    meaning = "true" if int(operand) == 0 else "false"
    warnings.warn(
        f"{where}: a boolean is compared with the number {operand!r}; KFP, and so kfbridge, takes this for a "
        f"comparison with {meaning}. Compare it with True or False.",
        KfbridgeWarning,
        stacklevel=2,
    )
    return meaning


def _operand(operand: Any, type: str) -> str:
    if isinstance(operand, Reference):
        text = f"inputs.parameter_values['{operand.input_name}']"
        return f"int({text})" if type == "NUMBER_INTEGER" else text
    return str(operand).lower() if isinstance(operand, bool) else str(operand)
