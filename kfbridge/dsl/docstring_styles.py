"""The styles of docstrings, each as docstring_parser 0.18 reads it, which KFP's descriptions follow from."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final


@dataclass(slots=True)
class Reading:
    """What one style finds in a docstring.

    Attributes:
        description: The text before what the style knows, or None.
        entries: Descriptions of arguments by name; those without text are left out.
        count: How many things it finds, of which arguments are one kind.
    """

    description: str | None
    entries: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def add(self, name: str, text: str) -> None:
        """Add an argument."""
        self.count += 1
        self.entries.pop(name, None)
        if text:
            self.entries[name] = text


def _description(text: str) -> str | None:
    short, _, rest = text.partition("\n")
    rest = rest.strip()
    return (f"{short}\n{rest}" if short and rest else short).strip() or None


def _hanging(text: str) -> str:
    """The first line as it is, the others without their common indent."""
    first, newline, rest = text.partition("\n")
    return first + newline + inspect.cleandoc(rest)


# Google ---------------------------------------------------------------------------------------------

_GOOGLE_ARGUMENTS: Final = ("Arguments", "Args", "Parameters", "Params", "Attributes")
_GOOGLE_LISTS: Final = (*_GOOGLE_ARGUMENTS, "Raises", "Exceptions", "Except")
_GOOGLE_TITLE: Final = re.compile(
    rf"^({'|'.join((*_GOOGLE_LISTS, 'Example', 'Examples', 'Returns', 'Yields'))}):[ \t\r\f\v]*$", re.MULTILINE
)
_GOOGLE_TYPED: Final = re.compile(r"\s*(.+?)\s*\(\s*.*\S+\s*\)")


def google(text: str) -> Reading | None:
    """Read ``Args:`` and its kin; None where a list has an entry without a colon, or no entry."""
    text = inspect.cleandoc(text)
    titles = list(_GOOGLE_TITLE.finditer(text))
    reading = Reading(_description(text[: titles[0].start()] if titles else text))
    bodies = {}
    for number, title in enumerate(titles):
        end = titles[number + 1].start() if number + 1 < len(titles) else len(text)
        body = text[title.end() : end]
        aside = re.search(r"\n\S", body)
        bodies[title[1]] = (body[: aside.start()] if aside else body).strip("\n")
    for name, body in bodies.items():
        if name not in _GOOGLE_LISTS:
            reading.count += 1
            continue
        parts = list(_google_parts(body))
        if not parts or not all(":" in part for part in parts):
            return None
        for part in parts:
            key, _, words = part.partition(":")
            _add_google(reading, key, words, name in _GOOGLE_ARGUMENTS)
    return reading


def _google_parts(body: str) -> Iterator[str]:
    """The entries of a list: each begins at the indent of the first."""
    indent = body[: len(body) - len(body.lstrip())]
    starts = list(re.finditer(rf"^{indent}(?=\S)", body, re.MULTILINE))
    for number, start in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(body)
        yield body[start.end() : end].strip("\n")


def _add_google(reading: Reading, key: str, words: str, argument: bool) -> None:
    if not argument:
        reading.count += 1
        return
    first, newline, rest = key.partition("\n")
    key = first + inspect.cleandoc(rest) if newline else key
    typed = _GOOGLE_TYPED.match(key)
    reading.add(typed[1] if typed else key, _hanging(words.removeprefix(" ")).strip("\n"))


# numpy ----------------------------------------------------------------------------------------------

_NUMPY_ARGUMENTS: Final = (
    *("Parameters", "Params", "Arguments", "Args"),
    *("Other Parameters", "Other Params", "Other Arguments", "Other Args"),
    *("Receives", "Receive", "Attributes", "Attribute"),
)
_NUMPY_LISTS: Final = (
    *_NUMPY_ARGUMENTS,
    *("Raises", "Raise", "Warns", "Warn", "Returns", "Return", "Yields", "Yield"),
)
_NUMPY_EXAMPLES: Final = ("Examples", "Example")
_NUMPY_TEXTS: Final = ("Warnings", "Warning", "See Also", "Related", "Notes", "Note", "References", "Reference")
_NUMPY_TITLE: Final = re.compile(
    "|".join(
        [rf"^{title}\s*?\n{'-' * len(title)}\s*$" for title in (*_NUMPY_LISTS, *_NUMPY_EXAMPLES, *_NUMPY_TEXTS)]
        + [r"^\.\.\s*deprecated\s*::"]
    ),
    re.MULTILINE,
)


def numpy(text: str) -> Reading:
    """Read titles with a line of as many dashes below."""
    text = inspect.cleandoc(text)
    titles = list(_NUMPY_TITLE.finditer(text))
    reading = Reading(_description(text[: titles[0].start()] if titles else text))
    for number, found in enumerate(titles):
        end = titles[number + 1].start() if number + 1 < len(titles) else len(text)
        title, body = found[0].partition("\n")[0].rstrip(), text[found.end() : end]
        if title in _NUMPY_LISTS:
            _add_numpy(reading, body, title in _NUMPY_ARGUMENTS)
        else:
            reading.count += _numpy_examples(body) if title in _NUMPY_EXAMPLES else 1
    return reading


def _add_numpy(reading: Reading, body: str, arguments: bool) -> None:
    keys = list(re.finditer(r"^[^\s].*$", body, re.MULTILINE))
    for number, key in enumerate(keys):
        end = keys[number + 1].start() if number + 1 < len(keys) else len(body)
        if arguments:
            name = key[0].partition(":")[0].rstrip()
            reading.add(name, inspect.cleandoc(body[key.end() : end]).strip())
        else:
            reading.count += 1


def _numpy_examples(body: str) -> int:
    """Examples are as many as there are runs of ``>>>`` lines, and one for text before them."""
    lines = textwrap.dedent(body).strip().splitlines()
    code = [line.startswith(">>>") for line in lines]
    return sum(now and not before for before, now in pairwise(code)) + bool(lines)


# reStructuredText and epydoc ------------------------------------------------------------------------

_REST_ARGUMENTS: Final = frozenset({"param", "parameter", "arg", "argument", "attribute", "key", "keyword"})
_REST_OTHERS: Final = frozenset({"return", "returns", "yield", "yields", "raises", "raise", "except", "exception"})
_EPYDOC_NAMED: Final = (
    re.compile(r"(param|keyword|type)\s+([_A-z][_A-z0-9]*\??):"),
    re.compile(r"(ivar|cvar|var)\s+([_A-z][_A-z0-9]*\??):"),
)
_EPYDOC_RAISE: Final = re.compile(r"raise(\s+[_A-z][_A-z0-9]*\??)?:")
_EPYDOC_RETURN: Final = re.compile(r"(return|rtype|yield|ytype):")
_EPYDOC_ANY: Final = re.compile(r"([_A-z][_A-z0-9]+)(\s+[_A-z][_A-z0-9]*\??)*:")
_EPYDOC_WORDS: Final = frozenset(
    {"param", "ivar", "cvar", "var", "keyword", "type", "return", "rtype", "yield", "ytype"}
)


def rest(text: str) -> Reading | None:
    """Read ``:param name: text``; None where a line begins with a colon and is no such field."""
    reading, fields = _fields(text, ":")
    types, returns = 0, False
    for entry in fields:
        head, colon, words = entry.lstrip(":").partition(":")
        key, *names = head.split() or [""]
        limit = 2 if key in _REST_ARGUMENTS else 1
        if not colon or not key or (key in _REST_ARGUMENTS | _REST_OTHERS and len(names) > limit):
            return None
        if key == "rtype" and len(names) < 2:
            types += 1
        elif key in _REST_ARGUMENTS:
            if not names:
                return None
            reading.add(names[-1], _hanging(words.strip()))
        elif not (key == "type" and len(names) == 1):
            reading.count += 1
            returns = returns or key in ("return", "returns", "yield", "yields")
    reading.count += 0 if returns else min(types, 1)
    return reading


def epydoc(text: str) -> Reading | None:
    """Read ``@param name: text``; None where a line begins with an at sign and is no such field."""
    reading, fields = _fields(text, "@")
    seen = set()
    for entry in fields:
        named = _EPYDOC_NAMED[0].search(entry) or _EPYDOC_NAMED[1].search(entry)
        if named:
            seen.add(named[2])
            if named[1] != "type":
                reading.entries[named[2]] = _hanging(entry[named.end() :].strip())
        elif _EPYDOC_RAISE.search(entry):
            reading.count += 1
        elif _EPYDOC_RETURN.search(entry):
            seen.add("return")
        elif (other := _EPYDOC_ANY.search(entry)) is None or other[1] in _EPYDOC_WORDS:
            return None
        else:
            reading.count += 1
    reading.count += len(seen)
    return reading


def _fields(text: str, sign: str) -> tuple[Reading, list[str]]:
    """The text before the first line that begins with `sign`, and the parts that begin with such lines."""
    text = inspect.cleandoc(text)
    head, *parts = re.split(rf"^(?={sign})", text, flags=re.MULTILINE)
    return Reading(_description(head)), parts


STYLES: Final[tuple[Callable[[str], Reading | None], ...]] = (rest, google, numpy, epydoc)
"""The styles, in the order in which the first of equals is taken."""
