"""From the tree of parts back to a document, with the origin of every task."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kfbridge.graph.model import (
    MISSING,
    ArtifactBinding,
    Constant,
    DagInput,
    FinalStatus,
    Loop,
    OutputSelector,
    ParameterBinding,
    TaskOutput,
)
from kfbridge.graph.rewrites.part import Group, Json, Leaf, Part, Steps
from kfbridge.graph.rewrites.rewrite import Origin
from kfbridge.spec.expression import unparse
from kfbridge.spec.read import Document, from_data


def write_parts(root: Part, document: Document) -> Document:
    """The document whose pipeline is `root`; what is not in the tree is as in `document`.

    Components and executors that are equal are written once; what no task uses is left out.
    """
    return _Writer(document).document(root)


def origins(root: Part) -> dict[str, Origin]:
    """What each task of the tree stands for, by its path in the tree; those that were made up are not in it."""
    return {
        path: Origin("/".join(name for name, _ in way), tuple(number for _, number in way)) for path, way in _ways(root)
    }


def _ways(root: Part) -> Iterator[tuple[str, Steps]]:
    pending: list[tuple[str, Part, Steps]] = [("", root, ())]
    while pending:
        path, part, way = pending.pop()
        if path:
            yield path, way
        if isinstance(part.body, Group):
            inside = [
                (f"{path}/{name}" if path else name, child, way + child.origin)
                for name, child in part.body.tasks.items()
                if child.origin is not None
            ]
            pending.extend(reversed(inside))


class _Writer:
    def __init__(self, document: Document) -> None:
        self.before = document
        self.components: Json = {}
        self.executors: Json = {}
        self.settings: dict[str, Json] = {}
        self.seen: dict[tuple[int, int], str] = {}  # parts live as long as the tree, so their ids stay theirs
        self.written: dict[str, str] = {}
        self.labels: dict[tuple[str, int, str], str] = {}

    def document(self, root: Part) -> Document:
        assert isinstance(root.body, Group)
        top = {**root.face.data, "dag": self.dag(root.body)}
        pipeline = self.before.pipeline.to_data()
        deployment = {**(pipeline.get("deploymentSpec") or {}), "executors": self.executors}
        pipeline |= {"components": self.components, "deploymentSpec": deployment, "root": top}
        parts = [pipeline]
        if self.before.platform is not None:
            parts.append(self.platform(self.before.platform.to_data()))
        return replace(from_data(parts, self.before.name), runtime=self.before.runtime, notes=self.before.notes)

    def platform(self, data: Json) -> Json:
        platforms = {}
        for name, spec in (data.get("platforms") or {}).items():
            deployment = spec.get("deploymentSpec")
            executors = self.settings.get(name, {})
            if deployment is not None or executors:
                spec = {**spec, "deploymentSpec": {**(deployment or {}), "executors": executors}}
            platforms[name] = spec
        return {**data, "platforms": platforms}

    # Components --------------------------------------------------------------------------------------

    def component(self, part: Part) -> str:
        """The name of the part's component."""
        identity = (id(part.face), id(part.body))
        if identity not in self.seen:
            body = part.body
            what = {"dag": self.dag(body)} if isinstance(body, Group) else {"executorLabel": self.label(body)}
            self.seen[identity] = self.add(part.face.name, {**part.face.data, **what})
        return self.seen[identity]

    def add(self, name: str, data: Json) -> str:
        text = json.dumps(data, sort_keys=True)
        if text not in self.written:
            free = _free(name, self.components)
            self.components[free] = data
            self.written[text] = free
        return self.written[text]

    def label(self, leaf: Leaf) -> str:
        key = (leaf.label, id(leaf.executor), json.dumps(leaf.settings, sort_keys=True))
        if key not in self.labels:
            label = _free(leaf.label, self.executors)
            self.executors[label] = leaf.executor
            for platform, settings in leaf.settings.items():
                self.settings.setdefault(platform, {})[label] = settings
            self.labels[key] = label
        return self.labels[key]

    # Dags --------------------------------------------------------------------------------------------

    def dag(self, group: Group) -> Json:
        data: Json = {"tasks": {name: self.task(part) for name, part in group.tasks.items()}}
        outputs: Json = {}
        if group.parameters:
            outputs["parameters"] = {name: _parameter_output(several) for name, several in group.parameters.items()}
        if group.artifacts:
            outputs["artifacts"] = {
                name: {"artifactSelectors": [_selector(one, "outputArtifactKey") for one in several]}
                for name, several in group.artifacts.items()
            }
        if outputs:
            data["outputs"] = outputs
        return data

    def task(self, part: Part) -> Json:
        data: Json = {**part.rest, "componentRef": {"name": self.component(part)}}
        inputs: Json = {}
        if part.parameters:
            inputs["parameters"] = {name: parameter(binding) for name, binding in part.parameters.items()}
        if part.artifacts:
            inputs["artifacts"] = {name: _artifact(fed) for name, fed in part.artifacts.items()}
        trigger: Json = {}
        if part.condition is not None:
            trigger["condition"] = unparse(part.condition)
        if part.always:
            trigger["strategy"] = "ALL_UPSTREAM_TASKS_COMPLETED"
        found = {"inputs": inputs, "dependentTasks": list(part.after), "triggerPolicy": trigger}
        data |= {name: value for name, value in found.items() if value}
        return data | _loop(part.loop) if part.loop is not None else data


def parameter(binding: ParameterBinding) -> Json:
    """A binding as an ``InputParameterSpec``."""
    match binding.source:
        case Constant(value):
            data: Json = {"runtimeValue": {} if value is MISSING else {"constant": value}}
        case TaskOutput(task, key):
            data = {"taskOutputParameter": {"producerTask": task, "outputParameterKey": key}}
        case DagInput(key):
            data = {"componentInputParameter": key}
        case FinalStatus(task):
            data = {"taskFinalStatus": {"producerTask": task}}
    if binding.selector is not None:
        data["parameterExpressionSelector"] = unparse(binding.selector)
    return data


def _artifact(fed: ArtifactBinding) -> Json:
    if isinstance(fed.source, DagInput):
        return {"componentInputArtifact": fed.source.key}
    return {"taskOutputArtifact": {"producerTask": fed.source.task, "outputArtifactKey": fed.source.key}}


def _loop(loop: Loop) -> Json:
    limit: Json = {"iteratorPolicy": {"parallelismLimit": loop.parallelism}} if loop.parallelism else {}
    if loop.over_artifacts:
        return {"artifactIterator": {"itemInput": loop.item_input, "items": {"inputArtifact": loop.items}}, **limit}
    raw = isinstance(loop.items, list)
    items: Any = {"raw": json.dumps(loop.items, ensure_ascii=False)} if raw else {"inputParameter": loop.items}
    return {"parameterIterator": {"itemInput": loop.item_input, "items": items}, **limit}


def _parameter_output(several: tuple[OutputSelector, ...]) -> Json:
    found = [_selector(one, "outputParameterKey") for one in several]
    if len(found) == 1:
        return {"valueFromParameter": found[0]}
    return {"valueFromOneof": {"parameterSelectors": found}}


def _selector(one: OutputSelector, key: str) -> Json:
    return {"producerSubtask": one.task, key: one.key}


def _free(name: str, taken: Mapping[str, Any]) -> str:
    found, number = name, 2
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return found
