"""The item of a loop as the user's code sees it, and the fan-in of a loop's outputs."""

from __future__ import annotations

from typing import Any

from kfbridge.dsl.constants import plain_constant
from kfbridge.dsl.location import here
from kfbridge.dsl.pipeline_channel import PipelineArtifactChannel, PipelineChannel, PipelineParameterChannel
from kfbridge.dsl.reference import Choice, FanIn, LoopItem, LoopKey, Reference, loop_item, loop_key
from kfbridge.dsl.types.hints import UNKNOWN, element_type, type_of_constant, value_type
from kfbridge.errors import CompileError


class LoopArgumentVariable(PipelineParameterChannel):
    """One key of a loop's item: ``item.key``."""

    __slots__ = ()


class LoopParameterArgument(PipelineParameterChannel):
    """The item of a loop over values.

    Every public attribute is a key of the item, so ``item.name`` is the item's ``name``, whatever channels
    have by that name; ``item["key"]`` is the same.
    """

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_"):
            return object.__getattribute__(self, name)
        return self[name]

    def __getitem__(self, key: str) -> LoopArgumentVariable:
        item = self._ref
        assert isinstance(item, LoopItem)
        if not isinstance(key, str) or not (key.isidentifier() and key.isascii()):
            raise CompileError(
                f"{key!r} is not a key that a loop's item can be asked for.",
                where=here(),
                remedy="Use keys that are Python names.",
            )
        return LoopArgumentVariable(loop_key(item, key, *_key_type(item, key)))


class LoopArtifactArgument(PipelineArtifactChannel):
    """The item of a loop over artifacts."""

    __slots__ = ()


class Collected(PipelineChannel):
    """The outputs of all iterations of a loop, as one list, for use after the loop.

    Args:
        output: An output of a task inside of a `ParallelFor`.
    """

    __slots__ = ()

    def __init__(self, output: PipelineChannel) -> None:
        inner = output._ref
        if isinstance(inner, Choice):
            raise CompileError(
                "dsl.OneOf cannot be used inside of dsl.Collected.",
                where=here(),
                remedy="Collect the outputs of the branches one by one.",
            )
        kind = (inner.type, True) if inner.is_artifact else ("LIST", False)
        super().__init__(FanIn(inner.name, kind[0], inner.producer, kind[1], f"List[{inner.hint}]", inner))


def make_loop_item(items: Any, number: int) -> LoopItem:
    """The reference to a loop's item.

    Args:
        items: A list or tuple of constants, or a channel.
        number: The number that names the item of a constant list.

    Raises:
        CompileError: Nothing to loop over.
    """
    if isinstance(items, PipelineChannel):
        return _item_of_channel(items._ref)
    if not isinstance(items, (list, tuple)):
        raise CompileError(
            f"dsl.ParallelFor cannot loop over a {type(items).__name__}.",
            where=here(),
            remedy="Give it a list, a parameter that is a list, or an output that is a list.",
        )
    if not items:
        raise CompileError(
            "dsl.ParallelFor got an empty list: the loop would never run.",
            where=here(),
            remedy="Give it at least one item, or a list that is computed by a task.",
        )
    constant = plain_constant(list(items), "the items of dsl.ParallelFor")
    return loop_item(constant, f"loop-item-param-{number}", *type_of_constant(constant[0]))


def channel_of_item(item: LoopItem) -> PipelineChannel:
    """What ``with dsl.ParallelFor(...) as item`` binds."""
    return LoopArtifactArgument(item) if item.is_artifact else LoopParameterArgument(item)


def _item_of_channel(ref: Reference) -> LoopItem:
    unknown = not ref.hint and isinstance(ref, (LoopKey, LoopItem))
    if not (ref.is_list if ref.is_artifact else ref.type == "LIST" or isinstance(ref, LoopKey) or unknown):
        kind = "a single artifact" if ref.is_artifact else f"a single parameter of type {ref.type}"
        raise CompileError(
            f"dsl.ParallelFor cannot loop over {ref.full_name!r}, {kind}.",
            where=here(),
            remedy="Loop over a list of parameters or a list of artifacts.",
        )
    if isinstance(ref, FanIn):
        raise CompileError(
            f"dsl.ParallelFor cannot loop over a dsl.Collected, here of {ref.full_name!r}.",
            where=here(),
            remedy="Pass the collected list through a task that returns it, and loop over that task's output.",
        )
    if ref.is_artifact:
        return loop_item(ref, "", ref.type, "")
    return loop_item(ref, "", *element_type(ref.hint))


def _key_type(item: LoopItem, key: str) -> tuple[str, str]:
    if isinstance(item.items, list):
        for constant in item.items:
            if isinstance(constant, dict) and key in constant:
                return type_of_constant(constant[key])
        raise CompileError(
            f"The items of this loop have no key {key!r}.",
            where=here(),
            remedy="Use a key that the items have: "
            + (", ".join(map(str, _keys(item.items))) or "they have none")
            + ".",
        )
    return value_type(item.hint) if item.hint else UNKNOWN


def _keys(items: list[Any]) -> list[Any]:
    return sorted({key for item in items if isinstance(item, dict) for key in item}, key=str)
