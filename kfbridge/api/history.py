"""Runs: listed, looked at, stopped and continued."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfbridge.api.shared import backend_of, refusal, store_of

if TYPE_CHECKING:
    from kfbridge.backends.base import Run, RunStatus, Target
    from kfbridge.runs.comparison import RunComparison
    from kfbridge.runs.detail import RunDetail


def runs(
    *,
    state: str | None = None,
    pipeline: str | None = None,
    limit: int | None = None,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> list[RunStatus]:
    """The runs under a target's artifact root, newest first, without their tasks.

    `state` and `pipeline` choose among them; `limit` is the most that are returned.
    """
    found = backend_of(target, config, settings).runs()
    chosen = (one for one in found if state in (None, one.state) and pipeline in (None, one.pipeline))
    return list(islice(chosen, limit))


def detail(
    run_id: str,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> RunDetail:
    """A run with all that its records tell: inputs, outputs, attempts, machines, versions.

    Raises:
        UsageError: There is no such run, or the backend keeps no records.
    """
    from kfbridge.runs.detail import read_detail

    return read_detail(store_of(backend_of(target, config, settings), run_id), run_id)


def write_page(
    run_id: str,
    file: str | Path,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> str:
    """Write a run as one self-contained HTML page; what is at `file` is replaced once the page is whole.

    Returns:
        The run's id.

    Raises:
        UsageError: There is no such run, or the file cannot be written.
    """
    from kfbridge.page import write_page
    from kfbridge.runs.detail import read_detail

    store = store_of(backend_of(target, config, settings), run_id)
    found = read_detail(store, run_id)
    store.bring_logs(found.record.run_id)
    write_page(found, Path(file).expanduser())
    return found.record.run_id


def compare_runs(
    one: str,
    other: str,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> RunComparison:
    """Two runs side by side: arguments, states, times, outputs, metrics; what differs comes first."""
    from kfbridge.runs.comparison import compare

    return compare(
        detail(one, target=target, config=config, settings=settings),
        detail(other, target=target, config=config, settings=settings),
    )


def find(
    run_id: str,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Run:
    """The handle of an earlier run.

    Raises:
        KfbridgeError: No run of that name; the message says which are near.
    """
    return backend_of(target, config, settings).run(run_id)


def status(
    run_id: str,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> RunStatus:
    """Where a run and its tasks stand now."""
    return find(run_id, target=target, config=config, settings=settings).status()


def logs(
    run_id: str,
    task: str | None = None,
    *,
    follow: bool = False,
    brief: bool = False,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Iterator[tuple[str, str]]:
    """What the steps of a run printed, as (task path, line), of one task or of all.

    `follow` waits for more until the run ends; `brief` cuts a flood short and says by how much.
    """
    return find(run_id, target=target, config=config, settings=settings).logs(task, follow, brief)


def cancel(
    run_id: str,
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Ask a run to stop."""
    find(run_id, target=target, config=config, settings=settings).cancel()


def resume(
    run_id: str,
    *,
    on: str | Target | None = None,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Run:
    """Continue a run that failed, was cancelled, or lost the process that drove it; finished steps stay finished.

    Args:
        run_id: The run.
        on: Another target, on which what is left is run, as a run of its own: finished steps become constants and
            importers of what they left.
        target: Where it ran.
        config: The configuration file to read instead of the kfbridge.toml found upwards.
        settings: Settings for this call, of the target that runs (with `on`, of both by their names: ``b.parallel``).

    Raises:
        RunError: It has succeeded, or another process drives it.
        RefusedError: The target cannot do what is left.
    """
    if on is None:
        return backend_of(target, config, settings).resume(run_id)
    from kfbridge.moving import moved

    found = detail(run_id, target=target, config=config, settings=settings)
    ended = status(found.record.run_id, target=target, config=config, settings=settings)
    backend = backend_of(on, config, settings)
    planned = moved(found, ended, backend)
    if not planned.ok:
        raise refusal(planned)
    return backend.submit(planned)
