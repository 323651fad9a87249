"""Cron expressions, held against what Kubernetes takes: five fields, or a name such as ``@daily``.

``Kubernetes documentation, CronJob, Schedule syntax``, and the parser behind it (github.com/robfig/cron,
ParseStandard): days of the week count from 0 (Sunday) to 6; months and days of the week have English names of three
letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

from kfbridge.errors import UsageError
from kfbridge.spelling import hint

NAMED: Final = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
"""Expressions that are a word."""

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LONGEST: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_EVERY: Final = frozenset({"*", "?"})
_EXAMPLE: Final = 'Write minute, hour, day of the month, month and day of the week: "0 3 * * MON-FRI".'


@dataclass(frozen=True, slots=True)
class _Field:
    """One of the five: what it is called, its least and greatest number, and the names of its numbers."""

    name: str
    least: int
    greatest: int
    names: tuple[str, ...] = ()

    @property
    def takes(self) -> str:
        """What may stand there, for a person."""
        words = f", or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return f"{self.least} to {self.greatest}{words}"


_FIELDS: Final = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 6, _DAYS),
)


def check_cron(text: str) -> str:
    """A cron expression as it is sent: its fields with one blank between them.

    Raises:
        UsageError: It is none, with the field that is wrong, or its day never comes.
    """
    words = text.split()
    if words and "=" in words[0]:
        raise UsageError(
            f"The cron expression {text!r} begins with a time zone.",
            remedy="Leave it out, and say: --time-zone Europe/Berlin",
        )
    if words and words[0].startswith("@"):
        return _named(text, words)
    if len(words) != len(_FIELDS):
        raise UsageError(
            f"The cron expression {text!r} has {len(words)} field{'s' * (len(words) != 1)} instead of five.",
            remedy=_EXAMPLE,
        )
    values = [_Reader(text, field, word).values() for field, word in zip(_FIELDS, words, strict=True)]
    _refuse_never(text, words, values)
    return " ".join(words)


def _named(text: str, words: list[str]) -> str:
    if len(words) == 1 and words[0] in NAMED:
        return words[0]
    # Kubernetes takes @every 90m, but counts from whenever its controller looked last
    known = f"{hint(words[0], NAMED)}There are: {', '.join(NAMED)}."
    remedy = "Name the times: */15 * * * *." if words[0] == "@every" else known
    raise UsageError(f"The cron expression {text!r} is none that names times.", remedy=remedy)


def _refuse_never(text: str, words: list[str], values: list[frozenset[int]]) -> None:
    """Days that no month has would be waited for in vain; with a day of the week, either of the two is enough."""
    days, months = values[2], values[3]
    if words[4] in _EVERY and all(min(days) > _LONGEST[month - 1] for month in months):
        raise UsageError(
            f"The cron expression {text!r} names a day that never comes: {words[2]} (day of the month) in {words[3]}.",
            remedy=_EXAMPLE,
        )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one field of an expression: ``*``, ``5``, ``MON-FRI``, ``*/15``, ``8-18/2``, and lists of these."""

    text: str
    field: _Field
    word: str

    def values(self) -> frozenset[int]:
        """The numbers that the field stands for."""
        return frozenset(number for part in self.word.split(",") for number in self._part(part))

    def _part(self, part: str) -> Iterator[int]:
        found = re.fullmatch(r"([*?]|[^-/]+)(?:-([^-/]+))?(?:/([^-/]+))?", part)
        if found is None:
            self._refuse(f"{part!r} is no number, range or step" if part else "there is nothing beside a comma")
        first, last, step = found.groups()
        stride = self._step(step) if step is not None else 1
        if first in _EVERY:
            if last is not None:
                self._refuse(f"{part!r} begins a range with {first}")
            return iter(range(self.field.least, self.field.greatest + 1, stride))
        start = self._number(first)
        # 5/15 is 5-59/15, and 5 alone is 5
        end = self._number(last) if last is not None else (self.field.greatest if step is not None else start)
        if end < start:
            self._refuse(f"the range {first}-{last} ends before it begins")
        return iter(range(start, end + 1, stride))

    def _number(self, word: str) -> int:
        if word.upper() in self.field.names:
            return self.field.least + self.field.names.index(word.upper())
        if not (word.isascii() and word.isdigit()):
            self._refuse(f"{word!r} is none of {self.field.takes}")
        if not self.field.least <= int(word) <= self.field.greatest:
            self._refuse(f"{word} is not within {self.field.takes}")
        return int(word)

    def _step(self, word: str) -> int:
        if not (word.isascii() and word.isdigit()) or int(word) == 0:
            self._refuse(f"the step {word!r} is no number above 0")
        return int(word)

    def _refuse(self, why: str) -> NoReturn:
        number = _FIELDS.index(self.field) + 1
        raise UsageError(
            f"The cron expression {self.text!r} is wrong in field {number}, the {self.field.name}: {why}.",
            remedy=_EXAMPLE,
        )
