"""What this machine does with each thing that a pipeline can ask for."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from kfbridge.backends.base import Finding, Level
from kfbridge.backends.local.config import Config, Containers, Places
from kfbridge.backends.local.functions import function_of
from kfbridge.backends.local.kubernetes import Asked, setting_findings
from kfbridge.backends.local.mounting import obstacle
from kfbridge.backends.local.names import Scope
from kfbridge.backends.local.workspace import has_workspace, is_remote
from kfbridge.engine.placeholders import has_placeholder
from kfbridge.graph.model import Component, Constant, Container, Dag, Foreign, Graph, Importer, Task
from kfbridge.graph.volumes import CREATE_VOLUME, volume_stub
from kfbridge.runtime.artifacts import WORKSPACE
from kfbridge.spec.boot import read_boot

KFBRIDGE: Mapping[str, str] = {
    "spot": "has no meaning on this machine and is left out",
    "accelerator": "is not reserved on this machine; the step uses what is there",
    "sharedMemory": "is not reserved on this machine",
    "native": "is for other backends and is left out",
}
"""Settings under ``platforms.kfbridge``."""


def findings(
    graph: Graph, config: Config, places: Places, arguments: Mapping[str, Any] | None = None
) -> tuple[Finding, ...]:
    """What the local backend has to say about a pipeline: refusals first, then what is done otherwise than asked."""
    found: dict[Finding, None] = {}
    tasks = list(_tasks(graph.root, Scope(graph.root, arguments or {})))
    bodies = [task.component.body for _, task, _ in tasks]
    makes_volumes = any(isinstance(body, Container) and volume_stub(body) == CREATE_VOLUME for body in bodies)
    found.update(dict.fromkeys(_workspace_findings(graph)))
    for path, task, scope in tasks:
        for finding in _task_findings(path, task, graph, config, places):
            found.setdefault(finding)
        if isinstance(task.component.body, Container):
            body = task.component.body
            in_docker = config.containers is Containers.DOCKER and function_of(body) is None
            on_host = config.containers is Containers.HOST
            for key, value in _executor(graph.platforms, "kubernetes", body.label).items():
                for finding in setting_findings(
                    Asked(key, value, path, scope, places, makes_volumes, in_docker, on_host)
                ):
                    found.setdefault(finding)
    return tuple(sorted(found, key=lambda finding: finding.level is not Level.REFUSED))


def _tasks(root: Component, scope: Scope) -> Iterator[tuple[str, Task, Scope]]:
    """Every task of a pipeline with its path and where it stands, groups included, in file order."""
    stack = [("", root, scope)]
    while stack:
        prefix, component, around = stack.pop()
        if isinstance(component.body, Dag):
            for name, task in component.body.tasks.items():
                yield prefix + name, task, around
                stack.append((f"{prefix}{name}/", task.component, around.within(task)))


def _task_findings(path: str, task: Task, graph: Graph, config: Config, places: Places) -> Iterator[Finding]:
    body = task.component.body
    if isinstance(body, Foreign):
        yield Finding(
            f"executor {body.kind}",
            path,
            Level.REFUSED,
            f"its executor is a {body.kind}, which only its own platform can carry out",
            "Run it on the platform that it was written for (Vertex AI).",
        )
    elif isinstance(body, Importer):
        yield from _importer_findings(path, body, has_workspace(graph))
    elif isinstance(body, Container) and volume_stub(body) is not None:
        yield Finding("volume claim", path, Level.DRIVEN, f"the volume claim is a folder in {places.volumes}")
    elif isinstance(body, Container):
        yield from _container_findings(path, body, config)
        yield from _resource_findings(path, body)
        yield from _portable_findings(path, body.label, graph.platforms)


def _workspace_findings(graph: Graph) -> Iterator[Finding]:
    if not has_workspace(graph):
        return
    if why := obstacle():
        reason = f"the workspace is a folder of the run, but not at {WORKSPACE}, where nothing can be mounted: {why}"
        remedy = "Let steps take its path from dsl.WORKSPACE_PATH_PLACEHOLDER."
        yield Finding("workspace", "", Level.REWRITTEN, reason, remedy)
    else:
        yield Finding("workspace", "", Level.DRIVEN, f"the workspace is a folder of the run, mounted at {WORKSPACE}")


def _importer_findings(path: str, importer: Importer, workspace: bool) -> Iterator[Finding]:
    if not importer.download_to_workspace:
        return
    source = importer.uri.source
    uri = str(source.value) if isinstance(source, Constant) and not has_placeholder(source.value) else ""
    feature = "download_to_workspace"
    if not workspace:
        remedy = "Give the pipeline one: PipelineConfig(workspace=WorkspaceConfig(...))."
        yield Finding(feature, path, Level.REFUSED, "it imports into the workspace, and there is none", remedy)
    elif is_remote(uri):
        reason = f"it copies {uri} into the workspace, which is not on this machine"
        yield Finding(feature, path, Level.REFUSED, reason, "Fetch it, and give a local path as the artifact's URI.")
    else:
        yield Finding(feature, path, Level.DRIVEN, "the data are copied into the run's folder when a step reads them")


def _container_findings(path: str, container: Container, config: Config) -> Iterator[Finding]:
    if function_of(container) is not None:
        reason = (
            f"the function runs here on Python {platform.python_version()}; the image {container.image} is not used"
        )
        yield Finding("image of a Python function", path, Level.DRIVEN, reason)
    elif config.containers is Containers.REFUSE:
        yield Finding(
            "container component",
            path,
            Level.REFUSED,
            f"it runs the container {container.image}, and the target does not say how",
            'Set containers = "docker" (docker runs it) or "host" (its command runs here as a process).',
        )
    elif config.containers is Containers.HOST and _lies_in_image(container):
        yield Finding(
            "containerized Python function",
            path,
            Level.REFUSED,
            f"its function lies in the image {container.image}, which is not used here",
            'Set containers = "docker", or make it a component without target_image.',
        )
    elif config.containers is Containers.HOST and not container.command:
        yield Finding(
            "container without a command",
            path,
            Level.REFUSED,
            f"it has no command, and the entrypoint of the image {container.image} is not known here",
            'Give the component a command, or set containers = "docker".',
        )
    elif config.containers is Containers.HOST:
        reason = f"its command runs here as a process; the image {container.image} is not used"
        yield Finding("container component", path, Level.DRIVEN, reason)


def _lies_in_image(container: Container) -> bool:
    boot = read_boot(container.command, container.args)
    return boot is not None and boot.source is None


def _resource_findings(path: str, container: Container) -> Iterator[Finding]:
    requests = {field.name: getattr(container.resources, field.name) for field in fields(container.resources)}
    asked = [f"{name.replace('_', ' ')} {value}" for name, value in requests.items() if value]
    if asked:
        are = "are" if len(asked) > 1 else "is"
        reason = f"{', '.join(asked)} {are} not reserved on this machine"
        yield Finding("resources", path, Level.REWRITTEN, reason)


def _portable_findings(path: str, label: str, platforms: Mapping[str, Any]) -> Iterator[Finding]:
    for key in _executor(platforms, "kfbridge", label):
        if key in KFBRIDGE:
            yield Finding(key, path, Level.REWRITTEN, f"the setting {key} {KFBRIDGE[key]}")
        elif key != "timeout":  # which the runner keeps
            yield Finding(
                key, path, Level.REFUSED, f"the setting {key} is not known to this version", "Update kfbridge."
            )


def _executor(platforms: Mapping[str, Any], platform: str, label: str) -> Mapping[str, Any]:
    """The settings of one executor in the platform document."""
    settings: Any = platforms
    for key in (platform, "deploymentSpec", "executors", label):
        settings = settings.get(key) if isinstance(settings, Mapping) else None
    return {key: value for key, value in settings.items() if value} if isinstance(settings, Mapping) else {}
