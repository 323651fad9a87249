"""Executors: what the components that are not dags do."""

from __future__ import annotations

from kfbridge.graph.model import Constant, Container, DagInput, Foreign, Importer, ParameterBinding, Resources
from kfbridge.graph.ports import artifact_type, constant, metadata
from kfbridge.graph.values import to_text
from kfbridge.spec.model.executor import ExecutorSpec, ImporterSpec, PipelineContainerSpec, ResourceSpec
from kfbridge.spec.model.message import ValueOrRuntimeParameter


def executor_body(label: str, spec: ExecutorSpec) -> Container | Importer | Foreign | None:
    """What an executor does; None when the spec says nothing."""
    if spec.container is not None:
        return _container(label, spec.container)
    if spec.importer is not None:
        return _importer(label, spec.importer)
    for kind, body in (("resolver", spec.resolver), ("customJob", spec.custom_job)):
        if body is not None:
            return Foreign(label, kind, body.to_data())
    return None


def _container(label: str, spec: PipelineContainerSpec) -> Container:
    return Container(
        label=label,
        image=spec.image or "",
        command=tuple(spec.command or ()),
        args=tuple(spec.args or ()),
        env=tuple((variable.name or "", variable.value or "") for variable in spec.env or ()),
        resources=_resources(spec.resources) if spec.resources is not None else Resources(),
    )


def _resources(spec: ResourceSpec) -> Resources:
    accelerator = spec.accelerator
    count = (accelerator.resource_count or accelerator.count) if accelerator else None
    return Resources(
        cpu_request=spec.resource_cpu_request or _cores(spec.cpu_request),
        cpu_limit=spec.resource_cpu_limit or _cores(spec.cpu_limit),
        memory_request=spec.resource_memory_request or _gigabytes(spec.memory_request),
        memory_limit=spec.resource_memory_limit or _gigabytes(spec.memory_limit),
        accelerator_type=(accelerator.resource_type or accelerator.type) if accelerator else None,
        accelerator_count=str(count) if count else None,
    )


def _cores(number: float | None) -> str | None:
    return to_text(number) if number else None


def _gigabytes(number: float | None) -> str | None:
    """The deprecated fields count in units of 10^9 bytes."""
    return f"{to_text(number)}G" if number else None


def _importer(label: str, spec: ImporterSpec) -> Importer:
    title, version = artifact_type(spec.type_schema)
    return Importer(
        label=label,
        uri=_uri(spec.artifact_uri),
        schema_title=title,
        schema_version=version,
        metadata=metadata(spec.metadata, spec.properties, spec.custom_properties),
        reimport=bool(spec.reimport),
        download_to_workspace=bool(spec.download_to_workspace),
    )


def _uri(value: ValueOrRuntimeParameter | None) -> ParameterBinding:
    """A constant, or an input of the importer itself."""
    if value is None:
        return ParameterBinding(Constant(""))
    if value.runtime_parameter is not None:
        return ParameterBinding(DagInput(value.runtime_parameter))
    return ParameterBinding(Constant(constant(value)))
