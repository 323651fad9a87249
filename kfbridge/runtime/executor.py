"""Calls a step's function with what ExecutorInput holds and writes what it returns as ExecutorOutput.

The contract is KFP's: the same arguments, the same files, the same errors. What differs on purpose: a value that
was returned is also written to the parameter's own file, an empty list of artifacts arrives as ``[]``, and an
optional argument that was not given is None also where the function has no default for it.
"""

import inspect
import json
import os
import shutil
import typing
import warnings
from typing import Any, Callable, Dict, List, Optional

from kfbridge.runtime.annotations import (
    EmbeddedAnnotation,
    InputPath,
    OutputAnnotation,
    OutputPath,
    PipelineTaskFinalStatus,
    TaskConfig,
    is_artifact_class,
    is_model_class,
    list_item,
    marker,
    parameter_type,
    strip_optional,
    unmark,
)
from kfbridge.runtime.artifacts import Artifact, make_artifact, set_task_root, to_path

MOUNTED_ROOT = "KFBRIDGE_MOUNT"  # where the artifact root is, on platforms that fetch nothing from the step
CHIEFS = ("workerpool0", "chief", "master")  # who writes the outputs of a distributed step


class StepError(Exception):
    """The step broke its contract; the message is for the user and needs no traceback."""


class Executor:
    """One call of one function.

    Args:
        executor_input: The parsed ExecutorInput.
        function_to_execute: The function, or a component made of one (it has ``python_func``).
    """

    def __init__(self, executor_input: Dict[str, Any], function_to_execute: Callable[..., Any]) -> None:
        self.function = getattr(function_to_execute, "python_func", function_to_execute)
        self.name = self.function.__name__
        self.types = _annotations(self.function)
        self.inputs = executor_input.get("inputs", {})
        self.outputs = executor_input["outputs"]
        self.output_file: str = self.outputs["outputFile"]
        set_task_root(os.path.dirname(self.output_file))
        self.artifacts: Dict[str, Artifact] = {}
        for name, entry in self.outputs.get("artifacts", {}).items():
            for fields in entry.get("artifacts", [])[:1]:
                self.artifacts[name] = make_artifact(fields, _class(self.types.get(name)))
                _make_parent(self.artifacts[name].path)
        self.result: Dict[str, Any] = {}

    def execute(self) -> Optional[str]:
        """Call the function and write its outputs.

        Returns:
            The path of the ExecutorOutput; None where another worker of the step writes it.

        Raises:
            StepError: An input is missing, or the function returned what it did not declare.
        """
        returned = self.function(**self._arguments())
        if returned is not None:
            self._return(returned)
        if self.artifacts:
            self.result["artifacts"] = {
                name: {"artifacts": [_fields(artifact)]} for name, artifact in self.artifacts.items()
            }
        cluster = os.environ.get("CLUSTER_SPEC")
        if cluster and json.loads(cluster)["task"]["type"] not in CHIEFS:
            return None
        self._write()
        return self.output_file

    # Arguments

    def _arguments(self) -> Dict[str, Any]:
        arguments = {}
        for name, parameter in inspect.signature(self.function).parameters.items():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            has_default = parameter.default is not parameter.empty
            declared = self.types.get(name)
            value = self._argument(name, strip_optional(declared), has_default)
            if value is None and not _is_artifact(declared):
                if has_default:
                    continue  # what was not given leaves the default in place
                if strip_optional(declared) is declared:
                    raise StepError(f"Function `{self.name}` needs a value for `{name}`.")
            arguments[name] = value
        return arguments

    def _argument(self, name: str, declared: Any, has_default: bool) -> Any:
        kind = marker(declared)
        if kind is OutputAnnotation:
            return self.artifacts.get(name)
        if kind is EmbeddedAnnotation:
            return self._embedded(unmark(declared))
        if isinstance(declared, OutputPath):
            return self._output_path(name, declared)
        if isinstance(declared, InputPath):
            given = self._input_artifacts(name, None)
            if not given and not has_default:
                raise StepError(f"Function `{self.name}` needs the artifact `{name}`.")
            return given[0].path if given else None
        if _is_artifact(declared):
            item = list_item(unmark(declared))
            if has_default and name not in self.inputs.get("artifacts", {}):
                return None
            given = self._input_artifacts(name, item or unmark(declared))
            return given if item else given[0] if given else None
        value = self.inputs.get("parameterValues", {}).get(name)
        return self._model(name, value, declared) if is_model_class(declared) else _parameter(value, declared)

    def _model(self, name: str, value: Any, declared: Any) -> Any:
        try:
            return value if value is None else declared.model_validate(value)
        except ValueError as error:
            raise StepError(f"Function `{self.name}` cannot take the value of `{name}`: {error}") from None

    def _input_artifacts(self, name: str, declared: Any) -> List[Artifact]:
        entries = self.inputs.get("artifacts", {}).get(name, {}).get("artifacts", [])
        return [make_artifact(fields, _class(declared)) for fields in entries]

    def _output_path(self, name: str, declared: OutputPath) -> str:
        if parameter_type(declared.type):
            path: str = self.outputs.get("parameters", {}).get(name, {}).get("outputFile", "")
            if path:
                _make_parent(path)
        else:
            path = self.artifacts[name].path if name in self.artifacts else ""
        if not path:
            raise StepError(f"Function `{self.name}` was given no path for its output `{name}`.")
        return path

    def _embedded(self, cls: Any) -> Artifact:
        names = self.function.__globals__
        path = names.get("__KFP_EMBEDDED_ASSET_FILE") or names.get("__KFP_EMBEDDED_ASSET_DIR")
        if not path:
            raise StepError(f"Function `{self.name}` was given no embedded artifact.")
        artifact: Artifact = (cls if is_artifact_class(cls) else Artifact)()
        artifact.path = path
        return artifact

    # Outputs

    def _return(self, returned: Any) -> None:
        declared = strip_optional(self.types.get("return", inspect.Signature.empty))
        fields = getattr(declared, "_fields", None)
        if fields is None:
            return self._output("Output", declared, returned)
        values = returned if isinstance(returned, (tuple, list)) else [returned]
        if len(fields) != len(values):
            raise StepError(f"Function `{self.name}` returned {len(values)} values; it declares {len(fields)}.")
        types = _annotations(declared)
        for field, value in zip(fields, values):
            if hasattr(type(returned), "_fields"):  # by name, where there are names
                value = getattr(returned, field, value)
            declared = strip_optional(types[field])
            if value is not None or declared is types[field]:
                self._output(field, declared, value)
        return None

    def _output(self, name: str, declared: Any, value: Any) -> None:
        if _is_artifact(declared):
            return self._output_artifact(name, value)
        if not parameter_type(declared):
            raise StepError(
                f"Function `{self.name}` returned a value; it declares {_say(declared)}, which is no output."
            )
        wanted = getattr(declared, "__origin__", None) or declared
        if isinstance(wanted, type) and not isinstance(value, (int, float) if wanted is float else wanted):
            where = "" if name == "Output" else f" as `{name}`"
            got = f"a value of type {type(value).__name__}"
            raise StepError(f"Function `{self.name}` returned {got}{where}; it declares {_say(declared)}.")
        if is_model_class(declared):
            value = value.model_dump(mode="json", by_alias=True)
        self.result.setdefault("parameterValues", {})[name] = value
        return None

    def _output_artifact(self, name: str, value: Any) -> None:
        if isinstance(value, Artifact):
            given = self.outputs.get("artifacts", {}).get(name, {}).get("artifacts", [{}])[0].get("name", "")
            if "VERTEX_AI_PIPELINES_RUN_LABELS" in os.environ:
                if value.name and value.name != given:
                    text = f"Vertex names the artifact `{name}` itself: leave its name empty, not {value.name!r}."
                    warnings.warn(text, RuntimeWarning, 2)
                value.name = value.name or given
            self.artifacts[name] = value
        elif name in self.artifacts:
            with open(self.artifacts[name].path, "w") as file:
                file.write(str(value))
        else:
            raise StepError(f"Function `{self.name}` was given no place for its output `{name}`.")

    def _write(self) -> None:
        try:
            text = json.dumps(self.result, default=_plain)
        except (TypeError, ValueError) as error:
            raise StepError(f"What function `{self.name}` returned cannot be written as JSON: {error}.") from None
        for name, value in self.result.get("parameterValues", {}).items():
            path = self.outputs.get("parameters", {}).get(name, {}).get("outputFile")
            if path:
                _put(path, value if isinstance(value, str) else json.dumps(value, default=_plain))
        _put(self.output_file, text)


