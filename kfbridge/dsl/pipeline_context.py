"""The pipeline that is being traced: its tasks, its groups and what is open at the moment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING

from kfbridge.dsl.names import UniqueNames, kebab
from kfbridge.dsl.pipeline_channel import PipelineChannel, channel_of
from kfbridge.dsl.reference import Reference
from kfbridge.dsl.structures import InputSpec

if TYPE_CHECKING:
    from kfbridge.dsl.pipeline_task import PipelineTask
    from kfbridge.dsl.tasks_group import TasksGroup

_TRUE = {"1", "true", "t", "yes", "y", "on"}
_current: ContextVar[Pipeline | None] = ContextVar("kfbridge_pipeline", default=None)


class Pipeline:
    """A trace: used as a context, it is where tasks and groups register themselves.

    Attributes:
        name: The pipeline's name.
        tasks: Every task by its name, exit tasks included, in the order of their calls.
        groups: The open groups, the pipeline itself first.
        inputs: Its inputs by name, as its function got them.
        patterns: The channels that were turned to text so far, by that text.
    """

    def __init__(self, name: str) -> None:
        from kfbridge.dsl.tasks_group import TasksGroup

        self.name = name
        self.tasks: dict[str, PipelineTask] = {}
        self.root = TasksGroup(name, is_root=True)
        self.root.name = name
        self.groups: list[TasksGroup] = [self.root]
        self.inputs: dict[str, Reference] = {}
        self.patterns: dict[str, Reference] = {}
        self._names = UniqueNames()
        self._group_id = 0
        self._token: Token[Pipeline | None] | None = None

    def __enter__(self) -> Pipeline:
        self._token = _current.set(self)
        return self

    def __exit__(self, *unused: object) -> None:
        assert self._token is not None
        _current.reset(self._token)

    @staticmethod
    def get_default_pipeline() -> Pipeline | None:
        """The pipeline that is being traced, if one is."""
        return _current.get()

    @staticmethod
    def get_execution_caching_default() -> bool:
        """Whether tasks are cached unless they say otherwise (``KFP_DISABLE_EXECUTION_CACHING_BY_DEFAULT``)."""
        return os.environ.get("KFP_DISABLE_EXECUTION_CACHING_BY_DEFAULT", "").strip().lower() not in _TRUE

    def add_inputs(self, inputs: Mapping[str, InputSpec]) -> dict[str, PipelineChannel]:
        """Make the channels for the pipeline's inputs."""
        self.inputs = {
            name: Reference(name, port.type, None, port.is_artifact_list, port.hint) for name, port in inputs.items()
        }
        return {name: channel_of(ref) for name, ref in self.inputs.items()}

    def add_task(self, task: PipelineTask, component: str) -> str:
        """Register a task of the component named `component` in the open group, and name it."""
        name = self._names.take(kebab(component) or "task")
        self.tasks[name] = task
        group = self.groups[-1]
        task.parent_task_group = group
        group.tasks.append(task)
        return name

    def push_tasks_group(self, group: TasksGroup) -> None:
        """Open a group inside of the innermost open one."""
        group.parent_task_group = self.groups[-1]
        self.groups[-1].groups.append(group)
        self.groups.append(group)

    def pop_tasks_group(self) -> None:
        """Close the innermost open group."""
        self.groups.pop()

    def get_last_tasks_group(self) -> TasksGroup | None:
        """The last group that was closed inside of the innermost open one."""
        groups = self.groups[-1].groups
        return groups[-1] if groups else None

    def get_next_group_id(self) -> int:
        """The next number for a group or a loop's item."""
        self._group_id += 1
        return self._group_id
