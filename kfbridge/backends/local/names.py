"""What is known before a run about the names in a task's settings: constants, and inputs with a value already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kfbridge.backends.local.surroundings import name_of
from kfbridge.engine.placeholders import has_placeholder
from kfbridge.graph.model import MISSING, Component, Constant, DagInput, Task


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a task stands: the groups around it, outermost first, in the pipeline `root` with these arguments."""

    root: Component
    arguments: Mapping[str, Any]
    groups: tuple[Task, ...] = ()

    def within(self, group: Task) -> Scope:
        """The scope of the tasks in a group of this scope."""
        return replace(self, groups=(*self.groups, group))

    def name(self, entry: Mapping[str, Any], prefix: str) -> tuple[bool, str | None]:
        """Whether the name that a setting refers to is known yet, and the name; None: it is known not to be given."""
        reference = {**entry, **(entry.get(f"{prefix}NameParameter") or {})}
        if "taskOutputParameter" in reference:
            return False, None
        if "componentInputParameter" in reference:
            return self.input(str(reference["componentInputParameter"]))
        name = name_of(entry, prefix)
        return (False, None) if has_placeholder(name) else (True, name)

    def input(self, key: str) -> tuple[bool, str | None]:
        """The same for an input of the innermost group."""
        for group in reversed(self.groups):
            binding = group.parameters.get(key)
            if group.loop is not None and key == group.loop.item_input:
                return False, None
            if binding is None:
                return _default(group.component, key)
            if binding.selector is not None:
                return False, None
            if isinstance(binding.source, Constant):
                return _given(binding.source.value)
            if not isinstance(binding.source, DagInput):
                return False, None
            key = binding.source.key
        return _given(self.arguments[key]) if key in self.arguments else _default(self.root, key)


def _default(component: Component, key: str) -> tuple[bool, str | None]:
    port = component.inputs.parameters.get(key)
    return _given(port.default if port is not None else MISSING)


def _given(value: Any) -> tuple[bool, str | None]:
    if value is MISSING or value is None or value == "":
        return True, None
    return (False, None) if has_placeholder(value) else (True, str(value))
