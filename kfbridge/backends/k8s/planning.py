"""What a plan shows: the driver's manifests, and the Job of each step as far as it is known before the run.

Values that only the run will know stand as the placeholders that they are in the pipeline. Resources and settings that
hang on such a value are left out of a step's Job, and named in a comment above it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, Final

from kfbridge.backends.k8s.claim import workspace_claim
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.driver import driver_documents
from kfbridge.backends.k8s.job import attempt_documents
from kfbridge.backends.k8s.manifest import manifest_text
from kfbridge.backends.k8s.names import workspace_name
from kfbridge.backends.k8s.pod import Setting
from kfbridge.backends.k8s.root import artifact_root
from kfbridge.backends.k8s.staging import staging_of
from kfbridge.backends.k8s.submission import Submission
from kfbridge.backends.staffing import steps
from kfbridge.engine.executor_input import CommandLine
from kfbridge.engine.runner import TaskInvocation
from kfbridge.graph.model import MISSING, Container, Graph, Resources, Task
from kfbridge.graph.resolve import platform_config
from kfbridge.plan.document import json_bytes
from kfbridge.plan.needs import Need
from kfbridge.plan.origins import known_value
from kfbridge.runs.paths import key_path
from kfbridge.spec.boot import lean_boot
from kfbridge.target import Target

RUN: Final = "RUN"
"""The run's id in a plan: the real one is made when the run begins."""

_NAMESPACE: Final = "default"  # of a plan whose target leaves it to the kubeconfig, which a plan does not read
_MARK: Final = "{{$"
_HEADER: Final = (
    "A step of the pipeline, as its Job will be. {{$...}} are values that only the run will know; names end in a hash "
    "of the run's id, which is RUN here."
)


def plan_documents(
    graph: Graph, needs: tuple[Need, ...], arguments: Mapping[str, Any], spec_text: str, target: Target
) -> dict[str, bytes]:
    """The documents of a plan, by their paths.

    Raises:
        BackendError: A setting of a step cannot be, or the pipeline is too large for a driver in the cluster.
    """
    config = target.config
    assert isinstance(config, Config)
    namespace = config.namespace or _NAMESPACE
    setting = Setting(config, namespace, artifact_root(config.artifact_root), workspace=_workspace(graph))
    documents = {
        "pipeline.yaml": spec_text.encode("utf-8", "backslashreplace"),
        "arguments.json": json_bytes(arguments),
        "manifests.yaml": manifest_text(list(_shared(graph, arguments, spec_text, target, setting))).encode(),
    }
    for path, (task, groups) in steps(needs).items():
        documents[f"tasks/{key_path(path)}.yaml"] = _step(graph, path, task, groups, arguments, setting).encode()
    return documents


def _shared(
    graph: Graph, arguments: Mapping[str, Any], spec_text: str, target: Target, setting: Setting
) -> Iterator[dict[str, Any]]:
    """What is made once for a run: the driver, unless this process is the driver, and the workspace."""
    config = setting.config
    if config.driver == "cluster" and config.runtime_image is not None:
        submission = Submission.planned(RUN, graph.name, target, arguments, spec_text)
        job, told = driver_documents(config, setting.namespace, submission)
        yield job
        yield told
    if setting.workspace:
        yield workspace_claim(RUN, graph.name, _workspace_settings(graph), setting)


def _step(
    graph: Graph, path: str, task: Task, groups: tuple[Task, ...], arguments: Mapping[str, Any], setting: Setting
) -> str:
    body = task.component.body
    assert isinstance(body, Container)
    known = {
        name: value
        for name in {**task.component.inputs.parameters, **task.parameters}
        if (value := known_value(task, name, groups, graph.root, arguments)) is not MISSING
    }
    around = {**known, **_around(graph, groups, arguments)}
    left_out: list[str] = []
    settings = {
        name: _known(platform_config(graph, name, body.label), around, left_out) or {} for name in graph.platforms
    }
    resources = _resources(body.resources, known, left_out)
    invocation = TaskInvocation(
        run_id=RUN,
        pipeline=graph.name,
        key=path,
        attempt=1,
        task=task.name,
        display_name=task.display_name,
        component=task.component.name,
        container=replace(body, resources=resources),
        parameters=known,
        artifacts={},
        inputs=task.component.inputs,
        outputs=task.component.outputs,
        platforms=settings,
    )
    command, args = lean_boot(body.command, body.args)
    line = CommandLine(body.image, list(command), list(args), dict(body.env), resources)
    made = attempt_documents(invocation, line, replace(setting, staging=staging_of(setting.config)))
    header = _HEADER + "".join(f"\nOnly the run will know {one}, which is left out here." for one in left_out)
    return manifest_text(made, "".join(f"# {text}\n" for text in header.splitlines()))


def _around(graph: Graph, groups: tuple[Task, ...], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of the group around a step that are known: its settings name those (``componentInputParameter``)."""
    if not groups:
        ports = graph.root.inputs.parameters
        defaults = {name: port.default for name, port in ports.items() if port.default is not MISSING}
        return {**defaults, **arguments}
    *outer, group = groups
    found = {
        name: known_value(group, name, tuple(outer), graph.root, arguments)
        for name in {**group.component.inputs.parameters, **group.parameters}
    }
    return {name: value for name, value in found.items() if value is not MISSING}


def _known(settings: Any, known: Mapping[str, Any], left_out: list[str], place: str = "") -> Any:
    """A step's settings with the references to known inputs resolved, and those to others left out, by their places."""
    if isinstance(settings, Mapping):
        name = str(settings.get("componentInputParameter") or "")
        constant = (settings.get("runtimeValue") or {}).get("constant") if "runtimeValue" in settings else None
        if name in known:
            rest = {key: value for key, value in settings.items() if key != "componentInputParameter"}
            return {**rest, "runtimeValue": {"constant": known[name]}}
        if name or "taskOutputParameter" in settings or (isinstance(constant, str) and _MARK in constant):
            left_out.append(place)
            return None
        parts = {key: _known(value, known, left_out, f"{place}.{key}".lstrip(".")) for key, value in settings.items()}
        return {key: value for key, value in parts.items() if value is not None}
    if isinstance(settings, list):
        found = [_known(value, known, left_out, place) for value in settings]
        return [value for value in found if value is not None]
    return settings


def _resources(resources: Resources, known: Mapping[str, Any], left_out: list[str]) -> Resources:
    """Amounts that are known; the others are what the run will put in."""
    found: dict[str, str] = {}
    for one in fields(Resources):
        text = getattr(resources, one.name)
        for name, value in known.items():
            for quote in "'\"":
                text = text and text.replace(f"{{{{$.inputs.parameters[{quote}{name}{quote}]}}}}", str(value))
        if text and _MARK in text:
            left_out.append(f"resources.{one.name}")
            text = ""
        found[one.name] = text
    return Resources(**found)


def _workspace_settings(graph: Graph) -> Mapping[str, Any]:
    kubernetes = graph.platforms.get("kubernetes") or {}
    return (kubernetes.get("pipelineConfig") or {}).get("workspace") or {}


def _workspace(graph: Graph) -> str:
    return workspace_name(RUN) if _workspace_settings(graph) else ""
