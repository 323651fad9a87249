"""Channels: what a pipeline function gets for its inputs and for the outputs of its tasks.

Nothing has a value while a pipeline is traced. A channel stands for one: it can be passed to a task, put
into a string, list or dictionary, and compared in a condition.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from kfbridge.dsl.location import here
from kfbridge.dsl.reference import Choice, Reference
from kfbridge.errors import CompileError, KfbridgeWarning

_PATTERN = re.compile(r"\{\{channel:task=[^;{}]*;name=[^;{}]+;type=[^;]*?;\}\}")


@dataclass(frozen=True, slots=True)
class ConditionOperation:
    """A comparison of a channel with a channel or a constant.

    Attributes:
        operator: One of ``== != < <= > >=``.
        left_operand: A `Reference` or a constant.
        right_operand: The same.
        negate: Whether the comparison must be false.
    """

    operator: str
    left_operand: Any
    right_operand: Any
    negate: bool = False

    @property
    def references(self) -> list[Reference]:
        """The operands that are not constants."""
        return [side for side in (self.left_operand, self.right_operand) if isinstance(side, Reference)]

    def __bool__(self) -> bool:
        """True, with a warning: what `and`, `or`, `not`, `in` and `if` ask for is not known yet."""
        import warnings

        warnings.warn(
            f"{here()}: a comparison of a channel is used as a truth value; while the pipeline is compiled it is "
            "always true. Use dsl.If (nested for `and`) instead of if, and, or, not and in.",
            KfbridgeWarning,
            stacklevel=2,
        )
        return True


class PipelineChannel:
    """A value or artifact that exists only when the pipeline runs."""

    __slots__ = ("_ref",)

    def __init__(self, ref: Reference) -> None:
        self._ref = ref

    @property
    def name(self) -> str:
        """The name of the output or input it stands for."""
        return self._ref.name

    @property
    def channel_type(self) -> str:
        """The parameter type of the IR, or the artifact's ``schema_title@schema_version``."""
        return self._ref.type

    @property
    def task(self) -> Any:
        """The task whose output it is; None for an input of the pipeline."""
        return self._ref.producer

    @property
    def task_name(self) -> str | None:
        """The name of that task."""
        return self._ref.producer.name if self._ref.producer is not None else None

    @property
    def is_artifact_list(self) -> bool:
        """Whether it stands for a list of artifacts."""
        return self._ref.is_list

    @property
    def full_name(self) -> str:
        """The name with the task's: ``train-model``."""
        return self._ref.full_name

    @property
    def pattern(self) -> str:
        """The text that stands for it inside of strings."""
        return str(self)

    def __str__(self) -> str:
        from kfbridge.dsl.pipeline_context import Pipeline

        ref = self._ref
        text = f"{{{{channel:task={ref.producer.name if ref.producer else ''};name={ref.name};type={ref.type};}}}}"
        pipeline = Pipeline.get_default_pipeline()
        if pipeline is not None:
            pipeline.patterns[text] = ref
        return text

    __repr__ = __str__

    def __hash__(self) -> int:
        return id(self._ref)

    def __iter__(self) -> NoReturn:
        raise CompileError(
            f"The channel {self._ref.full_name!r} cannot be iterated over: it has no value before the pipeline runs.",
            where=here(),
            remedy="Loop over it with dsl.ParallelFor.",
        )

    def __eq__(self, other: object) -> ConditionOperation:  # type: ignore[override]
        return _compare("==", self, other)

    def __ne__(self, other: object) -> ConditionOperation:  # type: ignore[override]
        return _compare("!=", self, other)

    def __lt__(self, other: object) -> ConditionOperation:
        return _compare("<", self, other)

    def __le__(self, other: object) -> ConditionOperation:
        return _compare("<=", self, other)

    def __gt__(self, other: object) -> ConditionOperation:
        return _compare(">", self, other)

    def __ge__(self, other: object) -> ConditionOperation:
        return _compare(">=", self, other)


class PipelineParameterChannel(PipelineChannel):
    """A channel for a value."""

    __slots__ = ()


class PipelineArtifactChannel(PipelineChannel):
    """A channel for an artifact, or for a list of artifacts."""

    __slots__ = ()


def channel_of(ref: Reference) -> PipelineChannel:
    """The channel for a reference."""
    return PipelineArtifactChannel(ref) if ref.is_artifact else PipelineParameterChannel(ref)


def reference_of(channel: PipelineChannel) -> Reference:
    """The reference behind a channel, also where its public attributes mean something else (loop items)."""
    ref: Reference = object.__getattribute__(channel, "_ref")
    return ref


def split_text(text: str) -> list[str | Reference]:
    """A string cut at the channels in it: text and references in turn, empty texts left out.

    Raises:
        CompileError: The string holds a channel of another pipeline, or one that cannot be in a string.
    """
    if "{{channel:" not in text:
        return [text] if text else []
    from kfbridge.dsl.pipeline_context import Pipeline

    pipeline = Pipeline.get_default_pipeline()
    known = pipeline.patterns if pipeline is not None else {}
    pieces: list[str | Reference] = []
    end = 0
    for match in _PATTERN.finditer(text):
        ref = known.get(match.group())
        if ref is None:
            continue
        if text[end : match.start()]:
            pieces.append(text[end : match.start()])
        pieces.append(_in_text(ref))
        end = match.end()
    if text[end:]:
        pieces.append(text[end:])
    return pieces


def find_references(value: Any) -> list[Reference]:
    """Every reference in a value: a channel, or channels anywhere inside of text, lists and dictionaries."""
    if isinstance(value, PipelineChannel):
        return [reference_of(value)]
    if isinstance(value, str):
        return [piece for piece in split_text(value) if isinstance(piece, Reference)] if "{{ch" in value else []
    if isinstance(value, (list, tuple)):
        return [ref for item in value for ref in find_references(item)]
    if isinstance(value, dict):
        return [ref for pair in value.items() for item in pair for ref in find_references(item)]
    return []


def __getattr__(name: str) -> Any:
    """KFP has ``OneOf`` and its kin in this module."""
    if not name.startswith("OneOf"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from kfbridge.dsl import one_of

    return getattr(one_of, name)


def _in_text(ref: Reference) -> Reference:
    if isinstance(ref, Choice) or ref.is_artifact:
        kind = "a dsl.OneOf" if isinstance(ref, Choice) else f"an artifact ({ref.type.split('@')[0]})"
        raise CompileError(
            f"{ref.full_name!r} is {kind} and cannot be part of a text or a constant.",
            where=here(),
            remedy="Pass it to a task as an argument of its own.",
        )
    return ref


def _compare(operator: str, left: PipelineChannel, right: object) -> ConditionOperation:
    if isinstance(right, str) and find_references(right):
        raise CompileError(
            f"A condition compares {reference_of(left).full_name!r} with text that has a channel in it.",
            where=here(),
            remedy="Make the text in a task, and compare with that task's output.",
        )
    other = reference_of(right) if isinstance(right, PipelineChannel) else right
    return ConditionOperation(operator, reference_of(left), other)
