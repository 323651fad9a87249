"""What stands in a rewritten pipeline for what exists already: constants, importers, steps of one line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kfbridge.graph.rewrites.collect import OUTPUT, SCRIPT
from kfbridge.graph.rewrites.draft import Draft, Json, from_task
from kfbridge.spec.boot import EXECUTOR_INPUT, write_boot

_IMAGE: Final = "python:3.11"  # KFP's own for functions that name none
_PLACEHOLDER: Final = "{{$"
_HEADER: Final = "\nimport kfp\nfrom kfp import dsl\nfrom kfp.dsl import *\nfrom typing import *\n\n"
_ANNOTATIONS: Final = {
    "STRING": "str",
    "NUMBER_INTEGER": "int",
    "NUMBER_DOUBLE": "float",
    "BOOLEAN": "bool",
    "LIST": "list",
    "STRUCT": "dict",
}


def constant(value: Any) -> Json:
    """The binding to a value."""
    return {"runtimeValue": {"constant": value}}


def is_plain(value: Any) -> bool:
    """Whether a constant of this value is taken as it is: none of its text reads like a placeholder."""
    return _PLACEHOLDER not in json.dumps(value, ensure_ascii=False)


def is_artifact(value: Any) -> bool:
    """Whether an importer can bring this in: one artifact as run records have it."""
    return isinstance(value, Mapping) and isinstance(value.get("uri"), str) and is_plain(dict(value))


def is_artifact_list(value: Any) -> bool:
    """Whether a loop over importers can bring this in: artifacts whose metadata have the same keys and types."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(map(is_artifact, value)):
        return False
    shapes = {tuple(sorted((key, _kind(held)) for key, held in (one.get("metadata") or {}).items())) for one in value}
    return len(shapes) <= 1 and len({one.get("name") for one in value}) <= 1


def add_importer(draft: Draft, dag: str, wanted: str, artifact: Mapping[str, Any], port: Json) -> tuple[str, str]:
    """Add a task that brings in an artifact; the task and its output.

    The output bears the artifact's name, which therefore stays what it was.

    Args:
        draft: The pipeline.
        dag: The component that gets the task.
        wanted: The name of the task, if it is free.
        artifact: ``{"name", "type", "uri", "metadata"}``, as run records have it.
        port: The output port that the artifact came from, for its type.
    """
    key = str(artifact.get("name") or "artifact")
    importer: Json = {"artifactUri": {"constant": artifact["uri"]}, "typeSchema": dict(port["artifactType"])}
    if artifact.get("metadata"):
        importer["metadata"] = dict(artifact["metadata"])
    component = _importer_component(draft, wanted, key, importer, port, {})
    return draft.add_task(dag, wanted, {"componentRef": {"name": component}, "cachingOptions": {}}), key


def add_importers(
    draft: Draft, dag: str, wanted: str, artifacts: Sequence[Mapping[str, Any]], port: Json
) -> tuple[str, str]:
    """Add a loop that brings in a list of artifacts; the task and its output.

    Args:
        draft: The pipeline.
        dag: The component that gets the loop.
        wanted: The name of the loop, if it is free.
        artifacts: As `is_artifact_list` asks for.
        port: The output port that they came from, for their type.
    """
    key = str(artifacts[0].get("name") or "artifact") if artifacts else "artifact"
    names = sorted(artifacts[0].get("metadata") or {}) if artifacts else []
    inner = {f"metadata_{number}": ("metadata", name) for number, name in enumerate(names)}
    importer: Json = {"artifactUri": {"runtimeParameter": "uri"}, "typeSchema": dict(port["artifactType"])}
    if names:
        importer["metadata"] = {name: _input_text(given) for given, (_, name) in inner.items()}
    kinds = {given: _kind(artifacts[0]["metadata"][name]) for given, (_, name) in inner.items()}
    step = _importer_component(draft, f"{wanted}-item", key, importer, port, {"uri": "STRING", **kinds})
    fed = {"uri": _selected("uri"), **{given: _selected(*path) for given, path in inner.items()}}
    task = {"componentRef": {"name": step}, "inputs": {"parameters": fed}, "taskInfo": {"name": "import"}}
    body = {
        "inputDefinitions": {"parameters": {"item": {"parameterType": "STRUCT"}}},
        "outputDefinitions": {"artifacts": {key: {"artifactType": dict(port["artifactType"])}}},
        "dag": {
            "tasks": {"import": {**task, "cachingOptions": {}}},
            "outputs": {"artifacts": {key: {"artifactSelectors": [_selector("import", key)]}}},
        },
    }
    draft.stands_for_nothing(component := draft.add_component(f"comp-{wanted}", body), "import")
    items = [{"uri": one["uri"], "metadata": one.get("metadata") or {}} for one in artifacts]
    loop = {"items": {"raw": json.dumps(items, ensure_ascii=False)}, "itemInput": "item"}
    return draft.add_task(dag, wanted, {"componentRef": {"name": component}, "parameterIterator": loop}), key


