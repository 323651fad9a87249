"""The backend that runs pipelines on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from kfbridge.backends.base import BackendConfig, Checkup, Finding, Target
from kfbridge.backends.driven import DrivenBackend
from kfbridge.backends.driven.imports import ImportingRunner
from kfbridge.backends.driven.root import as_uri, root_checkups, root_folder, storage_settings
from kfbridge.backends.local.capabilities import CAPABILITIES, LIMITS, capabilities
from kfbridge.backends.local.config import Config as LocalConfig
from kfbridge.backends.local.config import Places
from kfbridge.backends.local.doctor import checkups
from kfbridge.backends.local.findings import findings
from kfbridge.backends.local.runner import LocalRunner
from kfbridge.engine.context import RunContext
from kfbridge.engine.runner import TaskRunner
from kfbridge.graph.model import Graph
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.limits import Limits
from kfbridge.runs.paths import RunPaths


class LocalBackend(DrivenBackend):
    """Each step is a process of this machine; runs are folders under the target's artifact root."""

    name: ClassVar[str] = "local"
    Config: ClassVar[type[BackendConfig]] = LocalConfig
    capabilities: Capabilities = CAPABILITIES
    limits: Limits = LIMITS
    kept: ClassVar[tuple[str, ...]] = (*DrivenBackend.kept, "containers", "docker_command", "python")

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        assert isinstance(target.config, LocalConfig)
        self.config = target.config
        self.capabilities = capabilities(target.config.containers)
        self.places = Places.of(target)

    def check(self, graph: Graph, arguments: Mapping[str, Any]) -> tuple[Finding, ...]:
        """What this machine does with each thing that the pipeline needs."""
        return findings(graph, self.config, self.places, arguments)

    def runner(self, graph: Graph, paths: RunPaths, context: RunContext) -> TaskRunner:
        """Processes of this machine, which find on it what their inputs' URIs name."""
        runner = LocalRunner(paths, self.config, context, self.places, as_uri(self.target))
        return ImportingRunner(runner, paths, context, storage_settings(self.target), self.transfers, self.name)

    def doctor(self) -> Iterator[Checkup]:
        """Whether this machine is ready."""
        yield from checkups(self.config, root_folder(self.target))
        yield from root_checkups(self.target)
