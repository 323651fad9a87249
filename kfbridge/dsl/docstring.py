"""Docstrings, as far as a component needs them: what it does, and what its inputs and outputs are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SECTION = re.compile(
    r"^(Args|Arguments|Parameters|Params|Returns|Return|Attributes|Examples?|Yields|Raises|Exceptions?|Except):[ \t]*$",
    re.MULTILINE,
)
_INPUTS = {"Args", "Arguments", "Parameters", "Params"}
_LISTS = _INPUTS | {"Attributes", "Raises", "Exceptions", "Except"}
_OUTPUTS = {"Returns", "Return"}
_NUMPY_TITLE = re.compile(r"^(Parameters|Returns|[A-Z]\w*)\n-{3,}[ \t]*$", re.MULTILINE)
_REST_FIELD = re.compile(r"^:", re.MULTILINE)
_REST_PARAM = re.compile(r"^:param\s+(?:[^:]*\s)?(\w+)\s*:\s*(.*?)(?=^:|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(slots=True)
class Docstring:
    """A docstring taken apart.

    Attributes:
        description: Its text before the sections, or None.
        inputs: Descriptions by input, from ``Args:`` or ``:param x:``.
        outputs: Descriptions by output, from ``Returns:``.
    """

    description: str | None = None
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)


def parse(text: str | None) -> Docstring:
    """Take a docstring, already dedented, apart: Google's style, numpy's, or reStructuredText's fields."""
    import inspect

    if not text:
        return Docstring()
    # Once more, as KFP's parser does: where all lines but the first are indented, that is their margin and is lost.
    text = inspect.cleandoc(text)
    if _NUMPY_TITLE.search(text):
        return _parse_numpy(text)
    if not _SECTION.search(text) and (fields := _REST_PARAM.findall(text)):
        first = _REST_FIELD.search(text)
        head = text[: first.start()] if first else text
        return Docstring(_description(head), {name: _clean(body) for name, body in fields})
    titles = list(_SECTION.finditer(text))
    if any(title.group(1) in _LISTS and re.match(r"\n+\S", text[title.end() :]) for title in titles):
        return Docstring(_description(text))  # a list without an indent is none, and so nothing is a section
    result = Docstring(_description(text[: titles[0].start()] if titles else text))
    for index, title in enumerate(titles):
        end = titles[index + 1].start() if index + 1 < len(titles) else len(text)
        body = text[title.end() : end]
        if title.group(1) in _INPUTS:
            result.inputs.update(_entries(body))
        elif title.group(1) in _OUTPUTS:
            result.outputs.update(_entries(body))
    return result


def _parse_numpy(text: str) -> Docstring:
    head, *parts = _NUMPY_TITLE.split(text)
    result = Docstring(_description(head))
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        entries = re.findall(r"^(\w+)[^\n]*\n((?:[ \t]+[^\n]*\n?|\n)*)", body + "\n", re.MULTILINE)
        found = {name: _clean("\n" + lines) for name, lines in entries}
        if title == "Parameters":
            result.inputs.update(found)
        elif title == "Returns":
            result.outputs.update(found)
    return result


def _description(text: str) -> str | None:
    short, _, rest = text.partition("\n")
    rest = rest.strip()
    joined = f"{short}\n{rest}" if short and rest else short
    return joined.strip() or None


def _entries(body: str) -> dict[str, str]:
    """``name (type): text``, each at the smallest indent; deeper lines go on with the text."""
    lines = body.strip("\n").split("\n")
    indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    entries: list[list[str]] = []
    for line in lines:
        depth = len(line) - len(line.lstrip()) if line.strip() else None
        if depth is not None and depth < indent:
            break  # what follows is text after the section
        if depth == indent:
            entries.append([line])
        elif entries:
            entries[-1].append(line)
    found = {}
    for entry in entries:
        name, colon, first = entry[0].partition(":")
        if colon and indent:
            found[name.split("(")[0].strip()] = _clean("\n".join([first.removeprefix(" "), *entry[1:]]))
    return found


def _clean(text: str) -> str:
    """The first line as it is, the others without their common indent."""
    import inspect

    first, newline, rest = text.partition("\n")
    return (first + newline + inspect.cleandoc(rest)).strip()
