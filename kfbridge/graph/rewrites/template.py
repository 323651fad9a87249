"""The placeholders in constants and executors, as far as rewrites must know them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

MARK = "{{$"
_INPUT = re.compile(r"\{\{\$\.inputs\.parameters\[(?:'([^']+)'|\"([^\"]+)\")\](?=\}\}|\.json_escape)")
_TASK_NAME = "{{$.pipeline_task_name}}"


def is_template(value: Any) -> bool:
    """Whether there is a placeholder anywhere in a JSON value."""
    return MARK in json.dumps(value, ensure_ascii=False)


def inputs_of(value: Any) -> list[str]:
    """The input parameters that placeholders in a JSON value name, each once."""
    found: dict[str, None] = {}

    def note(text: str) -> str:
        found.update((match[1] or match[2], None) for match in _INPUT.finditer(text))
        return text

    _each_text(value, note)
    return list(found)


def with_inputs(value: Any, names: Mapping[str, str]) -> Any:
    """The JSON value with its placeholders naming other inputs."""

    def named(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return f"{{{{$.inputs.parameters['{names.get(name, name)}']"

    return _each_text(value, lambda text: _INPUT.sub(named, text))


def with_task_name(value: Any, name: str) -> Any:
    """The JSON value with the placeholder of the task's name replaced; the value itself where there is none."""
    if _TASK_NAME not in json.dumps(value, ensure_ascii=False):
        return value
    return _each_text(value, lambda text: text.replace(_TASK_NAME, name))


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value) if MARK in value else value
    if isinstance(value, list):
        return [_each_text(item, change) for item in value]
    if isinstance(value, dict):
        return {change(key): _each_text(item, change) for key, item in value.items()}
    return value
