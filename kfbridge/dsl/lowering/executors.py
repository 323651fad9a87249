"""What runs for a task: the entries of ``deploymentSpec.executors``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfbridge.dsl.constants import Template
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.dsl.placeholders import input_value
from kfbridge.dsl.quantities import cpu_count, memory_gigabytes
from kfbridge.dsl.reference import Reference
from kfbridge.dsl.structures import (
    ComponentSpec,
    ContainerImplementation,
    ForeignImplementation,
    ImporterImplementation,
)
from kfbridge.dsl.task_settings import IMAGE
from kfbridge.errors import CompileError

Json = dict[str, Any]

# Setting -> (its field, the older field with a number, how to get that number). KFP writes both.
_RESOURCES = {
    "cpu_request": ("resourceCpuRequest", "cpuRequest", cpu_count),
    "cpu_limit": ("resourceCpuLimit", "cpuLimit", cpu_count),
    "memory_request": ("resourceMemoryRequest", "memoryRequest", memory_gigabytes),
    "memory_limit": ("resourceMemoryLimit", "memoryLimit", memory_gigabytes),
}
_ACCELERATOR = {"accelerator_type": ("resourceType", "type"), "accelerator_count": ("resourceCount", "count")}

# What a component may leave to the work that it starts elsewhere -> how a task asks for it on Kubernetes.
_KUBERNETES_FIELDS = {
    "KUBERNETES_TOLERATIONS": ("tolerations",),
    "KUBERNETES_NODE_SELECTOR": ("nodeSelector",),
    "KUBERNETES_AFFINITY": ("nodeAffinity", "podAffinity"),
    "KUBERNETES_VOLUMES": ("pvcMount", "secretAsVolume", "configMapAsVolume"),
}


def placeholder(reference: Reference) -> str:
    """The text that stands for a reference inside of a component."""
    return input_value(reference.input_name)


def component_executor(spec: ComponentSpec) -> Json:
    """The executor of a component, before a task changed anything about it."""
    implementation = spec.implementation
    if isinstance(implementation, ImporterImplementation):
        return {"importer": dict(implementation.body)}
    if isinstance(implementation, ForeignImplementation):
        return {implementation.kind: dict(implementation.body)}
    assert isinstance(implementation, ContainerImplementation)
    container: Json = {"image": implementation.image}
    if implementation.command:
        container["command"] = list(implementation.command)
    if implementation.args:
        container["args"] = list(implementation.args)
    if implementation.env:
        container["env"] = [{"name": name, "value": value} for name, value in implementation.env.items()]
    for key in ("resources", "lifecycle"):
        if getattr(implementation, key):
            container[key] = dict(getattr(implementation, key))
    return {"container": container}


def task_executor(task: PipelineTask, base: Json) -> Json:
    """The executor of a task: `base`, its component's, with what was set on the task; `base` stays as it is.

    Raises:
        CompileError: The component hands its settings on, and does not take one that was set.
    """
    _check_passthroughs(task)
    values = task.container_values
    if not values and not task._env:
        return base
    container = dict(base["container"])
    if IMAGE in values:
        container["image"] = _text(values[IMAGE])
    resources = _resources(values)
    if resources:
        container["resources"] = {**container.get("resources", {}), **resources}
    if task._env:
        env = {entry["name"]: entry["value"] for entry in container.get("env", ())} | task._env
        container["env"] = [{"name": name, "value": value} for name, value in env.items()]
    return {"container": container}


def _resources(values: Mapping[str, str | Template]) -> Json:
    resources: Json = {}
    for setting, (field, old_field, number) in _RESOURCES.items():
        if setting in values:
            value = values[setting]
            resources[field] = _text(value)
            if isinstance(value, str):
                resources[old_field] = number(value)
    accelerator: Json = {}
    for setting, (field, old_field) in _ACCELERATOR.items():
        if setting in values:
            accelerator[field] = _text(values[setting])
            if isinstance(values[setting], str):
                accelerator[old_field] = _text(values[setting])
    if "resourceCount" in accelerator:
        resources["accelerator"] = accelerator
    return resources


def _text(value: str | Template) -> str:
    return value.render(placeholder) if isinstance(value, Template) else value


def _check_passthroughs(task: PipelineTask) -> None:
    passthroughs = task.component_spec.task_config_passthroughs
    if not passthroughs:
        return
    taken = {passthrough["field"] for passthrough in passthroughs}
    kubernetes = task.platform_config.get("kubernetes", {})
    used = {
        "RESOURCES": any(setting != IMAGE for setting in task.container_values),
        "ENV": bool(task._env),
        **{field: any(kubernetes.get(key) for key in keys) for field, keys in _KUBERNETES_FIELDS.items()},
    }
    for field, is_used in used.items():
        if is_used and field not in taken:
            raise CompileError(
                f"The task {task.name!r} sets {field}, but its component hands its settings on and does not take that.",
                where=str(task.location),
                remedy=f"Add dsl.TaskConfigField.{field} to the component's task_config_passthroughs.",
            )
