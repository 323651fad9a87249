"""What the backends share that know their platform but do not translate for it yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn

from kfbridge.backends.base import Checkup
from kfbridge.backends.checked import CheckedBackend, machine_documents
from kfbridge.errors import BackendError
from kfbridge.findings import Finding, Level
from kfbridge.graph.model import Graph
from kfbridge.plan.model import Plan


class ProviderBackend(CheckedBackend):
    """A backend that checks pipelines for its platform, and refuses to run them.

    Class attributes:
        checks_only: Whether the backend cannot run pipelines.
    """

    checks_only: ClassVar[bool] = True

    def plan(self, graph: Graph, arguments: Mapping[str, Any], spec_text: str) -> Plan:
        """What check says and the machines, with the refusal to translate; there are no documents yet."""
        found, staffing = self.examine(graph, arguments)
        missing = Finding(
            "translation",
            "",
            Level.REFUSED,
            f"this version checks for {self.title} but does not translate yet",
            "Run it on this machine (-t local), or update kfbridge.",
        )
        machines = machine_documents(staffing)
        return Plan(graph.name, self.target, graph, dict(arguments), spec_text, (missing, *found), machines=machines)

    def doctor(self) -> Iterator[Checkup]:
        """That nothing can be run here yet; credentials are not looked at before."""
        yield Checkup(
            "runs", False, f"this version checks pipelines for {self.title} and does not run them", "Update kfbridge."
        )
        yield Checkup("credentials and reachability", None, "are not looked at before the backend runs pipelines")

    def submit(self, plan: Plan, run_id: str | None = None) -> NoReturn:
        """Not possible yet.

        Raises:
            BackendError: Always.
        """
        self._cannot("run pipelines")

    def run(self, run_id: str) -> NoReturn:
        """Not possible yet.

        Raises:
            BackendError: Always.
        """
        self._cannot("find runs")

    def resume(self, run_id: str) -> NoReturn:
        """Not possible yet.

        Raises:
            BackendError: Always.
        """
        self._cannot("resume runs")

    def runs(self) -> NoReturn:
        """Not possible yet.

        Raises:
            BackendError: Always.
        """
        self._cannot("list runs")

    def _cannot(self, what: str) -> NoReturn:
        raise BackendError(
            f"This version of kfbridge cannot {what} on {self.title} yet; it checks pipelines for it.",
            where=f"target {self.target.name}",
            backend=self.name,
            remedy="Use the target local, or update kfbridge.",
        )
