"""The schedules of a namespace: made, listed, paused, removed, and run at once."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.cronjob import cron_documents, cron_resource, read_schedule, schedule_submission
from kfbridge.backends.k8s.driver import has_ended
from kfbridge.backends.k8s.faults import Refusal
from kfbridge.backends.k8s.names import RUN
from kfbridge.backends.k8s.resource import CONFIG_MAP, JOB, Resource
from kfbridge.backends.k8s.scheduled import SCHEDULE
from kfbridge.backends.schedule import Schedule, Timing
from kfbridge.errors import BackendError, UsageError
from kfbridge.plan.model import Plan
from kfbridge.spelling import hint

_LONGEST: Final = 52  # to which the controller adds 11 (CronJob documentation, name)
_NAME: Final = re.compile(rf"[a-z0-9]([-a-z0-9]{{0,{_LONGEST - 2}}}[a-z0-9])?")
_MANUAL: Final = {"cronjob.kubernetes.io/instantiate": "manual"}  # as `kubectl create job --from` says it


class KubernetesSchedules:
    """Schedules as CronJobs; see `kfbridge.backends.schedule.Schedules`.

    Args:
        cluster: The cluster, and the namespace.
        config: The target.
    """

    def __init__(self, cluster: Cluster, config: Config) -> None:
        self._cluster = cluster
        self._config = config

    def create(self, plan: Plan, timing: Timing, name: str | None, *, replace: bool = False) -> Schedule:
        """Make a schedule of a plan, or (`replace`) change the one of that name; a paused one stays paused.

        Raises:
            UsageError: There is one of that name, or something else is called so; or the target drives from here, or
                names no image for the driver.
            BackendError: The pipeline is too large, or the cluster refuses.
        """
        self._refuse_target()
        name = _checked_name(name) if name is not None else _name_of(plan.pipeline)
        submission = schedule_submission(plan, name, timing)
        made, told = cron_documents(self._config, self._cluster.namespace, submission, timing, self._cluster.version)
        before = self._cluster.get(self._resource, name)
        if before is None:
            return read_schedule(self._created(made, told))
        if not _is_ours(before):
            raise UsageError(
                f"There is a CronJob {name!r} in the namespace that kfbridge has not made.",
                remedy="Choose another --name.",
            )
        if not replace:
            raise UsageError(
                f"There is a schedule {name!r} already.",
                remedy="Change it with --replace, or choose another --name.",
            )
        self._cluster.create_once(self._owned(told, before))
        made["spec"]["suspend"] = bool(before["spec"].get("suspend"))
        path = self._resource.path(self._cluster.namespace, name)
        return read_schedule(self._cluster.request("PUT", path, body=made), self._active()[name])

    def listed(self) -> list[Schedule]:
        """All schedules of the namespace, by name."""
        active = self._active()
        found = self._cluster.list(self._resource, SCHEDULE)["items"]
        made = [read_schedule(self._typed(one), active[one["metadata"]["name"]]) for one in found]
        return sorted(made, key=lambda one: one.name)

    def pause(self, name: str, paused: bool) -> Schedule:
        """Let no more runs begin by themselves, or let them begin again.

        Raises:
            UsageError: There is no such schedule.
        """
        self._find(name)
        changed = self._cluster.patch(self._resource, name, {"spec": {"suspend": paused}})
        return read_schedule(changed, self._active()[name])

    def delete(self, name: str) -> None:
        """Remove a schedule. Runs that are under way go on: their Jobs, and what these were told, stay.

        Raises:
            UsageError: There is no such schedule.
        """
        self.pause(name, True)  # nothing begins from here on, which would end with it
        owners: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for job in self._unended(f"{SCHEDULE}={name},!{RUN}"):
            owners[_told_by(job)].append(_owner("batch/v1", job))
            self._cluster.patch(JOB, job["metadata"]["name"], {"metadata": {"ownerReferences": None}})
        for told, jobs in owners.items():
            self._cluster.patch(CONFIG_MAP, told, {"metadata": {"ownerReferences": jobs}})
        self._cluster.delete(self._resource, name)

    def run(self, name: str) -> str:
        """Begin a run now, paused or not; its id.

        Raises:
            UsageError: There is no such schedule, or one of its runs goes on and it allows one at a time.
        """
        cron_job = self._find(name)
        going_on = self._unended(f"{SCHEDULE}={name},!{RUN}")
        concurrency = read_schedule(cron_job).timing.concurrency
        if concurrency == "forbid" and going_on:
            active = going_on[0]["metadata"]["name"]
            raise UsageError(
                f"The schedule {name!r} allows one run at a time, and {active} goes on.",
                remedy=f"Wait for it, or end it with: kfbridge cancel {active}",
            )
        if concurrency == "replace":
            for job in going_on:
                self._cluster.delete(JOB, job["metadata"]["name"])
        return self._begun(name, cron_job)

    # ------------------------------------------------------------------------------------------------

    @property
    def _resource(self) -> Resource:
        return cron_resource(self._cluster.version)

    def _refuse_target(self) -> None:
        if self._config.driver != "cluster":
            raise UsageError(
                'The runs of a schedule are driven in the cluster, and the target says driver = "client".',
                remedy="Make the schedule with: --set driver=cluster",
            )
        if self._config.runtime_image is None:
            raise UsageError(
                "The target names no image of kfbridge, in which the runs of a schedule are driven.",
                remedy="Set runtime_image in kfbridge.toml.",
            )

    def _created(self, made: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
        """The CronJob that is made with what its drivers are told; neither without the other."""
        created = self._cluster.create(made)
        try:
            self._cluster.create_once(self._owned(told, created))
        except BackendError:
            self._cluster.delete(self._resource, created["metadata"]["name"])
            raise
        return created

    def _owned(self, told: Mapping[str, Any], cron_job: Mapping[str, Any]) -> dict[str, Any]:
        owner = _owner(self._resource.version, self._typed(cron_job))
        return {**told, "metadata": {**told["metadata"], "ownerReferences": [owner]}}

    def _begun(self, name: str, cron_job: Mapping[str, Any]) -> str:
        template = cron_job["spec"]["jobTemplate"]
        owner = {**_owner(self._resource.version, self._typed(cron_job)), "controller": True}
        metadata = {
            "labels": template["metadata"]["labels"],
            "annotations": {**(template["metadata"].get("annotations") or {}), **_MANUAL},
            "ownerReferences": [owner],
        }
        second = int(time.time())
        while True:  # a name that is taken is that of a run which began in the same second
            run_id = f"{name}-{second}"
            job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {**metadata, "name": run_id}}
            try:
                self._cluster.create({**job, "spec": template["spec"]})
            except Refusal as error:
                if error.cause != "AlreadyExists":
                    raise
                second += 1
            else:
                return run_id

    def _find(self, name: str) -> dict[str, Any]:
        found = self._cluster.get(self._resource, name) if _NAME.fullmatch(name) else None
        if found is None or not _is_ours(found):
            known = [one.name for one in self.listed()]
            raise UsageError(
                f"There is no schedule {name!r}.",
                remedy=f"{hint(name, known)}There are: {', '.join(known) or 'none'}.",
            )
        return found

    def _active(self) -> Mapping[str, tuple[str, ...]]:
        """The runs that are under way, by schedule."""
        found: dict[str, tuple[str, ...]] = defaultdict(tuple)
        for job in self._unended(f"{SCHEDULE},!{RUN}"):
            found[job["metadata"]["labels"][SCHEDULE]] += (job["metadata"]["name"],)
        return found

    def _unended(self, selector: str) -> list[dict[str, Any]]:
        jobs = self._cluster.list(JOB, selector)["items"]
        return [job for job in jobs if not has_ended(job) and not job["metadata"].get("deletionTimestamp")]

    def _typed(self, cron_job: Mapping[str, Any]) -> dict[str, Any]:
        """An item of a list, which says its kind only once for all."""
        return {"apiVersion": self._resource.version, "kind": "CronJob", **cron_job}


def _owner(version: str, document: Mapping[str, Any]) -> dict[str, Any]:
    metadata = document["metadata"]
    kind = document.get("kind", "Job")
    return {"apiVersion": version, "kind": kind, "name": metadata["name"], "uid": metadata["uid"]}


def _told_by(job: Mapping[str, Any]) -> str:
    """The ConfigMap that tells a driver what to do."""
    volumes = job["spec"]["template"]["spec"]["volumes"]
    return next(str(one["configMap"]["name"]) for one in volumes if "configMap" in one)


def _is_ours(cron_job: Mapping[str, Any]) -> bool:
    return SCHEDULE in (cron_job["metadata"].get("labels") or {})


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a schedule.",
            remedy=f"Take lower-case letters, digits and hyphens, {_LONGEST} at most: --name {_name_of(name)}",
        )
    return name


def _name_of(pipeline: str) -> str:
    """A name for the schedule of a pipeline."""
    return re.sub(r"[^a-z0-9]+", "-", pipeline.lower()).strip("-")[:_LONGEST].strip("-") or "schedule"
