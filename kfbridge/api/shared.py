"""What the functions of the package share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfbridge import config as configuration
from kfbridge.errors import RefusedError, UsageError
from kfbridge.source import Source

if TYPE_CHECKING:
    from kfbridge.backends.base import Backend, Finding, Plan, Target
    from kfbridge.dsl.base_component import BaseComponent
    from kfbridge.graph.model import Graph
    from kfbridge.runs.store import RunStore

    Pipeline = str | Path | Source | BaseComponent


def find_target(
    name: str | None = None,
    *,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Target:
    """The target called `name` (None: the default), with its settings as the backend's own type."""
    return configuration.target(name, configuration=configuration.read(config), settings=settings)


def backend_of(target: str | Target | None, config: str | Path | None, settings: Mapping[str, Any] | None) -> Backend:
    """The backend of a target, with the plugins that want to hear of its runs' events."""
    from kfbridge import plugins
    from kfbridge.backends.base import ObservedBackend

    if target is None or isinstance(target, str):
        target = find_target(target, config=config, settings=settings)
    backend = plugins.backend(target.config.backend)(target)
    if isinstance(backend, ObservedBackend):
        backend.observer = plugins.run_observer()
    return backend


def store_of(backend: Backend, run_id: str) -> RunStore:
    """Where a backend's runs leave their records; `run_id` is what was asked for."""
    from kfbridge.backends.base import RecordingBackend

    if not isinstance(backend, RecordingBackend):
        raise UsageError(
            f"The backend {backend.name!r} keeps no records of its runs.",
            remedy=f"Ask for what it knows with: kfbridge status {run_id}",
        )
    return backend.store


def all_arguments(
    graph: Graph, arguments: Mapping[str, Any] | None, text_arguments: Mapping[str, str] | None
) -> dict[str, Any]:
    """Arguments as values, with those given as text in their inputs' types over them."""
    from kfbridge.graph.arguments import parse_arguments

    return {**(arguments or {}), **parse_arguments(graph, text_arguments or {})}


def bound(graph: Graph, values: Mapping[str, Any], *, partial: bool = False) -> Mapping[str, Any]:
    """The arguments that a pipeline runs with; `partial` lets required ones be missing."""
    from kfbridge.graph.arguments import bind_arguments

    return bind_arguments(graph, values, partial=partial)


def refusal(planned: Plan) -> RefusedError:
    """The error that says all that a plan refuses."""
    from kfbridge.backends.base import Level

    refused = [finding for finding in planned.findings if finding.level is Level.REFUSED]
    lines = "".join(f"\n  {line}" for finding in refused for line in _lines(finding))
    backend = planned.target.config.backend
    things = "one thing" if len(refused) == 1 else f"{len(refused)} things"
    return RefusedError(
        f"The target {planned.target.name!r} cannot do {things} that the pipeline {planned.pipeline!r} asks for; "
        f"nothing was started.{lines}",
        backend=backend,
    )


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{finding.task_and_line}: {finding.reason}"
    if finding.remedy:
        yield f"  {finding.remedy}"
