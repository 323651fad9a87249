"""Keeps the documents of a run up to date while the engine drives it; every backend that is driven has one."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from kfbridge.engine.ending import Ending
from kfbridge.engine.events import Event
from kfbridge.engine.scheduler import Scheduler
from kfbridge.graph.model import Graph
from kfbridge.runs.account import Account
from kfbridge.runs.outputs import outputs_document
from kfbridge.runs.paths import RunPaths, record_name
from kfbridge.runs.record import RunRecord, write_record
from kfbridge.runs.task import task_names, write_task


class Recorder:
    """Writes ``run.json`` and a document for each task instance that ends.

    Hand `witness` to the engine's driver, and call `take` in its listener: by then the event is in the journal, so
    that a record never tells what the journal does not. All calls belong to one thread.

    Args:
        paths: The run's folder.
        record: The run as it begins, or is resumed.
        history: The events of earlier drivers.
        machine: Where the steps run.
    """

    def __init__(self, paths: RunPaths, record: RunRecord, history: Iterable[Event] = (), machine: str = "") -> None:
        self.record = record
        self._paths = paths
        self._account = Account(record.run_id, machine)
        self._ended: list[Ending] = []
        for event in history:
            self._account.take(event)

    def witness(self, ending: Ending) -> None:
        """Remember an instance that has ended, until its event is taken."""
        self._ended.append(ending)

    def take(self, event: Event) -> None:
        """Take in an event that is in the journal, and write the documents of all that ended by it.

        Raises:
            RunError: The folder cannot be written.
        """
        self._account.take(event)
        ended, self._ended = self._ended, []
        for ending in ended:
            write_task(self._paths, self._account.record(ending))

    def end(self, graph: Graph, state: str, error: str | None, scheduler: Scheduler | None) -> RunRecord:
        """The run is over: the record of it, which `write` puts in its place.

        Args:
            graph: The pipeline.
            state: How it ended.
            error: Why, unless it succeeded.
            scheduler: The engine's last state, if there is any.
        """
        views = scheduler.tasks() if scheduler is not None else []
        outputs = outputs_document(scheduler.outputs(), graph.root.outputs) if scheduler is not None else {}
        self.record = replace(
            self.record,
            state=state,
            ended=time.time(),
            error=error,
            outputs=outputs,
            tasks=dict(Counter(view.state for view in views if not view.is_group)),
            instances=len(views) if scheduler is not None else None,
        )
        return self.record

    def write(self, scheduler: Scheduler | None) -> None:
        """Write what `end` made, and before it what is left: tasks that were cut off; documents of what is no more.

        Raises:
            RunError: The folder cannot be written.
        """
        if scheduler is not None:
            for ending in scheduler.unfinished():
                write_task(self._paths, self._account.record(ending, over=True))
            known = {record_name(view.key) for view in scheduler.tasks()}
            for name in task_names(self._paths) - known:
                (self._paths.task_records / name).unlink(missing_ok=True)
        write_record(self._paths.record, self.record)
