"""A run of a schedule that takes the place of earlier ones (``--concurrency replace``).

The CronJob's controller removes the earlier driver's Job and begins a new one (``Kubernetes documentation, CronJob,
Concurrency policy``). It knows nothing of the steps, which outlive their driver: the new driver ends them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from kfbridge.backends.k8s.driver import is_driving
from kfbridge.backends.k8s.names import RUN, label_value
from kfbridge.backends.k8s.resource import JOB
from kfbridge.runs.record import RunRecord, write_record

if TYPE_CHECKING:
    from kfbridge.backends.k8s.inside import InsideBackend

OPTION = "schedule"
"""The option in a run's record that names its schedule."""


def replace_earlier(backend: InsideBackend, wait: Callable[[str], None]) -> None:
    """End the runs of the same schedule that lost their driver to this one; those that somebody resumed go on.

    Args:
        backend: The driver's backend.
        wait: Waits until no pod of a run's driver is at work.
    """
    own = backend.submission
    for record in backend.store.runs():
        is_earlier = record.options.get(OPTION) == own.schedule and record.run_id != own.run_id
        if is_earlier and record.ended is None and not is_driving(backend.cluster, record.run_id):
            wait(record.run_id)
            _end(backend, record)


def _end(backend: InsideBackend, record: RunRecord) -> None:
    own = backend.submission
    for job in backend.cluster.list(JOB, f"{RUN}={label_value(record.run_id)}")["items"]:
        backend.cluster.delete(JOB, job["metadata"]["name"])
    error = f"The schedule {own.schedule} began {own.run_id} in its place."
    paths = backend.store.paths(record.run_id)
    write_record(paths.record, replace(record, state="cancelled", ended=time.time(), error=error))
    if backend.mirror is not None:
        backend.mirror.send_record(paths)
    backend.list_run(record.run_id)
