"""Pipelines: the decorator, and the component that it makes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, overload

from kfbridge.dsl.base_component import BaseComponent
from kfbridge.dsl.interface import Interface
from kfbridge.dsl.location import Location
from kfbridge.dsl.lowering.pipeline import Header, lower
from kfbridge.dsl.lowering.sites import sites_in
from kfbridge.dsl.names import human_name
from kfbridge.dsl.pipeline_config import PipelineConfig
from kfbridge.dsl.pipeline_context import Pipeline
from kfbridge.dsl.placeholders import WORKSPACE_FOLDER, WORKSPACE_PATH_PLACEHOLDER
from kfbridge.dsl.structures import ComponentSpec, GraphImplementation
from kfbridge.errors import CompileError


class GraphComponent(BaseComponent):
    """A pipeline, which may also be a component of another.

    Args:
        component_spec: Its interface and its compiled documents.
        pipeline_func: The function that was traced.
        display_name: The name to show.
        pipeline_config: Its settings as a whole.
    """

    def __init__(
        self,
        component_spec: ComponentSpec,
        pipeline_func: Callable[..., Any],
        display_name: str | None = None,
        pipeline_config: PipelineConfig | None = None,
    ) -> None:
        super().__init__(component_spec)
        self.pipeline_func = pipeline_func
        self.display_name = display_name
        self.pipeline_config = pipeline_config


@overload
def pipeline(func: Callable[..., Any]) -> GraphComponent: ...
@overload
def pipeline(
    func: None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    pipeline_root: str | None = None,
    display_name: str | None = None,
    pipeline_config: PipelineConfig | None = None,
) -> Callable[[Callable[..., Any]], GraphComponent]: ...
def pipeline(
    func: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    pipeline_root: str | None = None,
    display_name: str | None = None,
    pipeline_config: PipelineConfig | None = None,
) -> Any:
    """Make a pipeline of a function: it is called once, and what it calls becomes tasks.

    Args:
        func: The function, when the decorator is used without parentheses.
        name: The pipeline's name; the function's unless given.
        description: Free text; the docstring's unless given.
        pipeline_root: Where artifacts go unless a run says otherwise.
        display_name: The name to show.
        pipeline_config: Settings as a whole.

    Raises:
        CompileError: The function cannot be a pipeline.
    """
    options = dict(locals())
    del options["func"]
    return partial(make_pipeline, **options) if func is None else make_pipeline(func, **options)


def make_pipeline(
    func: Callable[..., Any],
    *,
    name: str | None = None,
    description: str | None = None,
    pipeline_root: str | None = None,
    display_name: str | None = None,
    pipeline_config: PipelineConfig | None = None,
) -> GraphComponent:
    """A pipeline from its function; the arguments are those of `pipeline`."""
    interface = Interface(func)
    header = Header(
        name=name or human_name(func.__name__),
        inputs=interface.inputs,
        outputs=interface.outputs,
        description=description or interface.description or "",
        display_name=display_name,
        root=pipeline_root,
        config=pipeline_config.to_json() if pipeline_config is not None else {},
        location=Location(func.__code__.co_filename, func.__code__.co_firstlineno),
    )
    with Pipeline(header.name) as trace:
        returned = func(**trace.add_inputs(interface.inputs))
        _check(trace, header)
        documents = lower(trace, header, returned)
    spec = ComponentSpec(
        name=header.name,
        implementation=GraphImplementation(*documents, sites=sites_in(trace.root)),
        description=header.description,
        inputs=interface.inputs,
        outputs=interface.outputs,
    )
    return GraphComponent(spec, func, display_name, pipeline_config)


def _check(trace: Pipeline, header: Header) -> None:
    where = str(header.location)
    if not trace.tasks:
        raise CompileError(
            f"The pipeline {header.name!r} has no task.", where=where, remedy="Call at least one component in it."
        )
    if "workspace" in header.config:
        return
    for task in trace.tasks.values():
        for name, value in task.inputs.items():
            if isinstance(value, str) and (WORKSPACE_PATH_PLACEHOLDER in value or value.startswith(WORKSPACE_FOLDER)):
                raise CompileError(
                    f"The argument {name!r} of the task {task.name!r} is in the workspace, and the pipeline has none.",
                    where=str(task.location),
                    remedy="Pass pipeline_config=dsl.PipelineConfig(workspace=dsl.WorkspaceConfig(size='10Gi')).",
                )
