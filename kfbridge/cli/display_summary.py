"""What a run came to, in a few lines: state, outputs, metrics, failures, and where things lie."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from kfbridge.backends.base import RunStatus, TaskStatus
from kfbridge.cli.display_text import clean, clip, duration, paint
from kfbridge.cli.display_tree import STATES

_COLOURS = {"succeeded": "green", "failed": "red", "cancelled": "yellow"}
_METRICS = "Metrics"  # system.Metrics, system.ClassificationMetrics, system.SlicedClassificationMetrics
_MOST = 20  # entries of one section


def summary(status: RunStatus, colour: bool = False) -> list[str]:
    """The lines that close a run."""
    return [
        _headline(status, colour),
        *_section("outputs", _outputs(status.outputs)),
        *_section("metrics", _metrics(status.tasks)),
        *_section("failed", _failures(status)),
        *([f"  kept in {status.place}"] if status.place else []),
    ]


def value_text(value: Any) -> str:
    """An output on one line: text as it is, an artifact as its place, anything else as JSON."""
    if isinstance(value, str):
        return clean(value.replace("\n", "\\n"))
    if isinstance(value, Mapping) and "uri" in value:
        return str(value["uri"])
    return clean(json.dumps(value, ensure_ascii=False))


def _headline(status: RunStatus, colour: bool) -> str:
    took = f" in {duration(status.ended - status.created)}" if status.ended and status.created else ""
    counts = Counter(task.state for task in status.tasks if not task.group)
    tasks = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state])
    state = paint(status.state, _COLOURS.get(status.state, "dim"), colour)
    return f"{status.run_id} {state}{took}" + (f" ({tasks})" if tasks else "")


def _section(title: str, entries: Iterator[str]) -> list[str]:
    found = list(entries)
    if not found:
        return []
    more = [f"    ... and {len(found) - _MOST} more"] if len(found) > _MOST else []
    return [f"  {title}:", *(f"    {entry}" for entry in found[:_MOST]), *more]


def _outputs(outputs: Mapping[str, Any]) -> Iterator[str]:
    for name, value in outputs.items():
        yield f"{name} = {clip(value_text(value), 200)}"


def _metrics(tasks: tuple[TaskStatus, ...]) -> Iterator[str]:
    for task in tasks:
        for name, value in task.outputs.items():
            for artifact in value if isinstance(value, list) else [value]:
                if isinstance(artifact, Mapping) and str(artifact.get("type", "")).endswith(_METRICS):
                    text = ", ".join(_metric(key, number) for key, number in (artifact.get("metadata") or {}).items())
                    yield f"{task.path} {name}: {clip(text or 'none logged', 200)}"


def _metric(name: str, value: Any) -> str:
    if isinstance(value, float):
        return f"{name} {value:.6g}"
    if name == "confidenceMetrics" and isinstance(value, list):
        return f"ROC curve of {len(value)} points"
    if isinstance(value, Mapping) and "rows" in value:
        return f"{name} {json.dumps([row.get('row') if isinstance(row, Mapping) else row for row in value['rows']])}"
    return f"{name} {value_text(value)}"


def _failures(status: RunStatus) -> Iterator[str]:
    failed = [task for task in status.tasks if task.state == "failed" and task.error and not task.group]
    for task in failed:
        first, _, rest = str(task.error).partition("\n")
        yield f"{task.path}: {clean(first)}"
        yield from (f"  {clean(line.strip())}" for line in rest.splitlines())
    if status.error and status.state == "failed" and not failed:
        yield clean(status.error)
