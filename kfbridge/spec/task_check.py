"""Whether a task makes sense among the other tasks of its dag."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from kfbridge.spec.expression import ExpressionError, names, parse
from kfbridge.spec.model import ComponentSpec, PipelineTaskSpec
from kfbridge.spec.model.task import InputArtifactSpec, InputParameterSpec
from kfbridge.spec.place import Path
from kfbridge.spec.trouble import Problem, hint

Kind = Literal["parameters", "artifacts"]
_FILLED_BY_THE_PLATFORM = ("TASK_CONFIG", "TASK_FINAL_STATUS")


def ports(component: ComponentSpec, direction: Literal["input", "output"], kind: Kind) -> Mapping[str, Any]:
    """The declared inputs or outputs of a component, by name."""
    definitions = component.input_definitions if direction == "input" else component.output_definitions
    return (getattr(definitions, kind) if definitions is not None else None) or {}


def fed(task: PipelineTaskSpec, kind: Kind) -> Mapping[str, Any]:
    """The inputs that a task is given, by name."""
    return (getattr(task.inputs, kind) if task.inputs is not None else None) or {}


class TaskChecker:
    """Knows the components of the pipeline."""

    def __init__(self, components: Mapping[str, ComponentSpec]) -> None:
        self.components = components

    def check(self, path: Path, name: str, task: PipelineTaskSpec, dag: ComponentSpec) -> Iterator[Problem]:
        """The problems of one task; `dag` is the component that it stands in."""
        reference = (task.component_ref.name if task.component_ref else None) or ""
        component = self.components.get(reference)
        if component is None:
            reason = f'there is no component "{reference}"' if reference else "a task without a component"
            yield Problem((*path, "componentRef"), reason, hint(reference, self.components))
            return
        yield from self._dependencies(path, name, task, dag)
        for key, parameter in fed(task, "parameters").items():
            yield from self._parameter((*path, "inputs", "parameters", key), parameter, dag)
        for key, artifact in fed(task, "artifacts").items():
            yield from self._artifact((*path, "inputs", "artifacts", key), artifact, dag)
        yield from self._iterator(path, task, component)
        yield from self._required(path, task, component)
        yield from self._condition(path, task, component)

    def _dependencies(self, path: Path, name: str, task: PipelineTaskSpec, dag: ComponentSpec) -> Iterator[Problem]:
        tasks = (dag.dag.tasks if dag.dag else None) or {}
        for producer in task.dependent_tasks or ():
            if producer not in tasks:
                yield Problem((*path, "dependentTasks"), f'there is no task "{producer}" here', hint(producer, tasks))
            elif producer == name:
                yield Problem((*path, "dependentTasks"), "a task that waits for itself", "Take it away.")

    def output(
        self, path: Path, dag: ComponentSpec, task: str | None, key: str | None, kind: Kind
    ) -> Iterator[Problem]:
        """Whether `dag` has the task, and its component the output."""
        tasks = (dag.dag.tasks if dag.dag else None) or {}
        producer = tasks.get(task or "")
        if producer is None:
            yield Problem(path, f'there is no task "{task or ""}" here', hint(task or "", tasks))
            return
        reference = (producer.component_ref.name if producer.component_ref else None) or ""
        component = self.components.get(reference)
        if component is None:
            return  # said where the task is
        outputs = ports(component, "output", kind)
        if key not in outputs:
            reason = f'the task "{task}" has no output {kind[:-1]} "{key or ""}"'
            yield Problem(path, reason, hint(key or "", outputs))

    def _parameter(self, path: Path, spec: InputParameterSpec, dag: ComponentSpec) -> Iterator[Problem]:
        if spec.task_output_parameter is not None:
            source = spec.task_output_parameter
            yield from self.output(path, dag, source.producer_task, source.output_parameter_key, "parameters")
        elif spec.task_final_status is not None:
            producer = spec.task_final_status.producer_task or ""
            tasks = (dag.dag.tasks if dag.dag else None) or {}
            if producer not in tasks:
                yield Problem(path, f'there is no task "{producer}" here', hint(producer, tasks))
        elif spec.component_input_parameter is not None:
            yield from self._dag_input(path, spec.component_input_parameter, dag, "parameters")
        elif spec.runtime_value is None:
            yield Problem(path, "an input that is fed with nothing", "Give it a value.")
        elif spec.runtime_value.runtime_parameter is not None:
            yield from self._dag_input(path, spec.runtime_value.runtime_parameter, dag, "parameters")
        if spec.parameter_expression_selector:
            yield from _expression((*path, "parameterExpressionSelector"), spec.parameter_expression_selector)

    def _artifact(self, path: Path, spec: InputArtifactSpec, dag: ComponentSpec) -> Iterator[Problem]:
        if spec.task_output_artifact is not None:
            source = spec.task_output_artifact
            yield from self.output(path, dag, source.producer_task, source.output_artifact_key, "artifacts")
        elif spec.component_input_artifact is not None:
            yield from self._dag_input(path, spec.component_input_artifact, dag, "artifacts")
        else:
            yield Problem(path, "an input that is fed with nothing", "Give it an artifact.")

    def _dag_input(self, path: Path, name: str, dag: ComponentSpec, kind: Kind) -> Iterator[Problem]:
        inputs = ports(dag, "input", kind)
        if name not in inputs:
            yield Problem(path, f'the enclosing dag has no input {kind[:-1]} "{name}"', hint(name, inputs))

    def _iterator(self, path: Path, task: PipelineTaskSpec, component: ComponentSpec) -> Iterator[Problem]:
        kind: Kind = "parameters" if task.parameter_iterator is not None else "artifacts"
        loop = task.parameter_iterator or task.artifact_iterator
        if loop is None:
            return
        place = (*path, "parameterIterator" if kind == "parameters" else "artifactIterator")
        if (loop.item_input or "") not in ports(component, "input", kind):
            known = ports(component, "input", kind)
            reason = f'the loop gives its item to the input "{loop.item_input or ""}", which its dag does not have'
            yield Problem(place, reason, hint(loop.item_input or "", known))
        items = loop.items
        if items is None or (getattr(items, "raw", None) is None and not _items_input(items)):
            yield Problem(place, "a loop without items", "Give it items.")
        elif getattr(items, "raw", None) is None and _items_input(items) not in fed(task, kind):
            source = _items_input(items)
            reason = f'the loop goes over the input "{source}", which the task is not given'
            yield Problem(place, reason, hint(source, fed(task, kind)))

    def _required(self, path: Path, task: PipelineTaskSpec, component: ComponentSpec) -> Iterator[Problem]:
        loop = task.parameter_iterator or task.artifact_iterator
        given = {*fed(task, "parameters"), *fed(task, "artifacts"), loop.item_input if loop else None}
        missing = [
            name
            for name, port in ports(component, "input", "parameters").items()
            if name not in given
            and not port.is_optional
            and "default_value" not in port.model_fields_set
            and port.parameter_type not in _FILLED_BY_THE_PLATFORM
        ]
        artifacts = ports(component, "input", "artifacts")
        missing += [name for name, port in artifacts.items() if name not in given and not port.is_optional]
        if missing:
            names_ = ", ".join(f'"{name}"' for name in missing)
            yield Problem(path, f"the task is not given its input {names_}", "Give it a value, or a default.")

    def _condition(self, path: Path, task: PipelineTaskSpec, component: ComponentSpec) -> Iterator[Problem]:
        text = task.trigger_policy.condition if task.trigger_policy else None
        if not text:
            return
        place = (*path, "triggerPolicy", "condition")
        known = fed(task, "parameters").keys() | ports(component, "input", "parameters").keys()
        yield from _expression(place, text, known)


def _items_input(items: Any) -> str:
    return getattr(items, "input_parameter", None) or getattr(items, "input_artifact", None) or ""


def _expression(path: Path, text: str, known: Iterable[str] | None = None) -> Iterator[Problem]:
    """Whether an expression can be read, and reads only inputs that there are (None: it reads no inputs)."""
    try:
        read = names(parse(text))
    except ExpressionError as error:
        yield Problem(path, error.reason, error.remedy or "Correct the expression.")
        return
    if known is None:
        return
    for name in sorted(read - set(known)):
        reason = f'the condition reads the input "{name}", which the task is not given'
        yield Problem(path, reason, hint(name, known))
