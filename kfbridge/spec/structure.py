"""Plain data to models, with the models' complaints in people's words."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from kfbridge.errors import SpecError
from kfbridge.spec.model.message import Message
from kfbridge.spec.place import Path

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

AnyMessage = TypeVar("AnyMessage", bound=Message)

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "a boolean"),
    (int, "a number"),
    (float, "a number"),
    (str, "text"),
    (list, "a list"),
    (dict, "a mapping"),
)


def build(kind: type[AnyMessage], data: Any, place: Callable[[Path], str], prefix: Path = ()) -> AnyMessage:
    """The message in `data`.

    Args:
        kind: The class of the message.
        data: Plain data.
        place: Says where a path stands in the file.
        prefix: The path of `data` itself.

    Raises:
        SpecError: naming the first value of a wrong type.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        first = problems[0]
        path = (*prefix, *(part for part in first["loc"] if part != "[key]"))
        more = f" (and {len(problems) - 1} more like it)" if len(problems) > 1 else ""
        raise SpecError(
            f"{_reason(first)}{more}", where=place(path), remedy=_remedy(first) or "Correct the value."
        ) from None


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    if value is None:
        return "nothing (null)"
    return next((words for kind, words in _KINDS if isinstance(value, kind)), type(value).__name__)


def _reason(problem: ErrorDetails) -> str:
    if problem["type"] == "literal_error":
        return f"{problem['input']!r} is not one of the values allowed here"
    if problem["type"] == "value_error":
        return f"{problem['ctx']['error']}, not {problem['input']!r}"
    expected = _EXPECTED.get(problem["type"])
    if expected is None:
        return f"a value that does not fit: {problem['msg']}"
    return f"{expected} is expected here, not {kind_of(problem['input'])}{_shown(problem['input'])}"


def _remedy(problem: ErrorDetails) -> str | None:
    if problem["type"] != "literal_error":
        return None
    expected = str(problem["ctx"]["expected"])
    words = [word.strip(" '") for word in expected.replace(" or ", ",").split(",")]
    close = get_close_matches(str(problem["input"]).upper(), words, n=1)
    return f"Did you mean {close[0]}?" if close else f"Write one of {', '.join(words)}."


def _shown(value: Any) -> str:
    if isinstance(value, (str, int, float)):
        text = repr(value) if isinstance(value, str) else str(value).lower()
        return f" {text}" if len(text) <= 40 else f" {text[:40]}..."
    return ""
