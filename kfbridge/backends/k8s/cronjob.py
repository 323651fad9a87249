"""The CronJob of a schedule: its Jobs are drivers, and what they are told is in a ConfigMap that goes with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.driver import driver_spec
from kfbridge.backends.k8s.names import MANAGED_BY, PIPELINE, PREFIX
from kfbridge.backends.k8s.resource import CRON_JOB, OLD_CRON_JOB, Resource
from kfbridge.backends.k8s.scheduled import SCHEDULE, job_variables
from kfbridge.backends.k8s.submission import FILE, Submission
from kfbridge.backends.schedule import CONCURRENCIES, Schedule, Timing
from kfbridge.errors import UsageError
from kfbridge.plan.model import Plan

TARGET: Final = f"{PREFIX}/target"
"""The annotation that names the target with which a schedule was made."""

_STABLE: Final = (1, 21)  # batch/v1 has CronJob from here on (Deprecated API Migration Guide)
_TIME_ZONES: Final = (1, 25)  # spec.timeZone, beta and on (CronJob, Time zones); it is dropped in silence before
_UTC: Final = ("UTC", "Etc/UTC")
_DEADLINE: Final = 3_600  # seconds that a run may begin too late; of 100 missed ones without a limit, none ever begins
_KEPT: Final = 3  # ended Jobs of drivers, for their logs; the runs themselves are at the artifact root


def cron_resource(version: tuple[int, int]) -> Resource:
    """The kind, as a server of this version has it."""
    return CRON_JOB if version >= _STABLE else OLD_CRON_JOB


def schedule_submission(plan: Plan, name: str, timing: Timing) -> Submission:
    """What the drivers of a schedule are told: their steps are labelled with it, too."""
    told = Submission.planned("", plan.pipeline, plan.target, plan.arguments, plan.spec_text)
    labels = {**told.config.get("labels", {}), SCHEDULE: name}
    config = {**told.config, "labels": labels}
    return replace(told, config=config, schedule=name, replaces=timing.concurrency == "replace")


def cron_documents(
    config: Config, namespace: str, submission: Submission, timing: Timing, version: tuple[int, int]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The CronJob and its ConfigMap, which is another one for each content: drivers that began keep theirs.

    Args:
        config: The target.
        namespace: Where.
        submission: What the drivers are told.
        timing: When they begin.
        version: The server's.

    Raises:
        UsageError: The server knows no time zones.
        BackendError: The target names no image for the driver, or the pipeline is too large.
    """
    name, data = submission.schedule, submission.data()
    labels = {**config.labels, MANAGED_BY: "kfbridge", SCHEDULE: name}
    annotations = {PIPELINE: submission.pipeline, TARGET: submission.target}
    metadata = {"namespace": namespace, "labels": labels}
    map_name = f"{name}-{hashlib.sha256(data.encode()).hexdigest()[:10]}"
    template = {"labels": labels, "annotations": annotations}
    spec = driver_spec(config, map_name, template)
    spec["template"]["spec"]["containers"][0]["env"] += job_variables()
    cron_job = {
        "apiVersion": cron_resource(version).version,
        "kind": "CronJob",
        "metadata": {**metadata, "name": name, "annotations": annotations},
        "spec": {
            "schedule": timing.cron,
            **_time_zone(timing, version),
            "concurrencyPolicy": timing.concurrency.capitalize(),
            "startingDeadlineSeconds": _DEADLINE,
            "successfulJobsHistoryLimit": _KEPT,
            "failedJobsHistoryLimit": _KEPT,
            "suspend": False,
            "jobTemplate": {"metadata": template, "spec": spec},
        },
    }
    told = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**metadata, "name": map_name}}
    return cron_job, {**told, "binaryData": {FILE: data}}


def _time_zone(timing: Timing, version: tuple[int, int]) -> dict[str, str]:
    """The time zone where the server knows any; before, its controller's own clock counts, which is UTC by custom."""
    if version >= _TIME_ZONES:
        return {"timeZone": timing.time_zone or "Etc/UTC"}
    if timing.time_zone in (None, *_UTC):
        return {}
    major, minor = version
    raise UsageError(
        f"This cluster runs Kubernetes {major}.{minor}, whose schedules know no time zone but UTC: {timing.time_zone}.",
        remedy="Say the times in UTC and leave --time-zone out, or use a cluster of 1.25 or newer.",
    )


def read_schedule(cron_job: Mapping[str, Any], active: tuple[str, ...] = ()) -> Schedule:
    """What a CronJob that kfbridge made says; `active` are the Jobs of drivers that have not ended."""
    metadata, spec = cron_job["metadata"], cron_job["spec"]
    said = metadata.get("annotations") or {}
    zone = spec.get("timeZone")
    policy = str(spec.get("concurrencyPolicy") or "Allow").lower()
    return Schedule(
        name=metadata["name"],
        pipeline=said.get(PIPELINE, ""),
        target=said.get(TARGET, ""),
        timing=Timing(
            spec["schedule"],
            None if zone in _UTC else zone,
            next(word for word in CONCURRENCIES if word == policy),
        ),
        paused=bool(spec.get("suspend")),
        created=_seconds(metadata.get("creationTimestamp")),
        last=_seconds((cron_job.get("status") or {}).get("lastScheduleTime")),
        active=active,
    )


def _seconds(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
