"""The pipeline as nested boxes in rows; the page's script fills in states and draws the edges between them.

A box stands for a task of the pipeline, however often it ran: for what is in a loop the page shows one iteration at a
time. ``data-path`` is the task's path without iterations.
"""

from __future__ import annotations

import json
import re

from kfbridge.graph.model import Component, Dag, Graph, Importer, Loop, Task
from kfbridge.page.layers import layers
from kfbridge.page.markup import Content, Markup, element
from kfbridge.spec.expression import Expression, unparse

_CHANNEL = re.compile(r"inputs\.(?:parameter_values|artifacts)\['(?:pipelinechannel--)?([^']*)'\]")
_MANY = 60  # boxes; a larger pipeline begins with its groups folded, and scrolls in a window of its own


def drawing(graph: Graph) -> Markup:
    """The whole pipeline."""
    large = _count(graph.root) > _MANY
    return element(
        "div",
        _dag(graph.root.body, "", large),
        class_="canvas large" if large else "canvas",
        tabindex="0",
        aria_label="graph of the pipeline",
        role="group",
    )


def _dag(dag: object, path: str, folded: bool) -> Markup:
    if not isinstance(dag, Dag):
        return element("div", class_="dag")
    drawn = layers({name: task.producers for name, task in dag.tasks.items()})
    places = {name: place for place, name in enumerate(name for row in drawn.rows for name in row)}
    return element(
        "div",
        Markup('<svg class="edges" aria-hidden="true"></svg>'),
        [
            element(
                "div",
                [_task(dag.tasks[name], f"{path}/{name}" if path else name, folded) for name in row],
                class_="row",
            )
            for row in drawn.rows
        ],
        class_="dag",
        data_edges=json.dumps([[places[one], places[other]] for one, other in drawn.edges], separators=(",", ":")),
    )


def _task(task: Task, path: str, folded: bool) -> Markup:
    inside = isinstance(task.component.body, Dag)
    if not inside and task.loop is None:
        return element("div", _name(task, _step_note(task)), class_="box step", data_path=path)
    return element(
        "div",
        element(
            "div",
            element("button", type="button", class_="fold", aria_expanded="false" if folded else "true"),
            _name(task, _group_note(task)),
            class_="head",
        ),
        element(
            "div",
            element("div", class_="strip", role="toolbar", aria_label=f"iterations of {task.display_name}")
            if task.loop
            else None,
            _dag(task.component.body, path, folded) if inside else None,
            class_="inside",
            hidden=folded,
        ),
        class_=f"box group {'loop' if task.loop else 'branch' if task.condition else 'sub'}",
        data_path=path,
        data_loop=task.loop is not None,
    )


def _name(task: Task, note: Content) -> Markup:
    return element(
        "button",
        element("span", class_="mark"),
        element("span", task.display_name or task.name, class_="name"),
        element("span", note, class_="note"),
        element("span", class_="told"),
        type="button",
        class_="pick",
    )


def _step_note(task: Task) -> Content:
    notes: list[Content] = []
    if task.condition is not None:
        notes.append(f"if {condition_text(task.condition)}")
    if isinstance(task.component.body, Importer):
        notes.append("importer")
    return ", ".join(map(str, notes)) or None


def _group_note(task: Task) -> Content:
    parts = []
    if task.loop is not None:
        parts.append(_loop_text(task.loop))
    if task.condition is not None:
        parts.append(f"if {condition_text(task.condition)}")
    return "; ".join(parts) or None


def _loop_text(loop: Loop) -> str:
    at_once = f", {loop.parallelism} at once" if loop.parallelism else ""
    return f"for each item{at_once}"


def condition_text(expression: Expression) -> str:
    """A condition as people read it: names of inputs alone."""
    return _CHANNEL.sub(lambda found: found[1], unparse(expression))


def _count(component: Component) -> int:
    pending, count = [component], 0
    while pending:
        body = pending.pop().body
        if isinstance(body, Dag):
            count += len(body.tasks)
            pending.extend(task.component for task in body.tasks.values())
    return count
