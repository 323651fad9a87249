"""An index of the runs under an artifact root, so that listing thousands need not read thousands of documents.

It is never the truth: each entry carries the stamp of the document that it was made from (time, size and file number),
and is used only while the document still has that stamp. A lost, broken or older index is made anew from the documents;
where none can be kept, the documents are read.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path

_VERSION = 1  # of the table; another one is thrown away
_NAME = ".index.sqlite"
_PATIENCE = 5.0  # seconds to wait while another process writes
_TABLE = "CREATE TABLE IF NOT EXISTS runs (folder TEXT PRIMARY KEY, stamp TEXT NOT NULL, document TEXT NOT NULL)"

Stamp = str
"""What a document's file looks like from outside; a document that is replaced has another."""


class RunIndex:
    """The documents of runs, by folder name.

    Args:
        places: Files for the index, the first that can be written is used.
    """

    def __init__(self, places: Iterable[Path]) -> None:
        self._places = tuple(places)

    def documents(self, stamps: Mapping[str, Stamp], read: Callable[[str], str | None]) -> dict[str, str]:
        """The document of each folder, from the index where that is fresh; the index is brought up to date.

        Args:
            stamps: The stamp of each folder's document as it is now.
            read: Reads the document of a folder; None when there is none any more.
        """
        known = self._load()
        found: dict[str, str] = {}
        fresh: dict[str, str] = {}
        for folder, stamp in stamps.items():
            entry = known.get(folder)
            if entry is not None and entry[0] == stamp:
                found[folder] = entry[1]
            elif (document := read(folder)) is not None:
                found[folder] = fresh[folder] = document
        gone = known.keys() - stamps.keys()
        if fresh or gone:
            self._store({folder: (stamps[folder], text) for folder, text in fresh.items()}, gone)
        return found

    def _load(self) -> dict[str, tuple[Stamp, str]]:
        for place in self._places:
            if place.exists():
                try:
                    with closing(_open(place)) as database:
                        rows = database.execute("SELECT folder, stamp, document FROM runs")
                        return {folder: (stamp, document) for folder, stamp, document in rows}
                except sqlite3.OperationalError:
                    continue  # busy for long, or not to be opened: the documents are there
                except sqlite3.DatabaseError:
                    _forget(place)
        return {}

    def _store(self, fresh: Mapping[str, tuple[Stamp, str]], gone: Iterable[str]) -> None:
        for place in self._places:
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                with closing(_open(place)) as database, database:
                    database.execute("BEGIN IMMEDIATE")
                    database.executemany("DELETE FROM runs WHERE folder = ?", [(folder,) for folder in gone])
                    database.executemany(
                        "INSERT OR REPLACE INTO runs VALUES (?, ?, ?)",
                        [(folder, stamp, text) for folder, (stamp, text) in fresh.items()],
                    )
                return
            except (sqlite3.Error, OSError):
                continue  # an index that cannot be written is none


def places(root: Path) -> tuple[Path, Path]:
    """Where the index of a root may lie: in it, or where that cannot be written, among the user's caches."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    name = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return root / _NAME, caches / "kfbridge" / "runs" / f"{name}.sqlite"


def stamp(status: os.stat_result) -> Stamp:
    """The stamp of a file: its time, its size, its number. Documents are replaced, so their number changes too."""
    return f"{status.st_mtime_ns}-{status.st_size}-{status.st_ino}"


def _open(place: Path) -> sqlite3.Connection:
    """The database, empty if it is new or of another version.

    Raises:
        sqlite3.Error: It is broken, busy, or cannot be opened.
    """
    database = sqlite3.connect(place, timeout=_PATIENCE, isolation_level=None)
    try:
        [version] = database.execute("PRAGMA user_version").fetchone()
        if version != _VERSION:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DROP TABLE IF EXISTS runs")
            database.execute(_TABLE)
            database.execute(f"PRAGMA user_version = {_VERSION}")
            database.execute("COMMIT")
    except BaseException:
        database.close()
        raise
    return database


def _forget(place: Path) -> None:
    """Take a broken index away, with what SQLite keeps beside it."""
    for file in (place, place.with_name(f"{place.name}-journal")):
        with suppress(OSError):
            file.unlink(missing_ok=True)
