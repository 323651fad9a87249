"""Labels and annotations of a task's pod."""

from __future__ import annotations

from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.kubernetes.call import Call


def add_pod_label(task: PipelineTask, label_key: str, label_value: str) -> PipelineTask:
    """Give the pod a label.

    Args:
        task: The task.
        label_key: The label.
        label_value: Its value; may be empty.

    Raises:
        CompileError: An argument is of the wrong kind.
    """
    call = Call("add_pod_label", task)
    key = call.text("label_key", label_key)
    return _add(call, "labels", key, call.text("label_value", label_value, empty=True))


def add_pod_annotation(task: PipelineTask, annotation_key: str, annotation_value: str) -> PipelineTask:
    """Give the pod an annotation.

    Args:
        task: The task.
        annotation_key: The annotation.
        annotation_value: Its value; may be empty.

    Raises:
        CompileError: An argument is of the wrong kind.
    """
    call = Call("add_pod_annotation", task)
    key = call.text("annotation_key", annotation_key)
    return _add(call, "annotations", key, call.text("annotation_value", annotation_value, empty=True))


def _add(call: Call, field: str, key: str, value: str) -> PipelineTask:
    present = call.settings.get("podMetadata", {}).get(field, {})
    return call.merge("podMetadata", {field: {**present, key: value}})
