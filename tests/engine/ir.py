"""Compiled pipelines by hand, for what no compiler of ours writes: the IR as any other compiler may."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfbridge import api
from kfbridge.backends.base import RunStatus

SAVE = 'out="$0"; printf %s "$*" > "$out"'
OUT = "{{$.outputs.parameters['o'].output_file}}"


def constant(value: Any) -> dict[str, Any]:
    return {"runtimeValue": {"constant": value}}


def output(task: str, key: str = "o") -> dict[str, Any]:
    return {"taskOutputParameter": {"producerTask": task, "outputParameterKey": key}}


def above(key: str) -> dict[str, Any]:
    return {"componentInputParameter": key}


def selected(source: dict[str, Any], expression: str) -> dict[str, Any]:
    return {**source, "parameterExpressionSelector": expression}


def artifact(task: str, key: str = "a") -> dict[str, Any]:
    return {"taskOutputArtifact": {"producerTask": task, "outputArtifactKey": key}}


def parameters(**types: Any) -> dict[str, Any]:
    """Ports: a type, or the whole port."""
    return {name: {"parameterType": kind} if isinstance(kind, str) else kind for name, kind in types.items()}


def artifacts(*names: str, **about: Any) -> dict[str, Any]:
    return {
        name: {"artifactType": {"schemaTitle": "system.Dataset", "schemaVersion": "0.0.1"}, **about} for name in names
    }


class Pipeline:
    """A pipeline that grows: components with their executors, and tasks of the root."""

    def __init__(self) -> None:
        self.components: dict[str, Any] = {}
        self.executors: dict[str, Any] = {}
        self.platform: dict[str, Any] = {}
        self.tasks: dict[str, Any] = {}
        self.inputs: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}
        self.results: dict[str, Any] = {}

    def component(
        self, name: str, body: dict[str, Any], inputs: Any = None, outputs: Any = None, **files: Any
    ) -> Pipeline:
        """A component; `body` is a dag, or an executor's (``container``, ``importer``)."""
        made: dict[str, Any] = {"dag": body} if "tasks" in body else {"executorLabel": f"exec-{name}"}
        if "tasks" not in body:
            self.executors[f"exec-{name}"] = body
        made["inputDefinitions"] = {"parameters": inputs or {}, "artifacts": files.get("reads", {})}
        made["outputDefinitions"] = {"parameters": outputs or {}, "artifacts": files.get("writes", {})}
        self.components[f"comp-{name}"] = made
        return self

    def show(self, name: str, *texts: str, inputs: Any = None, kind: str = "STRING", **about: Any) -> Pipeline:
        """A component whose output ``o`` is the texts, with their placeholders resolved."""
        files = {key: about.pop(key) for key in ("reads", "writes") if key in about}
        container = {"image": "none", "command": ["sh", "-c", SAVE, OUT], "args": list(texts), **about}
        return self.component(name, {"container": container}, inputs, parameters(o=kind), **files)

    def task(self, name: str, component: str = "", **about: Any) -> Pipeline:
        """A task of the root; its output ``o``, if it has one, is an output of the pipeline by the task's name."""
        made = call(component or name, **about)
        self.tasks[name] = made
        port = self.components[f"comp-{component or name}"]["outputDefinitions"]["parameters"].get("o")
        if port is not None:
            looped = "parameterIterator" in made or "artifactIterator" in made
            self.outputs[name] = {"parameterType": "LIST"} if looped else port
            self.results[name] = {"valueFromParameter": {"producerSubtask": name, "outputParameterKey": "o"}}
        return self

    def documents(self) -> list[dict[str, Any]]:
        """The documents of the file."""
        root = {
            "inputDefinitions": {"parameters": self.inputs},
            "outputDefinitions": {"parameters": self.outputs},
            "dag": {"tasks": self.tasks, "outputs": {"parameters": self.results}},
        }
        pipeline = {
            "pipelineInfo": {"name": "by-hand"},
            "schemaVersion": "2.1.0",
            "root": root,
            "components": self.components,
            "deploymentSpec": {"executors": self.executors},
        }
        return [pipeline, *([{"platforms": {"kubernetes": self.platform}}] if self.platform else [])]

    def run(self, folder: Path, arguments: Mapping[str, Any] | None = None, **settings: Any) -> RunStatus:
        """Run it on this machine."""
        file = folder / "pipeline.yaml"
        file.write_text("\n---\n".join(json.dumps(document) for document in self.documents()))
        chosen = {"containers": "host", "artifact_root": str(folder / "runs"), **settings}
        return api.run(file, arguments, settings=chosen).wait()

    def out(self, folder: Path, arguments: Mapping[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
        """The outputs of a run that must succeed."""
        status = self.run(folder, arguments, **settings)
        assert status.state == "succeeded", status.error
        return dict(status.outputs)


def call(component: str, *, reads: Any = None, feeds: Any = None, **about: Any) -> dict[str, Any]:
    """A task."""
    return {
        "componentRef": {"name": f"comp-{component}"},
        "inputs": {"parameters": feeds or {}, "artifacts": reads or {}},
        **about,
    }
