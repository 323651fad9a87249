"""What the steps print: by Cloud Logging's API where its library is installed, else the place to look at it.

A step is a CustomJob; its lines have the resource type ``ml_job`` and the label ``job_id`` (Vertex AI documentation,
View logs of custom training).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import quote

Entries = Callable[[str], Iterator[str]]
"""The lines that a filter of Cloud Logging finds, the oldest first."""

_TYPE: Final = "ml_job"


def log_filter(job: str, after: str = "") -> str:
    """The filter that finds the lines of a CustomJob, by its whole name, from a time on (exclusive)."""
    found = f'resource.type="{_TYPE}" AND resource.labels.job_id="{job.rpartition("/")[2]}"'
    return f'{found} AND timestamp>"{after}"' if after else found


def log_link(job: str, project: str) -> str:
    """The page of the console that shows them."""
    return f"https://console.cloud.google.com/logs/query;query={quote(log_filter(job), safe='')}?project={project}"


def entries_of(project: str) -> Entries | None:
    """How lines are found; None where google-cloud-logging is not installed."""
    try:
        there = importlib.util.find_spec("google.cloud.logging") is not None
    except ModuleNotFoundError:
        there = False
    return (lambda text: _entries(project, text)) if there else None


def _entries(project: str, text: str) -> Iterator[str]:
    from google.cloud import logging

    client: Any = logging.Client(project=project)
    for entry in client.list_entries(filter_=text, order_by="timestamp asc", page_size=1000):
        payload = entry.payload
        said = payload.get("message", "") if isinstance(payload, dict) else payload
        yield from str(said or "").splitlines()
