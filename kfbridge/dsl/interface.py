"""The interface of a component or pipeline, read from a function's signature and docstring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kfbridge.dsl.constants import unwrapped
from kfbridge.dsl.location import here
from kfbridge.dsl.signature import MISSING, Parameter, Signature, line_of, read_signature
from kfbridge.dsl.structures import ContainerSpec, InputSpec, OutputSpec
from kfbridge.dsl.type_check import constant_fits, describe_constant
from kfbridge.dsl.types.hints import hint_of
from kfbridge.errors import CompileError, TypeMismatchError
from kfbridge.runtime.annotations import (
    EmbeddedAnnotation,
    InputAnnotation,
    InputPath,
    OutputAnnotation,
    OutputPath,
    PipelineTaskFinalStatus,
    TaskConfig,
    is_artifact_class,
    list_item,
    marker,
    parameter_type,
    unmark,
)

SINGLE_OUTPUT = "Output"
"""The name of the output of a function that returns one value."""

_INJECTED = {PipelineTaskFinalStatus: "TASK_FINAL_STATUS", TaskConfig: "TASK_CONFIG"}


class Interface:
    """What a function's signature says.

    Args:
        function: The function.
        containerized: Whether it describes a container: then artifacts need `Input` or `Output` around them.

    Attributes:
        inputs: The inputs by name.
        outputs: The outputs by name.
        description: The docstring's text before its sections, or None.
        parameters: Every parameter of the function with its annotation, ``Optional`` taken off.

    Raises:
        CompileError: An annotation is missing, or is no type that a pipeline can carry.
    """

    def __init__(self, function: Callable[..., Any], containerized: bool = False) -> None:
        import inspect

        self._function = function
        self._containerized = containerized
        signature = read_signature(function)
        self.inputs: dict[str, InputSpec] = {}
        self.outputs: dict[str, OutputSpec] = {}
        self.parameters: dict[str, Any] = {}
        for name, parameter in signature.parameters.items():
            self.parameters[name] = parameter.annotation
            self._add_parameter(name, parameter)
        self._add_returns(signature)
        self.description: str | None = None
        text = inspect.getdoc(function)
        if text:
            self._describe(text)

    def _add_parameter(self, name: str, parameter: Parameter) -> None:
        annotation = parameter.annotation
        if name == SINGLE_OUTPUT:
            raise self._refused(f"has a parameter named {name!r}", "Rename it: that name is taken by the output.")
        if annotation is MISSING:
            raise self._refused(f"has no type for its parameter {name!r}", f"Annotate it: {name}: str.")
        kind = marker(annotation)
        if kind is EmbeddedAnnotation:
            return
        if kind is OutputAnnotation or isinstance(annotation, OutputPath):
            self.outputs[name] = OutputSpec(**self._type(name, annotation))
        elif annotation in _INJECTED:
            self.inputs[name] = InputSpec(_INJECTED[annotation], optional=True)
        else:
            bare = kind is None and (is_artifact_class(annotation) or is_artifact_class(list_item(annotation)))
            if bare and self._containerized:
                raise self._refused(
                    f"has the artifact parameter {name!r} without a direction",
                    f"Annotate it with Input[{hint_of(annotation)}] or Output[{hint_of(annotation)}].",
                )
            self.inputs[name] = self._input(name, annotation, parameter.default)

    def _input(self, name: str, annotation: Any, default: Any) -> InputSpec:
        spec = InputSpec(**self._type(name, annotation), optional=default is not MISSING)
        if default is None or default is MISSING:
            return spec
        if spec.is_artifact:
            raise self._refused(f"has the default {default!r} for its artifact {name!r}", "Use None as the default.")
        value = _as_declared(default, spec.type)
        if not constant_fits(value, spec):
            raise TypeMismatchError(
                f"{self._name} declares {name!r} as {spec.type}, but its default is {describe_constant(default)}.",
                where=here(),
                remedy="Make the default fit the annotation.",
            )
        return replace(spec, default=value)

    def _add_returns(self, signature: Signature) -> None:
        annotation = signature.returned
        if self._containerized:
            if annotation not in (MISSING, None, type(None), ContainerSpec):
                raise self._refused("returns something else than a container", "Annotate it with dsl.ContainerSpec.")
        elif annotation in (MISSING, None, type(None)):
            return
        else:
            fields = annotation if isinstance(annotation, dict) else signature.fields or {SINGLE_OUTPUT: annotation}
            for name, field in fields.items():
                self.outputs[name] = OutputSpec(**self._type(name, field))

    def _type(self, name: str, annotation: Any) -> dict[str, Any]:
        """The `type`, `is_artifact_list` and `hint` of a spec."""
        inner = unmark(annotation)
        if isinstance(inner, (InputPath, OutputPath)):
            inner = inner.type
            if isinstance(inner, str) and "@" in inner:
                return {"type": inner}
        element = list_item(inner)
        artifact = element if is_artifact_class(element) else inner
        if is_artifact_class(artifact):
            return {"type": self._schema(artifact), "is_artifact_list": artifact is element}
        found = parameter_type(inner)
        if found is None or (marker(annotation) in (InputAnnotation, OutputAnnotation)):
            raise self._refused(
                f"declares {name!r} as {hint_of(inner)}, which is no type that a pipeline can carry",
                "Use str, int, float, bool, list, dict, or an artifact class (with schema_title and schema_version).",
            )
        return {"type": found, "hint": hint_of(inner)}

    def _schema(self, artifact: Any) -> str:
        title, version = str(artifact.schema_title), str(artifact.schema_version)
        if len(title.split(".")) != 2 or len(version.split(".")) != 3:
            raise self._refused(
                f"uses the artifact class {artifact.__name__} with the schema {title!r}, version {version!r}",
                "Write the title as 'namespace.Name' and the version as '0.0.1'.",
            )
        return f"{title}@{version}"

    def _describe(self, text: str) -> None:
        from kfbridge.dsl.docstring import parse

        docstring = parse(text)
        self.description = docstring.description
        for name, words in docstring.inputs.items():
            if name in self.inputs:
                self.inputs[name] = replace(self.inputs[name], description=words)
        for name, words in docstring.outputs.items():
            if name in self.outputs:
                self.outputs[name] = replace(self.outputs[name], description=words)

    @property
    def _name(self) -> str:
        return f"The function {self._function.__name__!r}"

    def _refused(self, reason: str, remedy: str) -> CompileError:
        return CompileError(f"{self._name} {reason}.", where=line_of(self._function), remedy=remedy)


def _as_declared(value: Any, type: str) -> Any:
    """A default in the JSON form of its declared type, where the two differ in form only."""
    value = unwrapped(value)
    if isinstance(value, tuple):
        return list(value)
    if type == "NUMBER_INTEGER" and isinstance(value, float) and value.is_integer():
        return int(value)
    if type == "NUMBER_INTEGER" and isinstance(value, bool):
        return int(value)
    return value
