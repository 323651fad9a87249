"""Containers that run before, or beside, a task's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.kubernetes.call import Call

_RESOURCES = ("requests", "limits")


def add_init_container(
    task: PipelineTask,
    name: str,
    image: str,
    command: Sequence[str] | None = None,
    args: Sequence[str] | None = None,
    env: Mapping[str, str] | None = None,
    volume_mounts: Mapping[str, str] | None = None,
    restart_policy: str | None = None,
    resources: Mapping[str, Mapping[str, str]] | None = None,
) -> PipelineTask:
    """Run a container to its end before the task's own starts; several run in the order of their calls.

    Args:
        task: The task.
        name: The container's name in the pod.
        image: Its image.
        command: Its entry point; the image's unless given.
        args: The arguments of the entry point.
        env: Environment variables.
        volume_mounts: The folder for each volume of the pod, such as those of `empty_dir_mount`.
        restart_policy: ``Always`` makes it a sidecar, which runs beside the task's container until that ends.
        resources: Kubernetes quantities by resource, under ``requests`` and ``limits``.

    Raises:
        CompileError: An argument is of the wrong kind, or the name is taken.
    """
    call = Call("add_init_container", task)
    entry: dict[str, Any] = {"name": call.text("name", name), "image": call.text("image", image)}
    if any(other["name"] == name for other in call.settings.get("initContainers", ())):
        call.refuse("name", f"{name!r}, which another container of {task.name!r} has,", "Give it another name.")
    if command:
        entry["command"] = call.texts("command", command)
    if args:
        entry["args"] = call.texts("args", args)
    if env:
        entry["env"] = [{"name": key, "value": value} for key, value in call.text_map("env", env, empty=True).items()]
    if volume_mounts:
        mounts = call.text_map("volume_mounts", volume_mounts)
        entry["volumeMounts"] = [{"volumeName": volume, "mountPath": path} for volume, path in mounts.items()]
    if restart_policy is not None:
        entry["restartPolicy"] = call.choice("restart_policy", restart_policy, ("Always",))
    if resources:
        entry["resources"] = _resources(call, resources)
    return call.append("initContainers", entry)


def _resources(call: Call, resources: object) -> dict[str, dict[str, str]]:
    if not isinstance(resources, Mapping) or not set(resources) <= set(_RESOURCES):
        call.refuse("resources", repr(resources), 'Pass {"requests": {...}, "limits": {...}}.')
    return {
        kind: {name: call.quantity("resources", value) for name, value in call.text_map("resources", amounts).items()}
        for kind, amounts in resources.items()
    }
