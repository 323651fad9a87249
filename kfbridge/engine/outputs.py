"""What an attempt left, read by KFP's rules: ExecutorOutput first, then the files of the parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from kfbridge.engine.binding import typed
from kfbridge.engine.events import Artifact, Outputs
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import RunError
from kfbridge.graph.model import ArtifactPort, ParameterPort
from kfbridge.graph.values import parse


def collect(
    invocation: TaskInvocation,
    executor_input: Mapping[str, Any],
    read_output: Callable[[], str | None],
    read_parameter: Callable[[str], str | None],
) -> Outputs:
    """The outputs of an attempt that ended well.

    Args:
        invocation: The attempt.
        executor_input: Its ExecutorInput.
        read_output: The text of ``executor_output.json``, None where there is none.
        read_parameter: The text of the file of the output parameter of this name, None where there is none.

    Raises:
        RunError: An output is missing or does not fit its type; the message is a reason for `TaskFailed`.
    """
    written = read_executor_output(read_output())
    values = written.get("parameterValues") or {}
    parameters = {}
    for name, port in invocation.outputs.parameters.items():
        if name in values:
            parameters[name] = typed(values[name], port, f"output {name!r}")
            continue
        text = read_parameter(name)
        if text is not None:
            parameters[name] = _from_text(text, port, name)
        elif not port.optional:
            raise RunError(
                f"it ended without writing its output {name!r}",
                remedy="Return the value, or write it to the file that the step is given for it.",
            )
    given = executor_input["outputs"]["artifacts"]
    return Outputs(
        parameters,
        {
            name: _artifacts(name, port, given[name]["artifacts"], artifacts_written(written, name))
            for name, port in invocation.outputs.artifacts.items()
        },
    )


def skip_reason(text: str | None) -> str | None:
    """Why an attempt did nothing, if its ``executor_output.json`` says that it skipped itself.

    The mark is ``{"kfbridge": {"skipped": "its condition is false"}}`` (`kfbridge.runtime.predicate` writes it).
    """
    try:
        marks = json.loads(text or "{}")["kfbridge"]
        return str(marks["skipped"])
    except (ValueError, LookupError, TypeError):
        return None


def read_executor_output(text: str | None) -> dict[str, Any]:
    """The ExecutorOutput in a text; empty where there is none.

    Raises:
        RunError: It is no JSON object.
    """
    if text is None or not text.strip():
        return {}
    try:
        data = json.loads(text)
    except ValueError as error:
        raise RunError(f"what it wrote as executor output is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise RunError("what it wrote as executor output is not a JSON object")
    return data


def artifacts_written(written: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The artifacts that an ExecutorOutput tells of for an output, as they stand in it; what is none is passed over."""
    entry = (written.get("artifacts") or {}).get(name)
    found = entry.get("artifacts") if isinstance(entry, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _artifacts(
    name: str, port: ArtifactPort, given: list[dict[str, Any]], made: list[dict[str, Any]]
) -> list[Artifact]:
    """The artifact that the step was given, with what it says about it; the step may say more than one."""
    base = given[0]
    return [
        Artifact(
            name=str(one.get("name") or name),
            schema_title=port.schema_title,
            uri=str(one.get("uri") or base["uri"]),
            metadata={**base["metadata"], **(one.get("metadata") or {})},
            schema_version=port.schema_version,
            custom_path=str(one.get("custom_path") or one.get("customPath") or ""),
        )
        for one in made or [{}]
    ]


def _from_text(text: str, port: ParameterPort, name: str) -> Any:
    try:
        return parse(text, port.type)
    except ValueError as error:
        raise RunError(f"what it wrote as output {name!r} does not fit: {error}") from error
