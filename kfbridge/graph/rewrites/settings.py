"""A platform's settings of an executor: the values in them come from the dag that the task is in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kfbridge.graph.model import OutputSelector, ParameterBinding, TaskOutput
from kfbridge.graph.rewrites.obstacle import Obstacle
from kfbridge.graph.rewrites.part import Json
from kfbridge.graph.rewrites.supply import Absent, Channel, Fixed, Supplies
from kfbridge.graph.rewrites.writer import parameter

_SOURCES = ("runtimeValue", "taskOutputParameter", "componentInputParameter")


def moved(settings: Any, supplies: Supplies, renamed: Mapping[str, str]) -> Any:
    """The settings of a task that leaves its dag for the dag around.

    Raises:
        Obstacle: They read what cannot be said there.
    """
    if isinstance(settings, list):
        return [moved(item, supplies, renamed) for item in settings]
    if not isinstance(settings, dict):
        return settings
    if "taskOutputParameter" in settings:
        source = settings["taskOutputParameter"]
        task = source.get("producerTask", "")
        settings = {**settings, "taskOutputParameter": {**source, "producerTask": renamed.get(task, task)}}
    rest = {key: moved(value, supplies, renamed) for key, value in settings.items() if key not in _SOURCES}
    if "componentInputParameter" in settings:
        return _from_around(settings, rest, supplies)
    found = rest | {key: settings[key] for key in _SOURCES if key in settings}
    return {key: value for key, value in found.items() if value is not None or settings[key] is None}


def rewired(settings: Any, task: str, outputs: Mapping[str, tuple[OutputSelector, ...]]) -> Any:
    """The settings of a task beside a dag `task` that is dissolved: they read from the tasks that were in it.

    Raises:
        Obstacle: They read an output that one of several tasks makes.
    """
    if isinstance(settings, list):
        return [rewired(item, task, outputs) for item in settings]
    if not isinstance(settings, dict):
        return settings
    source = settings.get("taskOutputParameter")
    if isinstance(source, dict) and source.get("producerTask") == task:
        found = outputs.get(source.get("outputParameterKey", ""), ())
        if len(found) != 1:
            raise Obstacle("settings of a platform read an output of it", "Hand the value to the task as an input.")
        settings = {**settings, **parameter(ParameterBinding(TaskOutput(found[0].task, found[0].key)))}
    return {key: rewired(value, task, outputs) for key, value in settings.items()}


def producers_in(settings: Any) -> Iterator[str]:
    """The tasks that settings read outputs of."""
    if isinstance(settings, Mapping):
        source = settings.get("taskOutputParameter")
        if isinstance(source, dict) and isinstance(source.get("producerTask"), str):
            yield source["producerTask"]
        settings = list(settings.values())
    if isinstance(settings, list):
        for value in settings:
            yield from producers_in(value)


def _from_around(settings: Json, rest: Json, supplies: Supplies) -> Json | None:
    name = settings["componentInputParameter"]
    if name not in supplies.names("parameters"):
        if name in supplies.owner.face.inputs.parameters:
            raise Obstacle(f"settings of a platform read the input {name!r}", "Give the input another name.")
        return {**settings, **rest}
    match supplies.parameter(name):
        case Fixed(value):  # beside other fields it is one of those that came before ``InputParameterSpec``
            return {**rest, "constant": value} if rest else {"runtimeValue": {"constant": value}}
        case Channel(ParameterBinding(_, None) as binding):
            return {**rest, **parameter(binding)}
        case Absent():
            return rest or None
    raise Obstacle(
        f"settings of a platform read its input {name!r}, which is made of others",
        "Hand the value to the task as an input.",
    )
