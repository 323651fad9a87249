"""KFP's ExecutorInput for one attempt, and the command line that it makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol

from kfbridge.engine.context import RunContext
from kfbridge.engine.events import Artifact
from kfbridge.engine.placeholders import Names, resolve_command, resolve_text
from kfbridge.engine.runner import TaskInvocation
from kfbridge.graph.model import Resources
from kfbridge.runtime.artifacts import to_path
from kfbridge.spec.boot import lean_boot


class Layout(Protocol):
    """Where a runner puts what one attempt writes."""

    @property
    def executor_output(self) -> str:
        """The path of ``executor_output.json``, as the task sees it."""

    def artifact_uri(self, name: str) -> str:
        """The URI of the output artifact `name`."""

    def parameter_file(self, name: str) -> str:
        """The path of the file of the output parameter `name`, as the task sees it."""


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What to run, every placeholder resolved."""

    image: str
    command: list[str]
    args: list[str]
    env: dict[str, str]
    resources: Resources


def executor_input(invocation: TaskInvocation, layout: Layout) -> dict[str, Any]:
    """The ExecutorInput of an attempt, as plain JSON data."""
    parameters, artifacts = invocation.outputs.parameters, invocation.outputs.artifacts
    return {
        "inputs": {
            "parameterValues": invocation.parameters,
            "artifacts": {
                name: {"artifacts": [_artifact(one) for one in found]} for name, found in invocation.artifacts.items()
            },
        },
        "outputs": {
            "parameters": {name: {"outputFile": layout.parameter_file(name)} for name in parameters},
            "artifacts": {
                name: {
                    "artifacts": [
                        _artifact(
                            Artifact(
                                name,
                                port.schema_title,
                                layout.artifact_uri(name),
                                dict(port.metadata),
                                port.schema_version,
                            )
                        )
                    ]
                }
                for name, port in artifacts.items()
            },
            "outputFile": layout.executor_output,
        },
    }


def command_line(
    invocation: TaskInvocation,
    executor_input: Mapping[str, Any],
    context: RunContext,
    path: Callable[[str], str] = to_path,
) -> CommandLine:
    """What an attempt runs.

    Args:
        invocation: The attempt.
        executor_input: What the function of that name made for it.
        context: The run.
        path: From an artifact's URI to the path at which the task finds it.

    Raises:
        RunError: A placeholder names nothing that the task has.
    """
    container = invocation.container
    names = task_names(invocation, executor_input, context, path)
    requests = {part.name: getattr(container.resources, part.name) for part in fields(Resources)}
    command, args = lean_boot(container.command, container.args)
    return CommandLine(
        image=resolve_text(container.image, names),
        command=resolve_command(tuple(command), names),
        args=resolve_command(tuple(args), names),
        env={name: resolve_text(value, names) for name, value in container.env},
        resources=Resources(**{name: text and resolve_text(text, names) for name, text in requests.items()}),
    )


def task_names(
    invocation: TaskInvocation,
    executor_input: Mapping[str, Any],
    context: RunContext,
    path: Callable[[str], str] = to_path,
) -> Names:
    """What placeholders mean for an attempt, for what else holds them (a platform's settings)."""
    inputs = executor_input["inputs"]
    return Names(
        inputs["parameterValues"],
        artifacts={name: found["artifacts"] for name, found in inputs["artifacts"].items()},
        declared=frozenset((*invocation.inputs.parameters, *invocation.inputs.artifacts)),
        outputs=executor_input["outputs"],
        constants=context.names(invocation.key, invocation.task),
        whole=executor_input,
        path=path,
        where=invocation.key,
    )


def _artifact(artifact: Artifact) -> dict[str, Any]:
    data = {
        "name": artifact.name,
        "type": {"schemaTitle": artifact.schema_title, "schemaVersion": artifact.schema_version},
        "uri": artifact.uri,
        "metadata": artifact.metadata,
    }
    if artifact.custom_path:
        data["custom_path"] = artifact.custom_path
    return data
