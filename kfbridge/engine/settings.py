"""What a platform's settings say for one task instance: references to inputs and outputs become values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfbridge.engine.binding import input_names
from kfbridge.engine.context import RunContext
from kfbridge.engine.instance import Inputs, Instance, Scope
from kfbridge.engine.placeholders import resolve_value

_SOURCES: Mapping[str, type] = {"runtimeValue": Mapping, "taskOutputParameter": Mapping, "componentInputParameter": str}
"""Any of these, in this form, makes an object an ``InputParameterSpec``; what else is in it is deprecated or stays."""


def resolve_settings(settings: Any, instance: Instance, inputs: Inputs, context: RunContext) -> Any:
    """The settings with every reference to a value replaced: ``{"runtimeValue": {"constant": VALUE}}``.

    A reference to a value that was not given, or not made, is left out, as is an object that consists of nothing else.

    Raises:
        RunError: A placeholder names nothing.
    """
    return _Resolver(instance, inputs, context).resolve(settings)


class _Resolver:
    def __init__(self, instance: Instance, inputs: Inputs, context: RunContext) -> None:
        self.instance = instance
        self.inputs = inputs
        self.context = context

    def resolve(self, settings: Any) -> Any:
        if isinstance(settings, list):
            return [self.resolve(item) for item in settings]
        if not isinstance(settings, Mapping):
            return settings
        if any(isinstance(settings.get(key), form) for key, form in _SOURCES.items()):
            return self.referring(settings)
        return {key: found for key, value in settings.items() if (found := self.resolve(value)) is not None}

    def referring(self, settings: Mapping[str, Any]) -> Any:
        value = self.value(settings)
        rest = {key: self.resolve(part) for key, part in settings.items() if key not in _SOURCES}
        if value is None:
            return rest or None
        return {**rest, "runtimeValue": {"constant": value}}

    def value(self, reference: Mapping[str, Any]) -> Any:
        given, made, name = (reference.get(key) for key in _SOURCES)
        if isinstance(given, Mapping):
            names = input_names(self.instance, self.inputs.parameters, self.context)
            return resolve_value(given.get("constant"), names)
        scope = self.scope()
        if isinstance(made, Mapping):
            producer = scope.children.get(str(made.get("producerTask"))) if scope is not None else None
            key = str(made.get("outputParameterKey"))
            return None if producer is None else producer.outputs.parameters.get(key)
        around = scope.inputs.parameters if scope is not None else {}
        return around.get(str(name), self.inputs.parameters.get(str(name)))

    def scope(self) -> Scope | None:
        """The dag that the task is in."""
        owner = self.instance.parent
        while owner is not None and not isinstance(owner.inner, Scope):
            owner = owner.parent
        return owner.inner if owner is not None and isinstance(owner.inner, Scope) else None
