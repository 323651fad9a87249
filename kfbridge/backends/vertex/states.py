"""The states of Vertex AI, as kfbridge calls them (PipelineState and PipelineTaskDetail.State of v1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RUNS: Final[Mapping[str, str]] = {
    "PIPELINE_STATE_UNSPECIFIED": "pending",
    "PIPELINE_STATE_QUEUED": "pending",
    "PIPELINE_STATE_PENDING": "pending",
    "PIPELINE_STATE_RUNNING": "running",
    "PIPELINE_STATE_SUCCEEDED": "succeeded",
    "PIPELINE_STATE_FAILED": "failed",
    "PIPELINE_STATE_CANCELLING": "running",
    "PIPELINE_STATE_CANCELLED": "cancelled",
    "PIPELINE_STATE_PAUSED": "pending",  # it can be resumed, so that it is no end
}

TASKS: Final[Mapping[str, str]] = {
    "STATE_UNSPECIFIED": "pending",
    "PENDING": "pending",
    "RUNNING": "running",
    "SUCCEEDED": "succeeded",
    "CANCEL_PENDING": "running",
    "CANCELLING": "running",
    "CANCELLED": "cancelled",
    "FAILED": "failed",
    "SKIPPED": "succeeded",  # answered from the cache
    "NOT_TRIGGERED": "skipped",  # its condition was false
}

CACHED: Final = "SKIPPED"
PAUSED: Final = "PIPELINE_STATE_PAUSED"
