"""Executors: how the components that are not dags are carried out."""

from __future__ import annotations

from kfbridge.spec.model.message import (
    ArtifactTypeSchema,
    Double,
    Int32,
    Int64,
    Message,
    Struct,
    ValueOrRuntimeParameter,
)


class Exec(Message):
    """A command to run."""

    command: list[str] | None = None
    args: list[str] | None = None


class Lifecycle(Message):
    """Hooks around the container; `pre_cache_check` runs before the cache is looked up."""

    pre_cache_check: Exec | None = None


class AcceleratorConfig(Message):
    """Accelerators by type and count; `type` and `count` are deprecated."""

    type: str | None = None
    count: Int64 | None = None
    resource_type: str | None = None
    resource_count: str | None = None


class ResourceSpec(Message):
    """What the container asks for; the numeric fields (cores, gigabytes) are deprecated."""

    cpu_limit: Double | None = None
    memory_limit: Double | None = None
    cpu_request: Double | None = None
    memory_request: Double | None = None
    resource_cpu_limit: str | None = None
    resource_memory_limit: str | None = None
    resource_cpu_request: str | None = None
    resource_memory_request: str | None = None
    accelerator: AcceleratorConfig | None = None


class EnvVar(Message):
    """An environment variable."""

    name: str | None = None
    value: str | None = None


class PipelineContainerSpec(Message):
    """A container; strings may hold ``{{$...}}`` placeholders."""

    image: str | None = None
    command: list[str] | None = None
    args: list[str] | None = None
    lifecycle: Lifecycle | None = None
    resources: ResourceSpec | None = None
    env: list[EnvVar] | None = None


class ImporterSpec(Message):
    """An artifact that exists already; `properties` and `custom_properties` are deprecated."""

    artifact_uri: ValueOrRuntimeParameter | None = None
    type_schema: ArtifactTypeSchema | None = None
    properties: dict[str, ValueOrRuntimeParameter] | None = None
    custom_properties: dict[str, ValueOrRuntimeParameter] | None = None
    reimport: bool | None = None
    metadata: Struct | None = None
    download_to_workspace: bool | None = None


class ArtifactQuerySpec(Message):
    """A query for artifacts in the platform's metadata store."""

    filter: str | None = None
    limit: Int32 | None = None


class ResolverSpec(Message):
    """Output artifacts that are found by queries (Vertex)."""

    output_artifact_queries: dict[str, ArtifactQuerySpec] | None = None


class AIPlatformCustomJobSpec(Message):
    """A Vertex custom job as it is (deprecated)."""

    custom_job: Struct | None = None


class ExecutorSpec(Message):
    """How a component is carried out: one of the four."""

    container: PipelineContainerSpec | None = None
    importer: ImporterSpec | None = None
    resolver: ResolverSpec | None = None
    custom_job: AIPlatformCustomJobSpec | None = None


class PipelineDeploymentConfig(Message):
    """Executors by label."""

    executors: dict[str, ExecutorSpec] | None = None
