"""The conformance cases, by topic: one module for each part of the language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType, ModuleType

from kfbridge.testing.case import Case
from kfbridge.testing.cases import (
    artifacts,
    branches,
    caching,
    collecting,
    conditions,
    containers,
    exits,
    failures,
    inputs,
    loops,
    nesting,
    order,
    placeholders,
    retries,
    values,
    workspaces,
)

TOPICS = (
    values,
    inputs,
    order,
    conditions,
    branches,
    loops,
    collecting,
    nesting,
    artifacts,
    placeholders,
    failures,
    retries,
    exits,
    caching,
    workspaces,
    containers,
)


def _cases(topics: tuple[ModuleType, ...]) -> Iterator[Case]:
    for topic in topics:
        yield from (value for value in vars(topic).values() if isinstance(value, Case))


CASES: Mapping[str, Case] = MappingProxyType({case.name: case for case in _cases(TOPICS)})
"""Every case by its name, in the order of the topics."""
