"""``inputDefinitions`` and ``outputDefinitions`` of components."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kfbridge.dsl.lowering.surfacing import Surfaced
from kfbridge.dsl.reference import Reference
from kfbridge.dsl.structures import ComponentSpec, InputSpec, OutputSpec

Json = dict[str, Any]


def component_definitions(spec: ComponentSpec) -> Json:
    """The interface of a component, as its users declared it."""
    inputs = _definitions((name, _input(port), port.is_artifact) for name, port in spec.inputs.items())
    outputs = _definitions((name, _output(port), port.is_artifact) for name, port in spec.outputs.items())
    body: Json = {}
    if inputs:
        body["inputDefinitions"] = inputs
    if outputs:
        body["outputDefinitions"] = outputs
    if spec.task_config_passthroughs:
        body["taskConfigPassthroughs"] = [dict(passthrough) for passthrough in spec.task_config_passthroughs]
    return body


def group_definitions(inputs: Mapping[str, Reference], outputs: Mapping[str, Surfaced]) -> Json:
    """The interface of a group, as the compiler derived it."""
    body: Json = {}
    if inputs:
        body["inputDefinitions"] = _definitions((name, _type(ref), ref.is_artifact) for name, ref in inputs.items())
    if outputs:
        refs = ((name, surfaced.reference) for name, surfaced in outputs.items())
        body["outputDefinitions"] = _definitions((name, _type(ref), ref.is_artifact) for name, ref in refs)
    return body


def artifact_type(schema: str) -> Json:
    """``title@version`` as an ``ArtifactTypeSchema``."""
    title, _, version = schema.partition("@")
    return {"schemaTitle": title, "schemaVersion": version}


def _definitions(ports: Iterable[tuple[str, Json, bool]]) -> Json:
    body: Json = {}
    for name, definition, is_artifact in ports:
        body.setdefault("artifacts" if is_artifact else "parameters", {})[name] = definition
    return body


def _input(port: InputSpec) -> Json:
    if port.is_artifact:
        body = _artifact(port.type, port.is_artifact_list)
    else:
        body = {"parameterType": port.type}
        if port.default is not None:
            body["defaultValue"] = port.default
    if port.optional or port.default is not None:
        body["isOptional"] = True
    if port.description:
        body["description"] = port.description
    return body


def _output(port: OutputSpec) -> Json:
    body = _artifact(port.type, port.is_artifact_list) if port.is_artifact else {"parameterType": port.type}
    if port.description:
        body["description"] = port.description
    return body


def _type(ref: Reference) -> Json:
    return _artifact(ref.type, ref.is_list) if ref.is_artifact else {"parameterType": ref.type}


def _artifact(schema: str, is_list: bool) -> Json:
    body: Json = {"artifactType": artifact_type(schema)}
    if is_list:
        body["isArtifactList"] = True
    return body
