"""The runs under an artifact root: listing them and finding one."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from kfbridge.errors import RunError, UsageError
from kfbridge.runs.index import RunIndex, places, stamp
from kfbridge.runs.lock import beats, is_held
from kfbridge.runs.paths import RUN_RECORD, RunPaths, escape
from kfbridge.runs.record import ENDED, RunRecord, parse_record, read_record
from kfbridge.runtime.artifacts import to_path

LATEST = "latest"
"""The name that stands for the newest run."""


class RunStore:
    """The runs whose folders lie in `root`; their documents are the truth, an index makes listing them quick."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._index = RunIndex(places(root))

    def paths(self, run_id: str) -> RunPaths:
        """Where the run called exactly `run_id` lies, or would lie."""
        return RunPaths(self.root / escape(run_id))

    def place(self, run_id: str) -> str:
        """Where a person looks for the run called exactly `run_id`: its folder, or its URI at a remote root."""
        return str(self.paths(run_id).folder)

    def runs(self) -> list[RunRecord]:
        """Every run, newest first; folders without a readable record are passed over."""
        return sorted(self._records(), key=lambda record: (record.created, record.run_id), reverse=True)

    def find(self, reference: str) -> RunRecord:
        """The run with that id, with a unique id that begins so, or the newest for ``latest``.

        Raises:
            UsageError: There is no such run, or more than one; names the nearest.
            RunError: The run is there and its record is broken.
        """
        exact = self.paths(reference)
        if reference != LATEST and exact.record.exists():
            return self._effective(read_record(exact.record), exact)
        runs = self.runs()
        if reference == LATEST and runs:
            return runs[0]
        matches = [record for record in runs if reference and record.run_id.startswith(reference)]
        if len(matches) == 1:
            return matches[0]
        raise _not_found(
            reference, [record.run_id for record in matches], [record.run_id for record in runs], self.root
        )

    def cancel(self, run_id: str) -> None:
        """Ask whoever drives the run called exactly `run_id` to stop it."""
        self.paths(run_id).cancel.touch()

    def bring_logs(self, run_id: str) -> None:
        """See that the logs of the run called exactly `run_id` can be read; in a folder they always can."""

    def bring_documents(self, run_id: str) -> None:
        """The same for the documents of its tasks."""

    def local(self, uri: str) -> Path | None:
        """Where on this machine an artifact can be read; None where it cannot."""
        path = to_path(uri)
        return None if "://" in path else Path(path)

    def is_driven(self, record: RunRecord, paths: RunPaths) -> bool:
        """Whether somebody drives a run that has not ended: a process of this machine, or who gives signs of life."""
        return is_held(paths.lock) or beats(paths.beat)

    def _effective(self, record: RunRecord, paths: RunPaths) -> RunRecord:
        return record if record.state in ENDED or self.is_driven(record, paths) else _undriven(record, paths)

    def _standing(self, record: RunRecord, paths: RunPaths) -> RunRecord | None:
        try:
            return self._effective(record, paths)
        except RunError:
            return None  # it was deleted while we looked

    def _records(self) -> Iterator[RunRecord]:
        for folder, text in self._index.documents(dict(self._stamps()), self._read).items():
            record = _parsed(text) or _parsed(self._read(folder))  # the index may be broken where nobody sees it
            if record is not None and record.state not in ENDED:
                record = self._standing(record, RunPaths(self.root / folder))
            if record is not None:
                yield record

    def _stamps(self) -> Iterator[tuple[str, str]]:
        """The folders that hold a run, and what its document looks like from outside."""
        try:
            folders = os.listdir(self.root)  # noqa: PTH208  thousands, each looked at once
        except (FileNotFoundError, NotADirectoryError):
            return
        for folder in folders:
            with suppress(OSError):  # no run
                yield folder, stamp(os.stat(f"{self.root}/{folder}/{RUN_RECORD}"))  # noqa: PTH116

    def _read(self, folder: str) -> str | None:
        try:
            return (self.root / folder / RUN_RECORD).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return None


def _parsed(text: str | None) -> RunRecord | None:
    """The record in a document; none in a broken one, which must not hide the others: `find` says what is wrong."""
    try:
        return None if text is None else parse_record(text)
    except (ValueError, TypeError):
        return None


def _undriven(record: RunRecord, paths: RunPaths) -> RunRecord:
    """The record as it stands when nobody drives the run: it has failed, if its driver could not write another end."""
    written = read_record(paths.record)  # the driver may have ended it between the two looks
    if written.state in ENDED:
        return written
    if paths.cancel.exists():
        return replace(written, state="cancelled", error="The run was cancelled.")
    return replace(
        written,
        state="failed",
        error=f"kfbridge ended before the run did; continue with: kfbridge resume {record.run_id}",
    )


def _not_found(reference: str, matches: list[str], known: list[str], root: Path) -> UsageError:
    if matches:
        shown = ", ".join(matches[:5])
        return UsageError(f"{len(matches)} runs begin with {reference!r}.", remedy=f"Give more of the id: {shown}")
    if not known:
        return UsageError(
            f"There are no runs in {root}.",
            remedy="Start one with: kfbridge run PIPELINE (runs are kept per target and folder)",
        )
    near = difflib.get_close_matches(reference, known, n=3, cutoff=0.4) or known[:3]
    return UsageError(f"There is no run {reference!r} in {root}.", remedy=f"Nearest are: {', '.join(near)}")
