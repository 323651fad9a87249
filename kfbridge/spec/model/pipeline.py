"""The pipeline: the first document."""

from __future__ import annotations

from kfbridge.spec.model.component import ComponentSpec
from kfbridge.spec.model.executor import PipelineDeploymentConfig
from kfbridge.spec.model.message import Message, PrimitiveTypeEnum, Value


class PipelineInfo(Message):
    """Name and description."""

    name: str | None = None
    display_name: str | None = None
    description: str | None = None


class RuntimeParameter(Message):
    """A parameter of the pipeline as schema 2.0.0 declared it; in the proto, used by nothing any more."""

    type: PrimitiveTypeEnum | None = None
    default_value: Value | None = None


class PipelineSpec(Message):
    """A compiled pipeline."""

    pipeline_info: PipelineInfo | None = None
    deployment_spec: PipelineDeploymentConfig | None = None
    sdk_version: str | None = None
    schema_version: str | None = None
    components: dict[str, ComponentSpec] | None = None
    root: ComponentSpec | None = None
    default_pipeline_root: str | None = None
