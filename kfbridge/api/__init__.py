"""What kfbridge can do, as functions: the command line calls these and nothing else.

A `pipeline` is what the command line takes (``file.py``, ``file.py:function``, a compiled ``.yaml`` or
``.json``), or a function under ``@dsl.pipeline`` (or a component). A `target` is the name of one, or None for
the default of kfbridge.toml. Every function raises `KfbridgeError`, with the reason and the remedy.
"""

from __future__ import annotations

from kfbridge.api.history import cancel, compare_runs, detail, find, logs, resume, runs, status, write_page
from kfbridge.api.pipelines import check, compare, compile, load, plan, run
from kfbridge.api.places import backends, doctor, install_k8s, kind_k8s, machines, targets, update_machines
from kfbridge.api.schedules import (
    create_schedule,
    delete_schedule,
    pause_schedule,
    run_schedule,
    schedules,
    unpause_schedule,
)
from kfbridge.api.shared import find_target

__all__ = [
    "backends",
    "cancel",
    "check",
    "compare",
    "compare_runs",
    "compile",
    "create_schedule",
    "delete_schedule",
    "detail",
    "doctor",
    "find",
    "find_target",
    "install_k8s",
    "kind_k8s",
    "load",
    "logs",
    "machines",
    "pause_schedule",
    "plan",
    "resume",
    "run",
    "run_schedule",
    "runs",
    "schedules",
    "status",
    "targets",
    "unpause_schedule",
    "update_machines",
    "write_page",
]
