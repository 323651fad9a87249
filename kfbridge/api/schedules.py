"""Schedules: pipelines that run again and again, where the backend begins them by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfbridge.api.pipelines import plan
from kfbridge.api.shared import backend_of, refusal
from kfbridge.errors import UsageError

if TYPE_CHECKING:
    from kfbridge.api.shared import Pipeline
    from kfbridge.backends.base import Backend, Run, Schedule, Schedules, Target


def create_schedule(
    pipeline: Pipeline,
    arguments: Mapping[str, Any] | None = None,
    *,
    cron: str,
    name: str | None = None,
    time_zone: str | None = None,
    concurrency: str = "allow",
    replace: bool = False,
    text_arguments: Mapping[str, str] | None = None,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Schedule:
    """Run a pipeline again and again, always as it is now.

    Args:
        pipeline: As for `plan`.
        arguments: The arguments of every run.
        cron: When: minute, hour, day of the month, month, day of the week; or ``@daily`` and its like.
        name: The schedule's name; made from the pipeline's when left out.
        time_zone: Whose clock counts: ``Europe/Berlin``; UTC when left out.
        concurrency: What becomes of a run that is due while an earlier one goes on: ``allow``, ``forbid``, ``replace``.
        replace: Change the schedule of that name, if there is one; it stays paused if it is.
        text_arguments: Arguments as text, converted to the inputs' types.
        target: Where.
        config: The configuration file to read instead of the kfbridge.toml found upwards.
        settings: Settings of the target, which the runs keep.

    Raises:
        UsageError: The backend has no schedules, the expression is wrong, or the name is taken.
        RefusedError: The target cannot do what the pipeline asks; nothing was made.
    """
    from kfbridge.backends.schedule import timing

    made = _schedules(backend_of(target, config, settings))
    found = timing(cron, time_zone, concurrency)
    planned = plan(pipeline, arguments, text_arguments=text_arguments, target=target, config=config, settings=settings)
    if not planned.ok:
        raise refusal(planned)
    return made.create(planned, found, name, replace=replace)


def schedules(
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> list[Schedule]:
    """The schedules of a target, by name."""
    return _schedules(backend_of(target, config, settings)).listed()


def pause_schedule(
    name: str,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Schedule:
    """Let no more runs of a schedule begin by themselves; those that are under way go on."""
    return _schedules(backend_of(target, config, settings)).pause(name, True)


def unpause_schedule(
    name: str,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Schedule:
    """Let the runs of a schedule begin again."""
    return _schedules(backend_of(target, config, settings)).pause(name, False)


def delete_schedule(
    name: str,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Remove a schedule; its runs stay, and those that are under way go on."""
    _schedules(backend_of(target, config, settings)).delete(name)


def run_schedule(
    name: str,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Run:
    """Begin a run of a schedule now, paused or not, and return at once."""
    backend = backend_of(target, config, settings)
    return backend.run(_schedules(backend).run(name))


def _schedules(backend: Backend) -> Schedules:
    """A backend's schedules.

    Raises:
        UsageError: It has none; the message names the backends that do.
    """
    from kfbridge import plugins
    from kfbridge.backends.base import ScheduledBackend

    if isinstance(backend, ScheduledBackend):
        return backend.schedules
    others = [name for name, cls in plugins.backends().items() if hasattr(cls, "schedules")]
    raise UsageError(
        f"The backend {backend.name!r} has no schedules.",
        remedy=f"Use a target of a backend that has them ({', '.join(others) or 'none is installed'}): -t NAME.",
    )
