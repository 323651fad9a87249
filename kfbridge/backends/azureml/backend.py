"""The backend for Azure Machine Learning pipelines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from kfbridge.backends.azureml.capabilities import CAPABILITIES, CARRIED, LIMITS, preview
from kfbridge.backends.azureml.config import SERVERLESS
from kfbridge.backends.azureml.config import Config as AzureMLConfig
from kfbridge.backends.azureml.machines import choose
from kfbridge.backends.provider import ProviderBackend
from kfbridge.backends.uris import foreign_uris
from kfbridge.findings import Finding
from kfbridge.graph.model import Graph
from kfbridge.machines.offer import Offer
from kfbridge.machines.override import NONE, Overrides
from kfbridge.machines.request import MachineRequest
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.limits import Limits
from kfbridge.plan.needs import Need
from kfbridge.plan.support import refused, rewritten
from kfbridge.target import BackendConfig, Target

SCHEMES: Final = ("azureml:", "https://", "wasbs://", "abfss://", "adl://")
"""What a data input can be (Azure documentation, Access data in a job)."""


class AzureMLBackend(ProviderBackend):
    """Pipelines as pipeline jobs of Azure ML, steps as command components."""

    name: ClassVar[str] = "azureml"
    Config: ClassVar[type[BackendConfig]] = AzureMLConfig
    title: ClassVar[str] = "Azure ML"
    modules: ClassVar[Mapping[str, str]] = {
        "azure.identity": "kfbridge[azureml]",
        "azure.storage.blob": "kfbridge[azureml]",
        "httpx": "kfbridge[azureml]",
    }
    carried: ClassVar[frozenset[str]] = CARRIED
    capabilities: Capabilities = CAPABILITIES
    limits: Limits = LIMITS

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        assert isinstance(target.config, AzureMLConfig)
        self.config = target.config
        if self.config.control_flow == "preview":
            self.capabilities = preview()
        if self.config.compute != SERVERLESS:
            self.capabilities = _on_cluster(self.capabilities, self.config.compute)
            self.staffed = False

    def choose(self, request: MachineRequest, overrides: Overrides = NONE, folder: Path | None = None) -> Offer:
        """A size of virtual machines."""
        return choose(request, overrides, folder)

    def own_findings(self, graph: Graph, needs: tuple[Need, ...], arguments: Mapping[str, Any]) -> Iterator[Finding]:
        """Data that a job cannot mount."""
        yield from foreign_uris(graph, needs, arguments, SCHEMES, "Azure ML has no data inputs there")


def _on_cluster(capabilities: Capabilities, cluster: str) -> Capabilities:
    """A cluster has one size of its own, and is a spot cluster or none."""
    given = rewritten(f"the cluster {cluster} has a size of its own, which is not looked at here")
    return capabilities.but(
        cpu_and_memory=given,
        cpu_and_memory_request=given,
        accelerator=given,
        spot=refused(
            f"whether machines are spot is a matter of the cluster {cluster}",
            'Set compute = "serverless", or name a spot cluster there and allow the loss.',
            loss=True,
            source="Azure documentation, Serverless compute",
        ),
    )
