"""What a task can know about its own pod."""

from __future__ import annotations

from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.kubernetes.call import Call


def use_field_path_as_env(task: PipelineTask, env_name: str, field_path: str) -> PipelineTask:
    """Set an environment variable to a field of the pod.

    Args:
        task: The task.
        env_name: The variable.
        field_path: The field: ``metadata.name``, ``metadata.labels['app']``, ``spec.nodeName``.

    Raises:
        CompileError: An argument is of the wrong kind.
    """
    call = Call("use_field_path_as_env", task)
    entry = {"name": call.text("env_name", env_name), "fieldPath": call.text("field_path", field_path)}
    return call.append("fieldPathAsEnv", entry)
