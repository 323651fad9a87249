"""Values by their declared type: conversion, reading from text, and how they look in a placeholder.

The IR's numbers are protobuf's: 900.0 and 900 are the same number there. Here an integer stays one, exactly, and a
number that stands for an integer becomes one; nothing else is guessed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from kfbridge.errors import RunError
from kfbridge.graph.model import MISSING, ParameterType

_EXACT = 2**53  # the largest magnitude up to which a double holds every integer
_SHOWN = 60


def convert(value: Any, type: ParameterType, where: str) -> Any:
    """A value as its type has it; null and `MISSING` stay what they are.

    Args:
        value: JSON data.
        type: The declared type of the input or output that takes the value.
        where: The input or output, for messages.

    Returns:
        A str, int, float, bool, list or dict. A STRING takes anything, as JSON text; a NUMBER_INTEGER takes 900.0; a
        LIST or STRUCT also takes its JSON text. A number or bool as text is refused, as KFP does.

    Raises:
        RunError: when the value does not fit.
    """
    try:
        return fit(value, type)
    except ValueError as error:
        raise RunError(str(error), where=where, remedy=f"Give a value of the type {type.value}.") from None


def fit(value: Any, type: ParameterType) -> Any:
    """As `convert`, for callers that have words of their own for the place.

    Raises:
        ValueError: when the value does not fit; its text is the reason.
    """
    if value is None or value is MISSING:
        return value
    return _FIT[type](value)


def parse(text: str, type: ParameterType) -> Any:
    """A value from text that a person or a step wrote: a STRING as it is, everything else as JSON.

    Raises:
        ValueError: when the text is not of the type; its text is the reason.
    """
    if type is ParameterType.STRING:
        return text
    word = text.strip()
    if type is ParameterType.BOOLEAN and word in ("True", "False"):
        word = word.lower()
    try:
        value = _load(word)
    except ValueError:
        raise ValueError(f"{_shown(text)} is not {_WORDS[type]}") from None
    if value is None or isinstance(value, str):
        raise ValueError(f"{_shown(text)} is not {_WORDS[type]}")
    return fit(value, type)


def to_text(value: Any) -> str:
    """How a value looks inside text: strings as they are, numbers in their shortest form, lists and structs as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and not isinstance(value, bool):
        return _number_text(value)
    return json.dumps(integral(value), ensure_ascii=False)


def integral(value: Any) -> Any:
    """The value with every number in it that stands for an integer made one."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= _EXACT else value
    if isinstance(value, list):
        return [integral(item) for item in value]
    if isinstance(value, dict):
        return {key: integral(item) for key, item in value.items()}
    return value


def _number_text(value: float) -> str:
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return repr(value)


def _string(value: Any) -> str:
    return to_text(value)


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise _mismatch(value, ParameterType.NUMBER_INTEGER)


def _double(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _mismatch(value, ParameterType.NUMBER_DOUBLE)
    try:
        number = float(value)
    except OverflowError:
        raise _mismatch(value, ParameterType.NUMBER_DOUBLE) from None
    if not math.isfinite(number):
        raise _mismatch(value, ParameterType.NUMBER_DOUBLE)
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise _mismatch(value, ParameterType.BOOLEAN)


def _list(value: Any) -> list[Any]:
    found = _from_text(value)
    if isinstance(found, (list, tuple)):
        return [integral(item) for item in found]
    raise _mismatch(value, ParameterType.LIST)


def _struct(value: Any) -> dict[str, Any]:
    found = _from_text(value)
    if isinstance(found, Mapping) and all(isinstance(key, str) for key in found):
        return {key: integral(item) for key, item in found.items()}
    raise _mismatch(value, ParameterType.STRUCT)


def _from_text(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return _load(value)
    except ValueError:
        return value


def _load(text: str) -> Any:
    """JSON text to data, with Python's own limits as a ValueError and without its NaN and Infinity."""

    def constant(word: str) -> Any:
        raise ValueError(word)

    try:
        return json.loads(text, parse_constant=constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


_FIT: dict[ParameterType, Callable[[Any], Any]] = {
    ParameterType.STRING: _string,
    ParameterType.NUMBER_INTEGER: _integer,
    ParameterType.NUMBER_DOUBLE: _double,
    ParameterType.BOOLEAN: _boolean,
    ParameterType.LIST: _list,
    ParameterType.STRUCT: _struct,
    ParameterType.TASK_FINAL_STATUS: _struct,
    ParameterType.TASK_CONFIG: _struct,
}
_WORDS = {
    ParameterType.STRING: "text",
    ParameterType.NUMBER_INTEGER: "a whole number",
    ParameterType.NUMBER_DOUBLE: "a number",
    ParameterType.BOOLEAN: "true or false",
    ParameterType.LIST: "a JSON list",
    ParameterType.STRUCT: "a JSON object",
    ParameterType.TASK_FINAL_STATUS: "a JSON object",
    ParameterType.TASK_CONFIG: "a JSON object",
}


def _mismatch(value: Any, type: ParameterType) -> ValueError:
    return ValueError(f"{_shown(value)} is not {_WORDS[type]}")


def _shown(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 256:
        return "an integer of hundreds of digits"
    text = repr(value) if isinstance(value, str) else to_text(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
