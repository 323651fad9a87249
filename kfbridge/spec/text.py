"""How a string is written in YAML: plain, quoted, or as a block of lines, whatever is certain to be read back equal."""

from __future__ import annotations

import json
import re

# Plain text: starts like a word, a path or an option, holds nothing that means something to any YAML parser, and no
# double spaces. Long strings are quoted unseen: that is quicker to decide.
_RUN = r"[\w./+=@()<>;~$^-]*"
_PLAIN = re.compile(rf"(?:--?)?[A-Za-z_/]{_RUN}(?:(?::(?=[\w/])|,(?=[\w ])| (?=[\w./(<$])){_RUN})*(?<!,)", re.ASCII)
_PLAIN_LENGTH = 200
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})

_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff"
_NOT_IN_BLOCK = re.compile(f"[{_CONTROL}]")
_NOT_IN_LINE = re.compile(f"[\t\n\r{_CONTROL}]")
_NOT_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def inline(value: str) -> str:
    """The string on one line: a scalar for any place, keys too.

    Raises:
        ValueError: for half of a surrogate pair, which no file can hold.
    """
    if len(value) < _PLAIN_LENGTH and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    if _VERSION.fullmatch(value):
        return value
    if _NOT_IN_LINE.search(value):
        return _escaped(value)
    return "'" + value.replace("'", "''") + "'"


def block(value: str, indent: int) -> str | None:
    """The string as a block of lines, indented by `indent` (two more than what it is in); None if it must not be.

    The text has no newline at its end.
    """
    if "\n" not in value or not value.strip() or _NOT_IN_BLOCK.search(value):
        return None
    lines = value.split("\n")
    hint = "2" if value[0] in " \n\t" else ""
    chomping = "-"
    if lines[-1] == "":
        lines.pop()
        chomping = "+" if lines[-1] == "" else ""
    pad = " " * indent
    return f"|{hint}{chomping}\n" + "\n".join([pad + line if line else "" for line in lines])


def comment(text: str) -> str:
    """The text as comment lines, each ending in a newline, whatever is in it."""
    lines = []
    for line in _BREAK.split(text):
        visible = _NOT_IN_LINE.sub(lambda match: " " if match.group() == "\t" else "\ufffd", line).rstrip()
        lines.append(visible if visible.startswith("#") else f"# {visible}".rstrip())
    return "".join(f"{line}\n" for line in lines)


def _escaped(value: str) -> str:
    """A double-quoted string: JSON's escapes are YAML's, and it needs some more."""
    if _SURROGATE.search(value):
        raise ValueError("text with half of a surrogate pair, which no file can hold")
    return _NOT_IN_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", json.dumps(value, ensure_ascii=False))
