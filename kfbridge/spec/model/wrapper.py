"""What a compiled pipeline is found wrapped in: a PipelineJob, or a custom resource of Kubernetes."""

from __future__ import annotations

from typing import Any

from kfbridge.spec.model.message import Message, Struct, Value
from kfbridge.spec.model.pipeline import PipelineSpec
from kfbridge.spec.model.platform import PlatformSpec


class RuntimeConfig(Message):
    """The arguments of a PipelineJob; `parameters` is the form of schema 2.0.0."""

    parameters: dict[str, Value] | None = None
    gcs_output_directory: str | None = None
    parameter_values: dict[str, Any] | None = None


class PipelineJob(Message):
    """A pipeline with its arguments, as Vertex takes it."""

    name: str | None = None
    display_name: str | None = None
    pipeline_spec: PipelineSpec | None = None
    labels: dict[str, str] | None = None
    runtime_config: RuntimeConfig | None = None


class PipelineVersionBody(Message):
    """``spec`` of a PipelineVersion."""

    description: str | None = None
    display_name: str | None = None
    pipeline_name: str | None = None
    pipeline_spec: PipelineSpec | None = None
    platform_spec: PlatformSpec | None = None


class PipelineVersion(Message):
    """The custom resource that the manifest format of KFP's compiler writes."""

    api_version: str | None = None
    kind: str | None = None
    metadata: Struct | None = None
    spec: PipelineVersionBody | None = None
