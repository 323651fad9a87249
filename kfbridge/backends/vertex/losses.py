"""What is taken out of a pipeline before Vertex AI gets it: features whose loss was accepted, and caching."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any


def without_losses(spec: dict[str, Any], lost: Collection[str], *, cache: bool) -> None:
    """Take out of `spec` (a PipelineSpec as data) what is not to be sent.

    Args:
        spec: The pipeline, which is changed.
        lost: The features that the user allowed to be lost, and that are.
        cache: Whether tasks may be answered from earlier runs.
    """
    components = spec.get("components") or {}
    for task in _tasks(spec):
        body = components.get((task.get("componentRef") or {}).get("name"), {})
        if "retry_of_group" in lost and "dag" in body:
            task.pop("retryPolicy", None)
        caching = task.get("cachingOptions")
        if caching and "cache_key" in lost:
            caching.pop("cacheKey", None)
        if caching and not cache:
            task["cachingOptions"] = {}


def _tasks(spec: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for component in (spec.get("root") or {}, *(spec.get("components") or {}).values()):
        yield from ((component.get("dag") or {}).get("tasks") or {}).values()
