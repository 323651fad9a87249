"""What the backends share that know their platform but do not translate for it yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn

from kfbridge.backends.base import Checkup
from kfbridge.backends.staffing import Staffing, staff
from kfbridge.errors import BackendError
from kfbridge.findings import Finding, Level
from kfbridge.graph.model import Graph
from kfbridge.machines.document import offer_data
from kfbridge.machines.offer import Offer
from kfbridge.machines.override import NONE, Overrides
from kfbridge.machines.request import MachineRequest
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.check import check, refusals_first
from kfbridge.plan.limits import Limits, check_limits
from kfbridge.plan.measures import measures
from kfbridge.plan.model import Plan
from kfbridge.plan.needs import Need, features
from kfbridge.plan.support import Support
from kfbridge.target import BackendConfig, Target


class ProviderBackend:
    """A backend that checks pipelines for its platform, and refuses to run them.

    A subclass gives the class attributes; `answers` and `own_findings` make the table exact for one pipeline.

    Class attributes:
        title: What people call the platform.
        modules: What running will need; see `kfbridge.backends.base.Backend`.
        checks_only: Whether the backend cannot run pipelines.
        carried: The limits that things of the pipeline meet as they are.
    """

    name: ClassVar[str]
    Config: ClassVar[type[BackendConfig]]
    title: ClassVar[str]
    modules: ClassVar[Mapping[str, str]] = {}
    checks_only: ClassVar[bool] = True
    carried: ClassVar[frozenset[str]] = frozenset()
    capabilities: Capabilities
    limits: Limits
    staffed: bool = True
    """Whether machines are chosen here, and not by what the target names."""

    def __init__(self, target: Target) -> None:
        self.target = target

    def choose(self, request: MachineRequest, overrides: Overrides = NONE, folder: Any = None) -> Offer:
        """The platform's machine for a step; see `kfbridge.machines.offer.Chooser`."""
        raise NotImplementedError

    def answers(self, need: Need, answer: Support) -> Iterator[Support]:
        """What is said of one need; `answer` is the table's."""
        yield answer

    def own_findings(self, graph: Graph, needs: tuple[Need, ...], arguments: Mapping[str, Any]) -> Iterator[Finding]:
        """What is to be said besides, about the target as it is set up."""
        yield from ()

    def check(self, graph: Graph, arguments: Mapping[str, Any]) -> tuple[Finding, ...]:
        """What becomes of each thing that the pipeline needs, refusals first.

        Raises:
            UsageError: The target allows the loss of something that is no feature.
            RequestError: The target names a machine that cannot be.
        """
        return self._examine(graph, arguments)[0]

    def plan(self, graph: Graph, arguments: Mapping[str, Any], spec_text: str) -> Plan:
        """What check says and the machines, with the refusal to translate; there are no documents yet."""
        found, staffing = self._examine(graph, arguments)
        missing = Finding(
            "translation",
            "",
            Level.REFUSED,
            f"this version checks for {self.title} but does not translate yet",
            "Run it on this machine (-t local), or update kfbridge.",
        )
        machines = _documents(staffing)
        return Plan(graph.name, self.target, graph, dict(arguments), spec_text, (missing, *found), machines=machines)

    def machines(self, graph: Graph, arguments: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """What each step gets, by its path; steps for which there is nothing are left out, and so refused."""
        return _documents(self._staffing(graph, features(graph, arguments, self.name), arguments))

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

    def _examine(self, graph: Graph, arguments: Mapping[str, Any]) -> tuple[tuple[Finding, ...], Staffing]:
        needs = features(graph, arguments, self.name)
        staffing = self._staffing(graph, needs, arguments)
        measured = (one for one in measures(graph, needs, arguments) if one.limit in self.carried)
        found = (
            *check(self.capabilities, needs, self.answers, allow_loss=self.target.config.allow_loss),
            *staffing.findings,
            *self.own_findings(graph, needs, arguments),
            *check_limits(self.limits, measured),
        )
        return refusals_first(found), staffing

    def _staffing(self, graph: Graph, needs: tuple[Need, ...], arguments: Mapping[str, Any]) -> Staffing:
        return staff(graph, needs, arguments, self.target, self.choose) if self.staffed else Staffing()

    def _cannot(self, what: str) -> NoReturn:
        raise BackendError(
            f"This version of kfbridge cannot {what} on {self.title} yet; it checks pipelines for it.",
            where=f"target {self.target.name}",
            backend=self.name,
            remedy="Use the target local, or update kfbridge.",
        )


def _documents(staffing: Staffing) -> dict[str, dict[str, Any]]:
    return {path: offer_data(offer) for path, offer in staffing.offers.items()}
