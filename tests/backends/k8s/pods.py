"""Pods of steps made by hand, and of whole pipelines whose steps only pretend."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.job import attempt_documents
from kfbridge.backends.k8s.layout import PodLayout, path_of
from kfbridge.backends.k8s.pod import Setting
from kfbridge.backends.k8s.root import artifact_root
from kfbridge.backends.k8s.staging import Staging
from kfbridge.engine.context import RunContext
from kfbridge.engine.executor_input import CommandLine, command_line
from kfbridge.engine.runner import TaskInvocation
from kfbridge.graph.model import Container, Graph, Ports, Resources
from kfbridge.graph.volumes import volume_stub
from tests.engine.fake import World

Document = dict[str, Any]

CONTEXT = RunContext("run-1", "test", 0.0, {"pipeline_root": "/kfbridge/root", "workspace_path": "/kfp-workspace"})
STAGING = Staging("example.com/kfbridge:1", ("kfbridge-stage", "in"), ("kfbridge-stage", "out"))


def setting(
    root: str = "pvc://artifacts/runs", workspace: str = "", roots: tuple[str, ...] = (), **config: Any
) -> Setting:
    """What pods have in common; `roots` are images that run as root."""
    made = Config(artifact_root=root, **config)
    return Setting(made, "ml", artifact_root(root), STAGING, workspace, frozenset(roots))


def invocation(
    kubernetes: Mapping[str, Any] | None = None,
    kfbridge: Mapping[str, Any] | None = None,
    key: str = "train",
    attempt: int = 1,
    **container: Any,
) -> TaskInvocation:
    """An attempt of a step of its own."""
    body = Container(**{"label": "exec-train", "image": "busybox:1.36", **container})
    platforms = {"kubernetes": dict(kubernetes or {}), "kfbridge": dict(kfbridge or {})}
    return TaskInvocation(
        run_id="run-1", pipeline="test", key=key, attempt=attempt, task="train", display_name="train",
        component="comp-train", container=body, parameters={}, artifacts={}, inputs=Ports(), outputs=Ports(),
        platforms=platforms,
    )  # fmt: skip


def line_of(step: TaskInvocation, made: Setting) -> CommandLine:
    """What an attempt runs."""
    return command_line(step, PodLayout(step, made.root).executor_input(), CONTEXT, path_of)


def job(step: TaskInvocation, made: Setting | None = None) -> Document:
    """The Job of an attempt."""
    made = made or setting()
    return attempt_documents(step, line_of(step, made), made)[-1]


def pod(kubernetes: Mapping[str, Any] | None = None, made: Setting | None = None, **more: Any) -> Document:
    """The pod of a step with these Kubernetes settings."""
    found: Document = job(invocation(kubernetes, **more), made)["spec"]["template"]["spec"]
    return found


def main(found: Document) -> Document:
    """The step's own container, wherever it stands in a pod."""
    return next(one for one in [*found["containers"], *found.get("initContainers", [])] if one["name"] == "main")


def resources(**amounts: str) -> Resources:
    """A step's resources."""
    return Resources(**amounts)


def pipeline_documents(graph: Graph, arguments: Mapping[str, Any], made: Setting) -> dict[str, list[Document]]:
    """The documents of every attempt of a pipeline, by key; tasks that make claims have none."""
    world = World(graph, workspace_path="/kfp-workspace").run(**arguments)
    steps = {key: step for key, step in world.invocations.items() if volume_stub(step.container) is None}
    return {key: attempt_documents(step, line_of(step, made), made) for key, step in steps.items()}


def unrestricted(found: Document) -> list[str]:
    """What in a pod the Pod Security Standard "restricted" forbids, as far as a pod of kfbridge could have it."""
    wrong = [name for name in ("hostNetwork", "hostPID", "hostIPC") if found.get(name)]
    wrong += [one["name"] for one in found.get("volumes", []) if "hostPath" in one]
    for one in [*found["containers"], *found.get("initContainers", [])]:
        context = one.get("securityContext", {})
        kept = {
            "runAsNonRoot": context.get("runAsNonRoot") is True and context.get("runAsUser") != 0,
            "allowPrivilegeEscalation": context.get("allowPrivilegeEscalation") is False,
            "capabilities": context.get("capabilities") == {"drop": ["ALL"]},
            "seccompProfile": found["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"},
        }
        wrong += [f"{one['name']}: {name}" for name, is_kept in kept.items() if not is_kept]
    return wrong


def shortened(value: Any) -> Any:
    """The same with programs cut to their size, which change with every version."""
    if isinstance(value, Mapping):
        return {key: shortened(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shortened(part) for part in value]
    return "(a long text)" if isinstance(value, str) and len(value) > 160 else value


GOLDEN = Path(__file__).parent / "golden"
