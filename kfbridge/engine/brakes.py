"""What keeps tasks from starting: a cancel request, or a failure under the fast failure policy."""

from __future__ import annotations

from kfbridge.engine.instance import Instance, State

CANCELLED = "the run was cancelled"


class Brakes:
    """`cancelled` stops everything; `halted_by`, the key of a task that failed, all that is not shielded."""

    def __init__(self) -> None:
        self.cancelled = False
        self.halted_by = ""

    def hold(self, instance: Instance) -> bool:
        """Whether the instance must not start."""
        return self.cancelled or (bool(self.halted_by) and not instance.shielded)

    def ending(self, instance: Instance) -> tuple[State, str]:
        """How an instance that must not start ends, and why."""
        if self.cancelled:
            return State.CANCELLED, CANCELLED
        if instance.failures:
            return State.FAILED, instance.reason
        return State.SKIPPED, f"{self.halted_by} failed, and the failure policy is fast"
