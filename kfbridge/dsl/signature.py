"""A function's signature, with annotations that are written as text resolved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kfbridge.dsl.location import Location
from kfbridge.errors import CompileError
from kfbridge.runtime.annotations import parameter_type, strip_optional


class Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()
"""No annotation, or no default."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function.

    Attributes:
        annotation: Its annotation, ``Optional`` taken off; `MISSING` when there is none.
        default: Its default; `MISSING` when there is none.
    """

    annotation: Any
    default: Any = MISSING


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and gives.

    Attributes:
        parameters: By name.
        returned: The annotation of what it returns; `MISSING` when there is none.
    """

    parameters: Mapping[str, Parameter]
    returned: Any = MISSING

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of a returned named tuple with their annotations; empty for any other return."""
        import typing

        if not hasattr(self.returned, "_fields"):
            return {}
        hints = typing.get_type_hints(self.returned, include_extras=True)
        return {name: strip_optional(hints[name]) for name in self.returned._fields}


def read_signature(function: Callable[..., Any]) -> Signature:
    """The signature of a function.

    Raises:
        CompileError: An annotation is written as text, and names something that the function's file does not know.
    """
    import inspect

    signature = inspect.signature(function)
    resolved = _resolved(function)
    parameters = {}
    for name, parameter in signature.parameters.items():
        annotation = resolved.get(name, parameter.annotation)
        given = parameter.default is not inspect.Parameter.empty
        parameters[name] = Parameter(
            MISSING if annotation is inspect.Parameter.empty else strip_optional(annotation),
            parameter.default if given else MISSING,
        )
    returned = resolved.get("return", signature.return_annotation)
    return Signature(parameters, MISSING if returned is inspect.Signature.empty else strip_optional(returned))


def line_of(function: Callable[..., Any]) -> str | None:
    """Where a function is defined, for the ``where`` of an error."""
    code = getattr(function, "__code__", None)
    return str(Location(code.co_filename, code.co_firstlineno)) if code is not None else None


def _resolved(function: Callable[..., Any]) -> Mapping[str, Any]:
    """The annotations that are written as text, but for KFP's own names of types (``"Integer"``), which stay."""
    annotations = getattr(function, "__annotations__", {})
    written = {name: text for name, text in annotations.items() if isinstance(text, str) and not _is_type_name(text)}
    if not written:
        return {}
    import typing
    from types import SimpleNamespace

    try:
        return typing.get_type_hints(
            SimpleNamespace(__annotations__=written), function.__globals__, include_extras=True
        )
    except (NameError, AttributeError, TypeError, SyntaxError) as error:
        raise CompileError(
            f"The annotations of the function {function.__name__!r} cannot be read: {error}.",
            where=line_of(function),
            remedy="Import the names that the annotations use at the top of the file.",
        ) from error


def _is_type_name(text: str) -> bool:
    return text.isidentifier() and parameter_type(text) is not None
