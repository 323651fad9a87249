"""Runs that a CronJob begins: how such a run, its driver's Job and its schedule lead to one another.

The Jobs of a CronJob differ in nothing but their names, which end in the time (``Kubernetes documentation, CronJob``):
the run's id is the Job's name, and the label `SCHEDULE` stands on all of them. The driver learns both from its pod.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.names import PREFIX
from kfbridge.backends.k8s.resource import JOB, POD
from kfbridge.backends.k8s.submission import Submission

SCHEDULE: Final = f"{PREFIX}/schedule"
"""The label of a schedule's CronJob, of its drivers' Jobs and pods, and of their steps'."""

JOB_NAME: Final = "KFBRIDGE_JOB"
JOB_UID: Final = "KFBRIDGE_JOB_UID"

_MADE: Final = re.compile(r"[a-z0-9][-a-z0-9]*-[0-9]{8,10}")  # minutes since the epoch; seconds before Kubernetes 1.21


def job_variables() -> list[dict[str, Any]]:
    """The variables by which a driver knows its own Job: labels that its controller puts on the pod."""
    labels = {JOB_NAME: "job-name", JOB_UID: "controller-uid"}
    return [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": f"metadata.labels['{label}']"}}}
        for name, label in labels.items()
    ]


def as_run(submission: Submission, environ: Mapping[str, str]) -> Submission:
    """The submission of one run of a schedule, the same in every pod of its Job; others stay as they are."""
    if not submission.schedule:
        return submission
    return replace(submission, run_id=environ[JOB_NAME], token=environ[JOB_UID])


def may_be_scheduled(run_id: str) -> bool:
    """Whether the id of a run looks as if a schedule had made it."""
    return _MADE.fullmatch(run_id) is not None


def scheduled_jobs(cluster: Cluster, run_id: str) -> list[dict[str, Any]]:
    """The driver's Job that a schedule made for a run: one or none."""
    job = cluster.get(JOB, run_id) if may_be_scheduled(run_id) else None
    return [job] if job is not None and SCHEDULE in (job["metadata"].get("labels") or {}) else []


def scheduled_pods(cluster: Cluster, run_id: str) -> list[dict[str, Any]]:
    """The pods of that Job."""
    found: list[dict[str, Any]] = []
    if may_be_scheduled(run_id):
        found = cluster.list(POD, f"{SCHEDULE},job-name={run_id}")["items"]
    return found
