"""The outputs of a dag: those of the pipeline, from what its function returned, and those of groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfbridge.dsl.interface import SINGLE_OUTPUT
from kfbridge.dsl.location import Location
from kfbridge.dsl.lowering.routes import Routes
from kfbridge.dsl.lowering.surfacing import Surfaced
from kfbridge.dsl.pipeline_channel import PipelineChannel
from kfbridge.dsl.pipeline_task import nearest
from kfbridge.dsl.reference import FanIn, Reference
from kfbridge.dsl.structures import OutputSpec
from kfbridge.dsl.type_check import describe, fits
from kfbridge.errors import CompileError, TypeMismatchError

Json = dict[str, Any]


class Returns:
    """What a pipeline gives out.

    Args:
        returned: What its function returned: nothing, a channel, a named tuple or dictionary of channels.
        declared: The outputs that its annotation declares.
        routes: The routes of the same pipeline.
        location: The user's line.

    Attributes:
        outputs: ``dag.outputs`` of the root.

    Raises:
        CompileError: What is returned is not what is declared, or cannot be returned.
    """

    def __init__(
        self, returned: Any, declared: Mapping[str, OutputSpec], routes: Routes, location: Location | None
    ) -> None:
        self._where = str(location) if location else None
        self._routes = routes
        surfaced = {}
        for name, channel in self._channels(returned).items():
            if name not in declared:
                raise self._refused(
                    f"The pipeline returns {name!r}, which its annotation does not declare",
                    "Annotate the function's return: `-> str`, or a NamedTuple. " + nearest(name, declared, "output"),
                )
            surfaced[name] = self._surfaced(name, channel, declared[name])
        for name in declared:
            if name not in surfaced:
                raise self._refused(
                    f"The pipeline declares the output {name!r}, but does not return it", "Return a task's output."
                )
        self.outputs = group_outputs(surfaced)

    def _channels(self, returned: Any) -> Mapping[str, Any]:
        if returned is None:
            return {}
        if isinstance(returned, PipelineChannel):
            return {SINGLE_OUTPUT: returned}
        if isinstance(returned, tuple) and hasattr(returned, "_asdict"):
            return dict(returned._asdict())
        if isinstance(returned, Mapping):
            return returned
        raise self._refused(
            f"The pipeline returns a {type(returned).__name__}, which is no output of a task",
            "Return task.output, task.outputs['name'], or a NamedTuple of them.",
        )

    def _surfaced(self, name: str, channel: Any, declared: OutputSpec) -> Surfaced:
        if not isinstance(channel, PipelineChannel) or channel._ref.producer is None:
            kind = "an input of its own" if isinstance(channel, PipelineChannel) else f"a {type(channel).__name__}"
            raise self._refused(
                f"The pipeline returns {kind} as {name!r}, which is no output of a task",
                "Return task.output or task.outputs['name'].",
            )
        ref = channel._ref
        if not fits(ref, declared):
            raise TypeMismatchError(
                f"The pipeline returns {describe(ref)} as {name!r}, but declares {describe(declared)}.",
                where=self._where,
                remedy="Make the annotation fit what is returned.",
            )
        return self._at_top_level(name, ref)

    def _at_top_level(self, name: str, ref: Reference) -> Surfaced:
        root = self._routes.paths.root
        used = self._routes.surfacing.resolve(ref, root, returned=True)
        assert used.producer is not None
        if used.producer.parent_task_group is not root and not isinstance(ref, FanIn):
            raise self._refused(
                f"The pipeline returns {name!r} from inside of the group around {used.producer.name!r}",
                "Return outputs of tasks at the top level; use dsl.Collected for a loop's, dsl.OneOf for branches'.",
            )
        return Surfaced(used, ((used.producer.name, used.name),))

    def _refused(self, reason: str, remedy: str) -> CompileError:
        return CompileError(f"{reason}.", where=self._where, remedy=remedy)


def group_outputs(outputs: Mapping[str, Surfaced]) -> Json:
    """``dag.outputs``: where each output of a dag comes from."""
    body: Json = {}
    for name, surfaced in outputs.items():
        if surfaced.reference.is_artifact:
            selectors = [{"producerSubtask": task, "outputArtifactKey": key} for task, key in surfaced.selectors]
            body.setdefault("artifacts", {})[name] = {"artifactSelectors": selectors}
            continue
        parameters = [{"producerSubtask": task, "outputParameterKey": key} for task, key in surfaced.selectors]
        one_of = {"valueFromOneof": {"parameterSelectors": parameters}}
        body.setdefault("parameters", {})[name] = one_of if surfaced.one_of else {"valueFromParameter": parameters[0]}
    return body
