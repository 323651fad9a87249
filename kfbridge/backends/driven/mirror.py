"""What a run on a remote artifact root has here and there: steps work in this machine's copy, the store has the truth.

Below the root lie a run's files under the names that they have in the mirror, and besides ``.runs/<run>.json``, copies
of all run records in one place, which is what listing the runs looks at.
"""

from __future__ import annotations

import json
import os
import platform
import secrets
import shutil
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Final

from kfbridge.backends.driven.transfers import Transfers
from kfbridge.errors import UsageError
from kfbridge.runs.document import write_whole
from kfbridge.runs.lock import is_held
from kfbridge.runs.paths import BEAT, RUN_RECORD, RunPaths
from kfbridge.storage import Entry, Storage

RUNS: Final = ".runs"
_FRESH: Final = 2.0  # seconds for which what was looked at is not looked at again
_SMALL: Final = ("spec.yaml", "journal.jsonl", BEAT, "cancel")


class Mirror:
    """The copies that this machine has of what lies at a root.

    Args:
        storage: The root.
        folder: The copies.
        place: What URIs of things at the root begin with, where that is not the root's own URI: where steps see it.
        transfers: Told what is on its way.
    """

    def __init__(self, storage: Storage, folder: Path, place: str = "", transfers: Transfers | None = None) -> None:
        self.storage = storage
        self.folder = folder
        self.place = place
        self._transfers = transfers or Transfers()
        self._looked: dict[str, float] = {}
        self._lock = threading.Lock()

    def name(self, path: Path) -> str:
        """The name at the root of what lies at a path of the mirror."""
        return path.relative_to(self.folder).as_posix()

    def uri(self, path: Path) -> str:
        """The URI at the root of what lies at a path of the mirror."""
        return f"{self.place}/{self.name(path)}" if self.place else self.storage.locate(self.name(path))

    def path(self, uri: str) -> Path | None:
        """Where the mirror has, or would have, what lies at a URI; None for one that is not below the root."""
        start = f"{self.place or self.storage.uri}/"
        return self.folder / uri.removeprefix(start) if uri.startswith(start) else None

    @cached_property
    def id(self) -> str:
        """What tells this mirror, and the locks in it, from those of other machines."""
        path = self.folder / ".mirror"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, secrets.token_hex(16))
        return path.read_text(encoding="ascii")

    def _shown(self, path: Path) -> str:
        """What a person calls a file or folder of a run: ``train/model``."""
        _, _, inside = self.name(path).partition("/")
        return inside.removeprefix("artifacts/") or self.name(path)

    # From the root -----------------------------------------------------------------------------------

    def bring_records(self, *, anew: bool = False) -> None:
        """Bring the records of all runs, as far as they changed; `anew`: also when the last look was a moment ago.

        Raises:
            StorageError: The root cannot be reached.
        """
        if self._is_fresh("") and not anew:
            return
        changed = []
        for entry in self.storage.list(RUNS):
            target = self.folder / Path(entry.name).name.removesuffix(".json") / RUN_RECORD
            if not _is_same(target, entry) and not is_held(RunPaths(target.parent).lock):
                changed.append((entry, target))
        before = [_content(target) for _, target in changed]
        self._bring(changed)
        for (_, target), old in zip(changed, before, strict=True):
            if old is not None and old != _content(target):  # it went on elsewhere: the journal tells of its tasks
                shutil.rmtree(RunPaths(target.parent).task_records, ignore_errors=True)
                with self._lock:
                    self._looked.pop(self.name(target.parent), None)  # a journal from before is not this record's

    def bring_run(self, paths: RunPaths) -> None:
        """Bring what tells how a run stands, unless a process of this machine drives it.

        Raises:
            StorageError: The root cannot be reached.
        """
        run = self.name(paths.folder)
        if is_held(paths.lock) or self._is_fresh(run):
            return
        there = {entry.name.rpartition("/")[2]: entry for entry in self.storage.list(run, deep=False)}
        for name in (BEAT, "cancel"):
            if name not in there:
                (paths.folder / name).unlink(missing_ok=True)
        wanted = [(there[name], paths.folder / name) for name in _SMALL if name in there]
        self._bring((entry, path) for entry, path in wanted if not _is_ahead(path, entry))
        if _told_by(paths.beat) == self.id:
            paths.beat.unlink()  # of a driver that had the lock of this mirror, which nobody holds

    def bring_logs(self, paths: RunPaths) -> None:
        """Bring the logs of a run that are not here.

        Raises:
            StorageError: The root cannot be reached.
        """
        if is_held(paths.lock):
            return
        entries = self.storage.list(f"{self.name(paths.folder)}/tasks")
        logs = [entry for entry in entries if entry.name.endswith("/log.txt")]
        self._bring(
            (entry, self.folder / entry.name) for entry in logs if not _is_ahead(self.folder / entry.name, entry)
        )

    def bring_documents(self, paths: RunPaths) -> None:
        """Bring the documents of a run's tasks that are not here.

        Raises:
            StorageError: The root cannot be reached.
        """
        if is_held(paths.lock):
            return
        entries = self.storage.list(self.name(paths.task_records))
        self._bring(
            (entry, self.folder / entry.name) for entry in entries if not _is_ahead(self.folder / entry.name, entry)
        )

    def bring_artifact(self, uri: str) -> Path | None:
        """Where on this machine an artifact is, brought if need be; None for one that is not below the root.

        An artifact of which only metadata were written has no file there, and none here.

        Raises:
            StorageError: It cannot be brought, or is not whole.
        """
        path = self.path(uri)
        if path is not None and not path.exists() and self.storage.exists(self.name(path)):
            with self._transfers.following(self._shown(path), up=False) as progress:
                self.storage.get(self.name(path), path, progress=progress)
        return path

    def _bring(self, pairs: Iterable[tuple[Entry, Path]]) -> None:
        def bring(pair: tuple[Entry, Path]) -> None:
            entry, target = pair
            self.storage.get_file(entry.name, target)
            os.utime(target, (entry.modified, entry.modified))

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(bring, pairs))

    def _is_fresh(self, what: str) -> bool:
        with self._lock:
            now = time.monotonic()
            if now - self._looked.get(what, -_FRESH) < _FRESH:
                return True
            self._looked[what] = now
            return False

    # To the root -------------------------------------------------------------------------------------

    def send(self, path: Path) -> None:
        """Put what lies at a path of the mirror, a file or a folder, at the root; nothing there, nothing done.

        Raises:
            StorageError: It could not be put there.
        """
        if path.exists():
            with self._transfers.following(self._shown(path), up=True) as progress:
                self.storage.put(path, self.name(path), progress=progress)

    def send_record(self, paths: RunPaths) -> None:
        """Put the record of a run there, at its two places.

        Raises:
            StorageError: It could not be put there.
        """
        data = paths.record.read_bytes()
        self.storage.write_bytes(self.name(paths.record), data)
        self.storage.write_bytes(f"{RUNS}/{paths.folder.name}.json", data)

    def claim(self, paths: RunPaths) -> None:
        """Tell that this process is about to drive a new run of that name.

        Raises:
            UsageError: There is one already.
            StorageError: The root cannot be reached.
        """
        if not self.storage.write_new(f"{self.name(paths.folder)}/{BEAT}", self._sign()):
            raise UsageError(
                f"There is a run called {paths.folder.name!r} already.",
                where=self.storage.uri,
                remedy=f"Choose another --run-id, or continue that one with: kfbridge resume {paths.folder.name}",
            )

    def beat(self, paths: RunPaths) -> None:
        """Tell that this process still drives the run.

        Raises:
            StorageError: The root cannot be reached.
        """
        self.storage.write_bytes(f"{self.name(paths.folder)}/{BEAT}", self._sign())

    def rest(self, paths: RunPaths) -> None:
        """Tell that nobody drives the run any more; the file stays, for the run's name is taken.

        Raises:
            StorageError: The root cannot be reached.
        """
        self.storage.write_bytes(f"{self.name(paths.folder)}/{BEAT}", b"{}\n")

    def ask_to_cancel(self, paths: RunPaths) -> None:
        """Ask whoever drives the run to stop it.

        Raises:
            StorageError: The root cannot be reached.
        """
        self.storage.write_bytes(f"{self.name(paths.folder)}/cancel", b"")

    def is_asked_to_cancel(self, paths: RunPaths) -> bool:
        """Whether somebody has asked.

        Raises:
            StorageError: The root cannot be reached.
        """
        return self.storage.exists(f"{self.name(paths.folder)}/cancel")

    def _sign(self) -> bytes:
        """A sign of life of this process."""
        document = {"host": platform.node(), "pid": os.getpid(), "mirror": self.id, "time": time.time()}
        return json.dumps(document).encode() + b"\n"

    def begin(self, paths: RunPaths) -> None:
        """Forget an earlier request to stop.

        Raises:
            StorageError: The root cannot be reached.
        """
        self.storage.delete(f"{self.name(paths.folder)}/cancel")


def _told_by(path: Path) -> str:
    """Which mirror's driver left a sign of life."""
    try:
        return str(json.loads(path.read_bytes()).get("mirror", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _is_same(path: Path, entry: Entry) -> bool:
    """Whether the copy is the one that was made of that very file."""
    try:
        state = path.stat()
    except OSError:
        return False
    return state.st_size == entry.size and abs(state.st_mtime - entry.modified) < 0.001


def _is_ahead(path: Path, entry: Entry) -> bool:
    """Whether a copy of what only grows has all that the root has; small signs are always brought anew.

    A journal that was written here after the one at the root is of a driver that died before it could send it.
    """
    if path.name in (BEAT, "cancel"):
        return _is_same(path, entry)
    try:
        state = path.stat()
    except OSError:
        return False
    return state.st_size == entry.size or state.st_mtime > entry.modified


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
