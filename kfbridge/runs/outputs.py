"""Outputs as people and ``--json`` see them."""

from __future__ import annotations

from typing import Any

from kfbridge.engine.events import Artifact, Outputs
from kfbridge.graph.model import Ports


def outputs_document(outputs: Outputs, ports: Ports | None = None, lists: bool = False) -> dict[str, Any]:
    """Outputs as JSON data: parameters as values, an artifact as an object, a list of artifacts as a list.

    What is a list is told by the `ports`; without them by `lists`, or by there being more than one.
    """
    document: dict[str, Any] = dict(outputs.parameters)
    for name, artifacts in outputs.artifacts.items():
        port = ports.artifacts.get(name) if ports is not None else None
        is_list = port.is_list if port is not None else lists or len(artifacts) != 1
        entries = [_artifact(artifact) for artifact in artifacts]
        document[name] = entries if is_list or not entries else entries[0]
    return document


def _artifact(artifact: Artifact) -> dict[str, Any]:
    return {
        "name": artifact.name,
        "type": artifact.schema_title,
        "uri": artifact.uri,
        "metadata": artifact.metadata,
    }
