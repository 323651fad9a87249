"""The executors of a pipeline as Vertex AI takes them: images that it pulls, amounts in both dialects, custom jobs."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from kfbridge.backends.images import mapped
from kfbridge.backends.staffing import Staffing, steps
from kfbridge.backends.vertex.config import Config
from kfbridge.backends.vertex.customjob import OUTPUT, Terms, launcher
from kfbridge.backends.vertex.machines import CUSTOM_JOB
from kfbridge.backends.vertex.quantities import both_dialects
from kfbridge.errors import BackendError
from kfbridge.graph.model import Container, Graph, Task
from kfbridge.graph.resolve import platform_config
from kfbridge.machines.known import known_before
from kfbridge.machines.offer import Offer
from kfbridge.machines.request import Resolver
from kfbridge.plan.needs import Need


@dataclass(frozen=True, slots=True)
class _Step:
    """A step with what was decided about it."""

    task: Task
    container: Container
    resolve: Resolver
    offer: Offer | None


def translate_executors(
    spec: dict[str, Any],
    graph: Graph,
    needs: tuple[Need, ...],
    staffing: Staffing,
    arguments: Mapping[str, Any],
    config: Config,
) -> None:
    """Change the executors in `spec` (a PipelineSpec as data) for the target.

    Raises:
        BackendError: A native setting cannot be, or two uses of one component ask for different machines.
    """
    executors = (spec.get("deploymentSpec") or {}).get("executors") or {}
    done: dict[str, tuple[str, Any]] = {}
    for path, (task, groups) in steps(needs).items():
        body = task.component.body
        assert isinstance(body, Container)
        step = _Step(task, body, known_before((*groups, task), graph.root, arguments), staffing.offers.get(path))
        changed = _at(path, executors[body.label]["container"], step, graph, config)
        earlier = done.setdefault(body.label, (path, changed))
        if earlier[1] != changed:
            raise BackendError(
                f"it asks for another machine than {earlier[0]}, although both are the same component in the file",
                where=path,
                remedy="Give the amounts as constants, or give each task a component of its own.",
                backend="vertex",
            )
    for label, (_, changed) in done.items():
        executors[label]["container"] = changed
    _declare_launched(spec, executors)


def _at(path: str, written: Mapping[str, Any], step: _Step, graph: Graph, config: Config) -> dict[str, Any]:
    """As `_changed`; its refusals say where."""
    try:
        return _changed(written, step, graph, config)
    except BackendError as error:
        error.where = path
        raise


def _changed(written: Mapping[str, Any], step: _Step, graph: Graph, config: Config) -> dict[str, Any]:
    container = deepcopy(dict(written))
    image = container.get("image") or ""
    container["image"] = mapped((step.resolve(image) if "{{$" in image else None) or image, config.images)
    settings = platform_config(graph, "kfbridge", step.container.label)
    native = (settings.get("native") or {}).get("vertex") or {}
    timeout = _timeout(settings, platform_config(graph, "kubernetes", step.container.label))
    machine = step.offer.native if step.offer is not None else {}
    if native or timeout or machine.get("form") == CUSTOM_JOB:
        name = step.task.display_name or step.task.name
        return launcher(container, Terms(name, _named_machine(step.offer), timeout, native), config)
    asked = both_dialects(
        container.get("resources") or {}, step.container.resources, machine.get("accelerator"), step.resolve
    )
    if asked:
        container["resources"] = asked
    return container


def _timeout(settings: Mapping[str, Any], kubernetes: Mapping[str, Any]) -> str:
    seconds = kubernetes.get("activeDeadlineSeconds")
    return str(settings.get("timeout") or (f"{int(seconds)}s" if seconds else ""))


def _named_machine(offer: Offer | None) -> Mapping[str, Any]:
    """The machine by its name, also where a plain step would only have said what it needs."""
    if offer is None or offer.native.get("form") == CUSTOM_JOB:
        return offer.native if offer is not None else {}
    found: dict[str, Any] = {"machineType": offer.machine}
    accelerator = offer.native.get("accelerator")
    if accelerator:
        found |= {"acceleratorType": accelerator["type"], "acceleratorCount": int(accelerator["count"])}
    return {"machineSpec": found}


def _declare_launched(spec: Mapping[str, Any], executors: Mapping[str, Any]) -> None:
    """Components of custom jobs have the launcher's own output besides their own."""
    launched = {
        label for label, one in executors.items() if _is_launcher((one.get("container") or {}).get("args") or ())
    }
    for component in (spec.get("components") or {}).values():
        if component.get("executorLabel") in launched:
            outputs = component.setdefault("outputDefinitions", {}).setdefault("parameters", {})
            outputs.setdefault(OUTPUT, {"parameterType": "STRING"})


def _is_launcher(args: Any) -> bool:
    return "--payload" in args and f"{{{{$.outputs.parameters['{OUTPUT}'].output_file}}}}" in args
