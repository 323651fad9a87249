"""Settings of a task that its component hands on to work that it starts elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class TaskConfigField(str, Enum):
    """A kind of setting; the values are those of the IR."""

    RESOURCES = "RESOURCES"
    ENV = "ENV"
    KUBERNETES_AFFINITY = "KUBERNETES_AFFINITY"
    KUBERNETES_TOLERATIONS = "KUBERNETES_TOLERATIONS"
    KUBERNETES_NODE_SELECTOR = "KUBERNETES_NODE_SELECTOR"
    KUBERNETES_VOLUMES = "KUBERNETES_VOLUMES"


@dataclass
class TaskConfigPassthrough:
    """One kind of setting that goes to the function as part of its `TaskConfig`.

    Attributes:
        field: The kind.
        apply_to_task: Whether it holds for the step itself, too.
    """

    field: TaskConfigField
    apply_to_task: bool = False

    @classmethod
    def of(cls, value: TaskConfigPassthrough | TaskConfigField) -> TaskConfigPassthrough:
        """The value itself, or a field with the defaults."""
        return value if isinstance(value, TaskConfigPassthrough) else cls(value)

    def to_json(self) -> dict[str, Any]:
        """Its form in the IR."""
        body: dict[str, Any] = {"field": self.field.value}
        if self.apply_to_task:
            body["applyToTask"] = True
        return body
