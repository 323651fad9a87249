"""Names become paths here and nowhere else."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

_UNSAFE = re.compile(rb"[^A-Za-z0-9._-]")
_ITERATION = re.compile(r"(?s)(.+)\[(\d+)\]")
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
RUN_RECORD = "run.json"
"""The document of a run, in its folder."""

BEAT = "driver.json"
"""The file of a run at a remote root by which its driver tells other machines that it lives."""

RECORDS = "records"
"""The folder of a run in which its task documents lie."""

_LONGEST = 180  # bytes; file systems take 255, and names grow suffixes
_DEEPEST = 640  # bytes of a key's folders; object stores take 1,024 for a whole name, Linux 4,096 for a path


def escape(name: str) -> str:
    """One folder or file name for any text: no separators, no ``..``, never empty, different for different names.

    Bytes outside ``[A-Za-z0-9._-]`` become ``~XX``, and so does a leading dot; a very long name ends in its hash.
    """
    if len(name) <= _LONGEST and _PLAIN.fullmatch(name):
        return name
    raw = name.encode("utf-8", "surrogatepass")
    text = _UNSAFE.sub(lambda match: b"~%02X" % ord(match.group()), raw).decode("ascii")
    if text.startswith("."):
        text = "~2E" + text[1:]
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}~-{hashlib.sha256(raw).hexdigest()[:16]}"
    return text or "~"


def key_path(key: str) -> Path:
    """The relative folder of a task's key: one folder a segment, ``loop[3]/train`` is ``loop@3/train``.

    Where that is too long for a path, one folder that is called by the key's hash stands for the groups in between.
    """
    return Path(_key_text(key))


def _key_text(key: str) -> str:
    text = "/".join(map(_segment, key.split("/")))
    if len(text) <= _DEEPEST:
        return text
    groups, _, last = text.rpartition("/")
    start = groups[: _DEEPEST // 2].rpartition("/")[0]
    return f"{start}/~+{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}/{last}"


def _segment(part: str) -> str:
    iteration = _ITERATION.fullmatch(part)
    return f"{escape(iteration[1])}@{iteration[2]}" if iteration else escape(part)


def log_name(key: str, attempt: int) -> str:
    """The path in the run's folder of what one attempt of a task printed."""
    return f"tasks/{_key_text(key)}/{attempt}/log.txt"


def record_name(key: str) -> str:
    """The file name of a task's document, ``loop@3+train.json``: segments joined by a sign that none of them holds.

    A very long one ends in its hash.
    """
    name = "+".join(map(_segment, key.split("/")))
    if len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}~-{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
    return f"{name}.json"


@dataclass(frozen=True, slots=True)
class RunPaths:
    """Where everything of one run lies; `folder` is ``<artifact root>/<run id>``."""

    folder: Path

    @property
    def record(self) -> Path:
        """``run.json``: what the run is and how it stands."""
        return self.folder / RUN_RECORD

    @property
    def spec(self) -> Path:
        """The compiled pipeline that runs."""
        return self.folder / "spec.yaml"

    @property
    def journal(self) -> Path:
        """One event a line: the truth about the run."""
        return self.folder / "journal.jsonl"

    @property
    def lock(self) -> Path:
        """Held by the process that drives the run."""
        return self.folder / "driver.lock"

    @property
    def beat(self) -> Path:
        """The sign of life of a driver on another machine, where the root is not this machine's own."""
        return self.folder / BEAT

    @property
    def cancel(self) -> Path:
        """Exists while somebody wants the run to stop."""
        return self.folder / "cancel"

    @property
    def workspace(self) -> Path:
        """The folder that the steps of a pipeline with a workspace share."""
        return self.folder / "workspace"

    @property
    def task_records(self) -> Path:
        """The folder of the task documents, one file each: a single listing finds all."""
        return self.folder / RECORDS

    def task_record(self, key: str) -> Path:
        """The document of one task instance."""
        return self.task_records / record_name(key)

    def attempt(self, key: str, attempt: int) -> Path:
        """The folder of one attempt of a task: log, executor input and output, parameter files."""
        return self.folder / "tasks" / key_path(key) / str(attempt)

    def log(self, key: str, attempt: int) -> Path:
        """What one attempt of a task printed."""
        return self.folder / log_name(key, attempt)

    def artifact(self, key: str, attempt: int, output: str) -> Path:
        """Where one attempt of a task writes an output artifact; a retry never finds a half-written one."""
        folder = self.folder / "artifacts" / key_path(key)
        return (folder if attempt <= 1 else folder / f"@{attempt}") / escape(output)
