"""Authoring pipelines: a drop-in for ``kfp.dsl``.

Every name is loaded when it is first used, so that importing this module costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kfbridge.dsl.component_decorator import component
    from kfbridge.dsl.container_component_decorator import container_component
    from kfbridge.dsl.for_loop import Collected
    from kfbridge.dsl.graph_component import pipeline
    from kfbridge.dsl.importer_node import importer
    from kfbridge.dsl.notebook_component_decorator import notebook_component
    from kfbridge.dsl.one_of import OneOf
    from kfbridge.dsl.pipeline_config import KubernetesWorkspaceConfig, PipelineConfig, WorkspaceConfig
    from kfbridge.dsl.pipeline_task import PipelineTask
    from kfbridge.dsl.placeholders import (
        PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER,
        PIPELINE_JOB_ID_PLACEHOLDER,
        PIPELINE_JOB_NAME_PLACEHOLDER,
        PIPELINE_JOB_RESOURCE_NAME_PLACEHOLDER,
        PIPELINE_JOB_SCHEDULE_TIME_UTC_PLACEHOLDER,
        PIPELINE_ROOT_PLACEHOLDER,
        PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
        PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER,
        PIPELINE_TASK_ID_PLACEHOLDER,
        PIPELINE_TASK_NAME_PLACEHOLDER,
        WORKSPACE_PATH_PLACEHOLDER,
        ConcatPlaceholder,
        IfPresentPlaceholder,
    )
    from kfbridge.dsl.structures import ContainerSpec
    from kfbridge.dsl.task_config import TaskConfigField, TaskConfigPassthrough
    from kfbridge.dsl.tasks_group import Condition, Elif, Else, ExitHandler, If, ParallelFor
    from kfbridge.runtime.annotations import (
        EmbeddedInput,
        Input,
        InputPath,
        Output,
        OutputPath,
        PipelineTaskFinalStatus,
        TaskConfig,
    )
    from kfbridge.runtime.artifacts import (
        HTML,
        Artifact,
        ClassificationMetrics,
        Dataset,
        Markdown,
        Metrics,
        Model,
        SlicedClassificationMetrics,
        get_uri,
    )
    from kfbridge.runtime.shim import run_notebook

_HOMES = {
    "kfbridge.dsl.component_decorator": ("component",),
    "kfbridge.dsl.container_component_decorator": ("container_component",),
    "kfbridge.dsl.for_loop": ("Collected",),
    "kfbridge.dsl.graph_component": ("pipeline",),
    "kfbridge.dsl.importer_node": ("importer",),
    "kfbridge.dsl.notebook_component_decorator": ("notebook_component",),
    "kfbridge.dsl.one_of": ("OneOf",),
    "kfbridge.dsl.pipeline_config": ("KubernetesWorkspaceConfig", "PipelineConfig", "WorkspaceConfig"),
    "kfbridge.dsl.pipeline_task": ("PipelineTask",),
    "kfbridge.dsl.placeholders": (
        "PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER",
        "PIPELINE_JOB_ID_PLACEHOLDER",
        "PIPELINE_JOB_NAME_PLACEHOLDER",
        "PIPELINE_JOB_RESOURCE_NAME_PLACEHOLDER",
        "PIPELINE_JOB_SCHEDULE_TIME_UTC_PLACEHOLDER",
        "PIPELINE_ROOT_PLACEHOLDER",
        "PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER",
        "PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER",
        "PIPELINE_TASK_ID_PLACEHOLDER",
        "PIPELINE_TASK_NAME_PLACEHOLDER",
        "WORKSPACE_PATH_PLACEHOLDER",
        "ConcatPlaceholder",
        "IfPresentPlaceholder",
    ),
    "kfbridge.dsl.structures": ("ContainerSpec",),
    "kfbridge.dsl.task_config": ("TaskConfigField", "TaskConfigPassthrough"),
    "kfbridge.dsl.tasks_group": ("Condition", "Elif", "Else", "ExitHandler", "If", "ParallelFor"),
    "kfbridge.runtime.annotations": (
        "EmbeddedInput",
        "Input",
        "InputPath",
        "Output",
        "OutputPath",
        "PipelineTaskFinalStatus",
        "TaskConfig",
    ),
    "kfbridge.runtime.artifacts": (
        "HTML",
        "Artifact",
        "ClassificationMetrics",
        "Dataset",
        "Markdown",
        "Metrics",
        "Model",
        "SlicedClassificationMetrics",
        "get_uri",
    ),
    "kfbridge.runtime.shim": ("run_notebook",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "HTML",
    "PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER",
    "PIPELINE_JOB_ID_PLACEHOLDER",
    "PIPELINE_JOB_NAME_PLACEHOLDER",
    "PIPELINE_JOB_RESOURCE_NAME_PLACEHOLDER",
    "PIPELINE_JOB_SCHEDULE_TIME_UTC_PLACEHOLDER",
    "PIPELINE_ROOT_PLACEHOLDER",
    "PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER",
    "PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER",
    "PIPELINE_TASK_ID_PLACEHOLDER",
    "PIPELINE_TASK_NAME_PLACEHOLDER",
    "WORKSPACE_PATH_PLACEHOLDER",
    "Artifact",
    "ClassificationMetrics",
    "Collected",
    "ConcatPlaceholder",
    "Condition",
    "ContainerSpec",
    "Dataset",
    "Elif",
    "Else",
    "EmbeddedInput",
    "ExitHandler",
    "If",
    "IfPresentPlaceholder",
    "Input",
    "InputPath",
    "KubernetesWorkspaceConfig",
    "Markdown",
    "Metrics",
    "Model",
    "OneOf",
    "Output",
    "OutputPath",
    "ParallelFor",
    "PipelineConfig",
    "PipelineTask",
    "PipelineTaskFinalStatus",
    "SlicedClassificationMetrics",
    "TaskConfig",
    "TaskConfigField",
    "TaskConfigPassthrough",
    "WorkspaceConfig",
    "component",
    "container_component",
    "get_uri",
    "importer",
    "notebook_component",
    "pipeline",
    "run_notebook",
]


def __getattr__(name: str) -> Any:
    module = _HOME_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
