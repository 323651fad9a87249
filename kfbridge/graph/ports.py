"""The inputs and outputs of components."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kfbridge.graph.model import MISSING, ArtifactPort, ParameterPort, ParameterType, Ports
from kfbridge.graph.values import fit, integral, parse
from kfbridge.spec.model.component import ComponentInputsSpec, ComponentOutputsSpec, InputParameterPort
from kfbridge.spec.model.message import ArtifactTypeSchema, ValueOrRuntimeParameter

_OLD_TYPES = {
    "INT": ParameterType.NUMBER_INTEGER,
    "DOUBLE": ParameterType.NUMBER_DOUBLE,
    "STRING": ParameterType.STRING,
}
_TITLE = re.compile(r"^\s*[\"']?title[\"']?\s*:\s*[\"']?([\w.]+)", re.MULTILINE)


def input_ports(spec: ComponentInputsSpec | None) -> Ports:
    """The inputs of a component; whatever has a default is optional."""
    if spec is None:
        return Ports()
    parameters = {name: _input(port) for name, port in (spec.parameters or {}).items()}
    artifacts = {
        name: ArtifactPort(
            *artifact_type(port.artifact_type),
            is_list=bool(port.is_artifact_list),
            optional=bool(port.is_optional),
            description=port.description or "",
        )
        for name, port in (spec.artifacts or {}).items()
    }
    return Ports(parameters, artifacts)


def output_ports(spec: ComponentOutputsSpec | None) -> Ports:
    """The outputs of a component."""
    if spec is None:
        return Ports()
    parameters = {
        name: ParameterPort(parameter_type(port.parameter_type, port.type), description=port.description or "")
        for name, port in (spec.parameters or {}).items()
    }
    artifacts = {
        name: ArtifactPort(
            *artifact_type(port.artifact_type),
            is_list=bool(port.is_artifact_list),
            description=port.description or "",
            metadata=metadata(port.metadata, port.properties, port.custom_properties),
        )
        for name, port in (spec.artifacts or {}).items()
    }
    return Ports(parameters, artifacts)


def parameter_type(name: str | None, old: str | None) -> ParameterType:
    """The type of a parameter, also as schema 2.0.0 wrote it; without any, STRING."""
    if name and not name.endswith("UNSPECIFIED"):
        return ParameterType(name)
    return _OLD_TYPES.get(old or "", ParameterType.STRING)


def artifact_type(schema: ArtifactTypeSchema | None) -> tuple[str, str]:
    """Title and version; schema 2.0.0 has the title inside a JSON schema."""
    if schema is None:
        return "system.Artifact", "0.0.1"
    title = schema.schema_title
    if not title and schema.instance_schema:
        match = _TITLE.search(schema.instance_schema)
        title = match[1].replace("kfp.", "system.", 1) if match else None
    return title or "system.Artifact", schema.schema_version or "0.0.1"


def metadata(struct: Mapping[str, Any] | None, *older: Mapping[str, ValueOrRuntimeParameter] | None) -> dict[str, Any]:
    """An artifact's metadata, from the field that has it now and from those that had it before."""
    found: dict[str, Any] = {}
    for properties in older:
        found |= {name: constant(value) for name, value in (properties or {}).items()}
    found |= {name: integral(value) for name, value in (struct or {}).items()}
    return found


def constant(value: ValueOrRuntimeParameter) -> Any:
    """A constant, also as schema 2.0.0 wrote it; `MISSING` when there is none."""
    if "constant" in value.model_fields_set:
        return value.constant
    if value.constant_value is not None:
        return value.constant_value.plain()
    return MISSING


def _input(port: InputParameterPort) -> ParameterPort:
    kind = parameter_type(port.parameter_type, port.type)
    default: Any = MISSING if port.default_value is None else _default(port.default_value, kind)
    optional = bool(port.is_optional) or "default_value" in port.model_fields_set
    return ParameterPort(kind, default, optional, port.description or "")


def _default(value: Any, kind: ParameterType) -> Any:
    """The default as its type has it; one that does not fit stays, and is refused where it is used."""
    try:
        return parse(value, kind) if isinstance(value, str) else fit(value, kind)
    except ValueError:
        return value
