"""The state of a run as everybody outside of the engine sees it."""

from __future__ import annotations

from typing import Any

from kfbridge.backends.base import RunStatus, TaskStatus
from kfbridge.engine.events import Artifact, Outputs
from kfbridge.engine.scheduler import Scheduler
from kfbridge.engine.view import TaskView
from kfbridge.graph.model import Ports
from kfbridge.runs.record import ENDED, RunRecord

_CUT_OFF = "kfbridge ended before it did"


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
        error=_CUT_OFF if cut_off else view.reason or None,
        native_id=view.native_id,
        group=view.is_group,
    )


def outputs_document(outputs: Outputs, ports: Ports | None = None, lists: bool = False) -> dict[str, Any]:
    """Outputs as JSON data: parameters as values, an artifact as an object, a list of artifacts as a list.

    What is a list is told by the `ports`; without them by `lists`, or by there being more than one.
    """
    document: dict[str, Any] = dict(outputs.parameters)
    for name, artifacts in outputs.artifacts.items():
        port = ports.artifacts.get(name) if ports is not None else None
        is_list = port.is_list if port is not None else lists or len(artifacts) != 1
        entries = [_artifact(artifact) for artifact in artifacts]
        document[name] = entries if is_list or not entries else entries[0]
    return document


def _artifact(artifact: Artifact) -> dict[str, Any]:
    return {
        "name": artifact.name,
        "type": artifact.schema_title,
        "uri": artifact.uri,
        "metadata": artifact.metadata,
    }
