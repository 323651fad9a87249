"""The backend for Vertex AI Pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from kfbridge.backends.provider import ProviderBackend
from kfbridge.backends.vertex.capabilities import CAPABILITIES, CARRIED, LIMITS
from kfbridge.backends.vertex.config import Config as VertexConfig
from kfbridge.backends.vertex.machines import choose
from kfbridge.machines.offer import Offer
from kfbridge.machines.override import NONE, Overrides
from kfbridge.machines.request import MachineRequest
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.limits import Limits
from kfbridge.target import BackendConfig


class VertexBackend(ProviderBackend):
    """Pipelines as PipelineJobs of Vertex AI."""

    name: ClassVar[str] = "vertex"
    Config: ClassVar[type[BackendConfig]] = VertexConfig
    title: ClassVar[str] = "Vertex AI"
    modules: ClassVar[Mapping[str, str]] = {
        "google.cloud.aiplatform": "kfbridge[vertex]",
        "google.cloud.storage": "kfbridge[vertex]",
    }
    carried: ClassVar[frozenset[str]] = CARRIED
    capabilities: Capabilities = CAPABILITIES
    limits: Limits = LIMITS

    def choose(self, request: MachineRequest, overrides: Overrides = NONE, folder: Path | None = None) -> Offer:
        """A machine of Compute Engine, for a plain step or a custom job."""
        return choose(request, overrides, folder)
