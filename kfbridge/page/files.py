"""What a page shows of the files of a run: the ends of logs, and reports."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from kfbridge.errors import StorageError
from kfbridge.runs.paths import RunPaths
from kfbridge.runs.store import RunStore
from kfbridge.runs.task import AttemptRecord

_ESCAPES = re.compile(rb"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_FAILED_TAIL, _TAIL = 16_384, 4_096  # bytes of a log
_ALL_TAILS = 6_000_000  # bytes of all logs of a page; those of failed tasks are not counted
_REPORT = 1_000_000  # bytes of one report
_ALL_REPORTS = 12_000_000


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a log; `whole` tells whether it is all of it."""

    text: str
    whole: bool


class Files:
    """Reads what one page shows, and keeps it within bounds.

    Args:
        paths: The run's folder. Reports are read from its artifact root and from nowhere else: a record must not make a
            page of whatever file it names.
        store: Knows where artifacts are.
    """

    def __init__(self, paths: RunPaths, store: RunStore) -> None:
        self._folder = paths.folder
        self._store = store
        self._root = paths.folder.parent.resolve()
        self._tails = _ALL_TAILS
        self._reports = _ALL_REPORTS

    def tail(self, attempt: AttemptRecord) -> Tail | None:
        """The end of an attempt's log; None when it is empty, not at hand, or one too many."""
        failed = attempt.state != "succeeded"
        most = _FAILED_TAIL if failed else min(_TAIL, self._tails)
        path = self._inside(self._folder / attempt.log) if attempt.log and "://" not in attempt.log else None
        if path is None or most <= 0:
            return None
        found = _end(path, most)
        if found is not None and not failed:
            self._tails -= len(found.text)
        return found

    def report(self, uri: str) -> str | None:
        """The text of a report; None when it is not at hand under the artifact root, or too large."""
        try:
            found = self._store.local(uri)
            path = None if found is None else self._inside(found)
            if path is None or not path.is_file() or path.stat().st_size > min(_REPORT, self._reports):
                return None
            text = path.read_text(encoding="utf-8", errors="replace")
        except (OSError, StorageError):
            return None
        self._reports -= len(text)
        return text

    def _inside(self, path: Path) -> Path | None:
        try:
            real = path.resolve()
        except (OSError, RuntimeError, ValueError):  # a loop of links, a name that cannot be one
            return None
        return real if real.is_relative_to(self._root) else None


def _end(path: Path, most: int) -> Tail | None:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - most))
            data = file.read(most)
    except OSError:
        return None
    whole = size <= most
    if not whole:
        data = data[data.find(b"\n") + 1 :]
    text = _ESCAPES.sub(b"", data).decode("utf-8", "replace").replace("\r\n", "\n").rstrip()
    return Tail(text, whole) if text else None
