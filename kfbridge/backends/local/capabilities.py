"""What this machine does with each thing that a pipeline can ask for."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from kfbridge.backends.base import Finding, Level
from kfbridge.backends.local.config import Config, Containers
from kfbridge.backends.local.functions import function_of
from kfbridge.graph.model import Component, Container, Dag, Foreign, Graph, Importer, Task
from kfbridge.spec.boot import read_boot

_HARMLESS = "has no meaning on this machine and is left out"
_ABSENT = "is not there on this machine, and the step would run without it"
_INSTEAD = "Run it on a target whose backend is k8s, or remove the setting."

KUBERNETES: Mapping[str, tuple[Level, str]] = {
    "secretAsEnv": (Level.REFUSED, _ABSENT),
    "secretAsVolume": (Level.REFUSED, _ABSENT),
    "configMapAsEnv": (Level.REFUSED, _ABSENT),
    "configMapAsVolume": (Level.REFUSED, _ABSENT),
    "pvcMount": (Level.REFUSED, _ABSENT),
    "genericEphemeralVolume": (Level.REFUSED, _ABSENT),
    "emptyDirMounts": (Level.REFUSED, _ABSENT),
    "fieldPathAsEnv": (Level.REFUSED, _ABSENT),
    "initContainers": (Level.REFUSED, _ABSENT),
    "nodeSelector": (Level.REWRITTEN, _HARMLESS),
    "nodeAffinity": (Level.REWRITTEN, _HARMLESS),
    "podAffinity": (Level.REWRITTEN, _HARMLESS),
    "tolerations": (Level.REWRITTEN, _HARMLESS),
    "podMetadata": (Level.REWRITTEN, _HARMLESS),
    "imagePullPolicy": (Level.REWRITTEN, _HARMLESS),
    "imagePullSecret": (Level.REWRITTEN, _HARMLESS),
    "securityContext": (Level.REWRITTEN, _HARMLESS),
    "activeDeadlineSeconds": (Level.NATIVE, "ends an attempt that takes longer"),
    "enabledSharedMemory": (Level.REWRITTEN, _HARMLESS),
}
"""Settings of kfp-kubernetes by their key in the spec; one that is not here is refused."""

KFBRIDGE: Mapping[str, str] = {
    "spot": "has no meaning on this machine and is left out",
    "accelerator": "is not reserved on this machine; the step uses what is there",
    "sharedMemory": "is not reserved on this machine",
    "native": "is for other backends and is left out",
}
"""Settings under ``platforms.kfbridge``."""

_STUBS = ("argostub/createpvc", "argostub/deletepvc")


def findings(graph: Graph, config: Config) -> tuple[Finding, ...]:
    """What the local backend has to say about a pipeline: refusals first, then what is done otherwise than asked."""
    found: dict[Finding, None] = {}
    for path, task in _tasks(graph.root):
        for finding in _task_findings(path, task, graph.platforms, config):
            found.setdefault(finding)
    return tuple(sorted(found, key=lambda finding: finding.level is not Level.REFUSED))


def _tasks(root: Component) -> Iterator[tuple[str, Task]]:
    """Every task of a pipeline with its path, groups included, in file order."""
    stack = [("", root)]
    while stack:
        prefix, component = stack.pop()
        if isinstance(component.body, Dag):
            for name, task in component.body.tasks.items():
                yield prefix + name, task
                stack.append((f"{prefix}{name}/", task.component))


def _task_findings(path: str, task: Task, platforms: Mapping[str, Any], config: Config) -> Iterator[Finding]:
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
        yield from _importer_findings(path, body)
    elif isinstance(body, Container):
        yield from _container_findings(path, body, config)
        yield from _resource_findings(path, body)
        yield from _platform_findings(path, body.label, platforms)


def _importer_findings(path: str, importer: Importer) -> Iterator[Finding]:
    if importer.download_to_workspace:
        reason = "importing with download_to_workspace copies nothing on this machine"
        yield Finding("download_to_workspace", path, Level.REFUSED, reason, "Give a local path as the artifact's URI.")


def _container_findings(path: str, container: Container, config: Config) -> Iterator[Finding]:
    if container.image.split(":")[0] in _STUBS:
        yield Finding(
            "kubernetes volume", path, Level.REFUSED, "it makes or deletes a Kubernetes volume claim", _INSTEAD
        )
    elif function_of(container) is not None:
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


def _platform_findings(path: str, label: str, platforms: Mapping[str, Any]) -> Iterator[Finding]:
    for key in _executor(platforms, "kubernetes", label):
        level, reason = KUBERNETES.get(key, (Level.REFUSED, _ABSENT))
        remedy = _INSTEAD if level is Level.REFUSED else ""
        if level is not Level.NATIVE:
            yield Finding(f"kubernetes {key}", path, level, f"the Kubernetes setting {key} {reason}", remedy)
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
