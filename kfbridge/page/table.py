"""The steps of a run as a table: state, time, and when each ran."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kfbridge.page.markup import Markup, element
from kfbridge.page.moment import duration
from kfbridge.page.task import state_badge
from kfbridge.runs.record import RunRecord
from kfbridge.runs.task import TaskRecord

STATES = ("failed", "running", "pending", "cancelled", "succeeded", "skipped")


def steps_table(tasks: Sequence[tuple[int, TaskRecord]], record: RunRecord) -> Markup:
    """A row for each step; groups are in the drawing."""
    steps = [(number, task) for number, task in tasks if not task.is_group]
    span = _span(record, [task for _, task in steps])
    head = element("tr", [element("th", name, scope="col") for name in ("step", "state", "took", "when")])
    return element(
        "section",
        element("h2", f"{len(steps):,} {'step' if len(steps) == 1 else 'steps'}"),
        element(
            "div",
            element("input", type="search", id="search", placeholder="Find a step", aria_label="Find a step"),
            _filters(Counter(task.state for _, task in steps)),
            class_="filters",
        ),
        element(
            "table",
            element("thead", head),
            element("tbody", [_row(number, task, span) for number, task in steps]),
            class_="steps",
        ),
        id="steps",
    )


def _filters(counts: Counter[str]) -> list[Markup]:
    return [
        element(
            "button",
            f"{counts[state]:,} ",
            state,
            type="button",
            class_=f"state {state}",
            data_filter=state,
            aria_pressed="false",
        )
        for state in STATES
        if counts[state]
    ]


def _row(number: int, task: TaskRecord, span: tuple[float, float]) -> Markup:
    name = element("button", task.path, type="button", class_="link", data_task=number)
    took = "cached" if task.cached else duration(task.started, task.ended)
    return element(
        "tr",
        element("td", name),
        element("td", state_badge(task.state)),
        element("td", took, class_="took"),
        element("td", _bar(task, span), class_="when"),
        data_state=task.state,
    )


def _bar(task: TaskRecord, span: tuple[float, float]) -> Markup | None:
    if task.started is None or task.ended is None or task.cached:
        return None
    begin, end = span
    left = 100 * (task.started - begin) / (end - begin)
    wide = 100 * (task.ended - task.started) / (end - begin)
    return element("span", class_=f"bar {task.state}", style=f"left:{left:.2f}%;width:{max(wide, 0.3):.2f}%")


def _span(record: RunRecord, tasks: list[TaskRecord]) -> tuple[float, float]:
    """The time in which the steps ran; never empty."""
    begin = min([record.created, *(task.started for task in tasks if task.started is not None)])
    end = max([record.ended or begin, *(task.ended for task in tasks if task.ended is not None)])
    return begin, max(end, begin + 1e-6)
