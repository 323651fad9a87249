"""What a run came to: its arguments and outputs, and the metrics of all its steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kfbridge.page.figures import figures
from kfbridge.page.files import Files
from kfbridge.page.markup import Markup, element
from kfbridge.page.metrics import METRICS, classifications, scalars
from kfbridge.page.task import facts
from kfbridge.page.values import outputs, value
from kfbridge.runs.record import RunRecord
from kfbridge.runs.task import TaskRecord

_MOST_FIGURES = 24
_MOST_ROWS = 500
_MOST_COLUMNS = 10


def overview(record: RunRecord, arguments: Mapping[str, Any], files: Files) -> Markup:
    """The run itself: what the page shows while no task is picked."""
    return element(
        "template",
        element("h2", "The run", tabindex="-1"),
        element("pre", record.error, class_="error" if record.state == "failed" else "reason")
        if record.error
        else None,
        outputs(arguments, files, "Arguments"),
        outputs(record.outputs, files, "Outputs"),
        facts(
            iter(
                (
                    ("target", record.target),
                    ("backend", record.backend),
                    ("id there", record.native_id),
                    ("kfbridge", record.kfbridge),
                    ("Python", record.python),
                    ("pipeline's hash", element("code", record.spec_sha256[:16]) if record.spec_sha256 else None),
                )
            )
        ),
        id="overview",
    )


def metrics(tasks: Sequence[tuple[int, TaskRecord]]) -> Markup | None:
    """All metrics as one table, then the curves and matrices; None when no step logged any."""
    found = list(_artifacts(tasks))
    logged = [(one, scalars(one.metadata)) for one in found]
    rows = [(one, values) for one, values in logged if values]
    drawn = [
        figure for one in found for figure in figures(classifications(one.metadata), f"{one.task.path} {one.port}")
    ]
    if not rows and not drawn:
        return None
    return element(
        "section",
        element("h2", "Metrics"),
        element("div", _table(rows[:_MOST_ROWS]), class_="scroll") if rows else None,
        _more(len(rows), _MOST_ROWS, "sets of metrics"),
        element("div", drawn[:_MOST_FIGURES], class_="figures") if drawn else None,
        _more(len(drawn), _MOST_FIGURES, "drawings"),
        id="metrics",
    )


@dataclass(frozen=True, slots=True)
class _Logged:
    """An artifact with metrics: the number of its task's template, the task, the output, and what was logged."""

    number: int
    task: TaskRecord
    port: str
    metadata: Mapping[str, Any]


def _artifacts(tasks: Sequence[tuple[int, TaskRecord]]) -> Iterator[_Logged]:
    for number, task in tasks:
        if not task.is_group:
            for port, artifacts in task.left.artifacts.items():
                for one in artifacts:
                    if one.schema_title in METRICS and isinstance(one.metadata, Mapping):
                        yield _Logged(number, task, port, one.metadata)


def _table(rows: Sequence[tuple[_Logged, Mapping[str, Any]]]) -> Markup:
    """A row for each artifact and a column for each metric; with many metrics, a row for each."""
    names = list(dict.fromkeys(name for _, values in rows for name in values))
    if len(names) > _MOST_COLUMNS:
        lines = [
            element("tr", element("td", _link(one)), element("th", str(name), scope="row"), _cell(values, name))
            for one, values in rows
            for name in values
        ]
        return element("table", element("tbody", lines), class_="metrics")
    head = element("tr", element("th", "step"), [element("th", str(name), class_="number") for name in names])
    lines = [element("tr", element("td", _link(one)), [_cell(values, name) for name in names]) for one, values in rows]
    return element("table", element("thead", head), element("tbody", lines), class_="metrics")


def _link(one: _Logged) -> Markup:
    return element("button", one.task.path, type="button", class_="link", data_task=one.number)


def _cell(values: Mapping[str, Any], name: str) -> Markup:
    if name not in values:
        return element("td")
    found = values[name]
    if isinstance(found, float):
        return element("td", f"{found:.6g}", class_="number", title=repr(found))
    return element("td", value(found), class_="number")


def _more(count: int, most: int, what: str) -> Markup | None:
    if count <= most:
        return None
    return element("p", f"{count - most:,} {what} more are with their steps.", class_="note")
