"""From the engine's events to the records of tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kfbridge import __version__
from kfbridge.engine.ending import Ending
from kfbridge.engine.events import (
    Event,
    Outputs,
    TaskFailed,
    TaskLost,
    TaskSkipped,
    TaskStarted,
    TaskSucceeded,
    outputs_to_json,
)
from kfbridge.engine.scheduler import Scheduler
from kfbridge.graph.model import Graph
from kfbridge.runs.paths import log_name
from kfbridge.runs.record import ENDED, RunRecord
from kfbridge.runs.task import AttemptRecord, TaskRecord

CUT_OFF = "kfbridge ended before it did"
"""Why a task is cancelled that still ran when its run was over."""


class Account:
    """Follows the events of a run, and makes a record of each task instance that ends.

    Args:
        run_id: The run.
        machine: Where its steps run.
    """

    def __init__(self, run_id: str, machine: str = "") -> None:
        self._run_id = run_id
        self._machine = machine
        self._attempts: dict[str, tuple[AttemptRecord, ...]] = {}

    def take(self, event: Event) -> None:
        """Note what the event says about an attempt."""
        match event:
            case TaskStarted(time, key, attempt, native_id):
                self._note(
                    key, AttemptRecord(attempt, "running", time, native_id=native_id, log=log_name(key, attempt))
                )
            case TaskSucceeded(time, key, attempt) if not event.cached:
                self._note(key, replace(self._attempt(key, attempt), state="succeeded", ended=time))
            case TaskSkipped(time, key, attempt):
                self._note(key, replace(self._attempt(key, attempt), state="skipped", ended=time))
            case TaskFailed(time, key, attempt, reason, code):
                ended = self._attempt(key, attempt)
                self._note(key, replace(ended, state="failed", ended=time, error=reason, code=code))
            case TaskLost(time, key, attempt, reason):
                self._note(key, replace(self._attempt(key, attempt), state="lost", ended=time, error=reason))

    def record(self, ending: Ending, over: bool = False) -> TaskRecord:
        """The record of an instance as the ending tells it.

        Args:
            ending: How it stands.
            over: Whether the run is over, so that nothing runs any more, whatever the last word was.
        """
        view = ending.view
        cut_off = over and view.state == "running"
        return TaskRecord(
            run_id=self._run_id,
            path=view.key,
            name=view.name,
            display_name=view.display_name,
            kind=view.kind,
            state="cancelled" if cut_off else view.state,
            order=ending.order,
            component=ending.component,
            image=ending.image,
            started=view.started,
            ended=view.ended,
            cached=view.cached,
            inputs=outputs_to_json(Outputs(dict(ending.inputs.parameters), dict(ending.inputs.artifacts))),
            outputs=outputs_to_json(view.outputs),
            error=CUT_OFF if cut_off else view.reason or None,
            native_id=view.native_id,
            machine=self._machine if view.started is not None and not view.cached and not view.is_group else "",
            attempts=self._attempts.get(view.key, ()),
            tries=view.attempts,
            kfbridge=__version__,
        )

    def _attempt(self, key: str, attempt: int) -> AttemptRecord:
        for known in reversed(self._attempts.get(key, ())):
            if known.attempt == attempt:
                return known
        return AttemptRecord(attempt, "running", log=log_name(key, attempt))

    def _note(self, key: str, attempt: AttemptRecord) -> None:
        others = tuple(one for one in self._attempts.get(key, ()) if one.attempt != attempt.attempt)
        self._attempts[key] = (*others, attempt)


def tell(graph: Graph, events: Iterable[Event], record: RunRecord) -> list[TaskRecord]:
    """The records of all tasks of a run, those under way included, from its journal alone."""
    account, endings = Account(record.run_id), dict[str, Ending]()
    scheduler = Scheduler(graph)
    scheduler.witness = lambda ending: endings.update({ending.view.key: ending})
    for event in events:
        account.take(event)
        scheduler.apply(event)
    endings.update({ending.view.key: ending for ending in scheduler.unfinished()})
    return [account.record(endings[view.key], record.state in ENDED) for view in scheduler.tasks()]
