"""The tasks of a run as others see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kfbridge.engine.events import Outputs
from kfbridge.engine.instance import Instance, family
from kfbridge.engine.ledger import Ledger
from kfbridge.graph.model import Dag


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task instance; times are seconds since the epoch.

    Args:
        key: Its path in the run, iterations in brackets.
        name: The task's name in its dag.
        display_name: What people call it.
        kind: ``leaf``, ``dag``, ``loop``, or ``iteration`` (of a loop over a dag).
        state: ``pending running succeeded failed skipped cancelled``.
        attempts: How many attempts of a leaf have begun.
        reason: Why it failed, was skipped or was cancelled; why it is tried again while it is pending.
        outputs: What it left, empty unless it succeeded.
        native_id: The runner's name for the last attempt.
    """

    key: str
    name: str
    display_name: str
    kind: str
    state: str
    attempts: int
    cached: bool
    started: float | None
    ended: float | None
    outputs: Outputs
    reason: str
    native_id: str

    @property
    def is_group(self) -> bool:
        """Whether other tasks are inside."""
        return self.kind != "leaf"


def views(root: Instance, ledger: Ledger) -> Iterator[TaskView]:
    """The instances below `root`, each group before what is in it."""
    return (view(instance, ledger) for instance in family(root) if instance is not root)


def view(instance: Instance, ledger: Ledger) -> TaskView:
    """One instance as it stands now."""
    kind = _kind(instance)
    return TaskView(
        key=instance.key,
        name=instance.task.name,
        display_name=instance.task.display_name,
        kind=kind,
        state=instance.state.value,
        attempts=ledger.attempts(instance.key) if kind == "leaf" else 0,
        cached=instance.cached,
        started=instance.started,
        ended=instance.ended,
        outputs=instance.outputs,
        reason=instance.reason,
        native_id=instance.native_id,
    )


def _kind(instance: Instance) -> str:
    if instance.task.loop is not None and instance.iteration is None:
        return "loop"
    if not isinstance(instance.task.component.body, Dag):
        return "leaf"
    return "dag" if instance.iteration is None else "iteration"
