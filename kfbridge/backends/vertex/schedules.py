"""Schedules of Vertex AI (ScheduleService, v1): a PipelineJob that is made again and again.

Vertex gives a schedule its id; kfbridge knows it by its name for people, of which it makes no two.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from kfbridge.backends.schedule import Concurrency, Schedule, Timing
from kfbridge.backends.vertex.client import VertexClient
from kfbridge.backends.vertex.details import seconds
from kfbridge.backends.vertex.submission import job_of
from kfbridge.errors import UsageError
from kfbridge.plan.model import Plan
from kfbridge.runs.record import new_run_id
from kfbridge.spelling import hint

AT_ONCE: Final = 100
"""Runs of one schedule at a time where the user sets no bound: Vertex wants a number."""
_NAMED: Final[Mapping[str, str]] = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
_CHANGED: Final = ("cron", "max_concurrent_run_count", "create_pipeline_job_request")


class VertexSchedules:
    """The schedules of a target; see `kfbridge.backends.schedule.Schedules`."""

    def __init__(self, client: VertexClient, target: str) -> None:
        self._client = client
        self._target = target

    def create(self, plan: Plan, timing: Timing, name: str | None, *, replace: bool = False) -> Schedule:
        """Make a schedule of a plan; of one of that name `replace` changes all but whether it is paused.

        Raises:
            UsageError: The name is taken, or Vertex AI has no such concurrency.
        """
        wanted = name or plan.graph.name
        body = _body(wanted, plan, timing, self._client.parent)
        earlier = next((one for one in self._client.schedules() if one["displayName"] == wanted), None)
        if earlier is None:
            return self._read(self._client.create_schedule(body))
        if not replace:
            raise UsageError(
                f"There is a schedule {wanted!r} already.", remedy="Give another --name, or change it: --replace"
            )
        return self._read(self._client.update_schedule({**body, "name": earlier["name"]}, _CHANGED))

    def listed(self) -> list[Schedule]:
        """All of them, by name."""
        return sorted((self._read(one) for one in self._client.schedules()), key=lambda one: one.name)

    def pause(self, name: str, paused: bool, *, catch_up: bool = False) -> Schedule:
        """Let no more runs begin, or (not `paused`) let them begin again.

        Args:
            name: The schedule.
            paused: Whether it is to stand still.
            catch_up: Whether runs that were due while it stood still are made up for.
        """
        found = self._find(name)
        if paused:
            self._client.pause_schedule(found["name"])
        else:
            self._client.resume_schedule(found["name"], catch_up)
        return self._read(self._find(name))

    def delete(self, name: str) -> None:
        """Remove a schedule; the runs that are under way go on."""
        self._client.delete_schedule(self._find(name)["name"])

    def run(self, name: str) -> str:
        """Begin a run now, paused or not; its id."""
        job = self._find(name)["createPipelineJobRequest"]["pipelineJob"]
        made, _ = self._client.create(new_run_id(name, time.time()), job)
        return str(made["name"]).rpartition("/")[2]

    def _find(self, name: str) -> dict[str, Any]:
        found = self._client.schedules()
        for one in found:
            if one["displayName"] == name:
                return one
        known = sorted(one["displayName"] for one in found)
        raise UsageError(
            f"There is no schedule {name!r}.",
            remedy=f"{hint(name, known)}There are: {', '.join(known) or 'none'}.",
        )

    def _read(self, data: Mapping[str, Any]) -> Schedule:
        zone, cron = _split(data["cron"])
        spec = data["createPipelineJobRequest"]["pipelineJob"].get("pipelineSpec") or {}
        concurrency: Concurrency = "forbid" if int(data.get("maxConcurrentRunCount", 1)) == 1 else "allow"
        last = (data.get("lastScheduledRunResponse") or {}).get("scheduledRunTime")
        return Schedule(
            name=data["displayName"],
            pipeline=(spec.get("pipelineInfo") or {}).get("name", ""),
            target=self._target,
            timing=Timing(cron, zone, concurrency),
            paused=data.get("state") == "PAUSED",
            created=seconds(data.get("createTime")),
            last=seconds(last),
        )


def _body(name: str, plan: Plan, timing: Timing, parent: str) -> dict[str, Any]:
    if timing.concurrency == "replace":
        raise UsageError(
            "A schedule of Vertex AI cannot end a run because the next one is due.",
            remedy="Take --concurrency forbid: a run that is due meanwhile is left out.",
        )
    cron = _NAMED.get(timing.cron, timing.cron)
    return {
        "displayName": name,
        "cron": f"TZ={timing.time_zone} {cron}" if timing.time_zone else cron,
        "maxConcurrentRunCount": str(1 if timing.concurrency == "forbid" else AT_ONCE),
        "allowQueueing": False,
        "createPipelineJobRequest": {"parent": parent, "pipelineJob": job_of(plan)},
    }


def _split(cron: str) -> tuple[str | None, str]:
    for mark in ("CRON_TZ=", "TZ="):
        if cron.startswith(mark):
            zone, _, rest = cron.removeprefix(mark).partition(" ")
            return zone, rest
    return None, cron