def add_gate(draft: Draft, dag: str, wanted: str, after: str) -> str:
    """Add a task that does nothing but wait for another, however that ends; its name.

    It is an importer, which starts no job where importers do not; its artifact is of no use.
    """
    port = {"artifactType": {"schemaTitle": "system.Artifact", "schemaVersion": "0.0.1"}}
    name, _ = add_importer(draft, dag, wanted, {"uri": "kfbridge://gate"}, port)
    task = draft.tasks(dag)[name]
    task["dependentTasks"] = [after]
    task["triggerPolicy"] = {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    return name


def add_carrier(draft: Draft, dag: str, wanted: str, value: Any, declared: str) -> tuple[str, str]:
    """Add a step that returns a value, for an output of a dag, which only a task can give; the task and its output.

    The step's types are the value's own: what a file declares of outputs that come out of loops is not always so.
    """
    found = _kind(value)
    kind = declared if value is None or (found, declared) == ("NUMBER_INTEGER", "NUMBER_DOUBLE") else found
    text = f"def carry(value: {_ANNOTATIONS[kind]}) -> {_ANNOTATIONS[kind]}:\n    return value\n"
    ports = {"value": {"parameterType": kind}}
    component = _function(draft, wanted, "carry", text, ports, kind)
    inputs = {"parameters": {"value": constant(value)}}
    return draft.add_task(dag, wanted, {"componentRef": {"name": component}, "inputs": inputs}), "Output"


def add_collector(
    draft: Draft, dag: str, wanted: str, parts: Sequence[tuple[str, str, str] | Any], known: Sequence[bool]
) -> tuple[str, str]:
    """Add a step that makes the list that a loop would have left; the task and its output.

    Args:
        draft: The pipeline.
        dag: The component that gets the step.
        wanted: The name of the step, if it is free.
        parts: For each iteration in order its value, or the task, output and type that will give one.
        known: For each of `parts` whether it is a value. What a task does not give is left out.
    """
    order: list[Json] = []
    ports: Json = {"order": {"parameterType": "LIST"}}
    inputs: Json = {}
    annotations = ["order: list"]
    for part, is_value in zip(parts, known, strict=True):
        if is_value:
            order.append({"value": part})
            continue
        task, key, kind = part
        name = f"part_{len(inputs)}"
        order.append({"part": name})
        ports[name] = {"parameterType": kind, "isOptional": True}
        inputs[name] = from_task(task, key, "parameters")
        annotations.append(f"{name}: {_ANNOTATIONS[kind]} = None")
    given = ", ".join(f"{name!r}: {name}" for name in inputs)
    text = (
        f"def collect({', '.join(annotations)}) -> list:\n"
        f"    given = {{{given}}}\n"
        "    made = [one['value'] if 'value' in one else given[one['part']] for one in order"
        " if 'value' in one or given[one['part']] is not None]\n"
        "    return made\n"
    )
    component = _function(draft, wanted, "collect", text, ports, "LIST")
    task_inputs = {"parameters": {"order": constant(order), **inputs}}
    return draft.add_task(dag, wanted, {"componentRef": {"name": component}, "inputs": task_inputs}), "Output"


def add_artifact_collector(
    draft: Draft, dag: str, wanted: str, parts: Sequence[tuple[str, str]], port: Json
) -> tuple[str, str]:
    """Add a step that makes the list of artifacts that a loop would have left; the task and its output.

    Its component is a container, because a Python function cannot return a list of artifacts.

    Args:
        draft: The pipeline.
        dag: The component that gets the step.
        wanted: The name of the step, if it is free.
        parts: The tasks and outputs in order, of which one at least gives an artifact for certain.
        port: The loop's output port, for the type.
    """
    names = [f"item-{number}" for number in range(len(parts))]
    given = {"artifactType": dict(port["artifactType"]), "isOptional": True}
    made = {"artifactType": dict(port["artifactType"]), "isArtifactList": True}
    args = [EXECUTOR_INPUT, "artifacts", str(len(parts))]
    container = {"image": _IMAGE, "command": ["python3", "-c", SCRIPT], "args": args}
    component = {
        "executorLabel": draft.add_executor(f"exec-{wanted}", {"container": container}),
        "inputDefinitions": {"artifacts": {name: dict(given) for name in names}},
        "outputDefinitions": {"artifacts": {OUTPUT: made}},
    }
    fed = {name: from_task(*part, "artifacts") for name, part in zip(names, parts, strict=True)}
    task = {"componentRef": {"name": draft.add_component(f"comp-{wanted}", component)}, "inputs": {"artifacts": fed}}
    return draft.add_task(dag, wanted, {**task, "cachingOptions": {}}), OUTPUT


def _importer_component(draft: Draft, wanted: str, key: str, importer: Json, port: Json, inputs: Json) -> str:
    label = draft.add_executor(f"exec-{wanted}", {"importer": importer})
    component: Json = {
        "executorLabel": label,
        "outputDefinitions": {"artifacts": {key: {"artifactType": dict(port["artifactType"])}}},
    }
    if inputs:
        component["inputDefinitions"] = {"parameters": {name: {"parameterType": kind} for name, kind in inputs.items()}}
    return draft.add_component(f"comp-{wanted}", component)


def _function(draft: Draft, wanted: str, function: str, text: str, ports: Json, kind: str) -> str:
    command, args = write_boot(function, _HEADER + text)
    container = {"image": _IMAGE, "command": command, "args": args}
    label = draft.add_executor(f"exec-{wanted}", {"container": container})
    component = {
        "executorLabel": label,
        "inputDefinitions": {"parameters": ports},
        "outputDefinitions": {"parameters": {"Output": {"parameterType": kind}}},
    }
    return draft.add_component(f"comp-{wanted}", component)


def _selector(task: str, key: str) -> Json:
    return {"producerSubtask": task, "outputArtifactKey": key}


def _selected(*path: str) -> Json:
    keys = "".join(f"[{json.dumps(key)}]" for key in path)
    return {"componentInputParameter": "item", "parameterExpressionSelector": f"parseJson(string_value){keys}"}


def _input_text(name: str) -> str:
    return f"{{{{$.inputs.parameters['{name}']}}}}"


def _kind(value: Any) -> str:
    """The type of an input that takes this value as it is."""
    table = ((bool, "BOOLEAN"), (int, "NUMBER_INTEGER"), (float, "NUMBER_DOUBLE"), (str, "STRING"), (list, "LIST"))
    return next((kind for python, kind in table if isinstance(value, python)), "STRUCT")
