"""Where a task gets a value from, as the IR says it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kfbridge.dsl.reference import LoopItem, LoopKey, Reference
from kfbridge.dsl.tasks_group import TasksGroup

Json = dict[str, Any]


def source(reference: Reference, group: TasksGroup) -> Json:
    """What feeds an input of a task in the dag of `group`: a ``ParameterSpec`` or an artifact's."""
    kind = "Artifact" if reference.is_artifact else "Parameter"
    if isinstance(reference, LoopKey):
        assert reference.item is not None
        return {
            "componentInputParameter": reference.item.input_name,
            "parameterExpressionSelector": reference.selector,
        }
    producer = reference.producer
    if isinstance(reference, LoopItem):
        return {f"componentInput{kind}": reference.input_name}
    if producer is not None and producer.parent_task_group is group:
        return {f"taskOutput{kind}": {"producerTask": producer.name, f"output{kind}Key": reference.name}}
    outside = group.is_root and producer is None
    return {f"componentInput{kind}": reference.name if outside else reference.input_name}


def add_input(inputs: Json, name: str, reference: Reference, group: TasksGroup) -> None:
    """Feed the input `name` in a task's ``inputs``."""
    kind = "artifacts" if reference.is_artifact else "parameters"
    inputs.setdefault(kind, {})[name] = source(reference, group)


def add_inputs(inputs: Json, references: Iterable[Reference], group: TasksGroup) -> None:
    """Feed the inputs that the compiler made up for these references."""
    for reference in references:
        add_input(inputs, reference.input_name, reference, group)
