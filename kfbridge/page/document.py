"""The whole page."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Any

from kfbridge import __version__
from kfbridge.errors import UsageError
from kfbridge.graph.model import Graph
from kfbridge.page.files import Files
from kfbridge.page.graph import drawing
from kfbridge.page.markup import Markup, element, join
from kfbridge.page.moment import duration, instant
from kfbridge.page.results import metrics, overview
from kfbridge.page.table import STATES, steps_table
from kfbridge.page.task import state_badge, task_template
from kfbridge.runs.detail import RunDetail
from kfbridge.runs.record import RunRecord
from kfbridge.runs.task import TaskRecord

_POLICY = (
    "default-src 'none'; script-src 'sha256-{script}'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""What a browser lets the page do: run its one script, and reach nothing; reports in frames inherit it."""


def write_page(detail: RunDetail, file: Path) -> None:
    """Write the page of a run; a file that is there is replaced once the new one is whole.

    Raises:
        UsageError: The file cannot be written; what was there is still there.
        SpecError: The run's ``spec.yaml`` cannot be read.
    """
    text = page(detail)
    draft = file.with_name(f".{file.name[:200]}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        if file.is_dir():
            raise IsADirectoryError(None, "Is a directory")
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        if not isinstance(error, IsADirectoryError):
            draft.unlink(missing_ok=True)
        raise UsageError(
            f"The page cannot be written to {file}: {error.strerror or error}.",
            remedy="Name a file in a folder that exists and can be written.",
        ) from error


def page(detail: RunDetail) -> str:
    """The page of a run as text.

    Raises:
        SpecError: The run's ``spec.yaml`` cannot be read.
    """
    script, style = _asset("page.js"), _asset("page.css")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY.format(script=digest)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{detail.record.run_id} · {detail.record.state}"),
        Markup(f"<style>{style}</style>"),
    )
    body = element("body", _body(detail, detail.graph), Markup(f"<script>{script}</script>"))
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _body(detail: RunDetail, graph: Graph) -> Markup:
    files = Files(detail.paths, detail.store)
    numbered = list(enumerate(detail.tasks))
    return join(
        _header(detail.record, detail.tasks),
        element(
            "main",
            element("div", _graph(graph), element("aside", id="detail", aria_live="polite"), class_="panes"),
            metrics(numbered),
            steps_table(numbered, detail.record),
        ),
        element(
            "footer",
            f"Written by kfbridge {__version__}; {graph.description}"
            if graph.description
            else f"Written by kfbridge {__version__}",
        ),
        overview(detail.record, detail.arguments(), files),
        [task_template(task, number, files) for number, task in numbered],
        Markup(f'<script type="application/json" id="data">{_json(_data(detail.tasks))}</script>'),
    )


def _header(record: RunRecord, tasks: tuple[TaskRecord, ...]) -> Markup:
    counts = Counter(task.state for task in tasks if not task.is_group)
    told = ", ".join(f"{counts[state]:,} {state}" for state in STATES if counts[state])
    return element(
        "header",
        element("h1", record.pipeline, " ", state_badge(record.state)),
        element(
            "p",
            element("code", record.run_id),
            element("span", instant(record.created)),
            element("span", duration(record.created, record.ended)) if record.ended else None,
            element("span", "on ", record.target),
            element("span", told) if told else None,
            class_="about",
        ),
    )


def _graph(graph: Graph) -> Markup:
    return element(
        "section",
        element(
            "div",
            element("h2", "Graph"),
            element("button", "Unfold all", type="button", id="unfold"),
            element("button", "Fold all", type="button", id="fold"),
            element("button", "The run", type="button", id="run"),
            class_="bar-of-tools",
        ),
        element(
            "noscript", element("p", "The graph's states need JavaScript; the table of steps does not.", class_="note")
        ),
        drawing(graph),
        id="graph",
    )


def _data(tasks: tuple[TaskRecord, ...]) -> dict[str, Any]:
    """What the script needs: each task's path, state and time, in the order of the templates."""
    return {
        "tasks": [
            [task.path, task.state, "cached" if task.cached else duration(task.started, task.ended)] for task in tasks
        ]
    }


def _json(data: Any) -> str:
    """JSON that can stand in a script element: no ``<`` in it ends the element or begins a comment."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return (resources.files("kfbridge.page") / name).read_text(encoding="utf-8")
