"""The runs under an artifact root: listing them and finding one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kfbridge.errors import RunError, UsageError
from kfbridge.runs.lock import is_held
from kfbridge.runs.paths import RunPaths, escape
from kfbridge.runs.record import ENDED, RunRecord, read_record

LATEST = "latest"
"""The name that stands for the newest run."""


class RunStore:
    """The runs whose folders lie in `root`; the folders are the only index."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def paths(self, run_id: str) -> RunPaths:
        """Where the run called exactly `run_id` lies, or would lie."""
        return RunPaths(self.root / escape(run_id))

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
            return effective(read_record(exact.record), exact)
        runs = self.runs()
        if reference == LATEST and runs:
            return runs[0]
        matches = [record for record in runs if reference and record.run_id.startswith(reference)]
        if len(matches) == 1:
            return matches[0]
        raise _not_found(
            reference, [record.run_id for record in matches], [record.run_id for record in runs], self.root
        )

    def _records(self) -> Iterator[RunRecord]:
        folders = self.root.iterdir() if self.root.is_dir() else ()
        for folder in folders:
            paths = RunPaths(folder)
            if not paths.record.is_file():
                continue
            try:
                yield effective(read_record(paths.record), paths)
            except RunError:
                continue  # one broken folder must not hide the others; `find` by its id says what is wrong


def effective(record: RunRecord, paths: RunPaths) -> RunRecord:
    """The record as it stands now: a run whose driver died before it could write the end has failed."""
    if record.state in ENDED or is_held(paths.lock):
        return record
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
