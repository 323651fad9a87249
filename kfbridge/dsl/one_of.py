"""The output of whichever branch of an If/Elif/Else ran."""

from __future__ import annotations

from kfbridge.dsl.for_loop import Collected
from kfbridge.dsl.location import here
from kfbridge.dsl.names import CHANNEL_PREFIX
from kfbridge.dsl.pipeline_channel import PipelineArtifactChannel, PipelineChannel, PipelineParameterChannel
from kfbridge.dsl.reference import Choice, Reference
from kfbridge.dsl.tasks_group import ConditionBranches, Else
from kfbridge.errors import CompileError, TypeMismatchError


class OneOfParameter(PipelineParameterChannel):
    """A `OneOf` of values."""

    __slots__ = ()


class OneOfArtifact(PipelineArtifactChannel):
    """A `OneOf` of artifacts."""

    __slots__ = ()


class OneOf:
    """One output out of those of mutually exclusive branches: whichever ran.

    Args:
        channels: An output from each branch of one `If`/`Elif`/`Else`, all of the same type.
    """

    def __new__(cls, *channels: PipelineChannel) -> OneOfParameter | OneOfArtifact:  # type: ignore[misc]
        """The channel of the branch that ran.

        Raises:
            CompileError: The channels are not outputs of the branches of one If/Else.
            TypeMismatchError: They differ in type.
        """
        refs = [_reference(channel) for channel in channels]
        if not refs:
            raise CompileError("dsl.OneOf needs at least one task output.", where=here(), remedy="Pass one per branch.")
        _check_types(refs)
        branches = _branches(refs)
        first = refs[0]
        name = f"{CHANNEL_PREFIX}{branches.name}-oneof-{branches.next_choice()}"
        choice = Choice(name, first.type, branches, first.is_list, first.hint, tuple(refs), branches)
        return OneOfArtifact(choice) if first.is_artifact else OneOfParameter(choice)


def _reference(channel: PipelineChannel) -> Reference:
    if isinstance(channel, Collected):
        raise CompileError(
            "dsl.Collected cannot be used inside of dsl.OneOf.", where=here(), remedy="Pass outputs of single tasks."
        )
    if not isinstance(channel, PipelineChannel):
        raise CompileError(
            f"dsl.OneOf takes outputs of tasks, not a {type(channel).__name__}.",
            where=here(),
            remedy="Pass one task output per branch.",
        )
    if isinstance(channel._ref, Choice):
        raise CompileError(
            "dsl.OneOf cannot be used inside of another dsl.OneOf.",
            where=here(),
            remedy="List all the outputs in one dsl.OneOf.",
        )
    return channel._ref


def _check_types(refs: list[Reference]) -> None:
    first = refs[0]
    for index, ref in enumerate(refs):
        if ref.is_artifact != first.is_artifact:
            raise TypeMismatchError(
                "dsl.OneOf got a mix of parameters and artifacts.", where=here(), remedy="Pass outputs of one type."
            )
        if (ref.type, ref.is_list) != (first.type, first.is_list):
            raise TypeMismatchError(
                f"The outputs given to dsl.OneOf differ in type: {first.type} at index 0, {ref.type} at index {index}.",
                where=here(),
                remedy="Pass outputs of one type.",
            )


def _branches(refs: list[Reference]) -> ConditionBranches:
    branch = getattr(refs[0].producer, "parent_task_group", None)
    branches = getattr(branch, "parent_task_group", None)
    if not isinstance(branches, ConditionBranches) or not isinstance(branches.groups[-1], Else):
        raise CompileError(
            "dsl.OneOf must include an output of a task in a dsl.Else, so that there always is one.",
            where=here(),
            remedy="Add a dsl.Else to the conditions and pass an output of each branch.",
        )
    for ref in refs:
        group = getattr(ref.producer, "parent_task_group", None)
        while group is not None and group is not branches:
            group = group.parent_task_group
        if group is None:
            raise CompileError(
                f"dsl.OneOf got {ref.full_name!r}, which is in none of the branches that {refs[0].full_name!r} is of.",
                where=here(),
                remedy="Pass outputs of tasks in the branches of one If/Elif/Else.",
            )
    return branches
