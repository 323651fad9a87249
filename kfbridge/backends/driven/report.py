"""The state of a run as everybody outside of the engine sees it."""

from __future__ import annotations

from collections.abc import Iterable

from kfbridge.backends.base import RunStatus, TaskStatus
from kfbridge.engine.scheduler import Scheduler
from kfbridge.engine.view import TaskView
from kfbridge.runs.account import CUT_OFF
from kfbridge.runs.outputs import outputs_document
from kfbridge.runs.record import ENDED, RunRecord
from kfbridge.runs.task import TaskRecord


def run_status(record: RunRecord, place: str, scheduler: Scheduler | None = None) -> RunStatus:
    """The status of a run; its tasks are there when its scheduler is."""
    over = record.state in ENDED
    views = scheduler.tasks() if scheduler is not None else []
    return _status(record, place, tuple(task_status(view, over) for view in views))


def recorded_status(record: RunRecord, place: str, tasks: Iterable[TaskRecord]) -> RunStatus:
    """The status of a run as its documents tell it: the same as `run_status` gives once the run has ended."""
    return _status(record, place, tuple(map(_recorded, tasks)))


def task_status(view: TaskView, over: bool) -> TaskStatus:
    """The status of a task; in a run that is over nothing runs any more, whatever the journal's last word was."""
    cut_off = over and view.state == "running"
    return TaskStatus(
        name=view.name,
        path=view.key,
        state="cancelled" if cut_off else view.state,
        attempts=view.attempts,
        cached=view.cached,
        started=view.started,
        ended=view.ended,
        outputs=outputs_document(view.outputs, lists=view.kind == "loop"),
        error=CUT_OFF if cut_off else view.reason or None,
        native_id=view.native_id,
        group=view.is_group,
    )


def _recorded(task: TaskRecord) -> TaskStatus:
    return TaskStatus(
        name=task.name,
        path=task.path,
        state=task.state,
        attempts=task.tries,
        cached=task.cached,
        started=task.started,
        ended=task.ended,
        outputs=outputs_document(task.left, lists=task.kind == "loop"),
        error=task.error,
        native_id=task.native_id,
        group=task.is_group,
    )


def _status(record: RunRecord, place: str, tasks: tuple[TaskStatus, ...]) -> RunStatus:
    return RunStatus(
        run_id=record.run_id,
        pipeline=record.pipeline,
        target=record.target,
        state=record.state,
        outputs=record.outputs,
        tasks=tasks,
        error=record.error,
        created=record.created,
        ended=record.ended,
        place=place,
    )
