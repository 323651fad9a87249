"""Making the invocations that runners get."""

from __future__ import annotations

from typing import Any

from kfbridge.engine.binding import input_names
from kfbridge.engine.context import RunContext
from kfbridge.engine.instance import Instance
from kfbridge.engine.runner import TaskInvocation
from kfbridge.engine.settings import resolve_settings
from kfbridge.engine.task_config import config_inputs, task_config
from kfbridge.graph.model import Container, Graph
from kfbridge.graph.resolve import platform_config
from kfbridge.graph.volumes import volume_stub


class Invocations:
    """Makes the invocation of an instance's present attempt."""

    def __init__(self, graph: Graph, context: RunContext) -> None:
        self._graph = graph
        self._context = context
        self._settings: dict[str, dict[str, Any]] = {}

    def of(self, instance: Instance) -> TaskInvocation:
        """The invocation of `instance`, whose inputs are known and whose component is a container.

        Raises:
            RunError: A setting holds a placeholder that names nothing.
        """
        task, inputs = instance.task, instance.inputs
        container = task.component.body
        assert isinstance(container, Container)
        assert inputs is not None
        settings = self._settings_of(container.label)
        parameters = dict(inputs.parameters)
        if task.component.passthroughs:
            names = input_names(instance, parameters, self._context)
            for name in config_inputs(task.component):
                parameters[name] = task_config(task.component.passthroughs, container, settings, names)
        if "kubernetes" in settings:
            resolved = resolve_settings(settings["kubernetes"], instance, inputs, self._context)
            settings = {**settings, "kubernetes": resolved}
        return TaskInvocation(
            run_id=self._context.run_id,
            pipeline=self._context.pipeline,
            key=instance.key,
            attempt=instance.attempt,
            task=task.name,
            display_name=task.display_name,
            component=task.component.name,
            container=container,
            parameters=parameters,
            artifacts=dict(inputs.artifacts),
            inputs=task.component.inputs,
            outputs=task.component.outputs,
            platforms=settings,
            cache=task.cache and volume_stub(container) is None,  # a volume's name is no volume
            cache_key=task.cache_key,
        )

    def _settings_of(self, label: str) -> dict[str, Any]:
        """What each platform's document says about one executor."""
        settings = self._settings.get(label)
        if settings is None:
            settings = self._settings[label] = {
                name: dict(found)
                for name in self._graph.platforms
                if (found := platform_config(self._graph, name, label))
            }
        return settings
