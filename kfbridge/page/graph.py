"""The pipeline as nested boxes in rows; the page's script fills in states and draws the edges between them.

A box stands for a task of the pipeline, however often it ran: for what is in a loop the page shows one iteration at a
time. ``data-path`` is the task's path without iterations.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from kfbridge.graph.model import Dag, Graph, Importer, Loop, Task
from kfbridge.page.layers import layers
from kfbridge.page.markup import Content, Markup, element
from kfbridge.spec.expression import Expression, unparse

_CHANNEL = re.compile(r"inputs\.(?:parameter_values|artifacts)\['(?:pipelinechannel--)?([^']*)'\]")
_MANY = 60  # boxes; a larger pipeline begins with its groups folded, and scrolls in a window of its own


def drawing(graph: Graph) -> Markup:
    """The whole pipeline."""
    dags = _dags(graph)
    large = sum(len(dag.tasks) for _, dag in dags) > _MANY
    made: dict[str, Markup] = {}
    for path, dag in reversed(dags):  # the innermost first, so that no nesting is too deep
        made[path] = _dag(dag, path, large, made)
    return element(
        "div",
        made.get(""),
        class_="canvas large" if large else "canvas",
        tabindex="0",
        aria_label="graph of the pipeline",
        role="group",
    )


def _dags(graph: Graph) -> list[tuple[str, Dag]]:
    """Every dag of the pipeline with its path, each before those that are in it."""
    found = [("", graph.root.body)] if isinstance(graph.root.body, Dag) else []
    for path, dag in found:  # grows on the way
        for name, task in dag.tasks.items():
            if isinstance(task.component.body, Dag):
                found.append((_path(path, name), task.component.body))
    return found


def _path(group: str, name: str) -> str:
    return f"{group}/{name}" if group else name


def _dag(dag: Dag, path: str, folded: bool, made: Mapping[str, Markup]) -> Markup:
    drawn = layers({name: task.producers for name, task in dag.tasks.items()})
    places = {name: place for place, name in enumerate(name for row in drawn.rows for name in row)}
    rows = [[_task(dag.tasks[name], _path(path, name), folded, made) for name in row] for row in drawn.rows]
    return element(
        "div",
        Markup('<svg class="edges" aria-hidden="true"></svg>'),
        [element("div", row, class_="row") for row in rows],
        class_="dag",
        data_edges=json.dumps([[places[one], places[other]] for one, other in drawn.edges], separators=(",", ":")),
    )


def _task(task: Task, path: str, folded: bool, made: Mapping[str, Markup]) -> Markup:
    if path not in made and task.loop is None:
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
            made.get(path),
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
