"""The port between the engine and a platform that has no orchestrator of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from kfbridge.engine.events import Artifact, Event
from kfbridge.graph.model import Container, Ports


@dataclass(frozen=True, slots=True)
class TaskInvocation:
    """One attempt of one task, with every value it needs; nothing in it depends on the platform.

    `key` is the task's path in the run, iterations included: ``for-loop-1[3]/train``. `parameters` are
    typed JSON values (absent: not given), `artifacts` lists (one entry unless the port is a list).
    """

    run_id: str
    pipeline: str
    key: str
    attempt: int
    task: str
    display_name: str
    component: str
    container: Container
    parameters: dict[str, Any]
    artifacts: dict[str, list[Artifact]]
    inputs: Ports
    outputs: Ports
    platforms: dict[str, Any] = field(default_factory=dict)  # {"kubernetes": this executor's settings, ...}
    deadline: float | None = None
    cache: bool = False  # whether outputs of an equal earlier attempt may be taken
    cache_key: str = ""  # the user's own key instead of everything but the component


class TaskRunner(Protocol):
    """Starts attempts and tells what becomes of them; the engine does everything else."""

    capacity: int | None
    """How many attempts may run at once; None: the platform queues by itself."""

    def start(self, invocation: TaskInvocation) -> str:
        """Begin an attempt and return the platform's name for it, at once.

        Starting the same key and attempt twice starts it once. The driver records the `TaskStarted`; a runner
        whose platform queues may report one of its own when the attempt really begins.

        Raises:
            BackendError: It cannot be started; a transient one counts as a failed attempt that is retried after
                a short wait, any other fails the task for good.
        """

    def events(self, timeout: float | None) -> Iterator[Event]:
        """The events since the last call: waits for the first for at most `timeout` seconds."""

    def cancel(self, key: str) -> None:
        """End the running attempt of `key`; its end is still reported as an event."""

    def close(self) -> None:
        """End everything that still runs and free what the runner holds."""


@runtime_checkable
class AdoptingRunner(TaskRunner, Protocol):
    """A runner whose attempts outlive the driver; any other loses what ran when the driver died."""

    def adopt(self, invocation: TaskInvocation, native_id: str) -> bool:
        """Take up an attempt that an earlier driver started; False when the platform does not know it."""
