"""What the caller of the compiler changes about a compiled pipeline: its names and its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfbridge.dsl.constants import plain_constant
from kfbridge.dsl.pipeline_task import nearest
from kfbridge.dsl.structures import InputSpec
from kfbridge.dsl.type_check import constant_fits, describe_constant
from kfbridge.errors import CompileError, TypeMismatchError

Json = dict[str, Any]


def overridden(spec: Json, name: str | None, display_name: str | None, defaults: Mapping[str, Any]) -> Json:
    """A compiled pipeline with another name and other defaults; the one given stays as it is.

    Raises:
        CompileError: A default is for no parameter of the pipeline.
        TypeMismatchError: A default does not fit its parameter.
    """
    info = dict(spec["pipelineInfo"])
    if name is not None:
        info["name"] = name
    if display_name is not None:
        info["displayName"] = display_name
    changed = {**spec, "pipelineInfo": info}
    if defaults:
        changed["root"] = _with_defaults(spec["root"], defaults)
    return changed


def _with_defaults(root: Json, defaults: Mapping[str, Any]) -> Json:
    definitions = root.get("inputDefinitions", {})
    parameters = dict(definitions.get("parameters", {}))
    for name, value in defaults.items():
        if name in definitions.get("artifacts", {}):
            raise CompileError(
                f"The input {name!r} is an artifact and cannot have a default.",
                remedy="Give it when the pipeline runs.",
            )
        if name not in parameters:
            raise CompileError(f"The pipeline has no input {name!r}.", remedy=nearest(name, parameters, "parameter"))
        type = parameters[name]["parameterType"]
        if value is None:
            continue
        if not constant_fits(value, InputSpec(type)):
            raise TypeMismatchError(
                f"The input {name!r} of the pipeline is {type}, but its default is to be {describe_constant(value)}.",
                remedy=f"Give a value of type {type}.",
            )
        parameters[name] = {**parameters[name], "defaultValue": plain_constant(value, f"The default of {name!r}")}
    return {**root, "inputDefinitions": {**definitions, "parameters": parameters}}
