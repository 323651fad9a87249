"""Labels that a task's node must have."""

from __future__ import annotations

from typing import Any

from kfbridge.dsl.pipeline_channel import PipelineChannel
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.kubernetes.call import Call


def add_node_selector(task: PipelineTask, label_key: str, label_value: str) -> PipelineTask:
    """Run only on nodes that have this label, and those of earlier calls.

    Args:
        task: The task.
        label_key: The label.
        label_value: Its value; may be empty.

    Raises:
        CompileError: An argument is of the wrong kind.
    """
    call = Call("add_node_selector", task)
    label = {call.text("label_key", label_key): call.text("label_value", label_value, empty=True)}
    present = call.settings.get("nodeSelector", {}).get("labels", {})
    return call.merge("nodeSelector", {"labels": {**present, **label}})


def add_node_selector_json(task: PipelineTask, node_selector_json: PipelineChannel | dict[str, Any]) -> PipelineTask:
    """Run only on nodes that have these labels; they count instead of those of `add_node_selector`.

    Args:
        task: The task.
        node_selector_json: The labels with their values, or a channel for them. A later call replaces it.

    Raises:
        CompileError: It is something else.
    """
    call = Call("add_node_selector_json", task)
    return call.merge("nodeSelector", {"nodeSelectorJson": call.json("node_selector_json", node_selector_json, dict)})
