"""Artifacts that a run is given: by their URI, which a task imports, or by their name in Vertex ML Metadata.

A PipelineJob takes artifacts by their id alone, of the same project, location and the default metadata store
(``RuntimeConfig.input_artifacts``, google-cloud-aiplatform 2.7.0).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from kfbridge.findings import Finding, Level
from kfbridge.graph.model import Graph
from kfbridge.graph.rewrites.names import Names

_NAMED: Final = re.compile(r"projects/[^/]+/locations/[^/]+/metadataStores/default/artifacts/([^/]+)")
_OUTPUT: Final = "artifact"
_URI: Final = "uri"
SCHEMES: Final = ("gs://", "https://", "http://", "bq://", "projects/")
"""How URIs begin that steps of Vertex AI can make something of; ``gs://`` alone is mounted, under /gcs."""


def input_artifacts(graph: Graph, arguments: Mapping[str, Any]) -> dict[str, str]:
    """The ids of the artifacts that the arguments name in the metadata store, by input."""
    given = {name: arguments.get(name) for name in graph.root.inputs.artifacts}
    found = {name: _NAMED.fullmatch(value) for name, value in given.items() if isinstance(value, str)}
    return {name: match[1] for name, match in found.items() if match is not None}


def list_refusals(graph: Graph, arguments: Mapping[str, Any]) -> Iterator[Finding]:
    """A refusal for each input that is given a list of artifacts: no task of the format makes one of URIs."""
    for name, port in graph.root.inputs.artifacts.items():
        if port.is_list and arguments.get(name) is not None:
            yield Finding(
                "pipeline_artifact_input",
                "",
                Level.REFUSED,
                f"its input {name} is a list of artifacts, which a PipelineJob cannot be given",
                "Hand over the list of their URIs as a parameter, and import each with dsl.importer.",
            )


def import_artifacts(spec: dict[str, Any], graph: Graph, arguments: Mapping[str, Any]) -> None:
    """Give each artifact that the arguments name by its URI a task that imports it, in `spec` (a PipelineSpec)."""
    named = input_artifacts(graph, arguments)
    declared = (spec["root"].get("inputDefinitions") or {}).get("artifacts") or {}
    tasks = spec["root"]["dag"]["tasks"]
    names = Names({*tasks, *(name.removeprefix("comp-") for name in spec.get("components") or {})})
    for key in sorted(declared.keys() & arguments.keys() - named.keys()):
        name = names.take("import", key.replace("_", "-").lower())
        _replace(tasks, key, name)
        _add_importer(spec, name, declared.pop(key)["artifactType"], str(arguments[key]))
    if "inputDefinitions" in spec["root"] and not declared:
        spec["root"]["inputDefinitions"].pop("artifacts", None)
        if not spec["root"]["inputDefinitions"]:
            del spec["root"]["inputDefinitions"]


def _replace(tasks: Mapping[str, Any], key: str, name: str) -> None:
    """What took the pipeline's input takes the importer's output."""
    for task in tasks.values():
        for binding in ((task.get("inputs") or {}).get("artifacts") or {}).values():
            if binding.get("componentInputArtifact") == key:
                del binding["componentInputArtifact"]
                binding["taskOutputArtifact"] = {"outputArtifactKey": _OUTPUT, "producerTask": name}
                task["dependentTasks"] = sorted({*(task.get("dependentTasks") or ()), name})


def _add_importer(spec: dict[str, Any], name: str, kind: Mapping[str, Any], uri: str) -> None:
    component, executor = f"comp-{name}", f"exec-{name}"
    constant = {"constant": uri}
    spec["root"]["dag"]["tasks"][name] = {
        "cachingOptions": {},
        "componentRef": {"name": component},
        "inputs": {"parameters": {_URI: {"runtimeValue": constant}}},
        "taskInfo": {"name": name},
    }
    spec.setdefault("components", {})[component] = {
        "executorLabel": executor,
        "inputDefinitions": {"parameters": {_URI: {"parameterType": "STRING"}}},
        "outputDefinitions": {"artifacts": {_OUTPUT: {"artifactType": dict(kind)}}},
    }
    importer = {"artifactUri": {"constant": uri}, "typeSchema": dict(kind)}
    spec.setdefault("deploymentSpec", {}).setdefault("executors", {})[executor] = {"importer": importer}
