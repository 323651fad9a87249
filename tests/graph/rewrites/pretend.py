"""Pipelines run over steps that only pretend, so that a rewritten one can be compared with the original.

What a step makes follows from what the user calls it and from what it is given: a step that is fed otherwise, or by
another, makes something else. Steps that a rewrite added are really run.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kfbridge.engine.events import Artifact, Outputs
from kfbridge.engine.outputs import skip_reason
from kfbridge.engine.runner import TaskInvocation
from kfbridge.graph.model import (
    MISSING,
    Component,
    Constant,
    Dag,
    DagInput,
    Graph,
    ParameterType,
    Task,
    TaskOutput,
    Trigger,
)
from kfbridge.graph.resolve import resolve
from kfbridge.graph.rewrites import Rewritten
from kfbridge.graph.rewrites.collect import SCRIPT
from kfbridge.graph.values import to_text
from kfbridge.runtime.predicate import decide
from kfbridge.spec.boot import read_boot
from kfbridge.spec.expression import unparse
from kfbridge.spec.expression.tree import Literal, walk
from kfbridge.spec.predicate import unwrap
from kfbridge.spec.read import Document, from_data
from kfbridge.testing.cases import CASES
from tests.engine.fake import Skip, World
from tests.graph.rewrites.equal import made_up

NATURAL = {
    ParameterType.STRING: "some text",
    ParameterType.NUMBER_INTEGER: 3,
    ParameterType.NUMBER_DOUBLE: 0.5,
    ParameterType.BOOLEAN: True,
    ParameterType.LIST: ["a", "b"],
    ParameterType.STRUCT: {"a": 1},
}


def case_document(name: str) -> Document:
    """A conformance case, compiled."""
    return from_data([one for one in CASES[name].pipeline.documents if one], name)


@dataclass
class Pretence:
    """Steps of one pipeline that make something up.

    Args:
        graph: The pipeline, as the user wrote it.
        seed: Different seeds take different branches.
        broken: The steps that fail, by key.
    """

    graph: Graph
    seed: int = 0
    broken: Collection[str] = ()
    texts: list[str] = field(default_factory=lambda: ["some text"])
    numbers: list[int] = field(default_factory=lambda: [0, 1, 2])
    inputs: dict[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path, task in all_tasks(self.graph):
            names = (*task.component.inputs.parameters, *task.component.inputs.artifacts, *task.parameters)
            self.inputs[path] = frozenset(names)
            for node in walk(task.condition) if task.condition is not None else ():
                if isinstance(node, Literal) and isinstance(node.value, str):
                    self.texts.append(node.value)
                elif isinstance(node, Literal) and type(node.value) is int:
                    self.numbers += [node.value, node.value + 1]

    def arguments(self) -> dict[str, Any]:
        ports = self.graph.root.inputs
        needed = {name: port for name, port in ports.parameters.items() if port.default is MISSING}
        given = {name: self.made(f"argument {name}", port.type) for name, port in needed.items() if not port.optional}
        return given | {name: f"gs://bucket/{name}" for name in ports.artifacts}

    def made(self, text: str, kind: ParameterType) -> Any:
        draw = zlib.crc32(f"{self.seed} {text}".encode())
        if kind is ParameterType.STRING:
            return self.texts[draw % len(self.texts)]
        if kind is ParameterType.NUMBER_INTEGER:
            return self.numbers[draw % len(self.numbers)] if draw % 7 else 2**60 + draw
        if kind is ParameterType.LIST:
            return [self.texts[(draw + number) % len(self.texts)] for number in range(draw % 3)]
        return {ParameterType.BOOLEAN: bool(draw % 2), ParameterType.NUMBER_DOUBLE: (draw % 5) / 4}.get(
            kind, {"a": draw}
        )

    def given(self, key: str, invocation: TaskInvocation) -> dict[str, Any]:
        """What a step is given of what the user's component takes."""
        names = self.inputs.get(plain(key), frozenset())
        parameters = {
            name: value for name, value in invocation.parameters.items() if name in names and value is not None
        }
        artifacts = {
            name: [[one.name, one.schema_title, one.uri, one.metadata] for one in found]
            for name, found in invocation.artifacts.items()
            if name in names
        }
        return {"parameters": parameters, "artifacts": artifacts}

    def outcome(self, key: str, invocation: TaskInvocation) -> Outputs | str:
        if key in self.broken:
            return "it broke"
        text = json.dumps([key, self.given(key, invocation)], sort_keys=True)
        return Outputs(
            {name: self.made(f"{text} {name}", port.type) for name, port in invocation.outputs.parameters.items()},
            {
                name: [
                    Artifact(name, port.schema_title, f"gs://bucket/{key}/{name}", {"check": zlib.crc32(text.encode())})
                ]
                for name, port in invocation.outputs.artifacts.items()
            },
        )


