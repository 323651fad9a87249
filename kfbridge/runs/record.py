"""The record of a run: one small JSON document, replaced as a whole."""

from __future__ import annotations

import hashlib
import platform
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kfbridge import __version__
from kfbridge.errors import RunError
from kfbridge.runs.document import SCHEMA, document_text, from_document, read_document, write_whole

__all__ = ["ENDED", "RunRecord", "begin_record", "new_run_id", "parse_record", "read_record", "write_record"]

ENDED = frozenset({"succeeded", "failed", "cancelled"})
"""The states that a run does not leave by itself."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run is and how it stands, as ``run.json`` holds it. Times are seconds since the epoch.

    Args:
        run_id: The run's id.
        pipeline: The pipeline's name.
        target: The name of the target.
        backend: The name of the backend.
        state: ``running``, or one of `ENDED`.
        created: When the run was submitted.
        arguments: The typed arguments of the pipeline.
        options: How the run is driven (cache, failure policy, ...).
        ended: When it ended.
        outputs: The pipeline's own outputs; an artifact is an object with its URI and metadata.
        error: Why it failed or was cancelled.
        kfbridge: The version of kfbridge that began or resumed it.
        python: The version of Python that kfbridge ran on.
        spec_sha256: The hash of ``spec.yaml``; equal for runs of the same compiled pipeline.
        native_id: The platform's own name for the run, where it has one.
        tasks: How many steps ended in which state, once the run has ended.
        instances: How many task documents belong to the run once it has ended, groups included; None before, and in
            runs from before there were any.
        schema: The form of the document.
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
    python: str = ""
    spec_sha256: str = ""
    native_id: str = ""
    tasks: dict[str, int] = field(default_factory=dict)
    instances: int | None = None
    schema: int = SCHEMA


def begin_record(
    *,
    run_id: str | None,
    pipeline: str,
    target: str,
    backend: str,
    arguments: Mapping[str, Any],
    options: Mapping[str, Any],
    spec_text: str,
) -> RunRecord:
    """The record of a run that begins now, with a new id unless `run_id` is one; the versions are this process's."""
    now = time.time()
    return RunRecord(
        run_id=run_id if run_id is not None else new_run_id(pipeline, now),
        pipeline=pipeline,
        target=target,
        backend=backend,
        state="running",
        created=now,
        arguments=dict(arguments),
        options=dict(options),
        kfbridge=__version__,
        python=platform.python_version(),
        spec_sha256=hashlib.sha256(spec_text.encode("utf-8", "surrogatepass")).hexdigest(),
    )


def new_run_id(pipeline: str, now: float) -> str:
    """A name for a new run that sorts by time: pipeline, date and time (UTC), and six random hex digits."""
    stem = re.sub(r"[^a-z0-9]+", "-", pipeline.lower()).strip("-")[:40].strip("-") or "run"
    return f"{stem}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{secrets.token_hex(3)}"


def write_record(path: Path, record: RunRecord) -> None:
    """Replace the record at `path` in one step: a reader, or a crash, sees the old one or the new one.

    Raises:
        RunError: The folder cannot be written.
    """
    write_whole(path, document_text(asdict(record)))


def parse_record(text: str | bytes) -> RunRecord:
    """The record in a document; fields that a newer kfbridge wrote are ignored.

    Raises:
        ValueError: It is broken, or of a form that this version does not know.
        TypeError: A field that every record has is missing.
    """
    return from_document(RunRecord, read_document(text))


def read_record(path: Path) -> RunRecord:
    """The record at `path`; fields that a newer kfbridge wrote are ignored.

    Raises:
        RunError: There is none, or it is broken.
    """
    try:
        return parse_record(path.read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise RunError(
            f"The record of the run at {path} cannot be read: {error}.",
            remedy="Delete that folder if the run is of no use any more.",
        ) from error


def refuse_succeeded(record: RunRecord) -> None:
    """Only what did not succeed can be resumed.

    Raises:
        RunError: The run has succeeded.
    """
    if record.state == "succeeded":
        raise RunError(
            "The run has succeeded; there is nothing to resume.",
            where=record.run_id,
            remedy="Start a new one with: kfbridge run",
        )
