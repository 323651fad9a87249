"""The backend for Kubernetes Jobs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from kfbridge.backends.k8s.capabilities import CAPABILITIES, CARRIED, LIMITS
from kfbridge.backends.k8s.config import Config as KubernetesConfig
from kfbridge.backends.k8s.machines import choose
from kfbridge.backends.provider import ProviderBackend
from kfbridge.machines.offer import Offer
from kfbridge.machines.override import NONE, Overrides
from kfbridge.machines.request import MachineRequest
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.limits import Limits
from kfbridge.target import BackendConfig, Target


class KubernetesBackend(ProviderBackend):
    """Each attempt of a step is a Job; kfbridge's engine drives them."""

    name: ClassVar[str] = "k8s"
    Config: ClassVar[type[BackendConfig]] = KubernetesConfig
    title: ClassVar[str] = "Kubernetes"
    modules: ClassVar[Mapping[str, str]] = {"kubernetes": "kfbridge[k8s]"}
    carried: ClassVar[frozenset[str]] = CARRIED
    capabilities: Capabilities = CAPABILITIES
    limits: Limits = LIMITS

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        assert isinstance(target.config, KubernetesConfig)
        self.config = target.config

    def choose(self, request: MachineRequest, overrides: Overrides = NONE, folder: Path | None = None) -> Offer:
        """What a pod says to land on a node that fits."""
        return choose(request, overrides, folder, flavour=self.config.flavour)
