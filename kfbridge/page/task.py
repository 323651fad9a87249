"""What a page tells about one task: it stands in a template, and is shown when the task is picked."""

from __future__ import annotations

from collections.abc import Iterator

from kfbridge.page.files import Files
from kfbridge.page.markup import Content, Markup, element
from kfbridge.page.moment import duration, instant
from kfbridge.page.values import ports
from kfbridge.runs.task import AttemptRecord, TaskRecord

_KINDS = {"dag": "group", "loop": "loop", "iteration": "iteration", "leaf": "step"}


def state_badge(state: str) -> Markup:
    """A state as a word with its colour and sign."""
    return element("span", state, class_=f"state {state}")


def task_template(task: TaskRecord, number: int, files: Files) -> Markup:
    """The details of a task."""
    return element(
        "template",
        element("h2", task.display_name or task.name, tabindex="-1"),
        element("p", state_badge(task.state), " ", _KINDS.get(task.kind, ""), " ", element("code", task.path)),
        element("pre", task.error, class_="error" if task.state == "failed" else "reason") if task.error else None,
        facts(_facts(task)),
        ports(task.inputs, files, "Inputs"),
        ports(task.outputs, files, "Outputs"),
        _attempts(task),
        _log(task.attempts[-1], files) if task.attempts else None,
        id=f"task-{number}",
    )


def facts(found: Iterator[tuple[str, Content]]) -> Markup:
    """Names and values, without those that are empty."""
    rows = [[element("dt", name), element("dd", value)] for name, value in found if value]
    return element("dl", rows, class_="facts")


def _facts(task: TaskRecord) -> Iterator[tuple[str, Content]]:
    yield "started", instant(task.started)
    yield "ended", instant(task.ended)
    yield "took", "from the cache" if task.cached else duration(task.started, task.ended)
    yield "attempts", str(task.tries) if task.tries > 1 else None
    yield "machine", task.machine
    yield "id there", task.native_id
    yield "image", element("code", task.image) if task.image else None
    yield "component", element("code", task.component) if task.component else None


def _attempts(task: TaskRecord) -> Markup | None:
    if len(task.attempts) < 2:
        return None
    rows = [
        element(
            "tr",
            element("td", one.attempt),
            element("td", state_badge(one.state)),
            element("td", duration(one.started, one.ended)),
            element("td", one.error.partition("\n")[0] if one.error else None),
        )
        for one in task.attempts
    ]
    head = element("thead", element("tr", [element("th", name) for name in ("no.", "state", "took", "why")]))
    return element("section", element("h3", "Attempts"), element("table", head, element("tbody", rows)))


def _log(attempt: AttemptRecord, files: Files) -> Markup | None:
    tail = files.tail(attempt)
    if tail is None and not attempt.log:
        return None
    shown = element("pre", tail.text, class_="log", tabindex="0") if tail is not None else None
    where = element(
        "p", "The whole log is " if tail and not tail.whole else "The log is ", element("code", attempt.log)
    )
    return element("section", element("h3", "Log"), shown, where, class_="logs")
