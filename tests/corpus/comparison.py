"""Compares how a run ended with what was expected of it."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.corpus.expectation import Expectation
from tests.corpus.running import Outcome

ABOUT_STEPS = frozenset({"state", "attempts", "prints"})
"""What can be said of a step beside its outputs."""

ARTIFACT = frozenset({"name", "type", "uri", "metadata"})
"""The keys of an artifact as an output."""


def differences(expected: Expectation, found: Outcome) -> list[str]:
    """Everything that is not as expected, a sentence each; none when the pipeline passes."""
    return [
        *_same("the run ends", expected.state, found.state),
        *_same("its outputs are", sorted(expected.outputs), sorted(found.outputs)),
        *(
            line
            for name, value in expected.outputs.items()
            if name in found.outputs
            for line in _value(f"output {name}", value, found.outputs[name])
        ),
        *_tasks(expected, found),
        *(line for path, said in expected.steps.items() for line in _step(path, said, found)),
        *(line for chain in expected.order for line in _order(chain, found)),
    ]


def _tasks(expected: Expectation, found: Outcome) -> Iterator[str]:
    ran = {path for path, task in found.tasks.items() if not task.group and task.state != "skipped"}
    skipped = {path for path, task in found.tasks.items() if task.state == "skipped"}
    yield from _same("the steps that ran are", sorted(expected.steps), sorted(ran))
    yield from _same("what was skipped is", sorted(expected.skipped), sorted(skipped))


def _step(path: str, said: Mapping[str, Any], found: Outcome) -> Iterator[str]:
    task = found.tasks.get(path)
    if task is None:
        return  # the sets of steps tell it
    yield from _same(f"{path} is", said.get("state", "succeeded"), task.state)
    if "attempts" in said:
        yield from _same(f"{path}: its attempts are", said["attempts"], task.attempts)
    lines = said.get("prints", [])
    yield from _printed(path, lines if isinstance(lines, list) else [lines], found.printed.get(path, []))
    for name, value in said.items():
        if name not in ABOUT_STEPS:
            yield from _value(f"{path}: {name}", value, task.outputs.get(name))


def _printed(path: str, expected: list[Any], found: list[str]) -> Iterator[str]:
    rest = iter(found)
    for line in expected:
        if not any(_fits(line, one) for one in rest):
            yield f"{path} does not print {line!r} where it should: {found}"


def _value(what: str, expected: Any, found: Any) -> Iterator[str]:
    if (
        isinstance(found, Mapping)
        and isinstance(expected, Mapping)
        and set(found) == {"name", "type", "uri", "metadata"}
    ):
        yield from _artifact(what, expected, found)
    elif not _fits(expected, found):
        yield f"{what} is {found!r}, expected {expected!r}"


def _artifact(what: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    for name in expected:
        if name in ARTIFACT:
            yield from _same(f"{what}: {name} is", expected[name], found[name])
    for name, agrees in (("text", str.__eq__), ("begins", str.startswith)):
        if name in expected:
            text = Path(unquote(urlsplit(found["uri"]).path)).read_text(encoding="utf-8")
            if not agrees(text, expected[name]):
                yield f"{what} holds {text[:1000]!r}, expected {expected[name]!r}"


def _order(chain: tuple[str, ...], found: Outcome) -> Iterator[str]:
    for before, after in itertools.pairwise(chain):
        ended, started = found.tasks[before].ended, found.tasks[after].started
        if ended is None or started is None or ended > started:
            yield f"{after} does not wait for {before}"


def _fits(expected: Any, found: Any) -> bool:
    if isinstance(expected, Mapping) and set(expected) == {"matches"}:
        return isinstance(found, str) and re.fullmatch(expected["matches"], found) is not None
    return _text(expected) == _text(found)


def _same(what: str, expected: Any, found: Any) -> Iterator[str]:
    if _text(expected) != _text(found):
        yield f"{what} {found!r}, expected {expected!r}"


def _text(value: Any) -> str:
    """A value so that 1, 1.0 and true are three."""
    return json.dumps(value, sort_keys=True)
