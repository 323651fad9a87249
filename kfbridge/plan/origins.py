"""When the value of an input is known: as the pipeline is written, when a run is asked for, or only in the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

from kfbridge.engine.reference import Reference, read
from kfbridge.graph.model import MISSING, Component, Constant, DagInput, Task

NAMED = "{{$."
"""How every placeholder begins that names something; ``{{$}}`` is the whole of a step's input."""


class Origin(IntEnum):
    """Where a value comes from; of several, the greatest counts."""

    CONSTANT = 0  # written in the pipeline
    INPUT = 1  # an argument of the run
    OUTPUT = 2  # made by a task of the run


def input_origin(task: Task, key: str, groups: tuple[Task, ...]) -> Origin:
    """The origin of a parameter input of a task, which stands in `groups`, the outermost first."""
    return _followed(task, key, groups, frozenset())


def items_origin(task: Task, groups: tuple[Task, ...]) -> Origin:
    """The origin of a loop's items; a loop over an item of another loop is what that one is."""
    loop = task.loop
    if loop is None or loop.over_artifacts:
        return Origin.OUTPUT
    if isinstance(loop.items, str):
        return input_origin(task, loop.items, groups)
    return text_origin(loop.items, task, groups)


def text_origin(value: Any, task: Task, groups: tuple[Task, ...]) -> Origin:
    """The origin of what the placeholders in a JSON value name, where it stands in a task's own settings."""
    names = parameter_names(value)
    return max((input_origin(task, name, groups) for name in names), default=Origin.CONSTANT)


def _followed(task: Task, key: str, groups: tuple[Task, ...], seen: frozenset[str]) -> Origin:
    """A loop, not a recursion, through the groups: pipelines may be nested deeper than Python's stack is."""
    while True:
        binding = task.parameters.get(key)
        if binding is None or key in seen:
            return Origin.CONSTANT
        source = binding.source
        if isinstance(source, Constant):
            names = parameter_names(source.value)
            return max((_followed(task, name, groups, seen | {key}) for name in names), default=Origin.CONSTANT)
        if not isinstance(source, DagInput):
            return Origin.OUTPUT
        if not groups:
            return Origin.INPUT
        task, key, groups, seen = groups[-1], source.key, groups[:-1], frozenset()
        if task.loop is not None and key == task.loop.item_input:
            if not isinstance(task.loop.items, str) or task.loop.over_artifacts:
                return items_origin(task, groups)
            key = task.loop.items


def known_value(task: Task, key: str, groups: tuple[Task, ...], root: Component, arguments: Mapping[str, Any]) -> Any:
    """The value of a task's parameter input that is known before the run; `MISSING` when only the run will know.

    Args:
        task: The task.
        key: Its input.
        groups: The groups around it, the outermost first.
        root: The pipeline, for the defaults of its inputs.
        arguments: The values of the pipeline's inputs, as far as they are given.
    """
    while True:
        binding = task.parameters.get(key)
        if binding is None:
            return _default(task.component, key)
        if binding.selector is not None:
            return MISSING
        if isinstance(binding.source, Constant):
            value = binding.source.value
            return MISSING if any(NAMED in text for text in texts(value)) else value
        if not isinstance(binding.source, DagInput):
            return MISSING
        key = binding.source.key
        if not groups:
            return arguments[key] if key in arguments else _default(root, key)
        task, groups = groups[-1], groups[:-1]
        if task.loop is not None and key == task.loop.item_input:
            return MISSING


def _default(component: Component, key: str) -> Any:
    port = component.inputs.parameters.get(key)
    return MISSING if port is None else port.default


# Placeholders ---------------------------------------------------------------------------------------


def parameter_names(value: Any) -> frozenset[str]:
    """The input parameters that placeholders anywhere in a JSON value name."""
    if isinstance(value, str) and NAMED not in value:
        return frozenset()
    paths = (reference.path for text in texts(value) for reference in references(text))
    return frozenset(str(path[2]) for path in paths if len(path) > 2 and path[:2] == ("inputs", "parameters"))


def references(text: str) -> tuple[Reference, ...]:
    """The placeholders in a text."""
    return tuple(piece for piece in read(text) if isinstance(piece, Reference)) if NAMED in text else ()


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys included."""
    pending = [value]
    while pending:
        found = pending.pop()
        if isinstance(found, str):
            yield found
        elif isinstance(found, dict):
            pending.extend(found)
            pending.extend(found.values())
        elif isinstance(found, (list, tuple)):
            pending.extend(found)
