"""Attempts of steps, made by hand, and a runner that carries them out."""

from __future__ import annotations

import itertools
import textwrap
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfbridge.backends.local.config import Config, Places
from kfbridge.backends.local.runner import LocalRunner
from kfbridge.engine.context import RunContext
from kfbridge.engine.events import Artifact, Event, TaskStarted
from kfbridge.engine.runner import TaskInvocation
from kfbridge.graph.model import ArtifactPort, Container, ParameterPort, ParameterType, Ports
from kfbridge.runs.paths import RunPaths
from kfbridge.spec.boot import write_boot

HEADER = "import kfp\nfrom kfp import dsl\nfrom kfp.dsl import *\nfrom typing import *\n\n"
_TYPES = {str: ParameterType.STRING, int: ParameterType.NUMBER_INTEGER, list: ParameterType.LIST}
_labels = itertools.count()


def function(source: str, name: str = "step", packages: tuple[str, ...] = ()) -> Container:
    """The container of a Python function."""
    command, args = write_boot(name, HEADER + textwrap.dedent(source), packages)
    return Container(f"exec-{next(_labels)}", "python:3.11", tuple(command), tuple(args))


def shell(script: str, *args: str, image: str = "alpine", **env: str) -> Container:
    """A container that runs a shell script; its arguments are ``$0``, ``$1``, ..."""
    command = ("sh", "-c", script)
    return Container(f"exec-{next(_labels)}", image, command, args, tuple(env.items()))


def invocation(
    container: Container,
    key: str = "step",
    attempt: int = 1,
    *,
    parameters: Mapping[str, Any] | None = None,
    artifacts: Mapping[str, list[Artifact]] | None = None,
    outputs: Mapping[str, type] | None = None,
    artifacts_out: tuple[str, ...] = (),
) -> TaskInvocation:
    given = dict(parameters or {})
    return TaskInvocation(
        run_id="run-1",
        pipeline="test",
        key=key,
        attempt=attempt,
        task=key.rpartition("/")[2],
        display_name=key,
        component="comp-step",
        container=container,
        parameters=given,
        artifacts=dict(artifacts or {}),
        inputs=Ports(
            {name: ParameterPort(_TYPES[type(value)]) for name, value in given.items()},
            {name: ArtifactPort() for name in artifacts or {}},
        ),
        outputs=Ports(
            {name: ParameterPort(_TYPES[kind]) for name, kind in (outputs or {}).items()},
            {name: ArtifactPort("system.Dataset") for name in artifacts_out},
        ),
    )


def local_runner(folder: Path, as_uri: bool = False, **settings: Any) -> LocalRunner:
    context = RunContext("run-1", "test", 0.0, {"pipeline_root": str(folder)})
    places = Places(*(folder.parent / name for name in ("secrets", "config_maps", "volumes")))
    return LocalRunner(RunPaths(folder), Config(**settings), context, places, as_uri)


def wait(runner: LocalRunner, count: int = 1, timeout: float = 30.0) -> list[Event]:
    """The next `count` ends of attempts."""
    ended: list[Event] = []
    until = time.monotonic() + timeout
    while len(ended) < count:
        assert time.monotonic() < until, f"only {ended} after {timeout} s"
        ended += [event for event in runner.events(0.5) if not isinstance(event, TaskStarted)]
    return ended
