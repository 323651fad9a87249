"""Whether a rewritten pipeline means the same: both are run in the engine alone, and what happened is compared.

What a step leaves depends on what the user calls it, so the same step leaves the same in both runs.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from kfbridge.engine.events import Artifact, Outputs
from kfbridge.engine.executor_input import executor_input
from kfbridge.engine.outputs import collect
from kfbridge.engine.runner import TaskInvocation
from kfbridge.graph.model import Graph, ParameterType
from kfbridge.graph.resolve import resolve
from kfbridge.graph.rewrites import Rewritten
from kfbridge.graph.rewrites.collect import SCRIPT
from kfbridge.spec.read import Document
from tests.engine.fake import World

Fails = Callable[[str, int], bool]
"""Whether the attempt of this number of the step of this key fails."""


@dataclass
class Happened:
    """A run, in the user's words: how each step ended, what those that ran were given, and what came out."""

    state: str
    steps: dict[str, str]
    given: dict[str, dict[str, Any]]
    attempts: dict[str, int]
    outputs: Outputs

    @property
    def ran(self) -> dict[str, str]:
        """The steps that were tried, or came to an end without; the others are as good as skipped.

        A step that fails before anything is started is one of the others: where a group's own input or condition
        cannot be evaluated the group fails, and without the group each of its steps does.
        """
        return {
            key: state
            for key, state in self.steps.items()
            if state != "skipped" and (state != "failed" or key in self.attempts)
        }


def never(key: str, attempt: int) -> bool:
    """Nothing fails."""
    return False


def left_by(key: str, invocation: TaskInvocation) -> Outputs:
    """What a step leaves: of each type one of a few values, as its key has it."""
    parameters, artifacts = invocation.outputs.parameters, invocation.outputs.artifacts
    return Outputs(
        {name: _VALUES[port.type](zlib.crc32(f"{key}.{name}".encode())) for name, port in parameters.items()},
        {
            name: [Artifact(name, port.schema_title, f"/{key}/{name}", {"made": key})]
            for name, port in artifacts.items()
        },
    )


_VALUES: Mapping[ParameterType, Callable[[int], Any]] = {
    ParameterType.STRING: lambda number: ("heads", "tails", "1")[number % 3],
    ParameterType.NUMBER_INTEGER: lambda number: number % 3,
    ParameterType.NUMBER_DOUBLE: lambda number: (number % 4) / 2,
    ParameterType.BOOLEAN: lambda number: bool(number % 2),
    ParameterType.LIST: lambda number: list(range(number % 4)),
    ParameterType.STRUCT: lambda number: {
        "a": number % 3,
        "b": str(number % 5),
        "A_a": number % 3,
        "B_b": [number % 2],
    },
}


def happens(document: Document, arguments: Mapping[str, Any], fails: Fails = never) -> Happened:
    """What happens when a pipeline is run."""
    return _happens(resolve(document), arguments, fails, lambda key: key)


def happens_rewritten(done: Rewritten, arguments: Mapping[str, Any], fails: Fails = never) -> Happened:
    """What happens when a rewritten pipeline is run, in the user's words."""
    return _happens(resolve(done.document), arguments, fails, done.origin_key)


def _happens(graph: Graph, arguments: Mapping[str, Any], fails: Fails, named: Callable[[str], str | None]) -> Happened:
    def outcome(invocation: TaskInvocation) -> Outputs | str:
        key = named(invocation.key)
        if key is None:
            return made_up(invocation)
        return "it broke" if fails(key, invocation.attempt) else left_by(key, invocation)

    world = World(graph, outcome).run(**arguments)
    views = [(named(view.key), view) for view in world.scheduler.tasks() if view.kind == "leaf"]
    steps = [(key, view) for key, view in views if key is not None]
    assert len({key for key, _ in steps}) == len(steps), "two steps stand for the same"
    given = {key: _given(world.invocations[view.key]) for key, view in steps if view.key in world.invocations}
    assert world.ended is not None
    return Happened(
        world.ended,
        {key: view.state for key, view in steps},
        given,
        {key: view.attempts for key, view in steps if view.attempts},
        world.scheduler.outputs(),
    )


def _given(invocation: TaskInvocation) -> dict[str, Any]:
    """What a step is given; but for the message in a final status, which has the path of the task that failed."""
    values = {name: _without_message(value) for name, value in invocation.parameters.items()}
    return {**values, **{name: list(found) for name, found in invocation.artifacts.items()}}


def _without_message(value: Any) -> Any:
    if isinstance(value, dict) and "pipelineTaskName" in value and "error" in value:
        return {**value, "error": {**value["error"], "message": ""}}
    return value


def made_up(invocation: TaskInvocation) -> Outputs:
    """What a step leaves that no user wrote: those that collect are run for real."""
    assert invocation.container.command[2] == SCRIPT, f"{invocation.key} is not known"
    with TemporaryDirectory() as folder:
        layout = Folder(Path(folder))
        given = executor_input(invocation, layout)
        argv = ["-c", json.dumps(given), *invocation.container.args[1:]]
        with patch.object(sys, "argv", argv):
            exec(SCRIPT, {})
        text = Path(layout.executor_output).read_text()
    return collect(invocation, given, lambda: text, lambda name: None)


@dataclass(frozen=True)
class Folder:
    """Where a step that is run for real writes."""

    path: Path

    @property
    def executor_output(self) -> str:
        return str(self.path / "output" / "executor_output.json")

    def artifact_uri(self, name: str) -> str:
        return str(self.path / name)

    def parameter_file(self, name: str) -> str:
        return str(self.path / "parameters" / name)


def differences(before: Happened, after: Happened) -> list[str]:
    """In what two runs differ."""
    found = []
    if before.state != after.state:
        found.append(f"the run is {after.state}, not {before.state}")
    for key in sorted(before.ran.keys() | after.ran.keys()):
        states = before.ran.get(key, "skipped"), after.ran.get(key, "skipped")
        if states[0] != states[1]:
            found.append(f"{key} is {states[1]}, not {states[0]}")
    for key, given in before.given.items():
        extra = after.given.get(key, {})
        wrong = {name for name in given if name not in extra or extra[name] != given[name]}
        found += [f"{key} is given {extra.get(name)!r} for {name}, not {given[name]!r}" for name in sorted(wrong)]
        if before.attempts.get(key) != after.attempts.get(key):
            found.append(f"{key} is tried {after.attempts.get(key)} times, not {before.attempts.get(key)}")
    if before.state == "succeeded" and before.outputs != after.outputs:
        found.append(f"the outputs are {after.outputs}, not {before.outputs}")
    return found
