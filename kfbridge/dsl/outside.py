"""Calls of components outside of a pipeline: a task that only describes, unless somebody offered to run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kfbridge.dsl.base_component import BaseComponent
    from kfbridge.dsl.pipeline_task import PipelineTask

    Runner = Callable[[BaseComponent, Mapping[str, Any]], PipelineTask]

_runner: Runner | None = None


def set_runner(runner: Runner | None) -> None:
    """What carries out calls outside of a pipeline from now on; None: nothing does."""
    global _runner
    _runner = runner


def get_runner() -> Runner | None:
    """What carries out a call right here: nothing while a pipeline is traced."""
    from kfbridge.dsl.pipeline_context import Pipeline

    return None if Pipeline.get_default_pipeline() is not None else _runner
