"""Whether a task's condition holds."""

from __future__ import annotations

from kfbridge.engine.instance import Inputs
from kfbridge.errors import KfbridgeError, RunError
from kfbridge.graph.model import Task
from kfbridge.spec.expression import condition_holds


def holds(task: Task, inputs: Inputs) -> bool:
    """Whether the task is to run with these inputs; an input that was not given is null in its condition.

    Raises:
        RunError: The condition cannot be evaluated.
    """
    if task.condition is None:
        return True
    unset = dict.fromkeys((*task.component.inputs.parameters, *task.parameters))
    try:
        return condition_holds(task.condition, {"inputs": {"parameter_values": {**unset, **inputs.parameters}}})
    except KfbridgeError as error:
        raise RunError(f"its condition cannot be evaluated: {error.reason}") from error
