"""The user and group that a task runs as."""

from __future__ import annotations

from typing import Any

from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.kubernetes.call import Call


def set_security_context(
    task: PipelineTask,
    run_as_user: int | None = None,
    run_as_group: int | None = None,
    run_as_non_root: bool | None = None,
) -> PipelineTask:
    """Set who the container's process runs as; what an administrator has set on the cluster goes before.

    Args:
        task: The task.
        run_as_user: The user's number.
        run_as_group: The group's number.
        run_as_non_root: Whether to refuse to run as root.

    Raises:
        CompileError: Nothing is given, or an argument is of the wrong kind.
    """
    call = Call("set_security_context", task)
    given: dict[str, Any] = {}
    if run_as_user is not None:
        given["runAsUser"] = str(call.whole("run_as_user", run_as_user))
    if run_as_group is not None:
        given["runAsGroup"] = str(call.whole("run_as_group", run_as_group))
    if run_as_non_root is not None:
        given["runAsNonRoot"] = call.flag("run_as_non_root", run_as_non_root)
    if not given:
        call.refuse("run_as_user", "nothing", "Give run_as_user, run_as_group or run_as_non_root.")
    return call.merge("securityContext", given)
