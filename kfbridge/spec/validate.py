"""Whether a pipeline makes sense: every reference leads somewhere, every needed input is given, nothing is circular."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from kfbridge.errors import SpecError
from kfbridge.spec.expression import loose_strings, parse
from kfbridge.spec.model import ComponentSpec, PipelineSpec
from kfbridge.spec.order import Circle, in_order
from kfbridge.spec.place import Path, path_text
from kfbridge.spec.read import Document
from kfbridge.spec.references import producers
from kfbridge.spec.task_check import TaskChecker
from kfbridge.spec.trouble import Problem, hint, shorten

_COUNTED = 20
_SCHEMA = re.compile(r"2\.[01](\.\d+)?")


def validate(document: Document) -> None:
    """Refuse a pipeline that does not make sense.

    Raises:
        SpecError: for the first problem, with its place, and how many more there are.
    """
    found = list(islice(problems(document), _COUNTED + 1))
    if not found:
        return
    first, others = found[0], len(found) - 1
    count = f"{others}" if others < _COUNTED else f"at least {_COUNTED}"
    more = f" (and {count} more problem{'s' if others > 1 else ''})" if others else ""
    note = f" Note that {document.notes[0]}." if document.notes else ""
    raise SpecError(shorten(first.reason) + more, where=document.place(first.path), remedy=shorten(first.remedy + note))


def problems(document: Document) -> Iterator[Problem]:
    """Everything in a pipeline that makes no sense, in the order of the file's parts."""
    pipeline = document.pipeline
    yield from _pipeline(pipeline)
    if pipeline.root is None:
        return
    checker = _Checker(pipeline)
    for name, component in (pipeline.components or {}).items():
        yield from checker.component(("components", name), component)
    yield from checker.component(("root",), pipeline.root)
    yield from checker.recursion()


def warnings(document: Document) -> Iterator[str]:
    """What is read in a valid pipeline although KFP's own engine does not, and what is not known at all; sentences."""
    yield from document.notes
    components = {("root",): document.pipeline.root} | {
        ("components", name): component for name, component in (document.pipeline.components or {}).items()
    }
    for path, component in components.items():
        for name, task in ((component.dag.tasks if component and component.dag else None) or {}).items():
            text = task.trigger_policy.condition if task.trigger_policy else None
            for loose in loose_strings(parse(text)) if text else ():
                place = path_text((*path, "dag", "tasks", name))
                yield f"the condition of {place} holds {loose!r}, which was not escaped; KFP cannot read it"
    deployment = document.pipeline.deployment_spec
    for label, executor in ((deployment.executors if deployment else None) or {}).items():
        if executor.container and executor.container.lifecycle and executor.container.lifecycle.pre_cache_check:
            yield f"the executor {label} has a lifecycle.preCacheCheck, which kfbridge does not carry out"


def _pipeline(pipeline: PipelineSpec) -> Iterator[Problem]:
    version = pipeline.schema_version
    if version is not None and not _SCHEMA.fullmatch(version):
        yield Problem(
            ("schemaVersion",),
            f'the schema version "{version}" is not known',
            "kfbridge reads 2.0 and 2.1; compile the pipeline with KFP 2.",
        )
    if pipeline.pipeline_info is None or not pipeline.pipeline_info.name:
        yield Problem(("pipelineInfo",), "the pipeline has no name", "Set pipelineInfo.name.")
    if pipeline.root is None:
        yield Problem((), "the pipeline has no root", "Compile it again: the file is not whole.")
    elif pipeline.root.dag is None:
        yield Problem(("root",), "the root has no dag", "Compile it again: the file is not whole.")


class _Checker:
    """Checks components one by one; what they refer to is looked up by name."""

    def __init__(self, pipeline: PipelineSpec) -> None:
        self.pipeline = pipeline
        self.components: Mapping[str, ComponentSpec] = pipeline.components or {}
        deployment = pipeline.deployment_spec
        self.executors: Mapping[str, Any] = (deployment.executors if deployment else None) or {}
        self.task = TaskChecker(self.components)

    def component(self, path: Path, component: ComponentSpec) -> Iterator[Problem]:
        label = component.executor_label
        if component.dag is not None and label:
            yield Problem(path, "a component with both a dag and an executor", "Keep one of them.")
        elif component.dag is not None:
            yield from self.dag(path, component)
        elif not label:
            yield Problem(path, "a component with neither a dag nor an executor", "Compile the pipeline again.")
        elif label not in self.executors:
            yield Problem(
                (*path, "executorLabel"),
                f'there is no executor "{label}" in deploymentSpec.executors',
                hint(label, self.executors),
            )

    def dag(self, path: Path, component: ComponentSpec) -> Iterator[Problem]:
        tasks = (component.dag.tasks if component.dag else None) or {}
        inside = (*path, "dag")
        dangling = False
        for name, task in tasks.items():
            for problem in self.task.check((*inside, "tasks", name), name, task, component):
                dangling = True
                yield problem
        yield from self.outputs((*inside, "outputs"), component)
        if dangling:
            return
        try:
            in_order({name: list(producers(task)) for name, task in tasks.items()})
        except Circle as circle:
            first = (*inside, "tasks", circle.names[0])
            yield Problem(first, f"tasks wait for each other: {circle}", "Break the circle.")

    def outputs(self, path: Path, component: ComponentSpec) -> Iterator[Problem]:
        outputs = component.dag.outputs if component.dag else None
        if outputs is None:
            return
        for name, parameter in (outputs.parameters or {}).items():
            selectors = [parameter.value_from_parameter] if parameter.value_from_parameter else []
            if parameter.value_from_oneof is not None:
                selectors = list(parameter.value_from_oneof.parameter_selectors or ())
            place = (*path, "parameters", name)
            if not selectors:
                yield Problem(place, "an output that comes from nothing", "Compile the pipeline again.")
            for each in selectors:
                yield from self.task.output(
                    place, component, each.producer_subtask, each.output_parameter_key, "parameters"
                )
        for name, artifact in (outputs.artifacts or {}).items():
            place = (*path, "artifacts", name)
            if not artifact.artifact_selectors:
                yield Problem(place, "an output that comes from nothing", "Compile the pipeline again.")
            for selector in artifact.artifact_selectors or ():
                yield from self.task.output(
                    place, component, selector.producer_subtask, selector.output_artifact_key, "artifacts"
                )

    def recursion(self) -> Iterator[Problem]:
        """A component that contains itself would never end."""
        used = {name: sorted(self.used_by(component)) for name, component in self.components.items()}
        try:
            in_order(used)
        except Circle as circle:
            yield Problem(
                ("components", circle.names[0]), f"a component that contains itself: {circle}", "Break the circle."
            )

    def used_by(self, component: ComponentSpec) -> set[str]:
        tasks = (component.dag.tasks if component.dag else None) or {}
        names = {task.component_ref.name for task in tasks.values() if task.component_ref and task.component_ref.name}
        return names & self.components.keys()
