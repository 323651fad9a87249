"""What single steps ask for: how they are started, their data, their machines, their settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kfbridge.graph.model import (
    Component,
    Constant,
    Container,
    Dag,
    DagInput,
    Foreign,
    Importer,
    ParameterType,
    Resources,
    Task,
    TaskOutput,
)
from kfbridge.graph.volumes import volume_stub
from kfbridge.plan.ask import Ask
from kfbridge.plan.origins import NAMED, Origin, input_origin, references, text_origin, texts
from kfbridge.plan.settings import executor_settings
from kfbridge.spec.boot import read_boot

EXACT = 2**53
"""Integers up to here arrive as they were sent where numbers are doubles."""

RUN_NAMES = frozenset(
    {
        *("pipeline_job_name", "pipeline_job_resource_name", "pipeline_job_uuid", "pipeline_root"),
        *("pipeline_task_name", "pipeline_task_uuid"),
        *("pipeline_job_create_time_utc", "pipeline_job_schedule_time_utc"),
    }
)
"""The placeholders of KFP for the run and its tasks."""

_LIMITS = ("cpu_limit", "memory_limit")
_REQUESTS = ("cpu_request", "memory_request")
_ACCELERATOR = ("accelerator_type", "accelerator_count")
_FIELDS = (*_LIMITS, *_REQUESTS, *_ACCELERATOR)
_MACHINE = {"cpu_and_memory": _LIMITS, "cpu_and_memory_request": _REQUESTS, "accelerator": _ACCELERATOR}


def component_asks(component: Component, platforms: Mapping[str, Any]) -> tuple[Ask, ...]:
    """What a component that is one step asks for wherever it stands."""
    body = component.body
    found: list[Ask] = []
    if isinstance(body, Foreign):
        found.append(Ask("vendor_executor", body.kind))
    elif isinstance(body, Importer):
        found += _importer_asks(body)
    elif isinstance(body, Container) and volume_stub(body) is not None:
        found.append(Ask("volume_claim_lifecycle"))
    elif isinstance(body, Container):
        found += _container_asks(body)
        found += machine_asks(body.resources)
        found += (Ask(one.feature, one.name, one) for one in executor_settings(platforms, body.label))
    found += _port_asks(component)
    return tuple(found)


def task_asks(task: Task, groups: tuple[Task, ...]) -> Iterator[Ask]:
    """What a step asks for because of where it stands and what it is given."""
    body = task.component.body
    if isinstance(body, Container):
        if body.image and text_origin(body.image, task, groups) is Origin.OUTPUT:
            yield Ask("image_at_run_time", body.image)
        if _is_late(body.resources, task, groups):
            yield Ask("resources_at_run_time")
    elif isinstance(body, Importer):
        late = _uri_origin(body, task, groups) is Origin.OUTPUT
        yield Ask("importer_of_output" if late else "importer")
    if task.cache and isinstance(body, (Container, Importer)):
        yield Ask("cache")
        if task.cache_key:
            yield Ask("cache_key")
    if _is_handed(task, groups):
        yield Ask("parameter")
    if task.artifacts or task.component.outputs.artifacts:
        yield Ask("artifact")


def value_asks(task: Task) -> Iterator[Ask]:
    """What the constants of a task, of groups too, ask for."""
    constants = [one.source.value for one in task.parameters.values() if isinstance(one.source, Constant)]
    if task.loop is not None and isinstance(task.loop.items, list):
        constants.append(task.loop.items)
    ports = task.component.inputs.parameters.items()
    defaults = [port.default for name, port in ports if name not in task.parameters]
    if has_large_integer(constants) or has_large_integer(defaults):
        yield Ask("exact_integer")
    if constants or defaults:
        yield from _placeholder_asks([*constants, *defaults])


def machine_asks(resources: Resources) -> Iterator[Ask]:
    """The requests for a machine, as written in KFP's own fields."""
    for feature, names in _MACHINE.items():
        asked = {name: getattr(resources, name) for name in names if getattr(resources, name)}
        if asked and asked.get("accelerator_count") != "0":
            yield Ask(feature, ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in asked.items()))


def has_large_integer(value: Any) -> bool:
    """Whether there is an integer anywhere in a JSON value that a double does not hold."""
    pending = [value]
    while pending:
        found = pending.pop()
        if isinstance(found, int) and not -EXACT <= found <= EXACT:
            return True
        if isinstance(found, dict):
            pending.extend(found.values())
        elif isinstance(found, (list, tuple)):
            pending.extend(found)
    return False


# ----------------------------------------------------------------------------------------------------


def _importer_asks(body: Importer) -> Iterator[Ask]:
    if body.reimport:
        yield Ask("importer_reimport")
    if body.download_to_workspace:
        yield Ask("workspace", "download_to_workspace")
    uri = body.uri.source.value if isinstance(body.uri.source, Constant) else ""
    yield from _placeholder_asks([uri, dict(body.metadata)])


def _container_asks(body: Container) -> Iterator[Ask]:
    boot = read_boot(body.command, body.args)
    if boot is None or boot.unknown:
        yield Ask("container" if body.command else "container_entrypoint")
    elif boot.source is None:
        yield Ask("installed_function")
    else:
        yield Ask("python_function")
        if boot.packages:
            yield Ask("packages", ", ".join(boot.packages))
    if body.env:
        yield Ask("environment")
    yield from _placeholder_asks([body.image, *body.command, *body.args, *dict(body.env).values()])
    yield from _placeholder_asks(_requests(body.resources))


def _placeholder_asks(value: list[Any]) -> Iterator[Ask]:
    marked = [text for text in texts(value) if NAMED in text]
    if not marked:
        return
    named = {str(one.path[0]) for text in marked for one in references(text) if one.path}
    if named & RUN_NAMES:
        yield Ask("run_placeholder")
    if any(name.startswith("pipeline_") for name in named - RUN_NAMES):
        yield Ask("vendor_placeholder")
    if "workspace_path" in named:
        yield Ask("workspace")


def _port_asks(component: Component) -> Iterator[Ask]:
    if component.passthroughs or any(
        port.type is ParameterType.TASK_CONFIG for port in component.inputs.parameters.values()
    ):
        yield Ask("task_config")
    if any(port.is_list for ports in (component.inputs, component.outputs) for port in ports.artifacts.values()):
        yield Ask("artifact_list")


def _is_late(resources: Resources, task: Task, groups: tuple[Task, ...]) -> bool:
    values = [text for text in _requests(resources) if NAMED in text]
    return bool(values) and text_origin(values, task, groups) is Origin.OUTPUT


def _requests(resources: Resources) -> list[str]:
    return [text for name in _FIELDS if (text := getattr(resources, name))]


def _uri_origin(body: Importer, task: Task, groups: tuple[Task, ...]) -> Origin:
    source = body.uri.source
    if isinstance(source, DagInput):
        return input_origin(task, source.key, groups)
    return text_origin(source.value, task, groups) if isinstance(source, Constant) else Origin.OUTPUT


def _is_handed(task: Task, groups: tuple[Task, ...]) -> bool:
    """Whether a parameter of a step comes from another step."""
    if isinstance(task.component.body, Dag):
        return False
    sources = [one.source for one in task.parameters.values()]
    if any(isinstance(source, TaskOutput) for source in sources):
        return True
    return any(input_origin(task, name, groups) is Origin.OUTPUT for name in task.parameters)
