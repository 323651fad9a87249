"""Whether an argument fits an input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from kfbridge.dsl.reference import LoopItem, LoopKey, Reference
from kfbridge.dsl.structures import INJECTED_TYPES, InputSpec, OutputSpec
from kfbridge.dsl.types.hints import type_of_constant

_enabled: ContextVar[bool] = ContextVar("kfbridge_type_check", default=True)
_ANY_ARTIFACT = "system.Artifact"
# What a constant of one type may be given to besides inputs of that type; a JSON number has no other form.
_WIDENED = {("NUMBER_INTEGER", "NUMBER_DOUBLE")}


@contextmanager
def type_check(enable: bool) -> Iterator[None]:
    """Switch the checks of arguments on or off for the pipelines that are traced inside."""
    token = _enabled.set(enable)
    try:
        yield
    finally:
        _enabled.reset(token)


def fits(given: Reference, expected: InputSpec | OutputSpec) -> bool:
    """Whether a reference may be passed to an input, or returned as an output."""
    if not _enabled.get() or (isinstance(given, (LoopItem, LoopKey)) and not given.hint and not given.is_artifact):
        return True
    if given.is_artifact != expected.is_artifact:
        return False
    if not given.is_artifact:
        return _plain(given.type) == _plain(expected.type)
    if given.is_list != expected.is_artifact_list:
        return False
    return _same_schema(given.type, expected.type)


def constant_fits(value: object, expected: InputSpec) -> bool:
    """Whether a constant may be passed to an input."""
    if expected.is_artifact:
        return False
    given = type_of_constant(value)[0]
    return not _enabled.get() or given == expected.type or (given, expected.type) in _WIDENED


def describe(spec: Reference | InputSpec | OutputSpec) -> str:
    """A type as people read it: ``STRING``, ``system.Dataset``, ``a list of system.Dataset``."""
    is_list = spec.is_list if isinstance(spec, Reference) else spec.is_artifact_list
    return f"a list of {spec.type.split('@')[0]}" if is_list else spec.type.split("@")[0]


def describe_constant(value: object) -> str:
    """The type of a constant as people read it."""
    return type_of_constant(value)[0] or type(value).__name__


def _plain(type: str) -> str:
    """What a backend fills in is a structure to whoever takes it on."""
    return "STRUCT" if type in INJECTED_TYPES else type


def _same_schema(given: str, expected: str) -> bool:
    """Titles and major versions agree, or one of them is the artifact that stands for any."""
    given_title, _, given_version = given.partition("@")
    expected_title, _, expected_version = expected.partition("@")
    if _ANY_ARTIFACT in (given_title, expected_title):
        return True
    return given_title == expected_title and given_version.split(".")[0] == expected_version.split(".")[0]
