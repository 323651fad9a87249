"""The record of a run: one small JSON document, replaced as a whole."""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from kfbridge.errors import RunError

ENDED = frozenset({"succeeded", "failed", "cancelled"})
"""The states that a run does not leave by itself."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run is and how it stands, as ``run.json`` holds it. Times are seconds since the epoch.

    `arguments` are the typed arguments of the pipeline, `options` how it is driven (cache, failure policy).
    """

    run_id: str
    pipeline: str
    target: str
    backend: str
    state: str
    created: float
    arguments: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    ended: float | None = None
    outputs: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    kfbridge: str = ""


def new_run_id(pipeline: str, now: float) -> str:
    """A name for a new run that sorts by time: pipeline, date and time (UTC), and six random hex digits."""
    stem = re.sub(r"[^a-z0-9]+", "-", pipeline.lower()).strip("-")[:40].strip("-") or "run"
    return f"{stem}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{secrets.token_hex(3)}"


def write_record(path: Path, record: RunRecord) -> None:
    """Replace the record at `path` in one step: a reader, or a crash, sees the old one or the new one.

    Raises:
        RunError: The folder cannot be written.
    """
    write_whole(path, json.dumps(asdict(record), indent=2, ensure_ascii=False) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file through a neighbour that takes its name at the end.

    Raises:
        RunError: The folder cannot be written (no permission, disk full).
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        draft.write_text(text, encoding="utf-8", errors="backslashreplace")  # JSON reads the escapes back
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise RunError(
            f"{path} cannot be written: {error.strerror or error}.",
            remedy="Free space or give write permission there; a run that began continues with: kfbridge resume RUN",
        ) from error


def read_record(path: Path) -> RunRecord:
    """The record at `path`; fields that a newer kfbridge wrote are ignored.

    Raises:
        RunError: There is none, or it is broken.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _from_json(document)
    except (OSError, ValueError, TypeError) as error:
        raise RunError(
            f"The record of the run at {path} cannot be read: {error}.",
            remedy="Delete that folder if the run is of no use any more.",
        ) from error


def _from_json(document: Mapping[str, Any]) -> RunRecord:
    if not isinstance(document, Mapping):
        raise TypeError("it is not a JSON object")
    known = {item.name for item in fields(RunRecord)}
    return RunRecord(**{name: value for name, value in document.items() if name in known})
