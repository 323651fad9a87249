"""One call of a function of this package: its task, its arguments, and the settings that it writes."""

from __future__ import annotations

from typing import Any

from kfbridge.dsl.location import here
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.errors import CompileError
from kfbridge.kubernetes.arguments import Arguments

PLATFORM = "kubernetes"


class Call(Arguments):
    """A call that sets something on a task.

    What a component brings along is shared by its tasks, so nothing in the settings is changed in place: lists
    and dictionaries are replaced by longer ones.

    Args:
        function: The function's name, for errors.
        task: Its first argument.

    Raises:
        CompileError: That is no task that runs a container.
    """

    def __init__(self, function: str, task: object) -> None:
        super().__init__(function)
        if not isinstance(task, PipelineTask):
            self.refuse("task", f"a {type(task).__name__}", "Pass what calling a component in a pipeline gives.")
        if task.container_spec is None:
            raise CompileError(
                f"kubernetes.{function} is not possible on the task {task.name!r}, which runs no container of its own.",
                where=here(),
                remedy="Use it on tasks of single-step components, not on pipelines or importers.",
            )
        self.task: PipelineTask = task
        task.platform_config.setdefault(PLATFORM, {})  # KFP notes that there was a call, even one that sets nothing

    @property
    def settings(self) -> dict[str, Any]:
        """The task's settings on Kubernetes: a ``KubernetesExecutorConfig`` in JSON form, channels in it."""
        return self.task.platform_config[PLATFORM]

    def set(self, field: str, value: object) -> PipelineTask:
        """Set a field, over what it was before."""
        self.settings[field] = value
        return self.task

    def append(self, field: str, *entries: dict[str, Any]) -> PipelineTask:
        """Add to a field that is a list."""
        if not entries:
            return self.task
        return self.set(field, [*self.settings.get(field, ()), *entries])

    def merge(self, field: str, values: dict[str, Any]) -> PipelineTask:
        """Set fields of a field."""
        return self.set(field, {**self.settings.get(field, {}), **values})
