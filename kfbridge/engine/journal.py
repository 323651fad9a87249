"""The journal of a run: one event a line, only ever appended; the truth about what happened."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Protocol

from kfbridge.engine.events import Event, from_json, to_json
from kfbridge.errors import RunError

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


class Journal(Protocol):
    """Where the driver puts each event before it acts on it."""

    def append(self, event: Event) -> None:
        """Keep `event` for good.

        Raises:
            RunError: It could not be kept; the run cannot go on.
        """


class MemoryJournal:
    """A journal that is gone with the process: for tests, and for runs that nobody resumes."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def append(self, event: Event) -> None:
        """Keep `event`."""
        self.events.append(event)


class FileJournal:
    """A journal in a file (JSON lines).

    Each event is one `write` to a file opened for appending, so a crash can tear the last line only. A torn
    last line is an event that nobody acted on yet: opening the journal cuts it off.

    Raises:
        RunError: The file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise self._unwritable(error) from error
        _cut_torn_line(self._file)

    def append(self, event: Event) -> None:
        """Write `event` at the end, as one line.

        Raises:
            RunError: The line could not be written, for example because the disk is full.
        """
        line = _encode(to_json(event)).encode("utf-8", "surrogatepass") + b"\n"
        end = os.fstat(self._file).st_size
        try:
            written = os.write(self._file, line)
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError as error:
            with suppress(OSError):  # a torn line at the end is cut off at the next opening, too
                os.ftruncate(self._file, end)
            raise self._unwritable(error) from error

    def close(self) -> None:
        """Hand the lines to the disk and close the file; a journal that is closed already stays so."""
        if self._file >= 0:
            os.fsync(self._file)
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> FileJournal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _unwritable(self, error: OSError) -> RunError:
        return RunError(
            f"the run's journal cannot be written: {error.strerror or error}",
            where=str(self.path),
            remedy="Free space or make the folder writable, then continue the run with: kfbridge resume",
        )


def read_journal(path: Path) -> list[Event]:
    """The events of a journal in order; a last line that a crash tore is left out, a missing file is empty.

    Raises:
        RunError: The file cannot be read, or a line before the last is broken (its number is named).
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"the run's journal cannot be read: {error.strerror or error}", where=str(path)) from error
    return list(_events(text, path))


def _events(text: bytes, path: Path) -> Iterator[Event]:
    lines = text.split(b"\n")
    for number, line in enumerate(lines[:-1], start=1):  # what follows the last line end is torn, or empty
        try:
            data = json.loads(line.decode("utf-8", "surrogatepass"))
            if not isinstance(data, dict):
                raise ValueError("not a JSON object")
            yield from_json(data)
        except ValueError as error:
            raise RunError(
                f"line {number} of the run's journal is broken: {error}",
                where=f"{path}:{number}",
                remedy="The file was changed by something else: restore it, or start a new run.",
            ) from error


def _cut_torn_line(file: int) -> None:
    end = os.fstat(file).st_size
    position = end
    while position > 0:
        start = max(0, position - 65536)
        found = os.pread(file, position - start, start).rfind(b"\n")
        if found >= 0:
            position = start + found + 1
            break
        position = start
    if position < end:
        os.ftruncate(file, position)
