"""Constants in a pipeline: what may be one, and text with channels in it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kfbridge.dsl.location import here
from kfbridge.dsl.pipeline_channel import PipelineChannel, split_text
from kfbridge.dsl.reference import Reference
from kfbridge.errors import CompileError
from kfbridge.runtime.annotations import is_model_class

SCALARS = (str, bool, int, float)


@dataclass(frozen=True, slots=True)
class Template:
    """Text with references in it: ``f"gs://{bucket.output}/data"``; `pieces` are the parts in turn."""

    pieces: tuple[str | Reference, ...]

    @property
    def references(self) -> list[Reference]:
        """The references, in the order in which they stand in the text."""
        return [piece for piece in self.pieces if isinstance(piece, Reference)]

    def render(self, placeholder: Callable[[Reference], str]) -> str:
        """The text, with what `placeholder` says for each reference."""
        return "".join(piece if isinstance(piece, str) else placeholder(piece) for piece in self.pieces)


def unwrapped(value: Any) -> Any:
    """A constant argument; a pydantic model as the dictionary that it travels as."""
    return value.model_dump(mode="json", by_alias=True) if is_model_class(type(value)) else value


def bind_text(value: object) -> str | Template:
    """A string, or a channel, as plain text or as a template."""
    if isinstance(value, PipelineChannel):
        return Template((value._ref,))
    text = str(value)
    if "{{channel:" not in text:
        return text
    pieces = split_text(text)
    return Template(tuple(pieces)) if any(isinstance(piece, Reference) for piece in pieces) else text


def plain_text(value: str, what: str) -> str:
    """Text in which no channel may stand.

    Args:
        value: The text.
        what: What it is, for the error: ``the cache key of 'train'``.

    Raises:
        CompileError: There is one.
    """
    bound = bind_text(value)
    if isinstance(bound, Template):
        raise CompileError(
            f"{what} must be constant text, but holds {bound.references[0].full_name!r}.",
            where=here(),
            remedy="Pass a string without channels; for a value of the run, use an argument of the component.",
        )
    return bound


def bind_constant(value: Any, what: str, references: list[Reference]) -> Any:
    """A constant argument in JSON form, with a `Template` for every string or channel that is not constant.

    Args:
        value: What the user passed.
        what: What it is, for the error: ``the argument 'x' of 'train'``.
        references: Gets what was found inside.

    Raises:
        CompileError: The value has no JSON form.
    """
    if isinstance(value, (str, PipelineChannel)):
        bound = bind_text(value) if type(value) is not str or "{{channel:" in value else value
        if isinstance(bound, Template):
            references.extend(bound.references)
        return bound
    if isinstance(value, (list, tuple)):
        return [bind_constant(item, what, references) for item in value]
    if isinstance(value, dict):
        return {_key(key, what, references): bind_constant(item, what, references) for key, item in value.items()}
    if is_model_class(type(value)):
        return bind_constant(unwrapped(value), what, references)
    if value is None or type(value) in SCALARS:
        if isinstance(value, float) and not math.isfinite(value):
            raise CompileError(
                f"{what} holds {value}, which has no place in JSON.", where=here(), remedy="Pass a finite number."
            )
        return value
    raise CompileError(
        f"{what} holds a value of the type {type(value).__name__}, which a pipeline cannot carry.",
        where=here(),
        remedy="Pass its .output, or one of its .outputs[...]."
        if hasattr(value, "outputs")
        else "Pass str, int, float, bool, list or dict, or the output of a task.",
    )


def plain_constant(value: Any, what: str) -> Any:
    """`bind_constant` where channels are not allowed."""
    references: list[Reference] = []
    bound = bind_constant(value, what, references)
    if references:
        raise CompileError(
            f"{what} must be constant, but hold {references[0].full_name!r}.",
            where=here(),
            remedy="Make the list in a task and pass that task's output.",
        )
    return bound


def render(value: Any, placeholder: Callable[[Reference], str]) -> Any:
    """A bound constant with every template written out."""
    if isinstance(value, Template):
        return value.render(placeholder)
    if isinstance(value, list):
        return [render(item, placeholder) for item in value]
    if isinstance(value, dict):
        return {
            key.render(placeholder) if isinstance(key, Template) else key: render(item, placeholder)
            for key, item in value.items()
        }
    return value


def _key(key: Any, what: str, references: list[Reference]) -> str | Template:
    if not isinstance(key, (str, PipelineChannel)):
        raise CompileError(
            f"{what} holds a dictionary with the key {key!r}, which is not text.",
            where=here(),
            remedy="Use keys that are strings.",
        )
    bound: str | Template = bind_constant(key, what, references)
    return bound
