"""What a run came to: its arguments and outputs, and the metrics of all its steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    rows = [
        element(
            "tr",
            element("td", element("button", path, type="button", class_="link", data_task=number)),
            element("th", str(name), scope="row"),
            element("td", value(one), class_="number"),
        )
        for number, path, _, metadata in found
        for name, one in scalars(metadata).items()
    ]
    drawn = [
        figure for _, path, port, metadata in found for figure in figures(classifications(metadata), f"{path} {port}")
    ]
    if not rows and not drawn:
        return None
    return element(
        "section",
        element("h2", "Metrics"),
        element("table", element("tbody", rows[:_MOST_ROWS]), class_="metrics") if rows else None,
        _more(len(rows), _MOST_ROWS, "metrics"),
        element("div", drawn[:_MOST_FIGURES], class_="figures") if drawn else None,
        _more(len(drawn), _MOST_FIGURES, "drawings"),
        id="metrics",
    )


def _artifacts(tasks: Sequence[tuple[int, TaskRecord]]) -> Iterator[tuple[int, str, str, Mapping[str, Any]]]:
    for number, task in tasks:
        if not task.is_group:
            for port, artifacts in task.left.artifacts.items():
                for one in artifacts:
                    if one.schema_title in METRICS and isinstance(one.metadata, Mapping):
                        yield number, task.path, port, one.metadata


def _more(count: int, most: int, what: str) -> Markup | None:
    if count <= most:
        return None
    return element("p", f"{count - most:,} {what} more are with their steps.", class_="note")
