"""The comment at the head of a compiled pipeline, for people who open the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPES = {
    "STRING": "str",
    "NUMBER_INTEGER": "int",
    "NUMBER_DOUBLE": "float",
    "BOOLEAN": "bool",
    "LIST": "list",
    "STRUCT": "dict",
    "TASK_FINAL_STATUS": "PipelineTaskFinalStatus",
    "TASK_CONFIG": "TaskConfig",
}
_INDENT = " " * 13


def header_comment(spec: Mapping[str, Any], description: str) -> str:
    """Name, description, inputs and outputs of a pipeline, without the ``#`` before each line."""
    lines = ["PIPELINE DEFINITION", f"Name: {spec['pipelineInfo']['name']}"]
    if description:
        lines.append("Description: " + f"\n{_INDENT}".join(description.splitlines()))
    root = spec["root"]
    for title, key in (("Inputs:", "inputDefinitions"), ("Outputs:", "outputDefinitions")):
        ports = _ports(root.get(key, {}))
        if ports:
            lines += [title, *(f"   {name}: {text}" for name, text in sorted(ports.items()))]
    return "\n".join(lines)


def _ports(definitions: Mapping[str, Any]) -> dict[str, str]:
    ports = {}
    for name, body in definitions.get("parameters", {}).items():
        text = _TYPES.get(body.get("parameterType"), "")
        if "defaultValue" in body:
            text += f" [Default: {body['defaultValue']!r}]"
        ports[name] = text
    for name, body in definitions.get("artifacts", {}).items():
        ports[name] = body["artifactType"].get("schemaTitle", "")
    return ports
