"""A runner that runs nothing: outcomes are looked up, time stands still unless it must move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kfbridge.engine.actions import Action, Adopt, Cancel, End, Start, Wake
from kfbridge.engine.events import (
    Artifact,
    CancelRequested,
    Event,
    Outputs,
    RunStarted,
    TaskFailed,
    TaskLost,
    TaskSkipped,
    TaskStarted,
    TaskSucceeded,
    TimePassed,
)
from kfbridge.engine.runner import TaskInvocation
from kfbridge.engine.scheduler import Scheduler
from kfbridge.graph.model import Graph, ParameterType

Outcome = Callable[[TaskInvocation], "Outputs | str"]


class Skip(str):
    """The outcome of a step that finds its own condition false: why it does nothing."""


def plain(invocation: TaskInvocation) -> Outputs:
    """Every output made: parameters say who made them, artifacts lie at ``/key/output``."""
    values: dict[ParameterType, Any] = {
        ParameterType.STRING: invocation.key,
        ParameterType.NUMBER_INTEGER: 1,
        ParameterType.NUMBER_DOUBLE: 0.5,
        ParameterType.BOOLEAN: True,
        ParameterType.LIST: [1, 2],
        ParameterType.STRUCT: {"a": 1},
    }
    return Outputs(
        {name: values[port.type] for name, port in invocation.outputs.parameters.items()},
        {
            name: [Artifact(name, port.schema_title, f"/{invocation.key}/{name}")]
            for name, port in invocation.outputs.artifacts.items()
        },
    )


def scripted(script: dict[str, Any]) -> Outcome:
    """Outcomes by task name: a dict of parameters, a string (a failure), a list of those (one for each attempt)."""

    def outcome(invocation: TaskInvocation) -> Outputs | str:
        found = script.get(invocation.task, script.get(invocation.key))
        if isinstance(found, list):
            found = found[min(invocation.attempt, len(found)) - 1]
        if callable(found):
            found = found(**invocation.parameters)
        if isinstance(found, str):
            return found
        made = plain(invocation)
        return made if found is None else Outputs({**made.parameters, **found}, made.artifacts)

    return outcome


class World:
    """A scheduler with something that answers it: each started attempt ends when `finish` is called.

    `started` holds ``key#attempt`` of all attempts in the order of their starts.
    """

    def __init__(self, graph: Graph, outcome: Outcome | None = None, **options: Any) -> None:
        self.scheduler = Scheduler(graph)
        self.outcome = outcome or plain
        self.now = 1000.0
        self.events: list[Event] = []
        self.invocations: dict[str, TaskInvocation] = {}
        self.running: dict[str, TaskInvocation] = {}
        self.started: list[str] = []
        self.cancelled: list[str] = []
        self.wakes: list[float] = []
        self.ended: str | None = None
        self.options = options
        self.forgetful = False  # whether what ran under an earlier driver is lost

    def begin(self, **arguments: Any) -> World:
        self.tell(RunStarted(self.now, "run-1", arguments, self.options))
        return self

    def tell(self, event: Event) -> None:
        self.events.append(event)
        for action in self.scheduler.apply(event):
            self.take(action)

    def take(self, action: Action) -> None:
        match action:
            case Adopt(invocation, _) if self.forgetful:
                self.tell(TaskLost(self.now, invocation.key, invocation.attempt, "kfbridge ended before it did"))
            case Start(invocation) | Adopt(invocation, _):
                self.running[invocation.key] = self.invocations[invocation.key] = invocation
                self.started.append(f"{invocation.key}#{invocation.attempt}")
                self.tell(TaskStarted(self.now, invocation.key, invocation.attempt, "native"))
            case Cancel(key):
                self.cancelled.append(key)
            case Wake(at):
                self.wakes.append(at)
            case End(state):
                assert self.ended is None, "a run ends once"
                self.ended = state

    def finish(self, key: str) -> None:
        """Let the running attempt of `key` end as the outcome says."""
        invocation = self.running.pop(key)
        self.now += 1
        outcome = self.outcome(invocation)
        if isinstance(outcome, Skip):
            self.tell(TaskSkipped(self.now, key, invocation.attempt, str(outcome)))
        elif isinstance(outcome, str):
            self.tell(TaskFailed(self.now, key, invocation.attempt, outcome))
        else:
            self.tell(TaskSucceeded(self.now, key, invocation.attempt, outcome))

    def run(self, **arguments: Any) -> World:
        """Begin, and let everything end in the order in which it started; waits are over at once."""
        if not self.events:
            self.begin(**arguments)
        while self.ended is None:
            if self.running:
                self.finish(next(iter(self.running)))
            else:
                assert self.wakes, f"nothing runs, nothing waits, and the run has not ended: {self.states()}"
                self.pass_time()
        assert not self.running, "nothing runs once the run has ended"
        return self

    def pass_time(self) -> None:
        """Let the first wait be over."""
        self.wakes.sort()
        self.now = max(self.now, self.wakes.pop(0))
        self.tell(TimePassed(self.now))

    def cancel(self) -> None:
        self.tell(CancelRequested(self.now))

    def states(self) -> dict[str, str]:
        return {view.key: view.state for view in self.scheduler.tasks()}

    def reason(self, key: str) -> str:
        return next(view.reason for view in self.scheduler.tasks() if view.key == key)

    def given(self, key: str) -> dict[str, Any]:
        """The parameters that the last attempt of `key` got."""
        return self.invocations[key].parameters


class FakeRunner:
    """A `TaskRunner` over outcomes; the attempts end in the order of their starts, one for each call of `events`."""

    def __init__(self, outcome: Outcome | None = None, capacity: int | None = None) -> None:
        self.outcome = outcome or plain
        self.capacity = capacity
        self.running: dict[str, TaskInvocation] = {}
        self.started: list[str] = []
        self.cancelled: list[str] = []
        self.most_at_once = 0
        self.closed = False
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    def start(self, invocation: TaskInvocation) -> str:
        self.started.append(f"{invocation.key}#{invocation.attempt}")
        self.running[invocation.key] = invocation
        self.most_at_once = max(self.most_at_once, len(self.running))
        return f"pid-{len(self.started)}"

    def events(self, timeout: float | None) -> Iterator[Event]:
        if not self.running:
            assert timeout is not None, "the driver waits for ever, and nothing runs"
            self.now += max(timeout, 0.001)
            return
        self.now += 0.01
        key = next(iter(self.running))
        invocation = self.running.pop(key)
        outcome = "cancelled" if key in self.cancelled else self.outcome(invocation)
        if isinstance(outcome, Skip):
            yield TaskSkipped(self.now, key, invocation.attempt, str(outcome))
        elif isinstance(outcome, str):
            yield TaskFailed(self.now, key, invocation.attempt, outcome)
        else:
            yield TaskSucceeded(self.now, key, invocation.attempt, outcome)

    def cancel(self, key: str) -> None:
        self.cancelled.append(key)

    def close(self) -> None:
        self.closed = True