def _annotations(thing: Any) -> Dict[str, Any]:
    types = dict(getattr(thing, "__annotations__", {}))
    if any(
        isinstance(value, (str, typing.ForwardRef)) for value in types.values()
    ):  # from __future__ import annotations
        extras = {"include_extras": True} if hasattr(typing, "Annotated") else {}
        try:
            return typing.get_type_hints(thing, **extras)  # type: ignore[arg-type]
        except NameError:  # an old-style name, such as "JsonObject"
            return types
    return types


def _is_artifact(declared: Any) -> bool:
    declared = unmark(strip_optional(declared))
    return is_artifact_class(declared) or is_artifact_class(list_item(declared))


def _class(declared: Any) -> Optional[type]:
    declared = unmark(strip_optional(declared))
    return declared if is_artifact_class(declared) else None


def _parameter(value: Any, declared: Any) -> Any:
    if declared is PipelineTaskFinalStatus:
        return _final_status(value or {})
    if declared is TaskConfig:
        value = value or {}
        value.update(node_selector=value.get("nodeSelector"), volume_mounts=value.get("volumeMounts"))
        return TaskConfig(**{field: value.get(field) for field in TaskConfig.__dataclass_fields__})
    if declared is int and isinstance(value, float) and value.is_integer():  # some platforms know doubles only
        return int(value)
    return value


def _final_status(status: Dict[str, Any]) -> PipelineTaskFinalStatus:
    error = status.get("error") or {}
    # The names with capitals are what the service sends; the others, what KFP's own backend does.
    return PipelineTaskFinalStatus(
        state=status.get("state", ""),
        pipeline_job_resource_name=status.get("pipelineJobResourceName")
        or status.get("pipeline_job_resource_name", ""),
        pipeline_task_name=status.get("pipelineTaskName") or status.get("pipeline_task_name", ""),
        error_code=error.get("code"),
        error_message=error.get("message"),
    )


def _fields(artifact: Artifact) -> Dict[str, Any]:
    fields = {"name": artifact.name, "uri": artifact.uri, "metadata": artifact.metadata}
    source, target = artifact.custom_path, to_path(artifact.uri)
    if source and not target.startswith(os.environ.get(MOUNTED_ROOT) or "?"):
        fields["custom_path"] = source
    elif source and os.path.exists(source):
        (shutil.copytree if os.path.isdir(source) else shutil.copyfile)(source, target)
    return fields


def _plain(value: Any) -> Any:
    """Numbers and arrays of numpy and its kin, as JSON data."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{value!r} of type {type(value).__name__}")


def _say(declared: Any) -> str:
    if declared is inspect.Signature.empty:
        return "nothing"
    return declared.__name__ if isinstance(declared, type) else str(declared)


def _make_parent(path: str) -> None:
    if os.path.dirname(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)


def _put(path: str, text: str) -> None:
    _make_parent(path)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
