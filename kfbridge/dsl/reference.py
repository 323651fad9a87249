"""What a channel refers to: the plain values behind the objects that users pass around.

A channel (`kfbridge.dsl.pipeline_channel`) is what the user's code sees, with operators and attributes. Its
`Reference` is what the compiler works with: an immutable value, compared by identity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kfbridge.dsl.names import CHANNEL_PREFIX
from kfbridge.dsl.structures import PARAMETER_TYPES

if TYPE_CHECKING:
    from kfbridge.dsl.pipeline_task import PipelineTask
    from kfbridge.dsl.tasks_group import ConditionBranches, TasksGroup


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """An output of a task, or an input of the pipeline.

    Attributes:
        name: The output's or input's name.
        type: A parameter type of the IR, or an artifact's ``schema_title@schema_version``.
        producer: The task (or group) it comes out of; None for an input of the pipeline.
        is_list: Whether it stands for a list of artifacts.
        hint: The annotation's text where it says more than `type`: ``List[Dict[str, int]]``.
    """

    name: str
    type: str
    producer: PipelineTask | TasksGroup | None = None
    is_list: bool = False
    hint: str = ""

    @property
    def is_artifact(self) -> bool:
        """Whether artifacts go through here, not values."""
        return self.type not in PARAMETER_TYPES

    @property
    def full_name(self) -> str:
        """The name with its producer's: ``train-model``."""
        return self.name if self.producer is None else f"{self.producer.name}-{self.name}"

    @property
    def input_name(self) -> str:
        """The name of the input by which a component takes it in, where the user gave none."""
        return CHANNEL_PREFIX + self.full_name

    def chain(self) -> list[Reference]:
        """This reference and those it is a part of, narrowest first: key, item, list."""
        return [self]


@dataclass(frozen=True, slots=True, eq=False)
class LoopItem(Reference):
    """The item of a loop.

    Attributes:
        items: The list it is taken from: a constant, or a reference.
    """

    items: Reference | list[Any] | None = None

    def chain(self) -> list[Reference]:
        """The item, then what it is taken from, unless that is a constant."""
        return [self, *self.items.chain()] if isinstance(self.items, Reference) else [self]


@dataclass(frozen=True, slots=True, eq=False)
class LoopKey(Reference):
    """One key of a loop's item; `name` and `producer` follow from the item's.

    Attributes:
        item: The item.
        key: The key.
    """

    item: LoopItem | None = None
    key: str = ""

    def chain(self) -> list[Reference]:
        """The key, the item, then what that is taken from."""
        assert self.item is not None
        return [self, *self.item.chain()]

    @property
    def selector(self) -> str:
        """The expression that takes the key out of the item's JSON text."""
        return f'parseJson(string_value)["{self.key}"]'


@dataclass(frozen=True, slots=True, eq=False)
class FanIn(Reference):
    """The outputs of all iterations of a loop, as one list (``Collected``); `inner` is the output of one."""

    inner: Reference | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Choice(Reference):
    """The output of whichever branch ran (``OneOf``); its producer is the group of branches."""

    candidates: tuple[Reference, ...] = ()
    branches: ConditionBranches | None = None


def loop_item(items: Reference | list[Any], name: str, type: str, hint: str) -> LoopItem:
    """The item of a loop over `items`; `name` counts only where `items` is a constant."""
    if isinstance(items, Reference):
        return LoopItem(f"{items.name}-loop-item", type, items.producer, hint=hint, items=items)
    return LoopItem(name, type, hint=hint, items=items)


def loop_key(item: LoopItem, key: str, type: str, hint: str) -> LoopKey:
    """The value under `key` of a loop's item."""
    return LoopKey(f"{item.name}-subvar-{key}", type, item.producer, hint=hint, item=item, key=key)
