"""What an exit task is told about the task before it (`PipelineTaskFinalStatus`)."""

from __future__ import annotations

from typing import Any

from kfbridge.engine.context import RunContext
from kfbridge.engine.instance import Instance, State

_CODE = 13  # google.rpc.Code.INTERNAL, which KFP's backends report for a task that failed

_STATES = {State.FAILED: "FAILED", State.CANCELLED: "CANCELLED"}


def final_status(instance: Instance, context: RunContext) -> dict[str, Any]:
    """The final status of an instance that is over, as the runtime reads it.

    A task that a condition skipped counts as succeeded: nothing went wrong. One that a failure kept from running
    counts as cancelled.
    """
    state = "CANCELLED" if instance.blocked else _STATES.get(instance.state, "SUCCEEDED")
    status: dict[str, Any] = {
        "state": state,
        "pipelineJobResourceName": context.run_id,
        "pipelineTaskName": instance.task.name,
    }
    if state != "SUCCEEDED":
        status["error"] = {"code": _CODE, "message": instance.reason}
    return status
