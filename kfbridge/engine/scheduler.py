"""The state of a run, moved by events alone: no clock, no input or output, so that a journal rebuilds it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kfbridge.engine.actions import Action
from kfbridge.engine.context import RunContext
from kfbridge.engine.ending import Ending, Witness
from kfbridge.engine.events import DriverReplaced, Event, Outputs, RunEnded, RunResumed, RunStarted
from kfbridge.engine.flow import Flow
from kfbridge.engine.instance import NO_OUTPUTS, Fan, State, family
from kfbridge.engine.ledger import Ledger
from kfbridge.engine.view import TaskView, views
from kfbridge.engine.wiring import Wirings
from kfbridge.errors import RefusedError
from kfbridge.graph.model import Dag, Graph


class Scheduler:
    """Decides what a run does next.

    The first event is a `RunStarted`; a `RunResumed` decides everything anew but for the recorded successes, and a
    `DriverReplaced` nothing.
    Events of attempts that are no longer of interest change nothing. `witness` is told of each instance that ends,
    from the next start or resume on.

    Args:
        graph: The pipeline.

    Raises:
        RefusedError: The root of the pipeline is not a dag.
    """

    def __init__(self, graph: Graph) -> None:
        if not isinstance(graph.root.body, Dag):
            raise RefusedError(
                f"the root of {graph.name!r} is a single component, not a pipeline",
                remedy="Call the component in a @dsl.pipeline, and compile that.",
            )
        self.graph = graph
        self.context: RunContext | None = None
        self._started: RunStarted | None = None
        self._ledger = Ledger()
        self._wirings = Wirings()
        self._flow: Flow | None = None
        self.witness: Witness | None = None

    def apply(self, event: Event) -> list[Action]:
        """Take in one event; what is to be done now, in this order.

        Actions ask for what has not been asked for before; the cost is in proportion to what the event changes.
        """
        if isinstance(event, RunStarted):
            self._started = event
            self.context = RunContext.of(event, self.graph.name)
            return self._begin(event.time)
        if isinstance(event, RunResumed):
            return self._begin(event.time)
        if self._flow is None or isinstance(event, RunEnded):
            return []
        return self._flow.take_over() if isinstance(event, DriverReplaced) else self._flow.handle(event)

    def _begin(self, time: float) -> list[Action]:
        if self._started is None or self.context is None:
            return []
        self._flow = Flow(self.graph, self.context, self._ledger, self._wirings, self.witness)
        return self._flow.begin(self._started.arguments, time)

    @property
    def state(self) -> State:
        """Where the run stands: `PENDING` before it starts, `SKIPPED` never."""
        return self._flow.root.state if self._flow is not None else State.PENDING

    @property
    def reason(self) -> str:
        """Why the run failed or was cancelled, empty otherwise."""
        return self._flow.root.reason if self._flow is not None else ""

    def outputs(self) -> Outputs:
        """The pipeline's own outputs, of a run that succeeded; a skipped task's are not among them."""
        return self._flow.root.outputs if self._flow is not None else NO_OUTPUTS

    def tasks(self) -> list[TaskView]:
        """Every task instance so far: groups before what is in them, in the dag's order and item order."""
        return list(views(self._flow.root, self._ledger)) if self._flow is not None else []

    def items(self) -> dict[str, list[Any]]:
        """What the loops run over that have begun, by key: JSON values, or artifacts."""
        if self._flow is None:
            return {}
        return {one.key: list(one.inner.items) for one in family(self._flow.root) if isinstance(one.inner, Fan)}

    def unfinished(self) -> list[Ending]:
        """The task instances that have not ended, as they stand, in the order of `tasks`."""
        if self._flow is None:
            return []
        root = self._flow.root
        return [self._flow.endings.of(one) for one in family(root) if one is not root and not one.over]


def fold(graph: Graph, events: Iterable[Event], witness: Witness | None = None) -> Scheduler:
    """The scheduler after all of `events`; what it asked for on the way is forgotten."""
    scheduler = Scheduler(graph)
    scheduler.witness = witness
    for event in events:
        scheduler.apply(event)
    return scheduler
