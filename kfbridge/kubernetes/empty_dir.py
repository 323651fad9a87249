"""Empty folders that live as long as the task's pod."""

from __future__ import annotations

from typing import Any

from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.kubernetes.call import Call


def empty_dir_mount(
    task: PipelineTask, volume_name: str, mount_path: str, medium: str | None = None, size_limit: str | None = None
) -> PipelineTask:
    """Mount an empty folder.

    Args:
        task: The task.
        volume_name: The volume's name in the pod.
        mount_path: The folder in the container.
        medium: What holds it: ``Memory``, ``HugePages`` or ``HugePages-2Mi``; the node's disk unless given.
        size_limit: How much it may hold, as a Kubernetes quantity: ``5Gi``.

    Raises:
        CompileError: An argument is of the wrong kind.
    """
    call = Call("empty_dir_mount", task)
    entry: dict[str, Any] = {
        "volumeName": call.text("volume_name", volume_name),
        "mountPath": call.text("mount_path", mount_path),
    }
    if medium is not None:
        entry["medium"] = call.text("medium", medium)
    if size_limit is not None:
        entry["sizeLimit"] = call.quantity("size_limit", size_limit)
    return call.append("emptyDirMounts", entry)
