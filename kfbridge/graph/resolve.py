"""From the spec to the graph: what every backend reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kfbridge.errors import SpecError
from kfbridge.graph.executors import executor_body
from kfbridge.graph.model import (
    Component,
    Container,
    Dag,
    Foreign,
    Graph,
    Importer,
    OutputSelector,
    ParameterBinding,
    Task,
    TaskOutput,
)
from kfbridge.graph.ports import input_ports, output_ports
from kfbridge.graph.tasks import build_task
from kfbridge.spec import references
from kfbridge.spec.expression import Expression, ExpressionError, parse
from kfbridge.spec.model import ComponentSpec, DagSpec
from kfbridge.spec.order import Circle, in_order
from kfbridge.spec.place import Path
from kfbridge.spec.read import Document
from kfbridge.spec.validate import validate

_ROOT = ""  # no component in the file can have this name


def resolve(document: Document) -> Graph:
    """What a compiled pipeline means.

    Args:
        document: A pipeline that was read; it is validated first.

    Raises:
        SpecError: when it is not valid, with its place.
    """
    validate(document)
    info = document.pipeline.pipeline_info
    platforms = document.platform.to_data().get("platforms") if document.platform else None
    return Graph(
        name=(info.name if info else None) or "pipeline",
        root=_Resolver(document).root(),
        display_name=(info.display_name if info else None) or "",
        description=(info.description if info else None) or "",
        default_root=document.pipeline.default_pipeline_root or "",
        platforms=platforms or {},
    )


def platform_config(graph: Graph, platform: str, label: str) -> Mapping[str, Any]:
    """The settings of the executor `label` on a platform, as in the file; empty when there are none."""
    found: Any = graph.platforms
    for key in (platform, "deploymentSpec", "executors", label):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


class _Resolver:
    """Resolves each component once, those that others use before their users."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.specs: dict[str, ComponentSpec] = dict(document.pipeline.components or {})
        self.specs[_ROOT] = document.pipeline.root or ComponentSpec()
        deployment = document.pipeline.deployment_spec
        self.executors = (deployment.executors if deployment else None) or {}
        self.platform_producers = references.platform_producers(document.platform)
        self.resolved: dict[str, Component] = {}
        self.expressions: dict[str, Expression] = {}
        self.channels: dict[str, frozenset[str]] = {}

    def root(self) -> Component:
        pending = [_ROOT]
        while pending:
            name = pending[-1]
            missing = [used for used in self.used_by(name) if used not in self.resolved]
            if missing:
                pending.extend(missing)
                continue
            pending.pop()
            if name not in self.resolved:
                self.resolved[name] = self.component(name)
        return self.resolved[_ROOT]

    def used_by(self, name: str) -> Iterator[str]:
        dag = self.specs[name].dag
        for task in ((dag.tasks if dag else None) or {}).values():
            yield _component_name(task.component_ref)

    def path(self, name: str) -> Path:
        return ("components", name) if name else ("root",)

    def component(self, name: str) -> Component:
        spec = self.specs[name]
        inputs, outputs = input_ports(spec.input_definitions), output_ports(spec.output_definitions)
        body = self.dag(name, spec.dag) if spec.dag is not None else self.executor(spec.executor_label or "")
        passthroughs = tuple(one.field for one in spec.task_config_passthroughs or () if one.field)
        return Component(name or "root", inputs, outputs, body, passthroughs)

    def executor(self, label: str) -> Container | Importer | Foreign:
        body = executor_body(label, self.executors[label])
        if body is None:
            where = self.document.place(("deploymentSpec", "executors", label))
            raise SpecError(f'the executor "{label}" says nothing', where=where, remedy="Give it a container.")
        return body

    def dag(self, name: str, spec: DagSpec) -> Dag:
        path = (*self.path(name), "dag")
        specs = spec.tasks or {}
        components = {task: self.resolved[_component_name(each.component_ref)] for task, each in specs.items()}
        outputs = {task: frozenset(each.outputs.parameters) for task, each in components.items()}
        implied = {task: self.implied(each, outputs) for task, each in components.items()}
        producers = {task: self.producers(task, specs, components[task], implied[task]) for task in specs}
        try:
            order = in_order(producers)
        except Circle as circle:
            raise SpecError(f"tasks wait for each other: {circle}", where=self.document.place(path)) from None
        tasks: dict[str, Task] = {}
        for task in order:
            try:
                tasks[task] = build_task(
                    task, specs[task], components[task], producers[task], implied[task], self.parse
                )
            except (ValueError, ExpressionError) as error:
                where = self.document.place((*path, "tasks", task))
                raise SpecError(str(error), where=where, remedy="Correct the task.") from None
        return Dag(tasks, *_dag_outputs(spec))

    def implied(self, component: Component, outputs: Mapping[str, frozenset[str]]) -> dict[str, ParameterBinding]:
        """Bindings for inputs that only a placeholder of the executor names: older KFP did not write them."""
        if isinstance(component.body, Dag):
            return {}
        found: dict[str, ParameterBinding] = {}
        for channel in sorted(self.channels_of(component)):
            source = references.channel_source(channel, outputs)
            if source is not None:
                found[channel] = ParameterBinding(TaskOutput(*source))
        return found

    def channels_of(self, component: Component) -> frozenset[str]:
        if component.name not in self.channels:
            label = getattr(component.body, "label", "")
            found = references.channels(self.executors[label].to_data())
            self.channels[component.name] = found - component.inputs.parameters.keys()
        return self.channels[component.name]

    def producers(
        self, name: str, specs: Mapping[str, Any], component: Component, implied: Mapping[str, ParameterBinding]
    ) -> tuple[str, ...]:
        found = set(references.producers(specs[name]))
        found |= {binding.source.task for binding in implied.values() if isinstance(binding.source, TaskOutput)}
        label = getattr(component.body, "label", "")
        found |= {task for task in self.platform_producers.get(label, ()) if task in specs and task != name}
        return tuple(sorted(found))

    def parse(self, text: str) -> Expression:
        if text not in self.expressions:
            self.expressions[text] = parse(text)
        return self.expressions[text]


def _component_name(reference: Any) -> str:
    return (reference.name if reference else None) or ""


def _dag_outputs(
    spec: DagSpec,
) -> tuple[dict[str, tuple[OutputSelector, ...]], dict[str, tuple[OutputSelector, ...]]]:
    outputs = spec.outputs
    parameters: dict[str, tuple[OutputSelector, ...]] = {}
    for name, parameter in ((outputs.parameters if outputs else None) or {}).items():
        one = [parameter.value_from_parameter] if parameter.value_from_parameter else []
        several = (parameter.value_from_oneof.parameter_selectors if parameter.value_from_oneof else None) or one
        parameters[name] = tuple(
            OutputSelector(each.producer_subtask or "", each.output_parameter_key or "") for each in several
        )
    artifacts = {
        name: tuple(
            OutputSelector(each.producer_subtask or "", each.output_artifact_key or "")
            for each in artifact.artifact_selectors or ()
        )
        for name, artifact in ((outputs.artifacts if outputs else None) or {}).items()
    }
    return parameters, artifacts
