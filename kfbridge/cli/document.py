"""The JSON documents that ``--json`` writes, one on standard output."""

from __future__ import annotations

import json
import sys
from typing import Any

from kfbridge.backends.base import RunStatus, Schedule, TaskStatus

_TASK = ("name", "path", "state", "attempts", "cached", "started", "ended", "outputs", "error", "native_id")


def run_document(status: RunStatus) -> dict[str, Any]:
    """A run with its tasks; ``error`` is there only when the run itself has one."""
    document: dict[str, Any] = {
        "run_id": status.run_id,
        "pipeline": status.pipeline,
        "target": status.target,
        "state": status.state,
        "outputs": status.outputs,
        "tasks": [_task(task) for task in status.tasks],
    }
    return document if status.error is None else {**document, "error": status.error}


def runs_document(runs: list[RunStatus]) -> dict[str, Any]:
    """A list of runs, without their tasks; times are seconds since the epoch."""
    keys = ("run_id", "pipeline", "target", "state", "created", "ended", "outputs", "error")
    return {"runs": [{key: getattr(run, key) for key in keys} for run in runs]}


def schedule_document(schedule: Schedule) -> dict[str, Any]:
    """A schedule; times are seconds since the epoch, and without a time zone it is UTC that counts."""
    timing = schedule.timing
    return {
        "name": schedule.name,
        "pipeline": schedule.pipeline,
        "target": schedule.target,
        "cron": timing.cron,
        "time_zone": timing.time_zone,
        "concurrency": timing.concurrency,
        "paused": schedule.paused,
        "created": schedule.created,
        "last": schedule.last,
        "active": list(schedule.active),
    }


def write_document(document: dict[str, Any]) -> None:
    """Write the one document of this call."""
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
    sys.stdout.flush()


def _task(task: TaskStatus) -> dict[str, Any]:
    return {name: getattr(task, name) for name in _TASK}
