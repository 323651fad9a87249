"""A whole traced pipeline, as the two documents of the IR."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kfbridge import __version__
from kfbridge.dsl.location import Location, here
from kfbridge.dsl.lowering.definitions import component_definitions, group_definitions
from kfbridge.dsl.lowering.executors import component_executor, task_executor
from kfbridge.dsl.lowering.merging import Registry
from kfbridge.dsl.lowering.returns import Returns, group_outputs
from kfbridge.dsl.lowering.routes import Routes
from kfbridge.dsl.lowering.sources import source
from kfbridge.dsl.lowering.tasks import exit_task_entry, group_entry, task_entry
from kfbridge.dsl.names import component_name, executor_label, kebab
from kfbridge.dsl.pipeline_context import Pipeline
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.dsl.structures import ComponentSpec, GraphImplementation, InputSpec, OutputSpec
from kfbridge.dsl.tasks_group import ExitHandler, TasksGroup
from kfbridge.errors import CompileError

Json = dict[str, Any]

SCHEMA_VERSION = "2.1.0"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,127}")


@dataclass(frozen=True, slots=True)
class Header:
    """What a pipeline says about itself besides its tasks.

    Attributes:
        name: Its name.
        inputs: Its inputs.
        outputs: Its outputs.
        description: Free text.
        display_name: The name to show.
        root: Where artifacts go unless a run says otherwise.
        config: ``pipelineConfig`` of the platform ``kubernetes``, in JSON form.
        location: The user's line.
        status_anywhere: Whether a task may take a final status that nothing before it gives.
    """

    name: str
    inputs: Mapping[str, InputSpec]
    outputs: Mapping[str, OutputSpec]
    description: str = ""
    display_name: str | None = None
    root: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    location: Location | None = None
    status_anywhere: bool = False


def lower(pipeline: Pipeline, header: Header, returned: Any) -> tuple[Json, Json]:
    """Write a traced pipeline as IR.

    Args:
        pipeline: The trace.
        header: What the pipeline says about itself.
        returned: What its function returned.

    Returns:
        The ``PipelineSpec``, and the second document (empty when there is nothing to say), in JSON form.

    Raises:
        CompileError: The pipeline cannot be written.
    """
    return _Lowering(pipeline, header, returned).documents()


class _Lowering:
    """One call of `lower`."""

    def __init__(self, pipeline: Pipeline, header: Header, returned: Any) -> None:
        self.pipeline = pipeline
        self.header = header
        self.registry = Registry()
        self.routes = Routes(pipeline)
        self.returns = Returns(returned, header.outputs, self.routes, header.location)
        self._specs: dict[int, tuple[Json, Json]] = {}
        self._dags: dict[TasksGroup, Json] = {}

    def documents(self) -> tuple[Json, Json]:
        name = kebab(self.header.name)
        if not _NAME.fullmatch(name):
            raise CompileError(
                f"{self.header.name!r} is no name for a pipeline.",
                where=str(self.header.location) if self.header.location else here(),
                remedy="Use at most 128 letters, digits and dashes, beginning with a letter or digit.",
            )
        root = self._root()
        if self.header.config:
            self.registry.platforms.add_pipeline_config("kubernetes", dict(self.header.config))
        for group in self.routes.paths.inside(self.pipeline.root):
            self._add_members(group)
        for group in self.routes.paths.inside(self.pipeline.root):
            if isinstance(group, ExitHandler):
                self._add_exit_task(group)
        spec: Json = {
            "pipelineInfo": self._info(name),
            "root": root,
            "components": self.registry.components,
            "deploymentSpec": {"executors": self.registry.executors},
            "schemaVersion": SCHEMA_VERSION,
            "sdkVersion": f"kfbridge-{__version__}",
        }
        if self.header.root:
            spec["defaultPipelineRoot"] = self.header.root
        return spec, self.registry.platforms.body

    def _info(self, name: str) -> Json:
        info: Json = {"name": name}
        if self.header.display_name:
            info["displayName"] = self.header.display_name
        if self.header.description:
            info["description"] = self.header.description
        return info

    def _root(self) -> Json:
        interface = ComponentSpec(
            self.header.name, GraphImplementation({}), inputs=self.header.inputs, outputs=self.header.outputs
        )
        dag: Json = {"tasks": self._tasks(self.pipeline.root)}
        if self.returns.outputs:
            dag["outputs"] = self.returns.outputs
        return {**component_definitions(interface), "dag": dag}

    def _tasks(self, group: TasksGroup) -> Json:
        return self._dags.setdefault(group, {})

    def _add_members(self, group: TasksGroup) -> None:
        """Write what lies right in a group: first the groups, then the tasks, as KFP numbers them."""
        tasks = self._tasks(group)
        for inner in group.groups:
            component = self.registry.add_component(component_name(inner.name), self._group_component(inner))
            tasks[inner.name] = group_entry(inner, component, group, self.routes)
        for task in group.tasks:
            if task.name in tasks:
                raise CompileError(
                    f"The task {task.name!r} has the name of a group beside it.",
                    where=str(task.location),
                    remedy="Rename its component.",
                )
            self._check_status(task)
            component = self._add_task_component(task, group)
            tasks[task.name] = task_entry(task, component, group, self.routes)

    def _add_exit_task(self, handler: ExitHandler) -> None:
        parent = handler.parent_task_group
        if parent is None or not parent.is_root:
            raise CompileError(
                "A dsl.ExitHandler is inside of another group.",
                where=str(handler.location),
                remedy="Use dsl.ExitHandler at the top level of the pipeline function only.",
            )
        task = handler.exit_task
        component = self._add_task_component(task, parent)
        self._tasks(parent)[task.name] = exit_task_entry(task, component, handler, self.routes)

    def _group_component(self, group: TasksGroup) -> Json:
        outputs = self.routes.surfacing.outputs.get(group, {})
        dag: Json = {"tasks": self._tasks(group)}
        if outputs:
            dag["outputs"] = group_outputs(outputs)
        return {**group_definitions(self.routes.inputs.get(group, {}), outputs), "dag": dag}

    def _add_task_component(self, task: PipelineTask, group: TasksGroup) -> str:
        implementation = task.component_spec.implementation
        if isinstance(implementation, GraphImplementation):
            component = self.registry.add_pipeline(implementation.pipeline, implementation.platform)
        else:
            definitions, executor = self._component(task.component_spec)
            label = self.registry.add_executor(executor_label(task.name), task_executor(task, executor))
            component = {**definitions, "executorLabel": label}
            if task._platform_config is not None or task.component_spec.platforms:
                self.registry.platforms.add_task(
                    label, task.platform_config, lambda ref: source(self.routes.surfacing.resolve(ref, group), group)
                )
        return self.registry.add_component(component_name(task.name), component)

    def _component(self, spec: ComponentSpec) -> tuple[Json, Json]:
        """The definitions and the executor of a component, made once for all its tasks."""
        if id(spec) not in self._specs:
            self._specs[id(spec)] = (component_definitions(spec), component_executor(spec))
        return self._specs[id(spec)]

    def _check_status(self, task: PipelineTask) -> None:
        if task.ignores_failure or self.header.status_anywhere:
            return
        for name, spec in task.component_spec.inputs.items():
            if spec.type == "TASK_FINAL_STATUS":
                raise CompileError(
                    f"The task {task.name!r} takes a PipelineTaskFinalStatus, as {name!r}, but is no exit task.",
                    where=str(task.location),
                    remedy="Make it the exit task of a dsl.ExitHandler, or call .ignore_upstream_failure() on it.",
                )
