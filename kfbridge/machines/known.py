"""What is known before a run of a request that holds placeholders: constants, defaults and the run's arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kfbridge.graph.model import MISSING, Component, Constant, DagInput, Task
from kfbridge.graph.values import to_text
from kfbridge.machines.request import Resolver

_INPUT: Final = re.compile(r"\{\{\$\.inputs\.parameters\[(['\"])(.+?)\1\]\}\}")
_MARK: Final = "{{$"


def known_before(tasks: Sequence[Task], root: Component, arguments: Mapping[str, Any]) -> Resolver:
    """A resolver for a step's request.

    Args:
        tasks: The groups around the step, outermost first, and the step itself as the last.
        root: The pipeline.
        arguments: The values of its inputs; defaults hold for the others.

    Returns:
        A function from a text to the text with its placeholders replaced; None where it names what only the run
        will know: a task's output, a loop's item, anything but an input.
    """

    def resolve(text: str) -> str | None:
        names = {found[2] for found in _INPUT.finditer(text)}
        values = {name: _value(name, tasks, root, arguments) for name in names}
        if any(value is None for value in values.values()):
            return None
        resolved = _INPUT.sub(lambda found: values[found[2]] or "", text)
        return None if _MARK in resolved else resolved

    return resolve


def _value(key: str, tasks: Sequence[Task], root: Component, arguments: Mapping[str, Any]) -> str | None:
    """The text of the innermost task's input, followed outwards; None where it is not known."""
    for task in reversed(tasks):
        binding = task.parameters.get(key)
        if task.loop is not None and key == task.loop.item_input:
            return None
        if binding is None:
            return _default(task.component, key)
        if binding.selector is not None:
            return None
        if isinstance(binding.source, Constant):
            return to_text(binding.source.value)
        if not isinstance(binding.source, DagInput):
            return None
        key = binding.source.key
    return to_text(arguments[key]) if key in arguments else _default(root, key)


def _default(component: Component, key: str) -> str | None:
    port = component.inputs.parameters.get(key)
    return None if port is None or port.default is MISSING else to_text(port.default)
