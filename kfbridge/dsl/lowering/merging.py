"""A compiled pipeline inside of another: its components and executors move in, under names that are free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kfbridge.dsl.lowering.platforms import PlatformDocument
from kfbridge.dsl.names import UniqueNames

Json = dict[str, Any]


class Registry:
    """The components and executors of the pipeline that is being written.

    Attributes:
        components: ``components`` of the IR.
        executors: ``deploymentSpec.executors`` of the IR.
        platforms: The second document.
    """

    def __init__(self) -> None:
        self.components: Json = {}
        self.executors: Json = {}
        self.platforms = PlatformDocument()
        self._component_names = UniqueNames()
        self._labels = UniqueNames()

    def add_component(self, name: str, component: Json) -> str:
        """Add a component under `name`, numbered when it is taken; gives the name that it got."""
        unique = self._component_names.take(name)
        self.components[unique] = component
        return unique

    def add_executor(self, label: str, executor: Json) -> str:
        """Add an executor under `label`, numbered when it is taken; gives the label that it got."""
        unique = self._labels.take(label)
        self.executors[unique] = executor
        return unique

    def add_pipeline(self, pipeline: Mapping[str, Any], platform: Mapping[str, Any]) -> Json:
        """Add all that a compiled pipeline consists of, and give its root as a component.

        Names that are free are kept. The others get numbers in alphabetical order, so that the same pipeline always
        compiles to the same file.
        """
        executors = pipeline.get("deploymentSpec", {}).get("executors", {})
        labels = _free_names(executors, self._labels)
        self.executors.update({labels[label]: executor for label, executor in executors.items()})
        self.platforms.add_document(platform, labels)
        components = pipeline.get("components", {})
        names = _free_names(components, self._component_names)
        for name, component in components.items():
            self.components[names[name]] = _renamed(component, names, labels)
        return _renamed(pipeline["root"], names, labels)


def _free_names(wanted: Iterable[str], taken: UniqueNames) -> dict[str, str]:
    """A free name for each wanted one, taken from now on."""
    names = {name: taken.take(name) for name in wanted if name not in taken}
    for name in sorted(set(wanted) - set(names)):
        names[name] = taken.take(name)
    return names


def _renamed(component: Mapping[str, Any], names: Mapping[str, str], labels: Mapping[str, str]) -> Json:
    result = dict(component)
    if "executorLabel" in result:
        result["executorLabel"] = labels.get(result["executorLabel"], result["executorLabel"])
    if "dag" in result:
        tasks = {
            task_name: {**task, "componentRef": {"name": names.get(reference, reference)}}
            for task_name, task in result["dag"].get("tasks", {}).items()
            for reference in [task["componentRef"]["name"]]
        }
        result["dag"] = {**result["dag"], "tasks": tasks}
    return result
