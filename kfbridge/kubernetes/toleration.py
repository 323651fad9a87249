"""Taints of nodes that a task puts up with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kfbridge.dsl.pipeline_channel import PipelineChannel
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.kubernetes.call import Call

_OPERATORS = ("Equal", "Exists")
_EFFECTS = ("NoExecute", "NoSchedule", "PreferNoSchedule")
_SPELLINGS = {
    "key": "key",
    "operator": "operator",
    "value": "value",
    "effect": "effect",
    "toleration_seconds": "toleration_seconds",
    "tolerationSeconds": "toleration_seconds",
}
"""The keys of a toleration in JSON form -> the arguments of `add_toleration`."""


def add_toleration(
    task: PipelineTask,
    key: str | None = None,
    operator: str | None = None,
    value: str | None = None,
    effect: str | None = None,
    toleration_seconds: int | None = None,
) -> PipelineTask:
    """Allow nodes that have a certain taint.

    Args:
        task: The task.
        key: The taint's key; every taint when it is left out and `operator` is ``Exists``.
        operator: ``Equal`` (also when left out) compares the value, ``Exists`` does not.
        value: The taint's value.
        effect: ``NoSchedule``, ``PreferNoSchedule`` or ``NoExecute``; any when left out.
        toleration_seconds: How long to stay on a node that gets a ``NoExecute`` taint; for good when left out.

    Raises:
        CompileError: An argument is of the wrong kind.
    """
    call = Call("add_toleration", task)
    given = {"key": key, "operator": operator, "value": value, "effect": effect}
    return call.append("tolerations", _toleration(call, {**given, "toleration_seconds": toleration_seconds}))


def add_toleration_json(
    task: PipelineTask, toleration_json: PipelineChannel | Sequence[Mapping[str, Any]] | Mapping[str, Any]
) -> PipelineTask:
    """Allow nodes that have certain taints.

    Args:
        task: The task.
        toleration_json: A toleration (``{"key": "gpu", "operator": "Exists"}``), a list of them, or a channel for one
            or the other.

    Raises:
        CompileError: It is something else.
    """
    call = Call("add_toleration_json", task)
    if isinstance(toleration_json, PipelineChannel):
        return call.append("tolerations", {"tolerationJson": call.json("toleration_json", toleration_json, dict, list)})
    if not isinstance(toleration_json, (Mapping, list, tuple)):
        call.refuse("toleration_json", repr(toleration_json), "Pass a dict, a list of them, or a channel for either.")
    given = [toleration_json] if isinstance(toleration_json, Mapping) else toleration_json
    return call.append("tolerations", *(_toleration(call, _arguments(call, item)) for item in given))


def _arguments(call: Call, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not set(value) <= set(_SPELLINGS):
        call.refuse("toleration_json", repr(value), f"Use the keys {', '.join(map(repr, _SPELLINGS))}.")
    return {_SPELLINGS[key]: item for key, item in value.items()}


def _toleration(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    """A toleration in the form of the spec; what is None or empty means the same as what is left out."""
    entry: dict[str, Any] = {}
    for name in ("key", "value"):
        if given.get(name) not in (None, ""):
            entry[name] = call.text(name, given[name])
    for name, choices in (("operator", _OPERATORS), ("effect", _EFFECTS)):
        if given.get(name) not in (None, ""):
            entry[name] = call.choice(name, given[name], choices)
    seconds = given.get("toleration_seconds")
    if seconds is not None:
        entry["tolerationSeconds"] = str(call.whole("toleration_seconds", seconds, -(2**63)))
    return entry
