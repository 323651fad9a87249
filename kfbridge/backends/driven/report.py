"""The state of a run as everybody outside of the engine sees it."""

from __future__ import annotations

from kfbridge.backends.base import RunStatus, TaskStatus
from kfbridge.engine.scheduler import Scheduler
from kfbridge.engine.view import TaskView
from kfbridge.runs.account import CUT_OFF
from kfbridge.runs.outputs import outputs_document
from kfbridge.runs.record import ENDED, RunRecord


def run_status(record: RunRecord, place: str, scheduler: Scheduler | None = None) -> RunStatus:
    """The status of a run; its tasks are there when its scheduler is."""
    over = record.state in ENDED
    views = scheduler.tasks() if scheduler is not None else []
    return RunStatus(
        run_id=record.run_id,
        pipeline=record.pipeline,
        target=record.target,
        state=record.state,
        outputs=record.outputs,
        tasks=tuple(task_status(view, over) for view in views),
        error=record.error,
        created=record.created,
        ended=record.ended,
        place=place,
    )


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
