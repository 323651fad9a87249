"""The entries of a dag: tasks of components, and the tasks that groups become."""

from __future__ import annotations

import json
from typing import Any

from kfbridge.dsl.constants import render
from kfbridge.dsl.lowering.conditions import condition_text
from kfbridge.dsl.lowering.executors import placeholder
from kfbridge.dsl.lowering.routes import Routes
from kfbridge.dsl.lowering.sources import add_input, add_inputs
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.dsl.reference import Reference
from kfbridge.dsl.tasks_group import ConditionGroup, ParallelFor, TasksGroup
from kfbridge.errors import CompileError

Json = dict[str, Any]

_WHEN_COMPLETED = "ALL_UPSTREAM_TASKS_COMPLETED"


def task_entry(task: PipelineTask, component: str, group: TasksGroup, routes: Routes) -> Json:
    """A task of a component, in the dag of `group`.

    Raises:
        CompileError: The task wants to know how another ended, and it is not clear which.
    """
    entry: Json = {
        "taskInfo": {"name": task.display_name},
        "componentRef": {"name": component},
        "cachingOptions": _caching(task),
    }
    if task._retry is not None:
        entry["retryPolicy"] = task._retry
    inputs = _inputs(task, group, routes)
    dependencies = sorted(routes.dependencies.names.get(task, ()))
    if dependencies:
        entry["dependentTasks"] = dependencies
    if task.ignores_failure:
        entry["triggerPolicy"] = {"strategy": _WHEN_COMPLETED}
        _add_final_status(inputs, task, _only_upstream, dependencies)
    if inputs:
        entry["inputs"] = inputs
    return entry


def exit_task_entry(task: PipelineTask, component: str, handler: TasksGroup, routes: Routes) -> Json:
    """The task that runs after an exit handler's group."""
    assert handler.parent_task_group is not None
    entry = task_entry(task, component, handler.parent_task_group, routes)
    entry["dependentTasks"] = [handler.name]
    entry["triggerPolicy"] = {"strategy": _WHEN_COMPLETED}
    inputs = entry.setdefault("inputs", {})
    _add_final_status(inputs, task, lambda _, names: str(names[0]), [handler.name])
    if not inputs:
        del entry["inputs"]
    return entry


def group_entry(group: TasksGroup, component: str, parent: TasksGroup, routes: Routes) -> Json:
    """The task that a group becomes, in the dag of `parent`."""
    entry: Json = {"taskInfo": {"name": group.display_name or group.name}, "componentRef": {"name": component}}
    inputs: Json = {}
    for name, reference in routes.inputs.get(group, {}).items():
        if not (isinstance(group, ParallelFor) and reference is group.item):
            add_input(inputs, name, reference, parent)
    if inputs:
        entry["inputs"] = inputs
    if group in routes.dependencies.names:
        entry["dependentTasks"] = sorted(routes.dependencies.names[group])
    if isinstance(group, ConditionGroup):
        entry["triggerPolicy"] = {"condition": condition_text(group.conditions, str(group.location))}
    elif isinstance(group, ParallelFor):
        entry.update(_iterator(group))
    return entry


def _inputs(task: PipelineTask, group: TasksGroup, routes: Routes) -> Json:
    inputs: Json = {}
    for name, binding in task.bindings.items():
        if isinstance(binding, Reference):
            add_input(inputs, name, routes.surfacing.resolve(binding, group), group)
        else:
            _add_constant(inputs, name, render(binding, placeholder))
    for setting, value in task.container_values.items():
        if not isinstance(value, str) and setting not in task.component_spec.inputs:
            _add_constant(inputs, setting, value.render(placeholder))
    add_inputs(inputs, (*task.inner_references, *task.setting_references), group)
    return inputs


def _add_constant(inputs: Json, name: str, value: Any) -> None:
    inputs.setdefault("parameters", {})[name] = {"runtimeValue": {"constant": value}}


def _caching(task: PipelineTask) -> Json:
    options: Json = {"enableCache": True} if task._caching else {}
    if task._cache_key:
        options["cacheKey"] = task._cache_key
    return options


def _add_final_status(inputs: Json, task: PipelineTask, producer: Any, dependencies: list[str]) -> None:
    for name, spec in task.component_spec.inputs.items():
        if spec.type == "TASK_FINAL_STATUS":
            status = {"producerTask": producer(task, dependencies)}
            inputs.setdefault("parameters", {})[name] = {"taskFinalStatus": status}


def _only_upstream(task: PipelineTask, dependencies: list[str]) -> str:
    if len(dependencies) == 1:
        return dependencies[0]
    found = f"{len(dependencies)}: {', '.join(dependencies)}" if dependencies else "none in the same group"
    raise CompileError(
        f"The task {task.name!r} takes a PipelineTaskFinalStatus, and the tasks before it are {found}.",
        where=str(task.location),
        remedy="Let it come after exactly one task, in the same group.",
    )


def _iterator(loop: ParallelFor) -> Json:
    items = loop.item.items
    kind = "artifact" if loop.item.is_artifact else "parameter"
    if isinstance(items, Reference):
        source: Json = {"inputArtifact" if kind == "artifact" else "inputParameter": items.input_name}
    else:
        source = {"raw": json.dumps(items, sort_keys=True)}
    entry: Json = {f"{kind}Iterator": {"items": source, "itemInput": loop.item.input_name}}
    if loop.parallelism_limit:
        entry["iteratorPolicy"] = {"parallelismLimit": loop.parallelism_limit}
    return entry
