"""Two runs side by side: what went in, how it went, what came out; what differs comes first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kfbridge.runs.detail import RunDetail
from kfbridge.runs.outputs import outputs_document
from kfbridge.runs.record import RunRecord
from kfbridge.runs.task import TaskRecord

SECTIONS: Final = ("run", "arguments", "outputs", "metrics", "states", "task outputs", "times")
"""What rows are about, in the order in which they come."""

_FACTS = ("pipeline", "target", "backend", "state", "error", "spec_sha256", "kfbridge", "python")
_METRICS = "Metrics"  # system.Metrics, system.ClassificationMetrics, system.SlicedClassificationMetrics
_SHARE, _LEAST = 0.2, 1.0  # times count as equal that are less than this apart: a share of the longer, or seconds


@dataclass(frozen=True, slots=True)
class Row:
    """One thing of both runs; a value is None where a run does not have it. Times are in seconds."""

    section: str
    name: str
    values: tuple[Any, Any]
    same: bool


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs; `rows` has what differs first, and in that the order of `SECTIONS`."""

    runs: tuple[str, str]
    rows: tuple[Row, ...]

    def document(self) -> dict[str, Any]:
        """The comparison as plain JSON data."""
        rows = [
            {"section": row.section, "name": row.name, "values": list(row.values), "same": row.same}
            for row in self.rows
        ]
        return {"runs": list(self.runs), "rows": rows}


def compare(one: RunDetail, other: RunDetail) -> RunComparison:
    """Put two runs side by side.

    An artifact is compared by its type and metadata, because its place differs always; a time differs when it is
    more than a fifth and more than a second away.
    """
    left, right = dict(_facts(one)), dict(_facts(other))
    rows = [_row(key, left, right) for key in dict.fromkeys((*left, *right))]
    rows.sort(key=lambda row: (row.same, SECTIONS.index(row.section)))
    return RunComparison((one.record.run_id, other.record.run_id), tuple(rows))


Key = tuple[str, str]


def _row(key: Key, left: Mapping[Key, Any], right: Mapping[Key, Any]) -> Row:
    section, name = key
    values = left.get(key), right.get(key)
    there = key in left and key in right
    same = _near(*values) if section == "times" else _comparable(values[0]) == _comparable(values[1])
    return Row(section, name, values, there and same)


def _near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= max(_LEAST, _SHARE * max(one, other))


def _facts(detail: RunDetail) -> Iterator[tuple[Key, Any]]:
    record = detail.record
    yield from ((("run", name), getattr(record, name)) for name in _FACTS)
    yield ("times", "the run"), _took(record)
    yield from ((("arguments", name), value) for name, value in detail.arguments().items())
    yield from ((("outputs", name), value) for name, value in record.outputs.items())
    for task in detail.tasks:
        yield ("states", task.path), task.state
        if task.is_group:
            continue
        if not task.cached:
            yield ("times", task.path), _took(task)
        for name, value in outputs_document(task.left).items():
            yield ("task outputs", f"{task.path} {name}"), value
            yield from _metrics(f"{task.path} {name}", value)


def _metrics(name: str, value: Any) -> Iterator[tuple[Key, Any]]:
    if isinstance(value, Mapping) and str(value.get("type", "")).endswith(_METRICS):
        for metric, found in dict(value.get("metadata") or {}).items():
            if isinstance(found, (int, float, str)):
                yield ("metrics", f"{name} {metric}"), found


def _took(one: RunRecord | TaskRecord) -> float | None:
    started = one.created if isinstance(one, RunRecord) else one.started
    return None if started is None or one.ended is None else round(one.ended - started, 3)


def _comparable(value: Any) -> Any:
    """A value without the places of artifacts; a boolean is no number."""
    if isinstance(value, Mapping):
        return {name: _comparable(one) for name, one in value.items() if name != "uri" or "metadata" not in value}
    if isinstance(value, list):
        return [_comparable(one) for one in value]
    return (type(value).__name__, value) if isinstance(value, bool) else value
