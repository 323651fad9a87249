"""What a loop runs over."""

from __future__ import annotations

import json
from typing import Any

from kfbridge.engine.binding import input_names
from kfbridge.engine.context import RunContext
from kfbridge.engine.instance import Inputs, Instance
from kfbridge.engine.placeholders import has_placeholder, resolve_value
from kfbridge.errors import RunError


def items_of(instance: Instance, inputs: Inputs, context: RunContext) -> list[Any]:
    """The items of the loop `instance`: JSON values, or artifacts.

    Raises:
        KfbridgeError: There is nothing to loop over, or it is not a list.
    """
    loop = instance.task.loop
    assert loop is not None
    if isinstance(loop.items, list):
        if not has_placeholder(loop.items):
            return loop.items
        return list(resolve_value(loop.items, input_names(instance, inputs.parameters, context)))
    found: Any = inputs.artifacts.get(loop.items) if loop.over_artifacts else inputs.parameters.get(loop.items)
    if isinstance(found, str):
        found = _parsed(found)
    if not isinstance(found, list):
        what = "was not given" if found is None else f"is {_kind(found)}, not a list"
        raise RunError(
            f"the loop has nothing to run over: its input {loop.items!r} {what}",
            remedy="Give dsl.ParallelFor a list.",
        )
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _kind(value: Any) -> str:
    names = {str: "a string", bool: "a boolean", int: "a number", float: "a number", dict: "a struct"}
    return names.get(type(value), type(value).__name__)
