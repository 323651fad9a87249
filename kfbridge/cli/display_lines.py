"""The course of a run as plain lines, for logs, pipes and terminals that cannot move the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from kfbridge.backends.base import RunStatus, TaskStatus, TransferStatus
from kfbridge.cli.display_text import clock, duration

_QUIET = frozenset({"pending"})
_PASSING = frozenset({"running", "succeeded"})  # of a group, its steps tell that


class Lines:
    """Writes one line for each change of a task (``12:03:04 train started``) and for each line of a step's log."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._seen: dict[str, tuple[str, int, str]] = {}

    def show(
        self, status: RunStatus, log: list[tuple[str, str]], now: float, transfers: Sequence[TransferStatus] = ()
    ) -> None:
        """Write what is new; transfers are for terminals."""
        begun, ended = self._changes(status, now)
        printed = [f"{key} | {line}" for key, line in log]  # after a step's start, before its end
        text = "".join(f"{line}\n" for line in [*begun, *printed, *ended])
        if text:
            self._stream.write(text)
            self._stream.flush()

    def close(self) -> None:
        """Nothing to put back: what was written stays."""

    def _changes(self, status: RunStatus, now: float) -> tuple[list[str], list[str]]:
        """The lines about tasks that began, and about tasks that ended, in the order of time."""
        begun: list[TaskStatus] = []
        ended: list[TaskStatus] = []
        for task in status.tasks:
            waits = task.error or "" if task.state == "running" else ""  # what its platform says of it
            if self._seen.get(task.path, ("pending", 0, "")) != (task.state, task.attempts, waits):
                self._seen[task.path] = task.state, task.attempts, waits
                if task.state not in _QUIET and not (task.group and task.state in _PASSING):
                    (begun if task.state == "running" else ended).append(task)
        begun.sort(key=lambda task: task.started or now)
        ended.sort(key=lambda task: task.ended or now)
        return (
            [f"{clock(task.started or now)} {task.path} {_news(task)}" for task in begun],
            [f"{clock(task.ended or now)} {task.path} {_news(task)}" for task in ended],
        )


def _news(task: TaskStatus) -> str:
    took = f" in {duration(task.ended - task.started)}" if task.ended is not None and task.started is not None else ""
    reason = f": {task.error.partition(chr(10))[0]}" if task.error else ""  # the summary has the rest
    if task.state == "running" and reason:
        return f"waits{reason}"
    if task.state == "running":
        return "started" if task.attempts <= 1 else f"started, attempt {task.attempts}"
    if task.state == "succeeded":
        return "succeeded, from the cache" if task.cached else f"succeeded{took}"
    return f"{task.state}{took}{reason}"
