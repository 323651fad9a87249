"""What the backends share that check a pipeline against a table of what their platform has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from kfbridge.backends.staffing import Staffing, staff
from kfbridge.findings import Finding
from kfbridge.graph.model import Graph
from kfbridge.machines.document import offer_data
from kfbridge.machines.offer import Offer
from kfbridge.machines.override import NONE, Overrides
from kfbridge.machines.request import MachineRequest
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.check import check, refusals_first
from kfbridge.plan.limits import Limits, check_limits
from kfbridge.plan.measures import measures
from kfbridge.plan.needs import Need, features
from kfbridge.plan.support import Support
from kfbridge.target import BackendConfig, Target


class CheckedBackend:
    """A backend whose answers are a table, made exact for one pipeline and one target.

    A subclass gives the class attributes; `answers` and `own_findings` make the table exact for one pipeline.

    Class attributes:
        title: What people call the platform.
        modules: What running will need; see `kfbridge.backends.base.Backend`.
        carried: The limits that things of the pipeline meet as they are.
    """

    name: ClassVar[str]
    Config: ClassVar[type[BackendConfig]]
    title: ClassVar[str]
    modules: ClassVar[Mapping[str, str]] = {}
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
        return self.examine(graph, arguments)[0]

    def machines(self, graph: Graph, arguments: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """What each step gets, by its path; steps for which there is nothing are left out, and so refused."""
        return machine_documents(self._staffing(graph, features(graph, arguments, self.name), arguments))

    def examine(self, graph: Graph, arguments: Mapping[str, Any]) -> tuple[tuple[Finding, ...], Staffing]:
        """What `check` says, and the machines that it chose."""
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


def machine_documents(staffing: Staffing) -> dict[str, dict[str, Any]]:
    """What each step gets, by its path, as JSON data."""
    return {path: offer_data(offer) for path, offer in staffing.offers.items()}
