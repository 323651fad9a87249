"""The record of a task: one JSON document for each task instance, written when it ends."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kfbridge.engine.events import Outputs, outputs_from_json
from kfbridge.errors import RunError
from kfbridge.runs.document import SCHEMA, document_text, from_document, read_document
from kfbridge.runs.paths import RECORDS, RunPaths, record_name


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One attempt of a step. Times are seconds since the epoch.

    Args:
        attempt: Its number, from 1.
        state: ``running``, ``succeeded``, ``failed``, ``skipped`` when its own condition was false, or ``lost`` when
            its end was never seen.
        started: When it began.
        ended: When it ended.
        error: Why it failed or was lost.
        code: The exit code, when there is one.
        native_id: The platform's name for it: a process id, the name of a Job.
        log: Where its log is: a path in the run's folder, or a URI.
    """

    attempt: int
    state: str
    started: float | None = None
    ended: float | None = None
    error: str | None = None
    code: int | None = None
    native_id: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """One task instance: a step, or a group of them. Times are seconds since the epoch.

    Args:
        run_id: The run that it belongs to.
        path: Its place in the run, iterations in brackets: ``for-loop-1[3]/train``.
        name: The task's name in its dag.
        display_name: What people call it.
        kind: ``leaf``, ``dag``, ``loop``, or ``iteration`` (of a loop over a dag).
        state: ``pending running succeeded failed skipped cancelled``.
        order: Sorted by it, the tasks of a run come in the dag's order and item order, groups before what is in them.
        component: The component's name.
        image: The container's image as written; empty for what is no container.
        started: When the last attempt began.
        ended: When it reached its state.
        cached: Whether its outputs are an earlier run's.
        inputs: ``{"parameters": {name: value}, "artifacts": {name: [artifact, ...]}}``, what is empty left out. An
            artifact has ``name``, ``schema_title``, ``uri``, ``metadata``, ``schema_version`` and ``custom_path``.
        outputs: The same, of what it left.
        error: Why it failed, was skipped or was cancelled.
        native_id: The platform's name for the last attempt.
        machine: Where it ran: a host, or a machine type.
        attempts: Every attempt of a step.
        tries: The number of the last attempt.
        kfbridge: The version of kfbridge that wrote this.
        schema: The form of the document.
    """

    run_id: str
    path: str
    name: str
    display_name: str
    kind: str
    state: str
    order: tuple[int, ...] = ()
    component: str = ""
    image: str = ""
    started: float | None = None
    ended: float | None = None
    cached: bool = False
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    native_id: str = ""
    machine: str = ""
    attempts: tuple[AttemptRecord, ...] = ()
    tries: int = 0
    kfbridge: str = ""
    schema: int = SCHEMA

    @property
    def is_group(self) -> bool:
        """Whether other tasks are inside."""
        return self.kind != "leaf"

    @property
    def left(self) -> Outputs:
        """The outputs, as the engine has them.

        Raises:
            ValueError: They are of a form that this version does not know.
        """
        return outputs_from_json(self.outputs)


_FIELDS = tuple(TaskRecord.__dataclass_fields__)
_ATTEMPT_FIELDS = tuple(AttemptRecord.__dataclass_fields__)


def task_document(record: TaskRecord) -> dict[str, Any]:
    """The record as plain JSON data; its values are the record's own, not copies."""
    data = {name: getattr(record, name) for name in _FIELDS}
    data["attempts"] = [{name: getattr(one, name) for name in _ATTEMPT_FIELDS} for one in record.attempts]
    return data


def parse_task(text: str | bytes) -> TaskRecord:
    """The record in a document; fields that a newer kfbridge wrote are ignored.

    Raises:
        ValueError: It is broken, or of a form that this version does not know.
        TypeError: A field that every record has is missing.
    """
    document = read_document(text)
    attempts = tuple(from_document(AttemptRecord, _object(one)) for one in document.get("attempts", ()))
    return from_document(TaskRecord, {**document, "attempts": attempts, "order": tuple(document.get("order", ()))})


def write_task(paths: RunPaths, record: TaskRecord) -> None:
    """Write or replace the document of a task, whole or not at all.

    Raises:
        RunError: The folder cannot be written.
    """
    folder, name = f"{paths.folder}/{RECORDS}", record_name(record.path)
    text = document_text(task_document(record)).encode("utf-8", "backslashreplace")
    try:
        _write(folder, f".{name}", text)
        os.replace(f"{folder}/.{name}", f"{folder}/{name}")  # noqa: PTH105  many times a second, by one driver
    except OSError as error:
        raise RunError(
            f"{folder}/{name} cannot be written: {error.strerror or error}.",
            remedy="Free space or give write permission there, then continue with: kfbridge resume RUN",
        ) from error


def read_tasks(paths: RunPaths) -> list[TaskRecord]:
    """The documents of all tasks of a run that have ended, in order.

    Raises:
        RunError: One is broken.
    """
    folder = paths.task_records
    return sorted((_read(folder / name) for name in task_names(paths)), key=lambda record: record.order)


def task_names(paths: RunPaths) -> set[str]:
    """The file names of the task documents that a run has."""
    try:
        return {name for name in os.listdir(paths.task_records) if name[0] != "."}  # noqa: PTH208
    except FileNotFoundError:
        return set()


def _read(path: Path) -> TaskRecord:
    try:
        return parse_task(path.read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise RunError(
            f"The record of a task at {path} cannot be read: {error}.",
            remedy="Delete the file; what happened is in the run's journal.",
        ) from error


def _write(folder: str, name: str, text: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        file = os.open(f"{folder}/{name}", flags, 0o644)
    except FileNotFoundError:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        file = os.open(f"{folder}/{name}", flags, 0o644)
    try:
        while text:
            text = text[os.write(file, text) :]
    finally:
        os.close(file)


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError("an attempt is not a JSON object")
    return value
