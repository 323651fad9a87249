"""Settings of a pipeline as a whole."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from kfbridge.dsl.location import here
from kfbridge.errors import ArgumentError, CompileError

_SIZE = r"(0|[1-9]\d*)(\.\d+)?(Ki|Mi|Gi|Ti|Pi|Ei|K|M|G|T|P|E)?"
_LARGEST = 2**31 - 1
_SECONDS = {
    "ttl_seconds_after_finished": "resourceTtlOnCompletion",
    "ttl_seconds_after_success": "resourceTtlOnSuccess",
    "ttl_seconds_after_failure": "resourceTtlOnFailure",
    "active_deadline_seconds": "activeDeadlineSeconds",
}


@dataclass
class KubernetesWorkspaceConfig:
    """How the workspace's volume is made on Kubernetes; `pvcSpecPatch` is merged into the claim's spec."""

    pvcSpecPatch: dict[str, Any] | None = None

    def set_pvcSpecPatch(self, patch: dict[str, Any]) -> None:
        """Replace the patch."""
        self.pvcSpecPatch = patch


@dataclass
class WorkspaceConfig:
    """A folder that all tasks of a run share, at ``/kfp-workspace``.

    Attributes:
        size: Its size, as a Kubernetes quantity: ``10Gi``.
        kubernetes: Settings for Kubernetes.
    """

    size: str
    kubernetes: KubernetesWorkspaceConfig = field(default_factory=KubernetesWorkspaceConfig)

    def __post_init__(self) -> None:
        self.set_size(self.size)

    def set_size(self, size: str) -> None:
        """Change the size.

        Raises:
            CompileError: It is no quantity.
        """
        self.size = str(size).strip()
        if not re.fullmatch(_SIZE, self.size):
            raise CompileError(
                f"{size!r} is no size for a workspace.", where=here(), remedy="Write a quantity: '10Gi', '500Mi'."
            )

    def set_kubernetes_config(self, kubernetes_config: KubernetesWorkspaceConfig) -> None:
        """Replace the settings for Kubernetes."""
        self.kubernetes = kubernetes_config

    def get_workspace(self) -> dict[str, Any]:
        """Its form in the second document."""
        patch = (self.kubernetes.pvcSpecPatch if self.kubernetes else None) or {}
        return {"size": self.size, "kubernetes": {"pvcSpecPatch": patch}}


@dataclass
class PipelineConfig:
    """Settings of a pipeline as a whole; times are whole seconds, None or 0 for no limit.

    Attributes:
        workspace: A shared folder.
        ttl_seconds_after_finished: When a finished run's resources go.
        ttl_seconds_after_success: The same for runs that succeeded.
        ttl_seconds_after_failure: The same for runs that failed.
        active_deadline_seconds: How long a run may take.
    """

    workspace: WorkspaceConfig | None = None
    ttl_seconds_after_finished: int | None = None
    ttl_seconds_after_success: int | None = None
    ttl_seconds_after_failure: int | None = None
    active_deadline_seconds: int | None = None

    def __post_init__(self) -> None:
        for name in _SECONDS:
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int):
                raise ArgumentError(
                    f"{name} is a {type(value).__name__}.", where=here(), remedy="Give whole seconds, as an int."
                )
            if not 0 <= value <= _LARGEST:
                raise CompileError(f"{name} is {value} seconds.", where=here(), remedy=f"Give 0 to {_LARGEST} seconds.")

    def to_json(self) -> dict[str, Any]:
        """Its form in the second document; empty when nothing is set."""
        body: dict[str, Any] = {field: getattr(self, name) for name, field in _SECONDS.items() if getattr(self, name)}
        if self.workspace is not None:
            body["workspace"] = self.workspace.get_workspace()
        return body
