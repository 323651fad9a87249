"""The messages of ``pipeline_spec.proto`` (schema 2.1.0, the deprecated forms of 2.0.0 included) as pydantic models.

One module per part of the spec. `kfbridge.spec.model.kubernetes` and `kfbridge.spec.model.wrapper` are needed by
few files and therefore not imported here.
"""

from __future__ import annotations

from kfbridge.spec.model.component import ComponentSpec
from kfbridge.spec.model.dag import DagSpec
from kfbridge.spec.model.executor import ExecutorSpec, PipelineContainerSpec, PipelineDeploymentConfig
from kfbridge.spec.model.message import Message
from kfbridge.spec.model.pipeline import PipelineInfo, PipelineSpec
from kfbridge.spec.model.platform import PlatformSpec, SinglePlatformSpec
from kfbridge.spec.model.task import PipelineTaskSpec
from kfbridge.spec.model.unknown import unknown_fields

__all__ = [
    "ComponentSpec",
    "DagSpec",
    "ExecutorSpec",
    "Message",
    "PipelineContainerSpec",
    "PipelineDeploymentConfig",
    "PipelineInfo",
    "PipelineSpec",
    "PipelineTaskSpec",
    "PlatformSpec",
    "SinglePlatformSpec",
    "unknown_fields",
]
