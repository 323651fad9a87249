"""How long a task's pod may run."""

from __future__ import annotations

from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.kubernetes.call import Call


def set_timeout(task: PipelineTask, seconds: int) -> PipelineTask:
    """End the pod when it has run too long (``activeDeadlineSeconds``).

    Args:
        task: The task.
        seconds: How long it may run; 0 takes an earlier limit back.

    Raises:
        CompileError: It is negative or no whole number.
    """
    call = Call("set_timeout", task)
    if call.whole("seconds", seconds):
        return call.set("activeDeadlineSeconds", str(seconds))
    call.settings.pop("activeDeadlineSeconds", None)
    return task