@dataclass
class Played:
    """A run: by the user's key what each step was given, its state, and what came out."""

    world: World
    given: dict[str, Any]
    states: dict[str, str]
    made_up: dict[str, str]
    begun: Counter[str] = field(default_factory=Counter)

    @property
    def succeeded(self) -> set[str]:
        return {key for key, state in self.states.items() if state == "succeeded"}

    @property
    def outputs(self) -> Outputs:
        return self.world.scheduler.outputs()


def play(pretence: Pretence, rewritten: Rewritten | None = None, graph: Graph | None = None) -> Played:
    """Run the pipeline, or what a rewrite made of it."""
    graph = graph or (resolve(rewritten.document) if rewritten is not None else pretence.graph)
    name: Callable[[str], str | None] = rewritten.origin_key if rewritten is not None else lambda key: key
    given: dict[str, Any] = {}
    begun: Counter[str] = Counter()

    def outcome(invocation: TaskInvocation) -> Outputs | str:
        key = name(invocation.key)
        if key is None:
            return really(invocation)
        reason = looks(invocation)
        if reason is not None:
            return Skip(reason)
        given[key] = pretence.given(key, invocation)
        begun[key] += 1
        return pretence.outcome(key, invocation)

    world = World(graph, outcome).run(**pretence.arguments())
    states: dict[str, str] = {}
    made_up: dict[str, str] = {}
    for view in world.scheduler.tasks():
        key = name(view.key)
        if key is None:
            made_up[view.key] = view.state
        elif not view.is_group:
            # of several copies of a step one runs: its state is the step's
            states[key] = max(states.get(key, "skipped"), view.state, key=_WEIGHT.index)
    return Played(world, given, states, made_up, begun)


_WEIGHT = ["pending", "skipped", "cancelled", "succeeded", "failed", "running"]


def really(invocation: TaskInvocation) -> Outputs:
    """Run a step that a rewrite added."""
    if invocation.container.command[2] == SCRIPT:
        return made_up(invocation)
    boot = read_boot(invocation.container.command, invocation.container.args)
    assert boot is not None and boot.source is not None
    names: dict[str, Any] = {}
    lines = [line for line in boot.source.splitlines() if not line.startswith(("import kfp", "from kfp"))]
    exec("\n".join(lines), names)
    found = names[boot.function](**json.loads(json.dumps(invocation.parameters)))
    return Outputs({"Output": found})


def all_tasks(graph: Graph) -> Iterator[tuple[str, Task]]:
    pending: list[tuple[str, Dag]] = [("", graph.root.body)]  # type: ignore[list-item]
    while pending:
        prefix, dag = pending.pop()
        for task in dag.tasks.values():
            yield f"{prefix}{task.name}", task
            if isinstance(task.component.body, Dag):
                pending.append((f"{prefix}{task.name}/", task.component.body))


def plain(key: str) -> str:
    """A path without iterations."""
    return "/".join(part.partition("[")[0] for part in key.split("/"))


