"""A conformance case: a small pipeline, its arguments, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kfbridge.dsl.graph_component import GraphComponent, make_pipeline
from kfbridge.dsl.pipeline_config import PipelineConfig
from kfbridge.testing.outcome import Outcome

SCRATCH = "scratch"
"""The input of a case's pipeline that is given a folder, empty at first, which every step of the run can reach."""


@dataclass(frozen=True)
class Case:
    """One behaviour that every backend must show.

    Attributes:
        name: The name in gap tables and in test reports.
        topic: The part of the language it belongs to: the module it is in.
        meaning: What must happen, as a sentence.
        features: What of the language it uses, in KFP's own words.
        function: The pipeline's function.
        arguments: Values of the pipeline's inputs.
        expected: What must come out (of the last run).
        runs: How many times it is run in a row, with the same arguments and on the same artifact root.
        config: Settings of the pipeline as a whole.
    """

    name: str
    topic: str
    meaning: str
    features: tuple[str, ...]
    function: Callable[..., Any] = field(repr=False)
    arguments: Mapping[str, Any] = field(repr=False)
    expected: Outcome = field(repr=False)
    runs: int = 1
    config: PipelineConfig | None = field(default=None, repr=False)

    @cached_property
    def pipeline(self) -> GraphComponent:
        """The pipeline, traced when first asked for."""
        return make_pipeline(self.function, name=self.name.replace("_", "-"), pipeline_config=self.config)

    @property
    def uses_scratch(self) -> bool:
        """Whether the pipeline has the input `SCRATCH`, for steps that leave something for a later attempt or run."""
        return SCRATCH in (self.pipeline.component_spec.inputs or {})

    def bound(self, scratch: str) -> dict[str, Any]:
        """The arguments of a run whose steps can all reach the folder `scratch`."""
        return {**self.arguments, **({SCRATCH: scratch} if self.uses_scratch else {})}


def case(
    *features: str,
    arguments: Mapping[str, Any] | None = None,
    runs: int = 1,
    config: PipelineConfig | None = None,
    **expected: Any,
) -> Callable[[Callable[..., Any]], Case]:
    """Make a pipeline's function a case; its docstring is the case's meaning.

    Args:
        features: What of the language it uses.
        arguments: Values of its inputs.
        runs: How many times it is run.
        config: Settings of the pipeline as a whole.
        expected: The fields of `Outcome`.
    """

    def made(function: Callable[..., Any]) -> Case:
        return Case(
            name=function.__name__,
            topic=function.__module__.rpartition(".")[2],
            meaning=(function.__doc__ or "").strip(),
            features=features,
            function=function,
            arguments=arguments or {},
            expected=Outcome(**expected),
            runs=runs,
            config=config,
        )

    return made
