"""Compiled pipelines and components (KFP's IR), read as components that a pipeline can call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kfbridge.dsl.structures import (
    ComponentSpec,
    ContainerImplementation,
    ForeignImplementation,
    GraphImplementation,
    Implementation,
    ImporterImplementation,
    InputSpec,
    OutputSpec,
)

_OLD_TYPES: Final[Mapping[str, str]] = {"INT": "NUMBER_INTEGER", "DOUBLE": "NUMBER_DOUBLE"}
"""Types of schema 2.0.0 under their names of today."""


def read_component(pipeline: Mapping[str, Any], platform: Mapping[str, Any]) -> ComponentSpec:
    """A compiled pipeline as a component.

    A pipeline that consists of one component, as KFP compiles a single component, is that component; any other
    is called as a pipeline inside the pipeline.

    Args:
        pipeline: A ``PipelineSpec`` in JSON form, checked.
        platform: The platform document in JSON form, empty when there is none.
    """
    info = pipeline.get("pipelineInfo", {})
    alone = _single_component(pipeline)
    label = None if alone is None else alone["executorLabel"]
    interface = pipeline.get("root", {}) if alone is None else alone
    return ComponentSpec(
        name=info.get("name", ""),
        description=info.get("description", ""),
        inputs=_inputs(interface.get("inputDefinitions", {})),
        outputs=_outputs(interface.get("outputDefinitions", {})),
        implementation=GraphImplementation(pipeline, platform) if label is None else _executor(pipeline, label),
        platforms={} if label is None else _platforms(platform, label),
        task_config_passthroughs=tuple(interface.get("taskConfigPassthroughs", ())),
    )


def without_implied_outputs(pipeline: Mapping[str, Any]) -> Mapping[str, Any]:
    """The pipeline to check: where it is a single component, its root says nothing about outputs, which are not read.

    google-cloud-pipeline-components renames outputs of such pipelines and leaves the root with the old names.
    """
    if _single_component(pipeline) is None:
        return pipeline
    root = {key: value for key, value in pipeline["root"].items() if key != "outputDefinitions"}
    return {**pipeline, "root": {**root, "dag": {"tasks": root["dag"]["tasks"]}}}


def _single_component(pipeline: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The only component of a pipeline whose root does nothing but call it once, named alike."""
    components = pipeline.get("components", {})
    tasks = pipeline.get("root", {}).get("dag", {}).get("tasks", {})
    if len(components) != 1 or len(tasks) != 1:
        return None
    [(key, component)] = components.items()
    [(name, task)] = tasks.items()
    plain = not (task.keys() & {"parameterIterator", "artifactIterator", "triggerPolicy", "retryPolicy"})
    calls_it = task.get("componentRef", {}).get("name") == key
    named_alike = name == pipeline.get("pipelineInfo", {}).get("name")
    if plain and calls_it and named_alike and "executorLabel" in component and _passes_through(pipeline["root"], task):
        return dict(component)
    return None


def _passes_through(root: Mapping[str, Any], task: Mapping[str, Any]) -> bool:
    """Whether every input of the root goes to the task's input of the same name, and nothing else does."""
    given = task.get("inputs", {})
    declared = root.get("inputDefinitions", {})
    return all(
        set(given.get(kind, {})) == set(declared.get(kind, {}))
        and all(source.get(field) == name for name, source in given.get(kind, {}).items())
        for kind, field in (("parameters", "componentInputParameter"), ("artifacts", "componentInputArtifact"))
    )


def _executor(pipeline: Mapping[str, Any], label: str) -> Implementation:
    executor = pipeline.get("deploymentSpec", {}).get("executors", {}).get(label, {})
    if "importer" in executor:
        return ImporterImplementation(executor["importer"])
    if "container" not in executor:
        [(kind, body)] = executor.items()
        return ForeignImplementation(kind, body)
    container = executor["container"]
    return ContainerImplementation(
        image=container.get("image", ""),
        command=tuple(container.get("command", ())),
        args=tuple(container.get("args", ())),
        env={variable["name"]: variable.get("value", "") for variable in container.get("env", ())},
        resources=container.get("resources", {}),
        lifecycle=container.get("lifecycle", {}),
    )


def _platforms(platform: Mapping[str, Any], label: str) -> dict[str, Mapping[str, Any]]:
    """The executor's own settings on each platform."""
    return {
        name: settings["deploymentSpec"]["executors"][label]
        for name, settings in platform.get("platforms", {}).items()
        if label in settings.get("deploymentSpec", {}).get("executors", {})
    }


# Interfaces -----------------------------------------------------------------------------------------


def _inputs(definitions: Mapping[str, Any]) -> dict[str, InputSpec]:
    parameters = {
        name: InputSpec(
            _parameter_type(port),
            default=_default(port),
            optional=bool(port.get("isOptional")) or port.get("defaultValue") is not None,
        )
        for name, port in definitions.get("parameters", {}).items()
    }
    artifacts = {
        name: InputSpec(
            _artifact_type(port),
            optional=bool(port.get("isOptional")),
            is_artifact_list=bool(port.get("isArtifactList")),
        )
        for name, port in definitions.get("artifacts", {}).items()
    }
    return {**parameters, **artifacts}


def _outputs(definitions: Mapping[str, Any]) -> dict[str, OutputSpec]:
    parameters = {name: OutputSpec(_parameter_type(port)) for name, port in definitions.get("parameters", {}).items()}
    artifacts = {
        name: OutputSpec(_artifact_type(port), is_artifact_list=bool(port.get("isArtifactList")))
        for name, port in definitions.get("artifacts", {}).items()
    }
    return {**parameters, **artifacts}


def _parameter_type(port: Mapping[str, Any]) -> str:
    written = str(port.get("parameterType") or port.get("type") or "STRING")
    return _OLD_TYPES.get(written, written)


def _artifact_type(port: Mapping[str, Any]) -> str:
    kind = port.get("artifactType", {})
    return f"{kind.get('schemaTitle', 'system.Artifact')}@{kind.get('schemaVersion', '0.0.1')}"


def _default(port: Mapping[str, Any]) -> Any:
    """The default; KFP writes every number as a float, ``3.0`` for an integer."""
    value = port.get("defaultValue")
    if _parameter_type(port) == "NUMBER_INTEGER" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value
