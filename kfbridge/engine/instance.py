"""The tasks of a run as they stand: a tree of instances, changed by the scheduler alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from kfbridge.engine.events import Artifact, Outputs
from kfbridge.engine.wiring import Wiring
from kfbridge.graph.model import Task, Trigger


class State(str, Enum):
    """Where a task instance stands."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


NO_OUTPUTS = Outputs()


@dataclass(frozen=True, slots=True)
class Inputs:
    """The values that a task instance works with; what was not given is not there."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, list[Artifact]] = field(default_factory=dict)


class Instance:
    """A task in a run: a leaf, a dag, a loop, or one iteration of a loop.

    `blocked` marks what was skipped because of a failure, as against a condition; `shielded` what starts even
    after a failure stopped the rest (an exit task and all in it). `waiting` counts producers that have not ended.
    """

    __slots__ = (
        "attempt",
        "blocked",
        "cached",
        "ended",
        "failures",
        "inner",
        "inputs",
        "iteration",
        "key",
        "losses",
        "native_id",
        "outputs",
        "parent",
        "reason",
        "shielded",
        "started",
        "state",
        "task",
        "waiting",
    )

    def __init__(self, task: Task, key: str, parent: Instance | None, iteration: int | None = None) -> None:
        self.task = task
        self.key = key
        self.parent = parent
        self.iteration = iteration
        self.state = State.PENDING
        self.blocked = False
        self.shielded: bool = task.trigger is Trigger.UPSTREAM_COMPLETED or (parent is not None and parent.shielded)
        self.waiting = 0
        self.inputs: Inputs | None = None
        self.inner: Scope | Fan | None = None
        self.outputs: Outputs = NO_OUTPUTS
        self.attempt = 0
        self.failures = 0
        self.losses = 0
        self.started: float | None = None
        self.ended: float | None = None
        self.cached = False
        self.reason = ""
        self.native_id = ""

    @property
    def over(self) -> bool:
        """Whether the instance has reached a state that it keeps."""
        return self.state is not State.PENDING and self.state is not State.RUNNING

    @property
    def scope(self) -> Scope:
        """The open dag that the instance is a task of."""
        assert self.parent is not None
        assert isinstance(self.parent.inner, Scope)
        return self.parent.inner

    @property
    def spoilt(self) -> bool:
        """Whether the instance keeps from running what relies on its success."""
        return self.state is State.FAILED or self.state is State.CANCELLED or self.blocked

    def close(self, state: State, reason: str, blocked: bool, time: float) -> None:
        """Reach a state that is kept; only a success leaves outputs."""
        self.state = state
        self.reason = reason
        self.blocked = blocked
        self.ended = time
        if state is not State.SUCCEEDED:
            self.outputs = NO_OUTPUTS


class Scope:
    """A dag that is open: one instance for each of its tasks."""

    __slots__ = ("children", "inputs", "remaining", "wiring")

    def __init__(self, owner: Instance, inputs: Inputs, tasks: Mapping[str, Task], wiring: Wiring) -> None:
        prefix = f"{owner.key}/" if owner.key else ""
        self.inputs = inputs
        self.wiring = wiring
        self.children = {name: Instance(task, prefix + name, owner) for name, task in tasks.items()}
        for name, child in self.children.items():
            child.waiting = wiring.waits[name]
        self.remaining = len(self.children)


class Fan:
    """A loop that is open: `iterations` so far, `active` of them not ended, `items` in all."""

    __slots__ = ("active", "inputs", "items", "iterations", "limit")

    def __init__(self, inputs: Inputs, items: list[Any], limit: int) -> None:
        self.inputs = inputs
        self.items = items
        self.limit = limit if limit > 0 else len(items)
        self.iterations: list[Instance] = []
        self.active = 0

    @property
    def room(self) -> int:
        """How many more iterations may be opened now."""
        return min(self.limit - self.active, len(self.items) - len(self.iterations))


def family(instance: Instance) -> Iterator[Instance]:
    """The instance and all below it: groups before what is in them, in the dag's order and item order."""
    pending = [instance]
    while pending:
        one = pending.pop()
        yield one
        if isinstance(one.inner, Scope):
            pending.extend(reversed(one.inner.children.values()))
        elif one.inner is not None:
            pending.extend(reversed(one.inner.iterations))
