"""Runs a pipeline of the KFP corpus on this machine, without network."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kfbridge import api
from kfbridge.backends.base import RunStatus, TaskStatus
from kfbridge.errors import RefusedError
from tests.corpus.expectation import Expectation

OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
"""Makes pip find no package, wherever it looks usually."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its state (``refused`` where nothing was started), its tasks by path, and what they printed."""

    state: str
    error: str
    outputs: Mapping[str, Any]
    tasks: Mapping[str, TaskStatus]
    printed: Mapping[str, list[str]]

    def output(self, step: str, name: str = "Output") -> Any:
        """An output of a step, None where there is none."""
        task = self.tasks.get(step)
        return task.outputs.get(name) if task is not None else None


def run(pipeline: Path, expected: Expectation, folder: Path, *, cache: bool = False, offline: bool = True) -> Outcome:
    """Run a pipeline with what its expectation gives it; everything it leaves lies in `folder`.

    Without `cache` every step runs, and prints, also one that is the same as another of the same run. `offline` hides
    the package indexes, and the environments that earlier runs have made.
    """
    _provide(expected, folder)
    arguments = {name: _placed(value, folder) for name, value in expected.arguments.items()}
    settings = {
        "containers": "host",
        "artifact_root": str(folder / "runs"),
        "secrets": str(folder / "secrets"),
        "volumes": str(folder / "volumes"),
        "cache": cache,
    }
    away = {**OFFLINE, "KFBRIDGE_CACHE_DIR": str(folder / "cache")} if offline else {}
    if expected.stand_ins:
        away["PATH"] = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    with _environment({**away, **expected.environment}):
        try:
            started = api.run(pipeline, arguments, settings=settings)
        except RefusedError as error:
            return Outcome("refused", str(error), {}, {}, {})
        status = started.wait()
        printed: dict[str, list[str]] = {}
        if not expected.minutes:  # what prints for minutes prints gigabytes
            for path, line in started.logs():
                printed.setdefault(path, []).append(line)
    return _outcome(status, printed)


def _provide(expected: Expectation, folder: Path) -> None:
    """Put the files, stand-ins, secrets and volume claims there."""
    for name, text in expected.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name, script in expected.stand_ins.items():
        (folder / "bin").mkdir(exist_ok=True)
        (folder / "bin" / name).write_text(f"#!/bin/sh\nset -e\n{script}\n", encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)
    for secret, keys in expected.secrets.items():
        (folder / "secrets" / secret).mkdir(parents=True, exist_ok=True)
        for key, text in keys.items():
            (folder / "secrets" / secret / key).write_text(text, encoding="utf-8")
    for claim in expected.volumes:
        (folder / "volumes" / claim).mkdir(parents=True, exist_ok=True)


def _outcome(status: RunStatus, printed: Mapping[str, list[str]]) -> Outcome:
    tasks = {task.path: task for task in status.tasks}
    assert len(tasks) == len(status.tasks), "two tasks have the same path"
    return Outcome(status.state, status.error or "", status.outputs, tasks, printed)


def _placed(value: Any, folder: Path) -> Any:
    return value.replace("{folder}", str(folder)) if isinstance(value, str) else value


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
