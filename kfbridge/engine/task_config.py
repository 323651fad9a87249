"""What a TASK_CONFIG input tells a component about its own task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfbridge.engine.placeholders import Names, resolve_text
from kfbridge.graph.model import Component, Container, ParameterType, Resources


def config_inputs(component: Component) -> list[str]:
    """The inputs of the type TASK_CONFIG."""
    return [name for name, port in component.inputs.parameters.items() if port.type is ParameterType.TASK_CONFIG]


def task_config(
    passthroughs: tuple[str, ...], container: Container, platforms: Mapping[str, Any], names: Names
) -> dict[str, Any]:
    """The parts of a task's settings that its component asked to see, in Kubernetes' form.

    Affinity and volumes are not among them: only a cluster could give them a meaning.

    Raises:
        RunError: A placeholder in the settings names nothing.
    """
    kubernetes = platforms.get("kubernetes", {})
    parts: dict[str, tuple[str, Any]] = {
        "RESOURCES": ("resources", _resources(container.resources, names)),
        "ENV": ("env", [{"name": name, "value": resolve_text(value, names)} for name, value in container.env]),
        "KUBERNETES_NODE_SELECTOR": ("nodeSelector", kubernetes.get("nodeSelector", {}).get("labels")),
        "KUBERNETES_TOLERATIONS": ("tolerations", kubernetes.get("tolerations")),
    }
    told = (parts[field] for field in passthroughs if field in parts)
    return {name: value for name, value in told if value}


def _resources(resources: Resources, names: Names) -> dict[str, dict[str, str]]:
    limits = {"cpu": resources.cpu_limit, "memory": resources.memory_limit}
    if resources.accelerator_type and resources.accelerator_count:
        limits[resolve_text(resources.accelerator_type, names)] = resources.accelerator_count
    requests = {"cpu": resources.cpu_request, "memory": resources.memory_request}
    told = {"limits": limits, "requests": requests}
    return {
        kind: {name: resolve_text(amount, names) for name, amount in amounts.items() if amount}
        for kind, amounts in told.items()
        if any(amounts.values())
    }
