"""Schedules: a pipeline that runs again and again, as every backend that has them tells and is told."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from kfbridge.backends.cron import check_cron
from kfbridge.errors import UsageError
from kfbridge.plan.model import Plan
from kfbridge.spelling import hint

Concurrency = Literal["allow", "forbid", "replace"]
"""What becomes of a run that is due while an earlier one goes on: it begins, it is left out, it takes its place."""

CONCURRENCIES: Final[tuple[Concurrency, ...]] = ("allow", "forbid", "replace")


@dataclass(frozen=True, slots=True)
class Timing:
    """When the runs of a schedule begin; made by `timing`.

    Attributes:
        cron: Five fields, or a name such as ``@daily``.
        time_zone: Whose clock counts, by its name in the IANA database; None is UTC.
        concurrency: See `Concurrency`.
    """

    cron: str
    time_zone: str | None = None
    concurrency: Concurrency = "allow"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as it stands. Times are seconds since the epoch.

    Attributes:
        name: Its name, unique where the target runs.
        pipeline: The pipeline's name.
        target: The name of the target that it was made with.
        timing: When its runs begin.
        paused: Whether no run begins by itself.
        created: When it was made.
        last: When a run was due last; None before the first.
        active: The ids of its runs that are under way.
    """

    name: str
    pipeline: str
    target: str
    timing: Timing
    paused: bool
    created: float | None
    last: float | None
    active: tuple[str, ...] = ()


class Schedules(Protocol):
    """The schedules of a target. What names one that is not there raises `UsageError` with those that are."""

    def create(self, plan: Plan, timing: Timing, name: str | None, *, replace: bool = False) -> Schedule:
        """Make a schedule of a plan; of one of that name `replace` changes all but whether it is paused."""

    def listed(self) -> list[Schedule]:
        """All of them, by name."""

    def pause(self, name: str, paused: bool) -> Schedule:
        """Let no more runs begin, or (not `paused`) let them begin again."""

    def delete(self, name: str) -> None:
        """Remove a schedule; the runs that are under way go on."""

    def run(self, name: str) -> str:
        """Begin a run now, paused or not; its id."""


def timing(cron: str, time_zone: str | None = None, concurrency: str = "allow") -> Timing:
    """A timing whose parts were looked at.

    Raises:
        UsageError: The expression is wrong, or there is no such time zone or word.
    """
    found = next((word for word in CONCURRENCIES if word == concurrency.lower()), None)
    if found is None:
        raise UsageError(
            f"There is no concurrency {concurrency!r}.",
            remedy=f"{hint(concurrency, CONCURRENCIES)}There are: {', '.join(CONCURRENCIES)}.",
        )
    known = zoneinfo.available_timezones()  # none on machines without the database: there the server judges
    if time_zone is not None and known and time_zone not in known:
        raise UsageError(
            f"There is no time zone {time_zone!r}.",
            remedy=f"{hint(time_zone, known)}Name one of the IANA database: Europe/Berlin.",
        )
    return Timing(check_cron(cron), time_zone, found)
