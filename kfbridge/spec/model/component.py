"""Components: what can be run, with its inputs and outputs."""

from __future__ import annotations

from typing import Any, Literal

from kfbridge.spec.model.dag import DagSpec
from kfbridge.spec.model.message import (
    ArtifactTypeSchema,
    Message,
    ParameterTypeEnum,
    PrimitiveTypeEnum,
    Struct,
    ValueOrRuntimeParameter,
)
from kfbridge.spec.model.platform import SinglePlatformSpec


class InputArtifactPort(Message):
    """``ComponentInputsSpec.ArtifactSpec``."""

    artifact_type: ArtifactTypeSchema | None = None
    is_artifact_list: bool | None = None
    is_optional: bool | None = None
    description: str | None = None


class InputParameterPort(Message):
    """``ComponentInputsSpec.ParameterSpec``; `type` is the form of schema 2.0.0."""

    type: PrimitiveTypeEnum | None = None
    parameter_type: ParameterTypeEnum | None = None
    default_value: Any = None
    is_optional: bool | None = None
    description: str | None = None
    literals: list[Any] | None = None


class ComponentInputsSpec(Message):
    """The inputs of a component, by name."""

    artifacts: dict[str, InputArtifactPort] | None = None
    parameters: dict[str, InputParameterPort] | None = None


class OutputArtifactPort(Message):
    """``ComponentOutputsSpec.ArtifactSpec``; `properties` and `custom_properties` are deprecated."""

    artifact_type: ArtifactTypeSchema | None = None
    properties: dict[str, ValueOrRuntimeParameter] | None = None
    custom_properties: dict[str, ValueOrRuntimeParameter] | None = None
    metadata: Struct | None = None
    is_artifact_list: bool | None = None
    description: str | None = None


class OutputParameterPort(Message):
    """``ComponentOutputsSpec.ParameterSpec``; `type` is the form of schema 2.0.0."""

    type: PrimitiveTypeEnum | None = None
    parameter_type: ParameterTypeEnum | None = None
    description: str | None = None


class ComponentOutputsSpec(Message):
    """The outputs of a component, by name."""

    artifacts: dict[str, OutputArtifactPort] | None = None
    parameters: dict[str, OutputParameterPort] | None = None


class TaskConfigPassthrough(Message):
    """A part of the task's configuration that the component wants to see."""

    field: (
        Literal[
            "NONE",
            "RESOURCES",
            "ENV",
            "KUBERNETES_AFFINITY",
            "KUBERNETES_TOLERATIONS",
            "KUBERNETES_NODE_SELECTOR",
            "KUBERNETES_VOLUMES",
        ]
        | None
    ) = None
    apply_to_task: bool | None = None


class ComponentSpec(Message):
    """A component: ports, and either a dag of tasks or the label of an executor."""

    input_definitions: ComponentInputsSpec | None = None
    output_definitions: ComponentOutputsSpec | None = None
    dag: DagSpec | None = None
    executor_label: str | None = None
    single_platform_specs: list[SinglePlatformSpec] | None = None
    task_config_passthroughs: list[TaskConfigPassthrough] | None = None
