"""Nodes that a task must run on, or had better run on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kfbridge.dsl.pipeline_channel import PipelineChannel
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.kubernetes.call import Call

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
_REQUIREMENT = ("key", "operator", "values")
_FORMS = ("requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution")


def add_node_affinity(
    task: PipelineTask,
    match_expressions: Sequence[Mapping[str, Any]] | None = None,
    match_fields: Sequence[Mapping[str, Any]] | None = None,
    weight: int | None = None,
) -> PipelineTask:
    """Choose the nodes to run on by what their labels and fields are.

    Args:
        task: The task.
        match_expressions: Requirements on labels: ``{"key": "zone", "operator": "In", "values": ["a", "b"]}``.
        match_fields: The same on fields (``metadata.name``).
        weight: 1 to 100: the nodes are preferred by so much. Without it they are required.

    Raises:
        CompileError: There is no requirement, or an argument is of the wrong kind.
    """
    call = Call("add_node_affinity", task)
    term: dict[str, Any] = {}
    given = {"match_expressions": match_expressions, "match_fields": match_fields}
    for name, field in (("match_expressions", "matchExpressions"), ("match_fields", "matchFields")):
        if given[name]:
            term[field] = [_requirement(call, name, item) for item in call.items(name, given[name])]
    if not term:
        call.refuse("match_expressions", "nothing", "Give at least one requirement; a term without any fits no node.")
    if weight is not None:
        term["weight"] = call.whole("weight", weight, 1, 100)
    return call.append("nodeAffinity", term)


def add_node_affinity_json(task: PipelineTask, node_affinity_json: PipelineChannel | dict[str, Any]) -> PipelineTask:
    """Choose the nodes to run on by a Kubernetes ``NodeAffinity``.

    Args:
        task: The task.
        node_affinity_json: The ``NodeAffinity``, or a channel for one. A later call replaces it.

    Raises:
        CompileError: It is something else.
    """
    call = Call("add_node_affinity_json", task)
    if isinstance(node_affinity_json, dict):
        for key in node_affinity_json:
            call.choice("node_affinity_json", key, _FORMS)
    term = {"nodeAffinityJson": call.json("node_affinity_json", node_affinity_json, dict)}
    others = [other for other in call.settings.get("nodeAffinity", ()) if "nodeAffinityJson" not in other]
    return call.set("nodeAffinity", [*others, term])


def _requirement(call: Call, name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not set(value) <= set(_REQUIREMENT):
        call.refuse(name, repr(value), f"Pass dictionaries with {', '.join(map(repr, _REQUIREMENT))}.")
    requirement: dict[str, Any] = {
        "key": call.text(f"{name}' key", value.get("key")),
        "operator": call.choice(f"{name}' operator", value.get("operator"), _OPERATORS),
    }
    if value.get("values"):
        requirement["values"] = call.texts(f"{name}' values", value["values"])
    return requirement
