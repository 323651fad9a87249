"""What the arguments of this package's functions must be."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NoReturn

from kfbridge.dsl.constants import Template, bind_constant, bind_text
from kfbridge.dsl.location import here
from kfbridge.dsl.pipeline_channel import PipelineChannel, reference_of
from kfbridge.dsl.reference import Reference
from kfbridge.dsl.structures import PARAMETER_TYPES
from kfbridge.errors import CompileError

Source = PipelineChannel | dict[str, Any]
"""Where a value comes from: a channel, or a constant in the form of the IR's ``InputParameterSpec``."""

_QUANTITY = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?")
_JSON_CHANNELS: dict[type, str] = {dict: "STRUCT", list: "LIST"}
_LATE = "a value that exists only in the run"
_WHOLE = "Make the whole of it in a task, and pass the task's output."


class Arguments:
    """The arguments of one call of a function; every method gives a checked one, or raises a `CompileError`.

    Args:
        function: The function's name, for errors.
    """

    def __init__(self, function: str) -> None:
        self._function = function

    # Constants ----------------------------------------------------------------------------------

    def text(self, name: str, value: object, empty: bool = False) -> str:
        """Constant text; only with `empty` may it be empty."""
        if isinstance(value, PipelineChannel) or _holds_channel(value):
            self.refuse(name, _LATE, "Write a constant; only names and JSON forms may come from the run.")
        if not isinstance(value, str) or not (value or empty):
            self.refuse(name, repr(value), "Pass text." if empty else "Pass text that is not empty.")
        return value

    def choice(self, name: str, value: object, choices: Collection[str]) -> str:
        """One of a few words."""
        if value not in choices:
            self.refuse(name, repr(value), f"Pass one of {', '.join(map(repr, choices))}.")
        return str(value)

    def quantity(self, name: str, value: object) -> str:
        """A Kubernetes quantity: ``5Gi``, ``500m``."""
        text = self.text(name, value)
        if not _QUANTITY.fullmatch(text):
            self.refuse(name, repr(text), "Write a Kubernetes quantity: '5Gi', '500Mi', '0.5'.")
        return text

    def whole(self, name: str, value: object, least: int = 0, most: int = 2**63 - 1) -> int:
        """A whole number within bounds."""
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            bounds = f"from {least} to {most}" if most < 2**31 else f"from {least} on"
            self.refuse(name, repr(value), f"Pass a whole number {bounds}.")
        return value

    def flag(self, name: str, value: object) -> bool:
        """True or False."""
        if not isinstance(value, bool):
            self.refuse(name, repr(value), "Pass True or False.")
        return value

    def texts(self, name: str, value: object) -> list[str]:
        """A list of texts."""
        return [self.text(name, item) for item in self.items(name, value)]

    def text_map(self, name: str, value: object, empty: bool = False) -> dict[str, str]:
        """A dictionary from text to text; with `empty`, the values may be empty."""
        if not isinstance(value, Mapping):
            self.refuse(name, repr(value), "Pass a dictionary of texts.")
        return {self.text(name, key): self.text(name, item, empty) for key, item in value.items()}

    def items(self, name: str, value: object) -> Iterable[Any]:
        """What is in a list; a text is none, although Python can iterate over it."""
        if not isinstance(value, (list, tuple)):
            self.refuse(name, repr(value), "Pass a list.")
        return value

    # From the run -------------------------------------------------------------------------------

    def name(self, name: str, value: object) -> str | PipelineChannel:
        """The name of a thing in the cluster: text, or a channel for text."""
        if isinstance(value, PipelineChannel):
            return self._channel(name, value, ["STRING"])
        if _holds_channel(value):
            self.refuse(name, f"text with {_LATE}", _WHOLE)
        return self.text(name, value)

    def json(self, name: str, value: object, *kinds: type) -> Source:
        """A setting in JSON form: a dictionary (or list), or a channel for one.

        A channel for text is taken, too; it must hold JSON when the pipeline runs.
        """
        if isinstance(value, PipelineChannel):
            return self._channel(name, value, [*(_JSON_CHANNELS[kind] for kind in kinds), "STRING"])
        if not isinstance(value, kinds):
            words = " or ".join(f"a {kind.__name__}" for kind in kinds)
            self.refuse(name, repr(value), f"Pass {words}, or a channel for one.")
        references: list[Reference] = []
        bound = bind_constant(value, f"The {name} of kubernetes.{self._function}", references)
        if references:
            self.refuse(name, f"a {type(value).__name__} with {_LATE}", _WHOLE)
        return constant(bound)

    def _channel(self, name: str, value: PipelineChannel, types: list[str]) -> PipelineChannel:
        reference = reference_of(value)
        if reference.type not in PARAMETER_TYPES:
            kind = reference.type.partition("@")[0]
            self.refuse(name, f"the artifact {reference.full_name!r} ({kind})", "Pass a parameter, or text.")
        if reference.type not in types:
            what = f"{reference.full_name!r}, a parameter of type {reference.type},"
            self.refuse(name, what, f"Pass a parameter of type {' or '.join(types)}.")
        return value

    # --------------------------------------------------------------------------------------------

    def refuse(self, name: str, got: str, remedy: str) -> NoReturn:
        """Say that an argument is wrong."""
        raise CompileError(f"kubernetes.{self._function} got {got} as its {name}.", where=here(), remedy=remedy)


def _holds_channel(value: object) -> bool:
    return isinstance(value, str) and isinstance(bind_text(value), Template)


def constant(value: Any) -> dict[str, Any]:
    """A constant as a source of a value."""
    return {"runtimeValue": {"constant": value}}


def named(field: str, name: str | PipelineChannel) -> dict[str, Any]:
    """The fields for a name: ``secretNameParameter``, and for a constant the older ``secretName``, as KFP has both."""
    if isinstance(name, str):
        return {field: name, f"{field}Parameter": constant(name)}
    return {f"{field}Parameter": name}
