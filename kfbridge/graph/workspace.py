"""The workspace: a folder that all tasks of a run share."""

from __future__ import annotations

from kfbridge.graph.model import Graph


def has_workspace(graph: Graph) -> bool:
    """Whether the pipeline asks for a folder that all its steps share."""
    kubernetes = graph.platforms.get("kubernetes") or {}
    return bool((kubernetes.get("pipelineConfig") or {}).get("workspace"))
