"""Where the tasks of a traced pipeline stand in the user's files; the compiled pipeline says nothing of it."""

from __future__ import annotations

from collections.abc import Mapping

from kfbridge.dsl.structures import GraphImplementation, Site
from kfbridge.dsl.tasks_group import ExitHandler, TasksGroup


def sites_in(group: TasksGroup) -> dict[str, Site]:
    """The tasks and groups right in a group, by the names that they have in the compiled pipeline."""
    found: dict[str, Site] = {}
    for inner in group.groups:
        found[inner.name] = Site(inner.location, sites_in(inner))
        if isinstance(inner, ExitHandler):
            found[inner.exit_task.name] = Site(inner.exit_task.location)
    for task in group.tasks:
        implementation = task.component_spec.implementation
        inside: Mapping[str, Site] = implementation.sites if isinstance(implementation, GraphImplementation) else {}
        found[task.name] = Site(task.location, inside)
    return found
