"""What an annotation says beyond the IR's types: the element of a list, the value of a dictionary.

A hint is the annotation's text (``List[Dict[str, int]]``); an empty hint is an unknown type.
"""

from __future__ import annotations

from typing import Any

from kfbridge.runtime.annotations import is_model_class, parameter_type

UNKNOWN = ("STRING", "")
"""The type and hint of a value that no annotation speaks about; it fits every input."""

_CONSTANT_TYPES = {
    str: ("STRING", "str"),
    bool: ("BOOLEAN", "bool"),
    int: ("NUMBER_INTEGER", "int"),
    float: ("NUMBER_DOUBLE", "float"),
    list: ("LIST", "list"),
    tuple: ("LIST", "list"),
    dict: ("STRUCT", "dict"),
}


def hint_of(annotation: Any) -> str:
    """The hint of an annotation: ``List[int]`` for ``typing.List[int]``, ``list`` for ``list``; a model is a dict."""
    if is_model_class(annotation):
        return "dict"
    if isinstance(annotation, type) and not getattr(annotation, "__args__", None):
        return annotation.__name__
    return str(annotation).replace("typing.", "")


def element_type(hint: str) -> tuple[str, str]:
    """The IR type and hint of the elements of a list with this hint."""
    return _typed(_arguments(hint)[:1])


def value_type(hint: str) -> tuple[str, str]:
    """The IR type and hint of the values of a dictionary with this hint."""
    return _typed(_arguments(hint)[1:2])


def type_of_constant(value: Any) -> tuple[str, str]:
    """The IR type and hint of a constant; ``("", "str")``-like with an empty type for what is no parameter."""
    return _CONSTANT_TYPES.get(type(value), ("", type(value).__name__))


def _typed(arguments: list[str]) -> tuple[str, str]:
    for hint in arguments:
        found = parameter_type(hint)
        if found:
            return found, hint
    return UNKNOWN


def _arguments(hint: str) -> list[str]:
    """The texts between the outermost brackets, split at the commas of that level."""
    start = hint.find("[")
    if start < 0 or not hint.endswith("]"):
        return []
    parts, depth = [""], 0
    for char in hint[start + 1 : -1]:
        depth += (char == "[") - (char == "]")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]
