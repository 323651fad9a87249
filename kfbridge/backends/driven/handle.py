"""The handle of a run that is driven by this process, by another, or by none."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterator

from kfbridge.backends.base import Finding, RunStatus, TaskStatus, TransferStatus
from kfbridge.backends.driven.driving import Driving
from kfbridge.backends.driven.report import recorded_status, run_status
from kfbridge.backends.driven.transfers import Transfers
from kfbridge.engine.journal import read_journal
from kfbridge.engine.scheduler import fold
from kfbridge.errors import RunError, UsageError
from kfbridge.graph.model import Graph
from kfbridge.runs.detail import recorded_tasks
from kfbridge.runs.logs import follow_logs, read_logs
from kfbridge.runs.record import ENDED, RunRecord
from kfbridge.runs.store import RunStore

_POLL = 0.1  # seconds between looks at a run that this process drives
_FAR_POLL = 0.5  # seconds between looks at a run that another process drives


class DrivenRun:
    """One run; `driving` is there when this process drives it."""

    def __init__(
        self,
        store: RunStore,
        run_id: str,
        graph: Graph,
        driving: Driving | None = None,
        findings: tuple[Finding, ...] = (),
        transfers: Transfers | None = None,
    ) -> None:
        self.run_id = run_id
        self.findings = findings
        self._store = store
        self._paths = store.paths(run_id)
        self._graph = graph
        self._driving = driving
        self._transfers = transfers

    def transfers(self) -> tuple[TransferStatus, ...]:
        """What this process moves to or from a store, if it takes a while; nothing for a run that another drives."""
        return self._transfers.under_way() if self._transfers is not None else ()

    def wait(self, listener: Callable[[RunStatus], None] | None = None) -> RunStatus:
        """Block until the run ends; `listener` is told when something changed.

        Ctrl-C cancels a run that this process drives, waits for its steps to end, and is raised again.

        Raises:
            RunError: The end of the run could not be recorded.
        """
        if self._driving is None:
            return self._wait_far(listener)
        driving, shown = self._driving, None
        if listener is not None:
            driving.watch()
        try:
            while not driving.over.wait(_POLL):
                if listener is not None and driving.picture is not shown:
                    shown = driving.picture
                    listener(shown)
        except KeyboardInterrupt:
            driving.cancel()
            driving.over.wait()
            raise
        if driving.error is not None:
            raise driving.error
        return driving.picture

    def status(self) -> RunStatus:
        """Where the run stands now: as its documents tell once it has ended, as its journal tells before."""
        if self._driving is not None and self._driving.over.is_set():
            return self._driving.picture
        return self._told(self._store.find(self.run_id))

    def logs(self, task: str | None = None, follow: bool = False, brief: bool = False) -> Iterator[tuple[str, str]]:
        """What the steps printed, as (task path, line); `task` is a path, or a name that several may share.

        Raises:
            UsageError: There is no such task; the message names the nearest.
        """
        if task is not None:
            check_name(task, self.status().tasks, self.run_id)
        wanted = wants(task)
        self._store.bring_logs(self.run_id)
        return follow_logs(self._paths, wanted, brief) if follow else read_logs(self._paths, wanted)

    def cancel(self) -> None:
        """Ask the run to stop, whoever drives it.

        Raises:
            RunError: It is over already.
        """
        if self._driving is not None and not self._driving.over.is_set():
            self._driving.cancel()
            return
        record = self._store.find(self.run_id)
        if record.state in ENDED:
            raise RunError(
                f"The run is over: it has {record.state}."
                if record.state != "cancelled"
                else "It is cancelled already.",
                where=self.run_id,
                remedy="There is nothing to cancel.",
            )
        self._store.cancel(self.run_id)

    def _wait_far(self, listener: Callable[[RunStatus], None] | None) -> RunStatus:
        seen = -1
        while (record := self._store.find(self.run_id)).state not in ENDED:
            size = self._paths.journal.stat().st_size if self._paths.journal.exists() else 0
            if listener is not None and size != seen:
                seen = size
                listener(self.status())
            time.sleep(_FAR_POLL)
        return self._told(record)

    def _told(self, record: RunRecord) -> RunStatus:
        tasks = recorded_tasks(record, self._paths)
        if tasks is not None:
            return recorded_status(record, self._store.place(self.run_id), tasks)
        return run_status(record, self._store.place(self.run_id), fold(self._graph, read_journal(self._paths.journal)))


def wants(task: str | None) -> Callable[[str], bool]:
    """Whether a key is the task, lies in the group, or has the name that was asked for."""
    if task is None:
        return lambda key: True

    def matches(key: str) -> bool:
        if key == task or key.startswith((f"{task}/", f"{task}[")):
            return True
        return "/" not in task and task in (part.partition("[")[0] for part in key.split("/"))

    return matches


def check_name(task: str, tasks: tuple[TaskStatus, ...], run_id: str) -> None:
    """Refuse what names no task of a run.

    Raises:
        UsageError: There is no such task; the message names the nearest.
    """
    wanted = wants(task)
    if any(wanted(status.path) for status in tasks):
        return
    names = list(dict.fromkeys(name for status in tasks for name in (status.path, status.name)))
    near = difflib.get_close_matches(task, names, n=3, cutoff=0.5) or names[:5]
    raise UsageError(
        f"There is no task {task!r}.", where=f"run {run_id}", remedy=f"There is: {', '.join(near) or 'none'}."
    )
