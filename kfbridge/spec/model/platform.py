"""The second document: what only some platforms know."""

from __future__ import annotations

from kfbridge.spec.model.message import Int32, Message, Struct


class KubernetesWorkspaceConfig(Message):
    """How the workspace's volume claim is made."""

    pvc_spec_patch: Struct | None = None


class WorkspaceConfig(Message):
    """A volume that all tasks of a run share; `size` is a Kubernetes quantity."""

    size: str | None = None
    kubernetes: KubernetesWorkspaceConfig | None = None


class PipelineConfig(Message):
    """Settings of the whole run; times are in seconds."""

    resource_ttl_on_completion: Int32 | None = None
    workspace: WorkspaceConfig | None = None
    resource_ttl_on_success: Int32 | None = None
    resource_ttl_on_failure: Int32 | None = None
    active_deadline_seconds: Int32 | None = None


class PlatformDeploymentConfig(Message):
    """Settings by executor label, in the platform's own words."""

    executors: dict[str, Struct] | None = None


class SinglePlatformSpec(Message):
    """The settings for one platform."""

    deployment_spec: PlatformDeploymentConfig | None = None
    platform: str | None = None
    config: Struct | None = None
    pipeline_config: PipelineConfig | None = None


class PlatformSpec(Message):
    """Settings by platform.

    Under ``kubernetes``, the settings of an executor are a `kfbridge.spec.model.kubernetes.KubernetesExecutorConfig`.
    """

    platforms: dict[str, SinglePlatformSpec] | None = None
