"""Data that a pipeline reads from places that a platform does not reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kfbridge.findings import Finding, Level
from kfbridge.graph.model import Constant, DagInput, Graph, Importer
from kfbridge.plan.needs import Need
from kfbridge.plan.origins import NAMED, known_value


def foreign_uris(
    graph: Graph, needs: tuple[Need, ...], arguments: Mapping[str, Any], schemes: tuple[str, ...], why: str
) -> Iterator[Finding]:
    """A refusal for each URI that is known and begins with none of `schemes`; `why` is the reason.

    Looked at are importers, and the arguments that are artifacts.
    """
    remedy = f"Copy the data to a place that begins with {' or '.join(schemes)}."
    for need in needs:
        uri = _imported(need, graph, arguments)
        if uri and not uri.startswith(schemes):
            yield Finding("importer", need.task, Level.REFUSED, f"it imports {uri}, and {why}", remedy)
    for name in graph.root.inputs.artifacts:
        given = arguments.get(name, [])
        for uri in [given] if isinstance(given, str) else given:
            if not uri.startswith(schemes):
                reason = f"its input {name} is {uri}, and {why}"
                yield Finding("pipeline_artifact_input", "", Level.REFUSED, reason, remedy)


def _imported(need: Need, graph: Graph, arguments: Mapping[str, Any]) -> str:
    """The URI of an importer; empty where only the run knows it."""
    task = need.subject
    body = task.component.body if task is not None else None
    if need.feature != "importer" or task is None or not isinstance(body, Importer):
        return ""
    source = body.uri.source
    value: Any = source.value if isinstance(source, Constant) else None
    if isinstance(source, DagInput):
        value = known_value(task, source.key, need.groups, graph.root, arguments)
    return value if isinstance(value, str) and NAMED not in value else ""
