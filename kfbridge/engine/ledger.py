"""What the journal says about each task instance: the part of a run's state that a resume keeps."""

from __future__ import annotations

from dataclasses import dataclass

from kfbridge.engine.events import TaskSkipped, TaskStarted, TaskSucceeded


@dataclass(slots=True)
class Entry:
    """One instance: its last attempt and when it began, the attempt that is under way, and its end if that is final.

    Final is a success, and that it skipped itself.
    """

    attempt: int = 0
    began: float | None = None
    under_way: TaskStarted | None = None
    success: TaskSucceeded | TaskSkipped | None = None


class Ledger:
    """An entry for each leaf instance that was ever started, by key."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def entry(self, key: str) -> Entry:
        """The entry of `key`, made if there is none."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry()
        return entry

    def started(self, event: TaskStarted) -> None:
        """Note that an attempt began."""
        entry = self.entry(event.key)
        entry.attempt = max(entry.attempt, event.attempt)
        entry.began = event.time
        entry.under_way = event

    def ended(self, key: str, attempt: int) -> None:
        """Note that an attempt failed or was lost."""
        entry = self.entry(key)
        entry.attempt = max(entry.attempt, attempt)
        if entry.under_way is not None and entry.under_way.attempt <= attempt:
            entry.under_way = None

    def succeeded(self, event: TaskSucceeded | TaskSkipped) -> None:
        """Note a success, or that the step skipped itself; nothing but `forget` undoes it."""
        entry = self.entry(event.key)
        entry.attempt = max(entry.attempt, event.attempt)
        entry.under_way = None
        entry.success = event

    def is_under_way(self, key: str, attempt: int) -> bool:
        """Whether this attempt began and is not known to have ended."""
        entry = self._entries.get(key)
        return entry is not None and entry.under_way is not None and entry.under_way.attempt == attempt

    def forget(self, key: str) -> None:
        """Let the instance run anew, because the dag around it is tried again."""
        if key in self._entries:
            self._entries[key].success = None

    def attempts(self, key: str) -> int:
        """How many attempts of `key` have begun."""
        entry = self._entries.get(key)
        return 0 if entry is None else entry.attempt
