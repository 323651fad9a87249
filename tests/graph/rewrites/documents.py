"""Graphs made by hand or by chance as compiled pipelines: rewrites take documents."""

from __future__ import annotations

import json
from typing import Any

from kfbridge.graph.model import (
    MISSING,
    Component,
    Constant,
    Container,
    Dag,
    DagInput,
    FinalStatus,
    Graph,
    ParameterBinding,
    Ports,
    Task,
    TaskOutput,
    Trigger,
)
from kfbridge.spec.expression import unparse
from kfbridge.spec.read import Document, from_data

Json = dict[str, Any]


def document_of(graph: Graph) -> Document:
    """The compiled pipeline of a graph in which no two tasks share a name."""
    writer = _Writer()
    root = writer.component(graph.root)
    return from_data(
        [
            {
                "pipelineInfo": {"name": graph.name},
                "schemaVersion": "2.1.0",
                "components": writer.components,
                "deploymentSpec": {"executors": writer.executors},
                "root": root,
            }
        ]
    )


class _Writer:
    def __init__(self) -> None:
        self.components: Json = {}
        self.executors: Json = {}

    def component(self, component: Component, name: str = "") -> Json:
        data: Json = {"inputDefinitions": ports(component.inputs), "outputDefinitions": ports(component.outputs)}
        if isinstance(component.body, Dag):
            return {**data, "dag": self.dag(component.body)}
        assert isinstance(component.body, Container)
        self.executors[f"exec-{name}"] = {
            "container": {"image": component.body.image, "command": list(component.body.command)}
        }
        return {**data, "executorLabel": f"exec-{name}"}

    def dag(self, dag: Dag) -> Json:
        outputs = {
            key: {
                "valueFromOneof": {
                    "parameterSelectors": [
                        {"producerSubtask": one.task, "outputParameterKey": one.key} for one in several
                    ]
                }
            }
            for key, several in dag.parameters.items()
        }
        artifacts = {
            key: {"artifactSelectors": [{"producerSubtask": one.task, "outputArtifactKey": one.key} for one in several]}
            for key, several in dag.artifacts.items()
        }
        return {
            "tasks": {name: self.task(task) for name, task in dag.tasks.items()},
            "outputs": {"parameters": outputs, "artifacts": artifacts},
        }

    def task(self, task: Task) -> Json:
        name = f"comp-{task.name}"
        assert name not in self.components, f"two tasks are called {task.name}"
        self.components[name] = {}
        self.components[name] = self.component(task.component, task.name)
        data: Json = {
            "componentRef": {"name": name},
            "taskInfo": {"name": task.display_name},
            "inputs": {"parameters": {key: parameter(one) for key, one in task.parameters.items()}},
            "dependentTasks": list(task.producers),
        }
        artifacts = {
            key: {"componentInputArtifact": one.source.key}
            if isinstance(one.source, DagInput)
            else {"taskOutputArtifact": {"producerTask": one.source.task, "outputArtifactKey": one.source.key}}
            for key, one in task.artifacts.items()
        }
        if artifacts:
            data["inputs"]["artifacts"] = artifacts
        trigger = {}
        if task.condition is not None:
            trigger["condition"] = unparse(task.condition)
        if task.trigger is Trigger.UPSTREAM_COMPLETED:
            trigger["strategy"] = task.trigger.value
        if trigger:
            data["triggerPolicy"] = trigger
        if task.retry is not None:
            data["retryPolicy"] = {
                "maxRetryCount": task.retry.max_retries,
                "backoffDuration": f"{task.retry.backoff}s",
                "backoffFactor": task.retry.factor,
                "backoffMaxDuration": f"{task.retry.max_backoff}s",
            }
        if task.loop is not None:
            constant = isinstance(task.loop.items, list)
            items = {"raw": json.dumps(task.loop.items)} if constant else {"inputParameter": task.loop.items}
            data["parameterIterator"] = {"itemInput": task.loop.item_input, "items": items}
            data["iteratorPolicy"] = {"parallelismLimit": task.loop.parallelism}
        return data


def parameter(binding: ParameterBinding) -> Json:
    match binding.source:
        case Constant(value):
            data: Json = {"runtimeValue": {"constant": value}}
        case TaskOutput(task, key):
            data = {"taskOutputParameter": {"producerTask": task, "outputParameterKey": key}}
        case DagInput(key):
            data = {"componentInputParameter": key}
        case FinalStatus(task):
            data = {"taskFinalStatus": {"producerTask": task}}
    if binding.selector is not None:
        data["parameterExpressionSelector"] = unparse(binding.selector)
    return data


def ports(found: Ports) -> Json:
    parameters: Json = {}
    for name, port in found.parameters.items():
        parameters[name] = {"parameterType": port.type.value}
        if port.optional:
            parameters[name]["isOptional"] = True
        if port.default is not MISSING:
            parameters[name]["defaultValue"] = port.default
    artifacts: Json = {
        name: {
            "artifactType": {"schemaTitle": port.schema_title, "schemaVersion": port.schema_version},
            **({"isArtifactList": True} if port.is_list else {}),
            **({"isOptional": True} if port.optional else {}),
        }
        for name, port in found.artifacts.items()
    }
    return {kind: data for kind, data in (("parameters", parameters), ("artifacts", artifacts)) if data}
