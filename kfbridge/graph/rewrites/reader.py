"""From a document to the tree of its parts."""

from __future__ import annotations

from kfbridge.graph.model import Component, Dag, Task, Trigger
from kfbridge.graph.resolve import resolve
from kfbridge.graph.rewrites.part import Face, Group, Json, Leaf, Part
from kfbridge.spec.read import Document

_TYPED = (
    "componentRef",
    "inputs",
    "dependentTasks",
    "triggerPolicy",
    "parameterIterator",
    "artifactIterator",
    "iteratorPolicy",
)
"""The fields of a task that a `Part` has under other names."""


def read_parts(document: Document) -> Part:
    """The pipeline itself as a part, whose body is a `Group`.

    Inputs that older compilers only named in placeholders, and producers that only a platform's settings name, are
    written out.

    Raises:
        SpecError: The pipeline is not valid.
    """
    graph = resolve(document)
    return Part(*_Reader(document).component(graph.root), origin=())


class _Reader:
    """Reads each component once."""

    def __init__(self, document: Document) -> None:
        data = document.pipeline.to_data()
        self.components: Json = {**(data.get("components") or {}), "": data["root"]}
        self.executors: Json = (data.get("deploymentSpec") or {}).get("executors") or {}
        self.platforms: Json = (document.platform.to_data().get("platforms") or {}) if document.platform else {}
        self.root: Component | None = None
        self.known: dict[int, tuple[Face, Group | Leaf]] = {}
        self.leaves: dict[str, Leaf] = {}

    def component(self, component: Component) -> tuple[Face, Group | Leaf]:
        self.root = self.root or component
        name = "" if component is self.root else component.name
        if id(component) not in self.known:
            data = self.components[name]
            face = Face.of(name, data)
            body = component.body
            self.known[id(component)] = face, self.group(data, body) if isinstance(body, Dag) else self.leaf(data)
        return self.known[id(component)]

    def group(self, data: Json, dag: Dag) -> Group:
        specs = data["dag"].get("tasks") or {}
        return Group(
            {name: self.part(specs[name], task) for name, task in dag.tasks.items()}, dag.parameters, dag.artifacts
        )

    def part(self, spec: Json, task: Task) -> Part:
        face, body = self.component(task.component)
        return Part(
            face=face,
            body=body,
            parameters=task.parameters,
            artifacts=task.artifacts,
            after=task.producers,
            condition=task.condition,
            always=task.trigger is Trigger.UPSTREAM_COMPLETED,
            loop=task.loop,
            rest={key: value for key, value in spec.items() if key not in _TYPED},
            origin=((task.name, None),),
        )

    def leaf(self, data: Json) -> Leaf:
        label = data["executorLabel"]
        if label not in self.leaves:
            self.leaves[label] = Leaf(label, self.executors[label], self.settings(label))
        return self.leaves[label]

    def settings(self, label: str) -> dict[str, Json]:
        found = {}
        for platform, spec in self.platforms.items():
            executors = (spec.get("deploymentSpec") or {}).get("executors") or {}
            if label in executors:
                found[platform] = executors[label]
        return found
