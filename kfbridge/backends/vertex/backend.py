"""The backend for Vertex AI Pipelines."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from kfbridge.backends.base import Checkup, RunStatus
from kfbridge.backends.checked import CheckedBackend, machine_documents
from kfbridge.backends.driven.root import root_checkups
from kfbridge.backends.uris import foreign_uris
from kfbridge.backends.vertex.artifacts import SCHEMES, list_refusals
from kfbridge.backends.vertex.capabilities import CAPABILITIES, CARRIED, LIMITS
from kfbridge.backends.vertex.client import VertexClient
from kfbridge.backends.vertex.config import Config as VertexConfig
from kfbridge.backends.vertex.doctor import checkups
from kfbridge.backends.vertex.handle import VertexRun, summary
from kfbridge.backends.vertex.machines import choose
from kfbridge.backends.vertex.resuming import remaining
from kfbridge.backends.vertex.schedules import VertexSchedules
from kfbridge.backends.vertex.submission import submit
from kfbridge.backends.vertex.translate import job_documents, prepare
from kfbridge.errors import BackendError, RefusedError
from kfbridge.findings import Finding, Level
from kfbridge.graph.model import Graph
from kfbridge.machines.offer import Offer
from kfbridge.machines.override import NONE, Overrides
from kfbridge.machines.request import MachineRequest
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.check import refusals_first
from kfbridge.plan.limits import Limits
from kfbridge.plan.model import Plan
from kfbridge.plan.needs import Need, features
from kfbridge.runs.record import new_run_id
from kfbridge.runs.store import LATEST
from kfbridge.target import BackendConfig


class VertexBackend(CheckedBackend):
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

    @property
    def config(self) -> VertexConfig:
        """The target's settings."""
        assert isinstance(self.target.config, VertexConfig)
        return self.target.config

    def choose(self, request: MachineRequest, overrides: Overrides = NONE, folder: Path | None = None) -> Offer:
        """A machine of Compute Engine, for a plain step or a custom job."""
        return choose(request, overrides, folder)

    def own_findings(self, graph: Graph, needs: tuple[Need, ...], arguments: Mapping[str, Any]) -> Iterator[Finding]:
        """What the steps could not read, and artifacts that a run cannot be given."""
        yield from foreign_uris(graph, needs, arguments, SCHEMES, "steps of Vertex AI see Cloud Storage alone")
        yield from list_refusals(graph, arguments)

    def plan(self, graph: Graph, arguments: Mapping[str, Any], spec_text: str) -> Plan:
        """The PipelineJob, the machines, and what becomes of everything that the pipeline asks for."""
        found, staffing = self.examine(graph, arguments)
        plan = Plan(graph.name, self.target, graph, dict(arguments), spec_text, found, {}, machine_documents(staffing))
        if not plan.ok:
            return plan
        prepared = prepare(graph, features(graph, arguments, self.name), arguments, spec_text)
        if prepared.graph is not graph:
            staffing = self._staffing(prepared.graph, prepared.needs, arguments)
        try:
            documents, refusals = job_documents(prepared, staffing, arguments, self.config, found)
        except BackendError as error:
            documents, refusals = {}, (_refusal(error),)
        return replace(plan, findings=refusals_first((*found, *prepared.findings, *refusals)), documents=documents)

    # Runs -------------------------------------------------------------------------------------------

    @cached_property
    def client(self) -> VertexClient:
        """Vertex AI's API; nothing is asked before the first call."""
        return VertexClient(self.config)

    @property
    def schedules(self) -> VertexSchedules:
        """The schedules of the project and location."""
        return VertexSchedules(self.client, self.target.name)

    def submit(self, plan: Plan, run_id: str | None = None) -> VertexRun:
        """Begin a run; an id that is given twice for the same plan is the same run.

        Raises:
            UsageError: The id is none that Vertex AI takes.
            RunError: The id belongs to a run of something else.
            BackendError: Vertex AI says no.
        """
        name = run_id or new_run_id(plan.graph.name, time.time())
        name = name if run_id or name[0].isalpha() else f"run-{name}"
        submit(self.client, plan, name)
        return VertexRun(self.client, self.target.name, name, plan.findings)

    def run(self, run_id: str) -> VertexRun:
        """The handle of an earlier run; ``latest`` is the newest.

        Raises:
            UsageError: There is none.
        """
        if run_id == LATEST:
            found = self.runs()
            run_id = found[0].run_id if found else run_id
        self.client.get(run_id)
        return VertexRun(self.client, self.target.name, run_id)

    def resume(self, run_id: str) -> VertexRun:
        """What is left of a run that failed or was cancelled, as a run of its own.

        Raises:
            RunError: It has succeeded, or goes on.
            RefusedError: What is left cannot be said in a pipeline.
        """
        earlier = self.run(run_id)
        plan = remaining(self.client.get(earlier.run_id), earlier.status(), self.client.parent, self.plan)
        refused = next((one for one in plan.findings if one.level is Level.REFUSED), None)
        if refused is not None:
            raise RefusedError(
                f"What is left of the run cannot be run: {refused.reason}.",
                where=refused.task or earlier.run_id,
                remedy=refused.remedy or "Run the pipeline again.",
                backend=self.name,
            )
        return self.submit(plan)

    def runs(self) -> list[RunStatus]:
        """Every PipelineJob of the project and location, newest first, without their tasks."""
        return [summary(job, self.target.name) for job in self.client.jobs()]

    def doctor(self) -> Iterator[Checkup]:
        """Credentials, the API and the bucket."""
        yield from checkups(self.config, self.client, lambda: root_checkups(self.target))


def _refusal(error: BackendError) -> Finding:
    return Finding("translation", error.where or "", Level.REFUSED, error.reason, error.remedy or "")