def document_of(graph: Graph) -> Document:
    """A graph of parameters alone as a compiled pipeline, for the random ones of the engine's tests."""
    components: dict[str, Any] = {}

    def binding(one: Any) -> dict[str, Any]:
        match one.source:
            case Constant(value):
                return {"runtimeValue": {"constant": value}}
            case TaskOutput(task, key):
                return {"taskOutputParameter": {"producerTask": task, "outputParameterKey": key}}
            case DagInput(key):
                return {"componentInputParameter": key}
        raise AssertionError(one)

    def task_of(task: Task) -> dict[str, Any]:
        data: dict[str, Any] = {
            "taskInfo": {"name": task.name},
            "inputs": {"parameters": {name: binding(one) for name, one in task.parameters.items()}},
            "dependentTasks": list(task.producers),
            "componentRef": {"name": component_of(task.component, f"comp-{task.name}")},
        }
        policy = {"condition": unparse(task.condition)} if task.condition is not None else {}
        if task.trigger is Trigger.UPSTREAM_COMPLETED:
            policy["strategy"] = task.trigger.value
        data |= {"triggerPolicy": policy} if policy else {}
        if task.retry is not None:
            data["retryPolicy"] = {"maxRetryCount": task.retry.max_retries}
        if task.loop is not None:
            items = task.loop.items
            found = {"inputParameter": items} if isinstance(items, str) else {"raw": json.dumps(items)}
            data["parameterIterator"] = {"items": found, "itemInput": task.loop.item_input}
            data["iteratorPolicy"] = {"parallelismLimit": task.loop.parallelism}
        return data

    def port_of(port: Any) -> dict[str, Any]:
        data: dict[str, Any] = {"parameterType": port.type.value}
        if port.optional:
            data["isOptional"] = True
        return data if port.default is MISSING else {**data, "defaultValue": port.default}

    def ports_of(ports: Any) -> dict[str, Any]:
        return {"parameters": {name: port_of(port) for name, port in ports.parameters.items()}}

    def component_of(component: Component, name: str) -> str:
        data: dict[str, Any] = {
            "inputDefinitions": ports_of(component.inputs),
            "outputDefinitions": ports_of(component.outputs),
        }
        if isinstance(component.body, Dag):
            outputs = {
                key: {
                    "valueFromOneof": {
                        "parameterSelectors": [
                            {"producerSubtask": one.task, "outputParameterKey": one.key} for one in chosen
                        ]
                    }
                }
                for key, chosen in component.body.parameters.items()
            }
            tasks = {one.name: task_of(one) for one in component.body.tasks.values()}
            data["dag"] = {"tasks": tasks, "outputs": {"parameters": outputs}}
        else:
            data["executorLabel"] = f"exec-{name}"
        components[name] = data
        return name

    component_of(graph.root, "root")
    root = components.pop("root")
    command = ["python3", "run.py"]
    executors = {
        data["executorLabel"]: {"container": {"image": "python:3.11", "command": command}}
        for data in components.values()
        if "executorLabel" in data
    }
    pipeline = {
        "pipelineInfo": {"name": "random"},
        "schemaVersion": "2.1.0",
        "root": root,
        "components": components,
        "deploymentSpec": {"executors": executors},
    }
    return from_data([pipeline], "random")


def well_formed(document: Document) -> None:
    """KFP's own messages take the pipeline, with nothing unknown in it."""
    messages = pytest.importorskip("kfp.pipeline_spec.pipeline_spec_pb2")
    protobuf = pytest.importorskip("google.protobuf.json_format")
    pipeline = document.to_data()[0]
    protobuf.ParseDict(pipeline, messages.PipelineSpec())
    protobuf.ParseDict(pipeline.get("deploymentSpec", {}), messages.PipelineDeploymentConfig())


def looks(invocation: TaskInvocation) -> str | None:
    """Why a step that looks at its own conditions does nothing; None when it runs, or looks at none."""
    found = unwrap(invocation.container.command)
    task = {"inputs": {"parameterValues": json.loads(json.dumps(invocation.parameters))}}
    if found is not None:
        try:
            return decide(found.conditions, task)
        except ValueError as error:
            raise AssertionError(str(error)) from error
    command = list(invocation.container.command)
    if command[1:2] == ["-c"] and command[3:4] == ["{{$.outputs.output_file}}"]:
        return in_a_shell(command, invocation)
    return None


def in_a_shell(command: list[str], invocation: TaskInvocation) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "made" / "executor_output.json"
        script, values = command[:3], [word for word in command[4:] if word.startswith("{{$.inputs.parameters['")]
        given = [to_text(invocation.parameters[word[len("{{$.inputs.parameters['") : -len("']}}")]]) for word in values]
        subprocess.run([*script, str(output), *given, "true"], check=True, stdout=subprocess.DEVNULL)
        return skip_reason(output.read_text()) if output.exists() else None
