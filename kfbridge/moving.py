"""A run that did not finish, taken to another target: what is done there already becomes constants and importers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kfbridge.errors import RunError
from kfbridge.findings import Finding, Level

if TYPE_CHECKING:
    from kfbridge.backends.base import Backend, Plan, RunStatus
    from kfbridge.runs.detail import RunDetail

FEATURE = "resume"
_HERE = ("file://", "/")


def moved(found: RunDetail, status: RunStatus, backend: Backend) -> Plan:
    """The plan of `backend` for what is left of a run, of which `status` tells what is done.

    The arguments are the same.

    Raises:
        RunError: The run has succeeded, or is still driven.
        SpecError: Its pipeline cannot be read.
    """
    from kfbridge.backends.driven import DrivenBackend
    from kfbridge.engine.remainder import remainder
    from kfbridge.graph.arguments import bind_arguments
    from kfbridge.graph.resolve import resolve
    from kfbridge.graph.rewrites.resume import finished_tasks
    from kfbridge.spec.read import read_file
    from kfbridge.spec.write import write_yaml

    _check(found)
    finished = finished_tasks(task for task in status.tasks if not task.group)
    left = remainder(read_file(found.paths.spec), found.record.arguments, finished)
    graph = resolve(left.document)
    plan = backend.plan(graph, bind_arguments(graph, found.record.arguments), write_yaml(left.document.to_data()))
    refused = [finding for finding in left.findings if finding.level is Level.REFUSED]
    unreachable = [] if isinstance(backend, DrivenBackend) else list(_unreachable(finished))
    return replace(plan, findings=(*refused, *unreachable, *plan.findings))


def _check(found: RunDetail) -> None:
    from kfbridge.runs.record import refuse_succeeded

    record = found.record
    refuse_succeeded(record)
    if record.state in ("pending", "running"):
        raise RunError(
            "The run is still driven.",
            where=record.run_id,
            remedy=f"Wait for its end, or stop it with: kfbridge cancel {record.run_id}",
        )


def _unreachable(finished: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Artifacts on this machine, which no other one can read."""
    for task, outputs in finished.items():
        for name, value in outputs.items():
            found = value if isinstance(value, list) else [value]
            uris = [one["uri"] for one in found if isinstance(one, Mapping) and isinstance(one.get("uri"), str)]
            here = next((uri for uri in uris if uri.startswith(_HERE)), None)
            if here is not None:
                yield Finding(
                    FEATURE,
                    task,
                    Level.REFUSED,
                    f"its output {name} lies at {here} on this machine, where the target cannot read it",
                    "Run on an artifact root that both targets reach (s3://, gs://, ...).",
                )
