"""What a step asks of its node: amounts as they were written, accelerators as its cluster names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.draft import Draft
from kfbridge.backends.k8s.machines import choose
from kfbridge.backends.k8s.names import object_name
from kfbridge.backends.k8s.scheduling import REQUIRED, require_nodes, tolerate
from kfbridge.backends.k8s.settings import claim_devices
from kfbridge.engine.executor_input import CommandLine
from kfbridge.engine.runner import TaskInvocation
from kfbridge.graph.model import Resources
from kfbridge.machines.override import Overrides
from kfbridge.machines.request import MachineRequest, of_container

DRA: Final = "resource.k8s.io/v1"
"""The API of dynamically allocated resources, from Kubernetes 1.34 on."""

_AMOUNTS: Final = (
    ("requests", "cpu", "cpu_request"),
    ("requests", "memory", "memory_request"),
    ("limits", "cpu", "cpu_limit"),
    ("limits", "memory", "memory_limit"),
)


def ask(draft: Draft, invocation: TaskInvocation, line: CommandLine, config: Config) -> None:
    """Put the step's resources into its pod, and what makes it land on a node that has them.

    Raises:
        RequestError: An amount or the name of an accelerator cannot be read.
        MachineError: The target's flavour of Kubernetes cannot tell such nodes.
    """
    if config.resources == "none":
        return
    resources = amounts(line.resources)
    offer = choose(_request(invocation, line), Overrides(config.machines), flavour=config.flavour).native
    devices = (offer.get("resources") or {}).get("limits") or {}
    if devices:
        resources.setdefault("limits", {}).update(devices)
    if resources:
        draft.main["resources"] = {**draft.main.get("resources", {}), **resources}
    required = ((offer.get("affinity") or {}).get("nodeAffinity") or {}).get(REQUIRED) or {}
    require_nodes(draft, required.get("nodeSelectorTerms") or ())
    tolerate(draft, offer.get("tolerations") or ())
    for claim in offer.get("resourceClaims") or ():
        name = object_name(f"{draft.name}-{claim['name']}")
        template = {"apiVersion": DRA, "kind": "ResourceClaimTemplate", "metadata": {"name": name}}
        draft.documents.append({**template, "spec": {"spec": claim["spec"]}})
        claim_devices(draft, {"name": claim["name"], "resourceClaimTemplateName": name})


def amounts(resources: Resources) -> dict[str, dict[str, str]]:
    """Processors and memory of a container, in the user's own words but for KFP's ``K``, which Kubernetes lacks."""
    found: dict[str, dict[str, str]] = {}
    for kind, name, source in _AMOUNTS:
        text = getattr(resources, source)
        if text:
            found.setdefault(kind, {})[name] = f"{text[:-1]}k" if text.endswith("K") else text
    return found


def _request(invocation: TaskInvocation, line: CommandLine) -> MachineRequest:
    container = replace(invocation.container, resources=line.resources)
    own: Mapping[str, Any] = invocation.platforms.get("kfbridge") or {}
    platforms = {"kfbridge": {"deploymentSpec": {"executors": {container.label: own}}}}
    return of_container(container, platforms, task=invocation.key).request
