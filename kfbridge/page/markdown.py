"""Markdown reports: headings, paragraphs, lists, tables, code, emphasis and links; everything else shows as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from kfbridge.page.markup import Markup, element, join, text

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_ITEM = re.compile(r"\s*(?:[-*+]|(\d+)[.)])\s+(.*)")
_RULE = re.compile(r"\s*([-*_])(?:\s*\1){2,}\s*$")
_DASHES = re.compile(r"\s*\|?(\s*:?-+:?\s*\|)+(\s*:?-+:?\s*)?$")
_INLINE = re.compile(
    r"`(?P<code>[^`]{1,1000})`"  # lengths are bounded, so that no text takes quadratic time
    r"|\*\*(?P<strong>[^*]{1,1000})\*\*"
    r"|(?<![\w*])\*(?P<star>[^\s*][^*]{0,1000})\*"
    r"|(?<!\w)_(?P<line>[^_]{1,1000})_(?!\w)"
    r"|(?<!!)\[(?P<words>[^\]]{1,1000})\]\((?P<address>https?://[^\s)]{1,2000})\)"
)


def render(source: str) -> Markup:
    """The report as HTML; nothing in it is markup of its own."""
    return join(_blocks(source.expandtabs(4).splitlines()))


def _blocks(lines: list[str]) -> Iterator[Markup]:
    at = 0
    while at < len(lines):
        line = lines[at]
        end = at + 1
        if not line.strip():
            pass
        elif line.lstrip().startswith("```"):
            end = next((n for n in range(at + 1, len(lines)) if lines[n].lstrip().startswith("```")), len(lines))
            yield element("pre", element("code", "\n".join(lines[at + 1 : end])))
            end += 1
        elif heading := _HEADING.match(line):
            yield element(f"h{min(6, 3 + len(heading[1]))}", inline(heading[2]))  # the page has headings above
        elif _RULE.match(line):
            yield Markup("<hr>")
        elif _ITEM.match(line):
            end = _while(lines, at, lambda one: bool(_ITEM.match(one)) or one.startswith("  "))
            yield _items(lines[at:end])
        elif "|" in line and end < len(lines) and _DASHES.match(lines[end]):
            end = _while(lines, at, lambda one: "|" in one)
            yield _table(lines[at:end])
        else:
            end = _while(lines, at, _is_plain)
            yield element("p", inline("\n".join(lines[at:end])))
        at = end


def _while(lines: list[str], at: int, holds: Callable[[str], bool]) -> int:
    """Where the block that begins at a line ends."""
    end = at + 1
    while end < len(lines) and lines[end].strip() and holds(lines[end]):
        end += 1
    return end


def _is_plain(line: str) -> bool:
    return not (_HEADING.match(line) or _ITEM.match(line) or line.lstrip().startswith("```"))


def _items(lines: list[str]) -> Markup:
    items: list[str] = []
    first = _ITEM.match(lines[0])
    for line in lines:
        item = _ITEM.match(line)
        if item:
            items.append(item[2])
        else:
            items[-1] += f"\n{line.strip()}"
    return element("ol" if first and first[1] else "ul", [element("li", inline(item)) for item in items])


def _table(lines: list[str]) -> Markup:
    head, _, *rows = ([cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines)
    return element(
        "table",
        element("thead", element("tr", [element("th", inline(cell)) for cell in head])),
        element("tbody", [element("tr", [element("td", inline(cell)) for cell in row]) for row in rows]),
    )


def inline(source: str) -> Markup:
    """A piece of text with emphasis, code and links."""
    parts: list[Markup] = []
    at = 0
    for found in _INLINE.finditer(source):
        parts += [text(source[at : found.start()]), _span(found)]
        at = found.end()
    return join(parts, text(source[at:]))


def _span(found: re.Match[str]) -> Markup:
    if found["code"]:
        return element("code", found["code"])
    if found["strong"]:
        return element("strong", inline(found["strong"]))
    if found["words"]:
        return element("a", found["words"], href=found["address"], rel="noreferrer noopener", target="_blank")
    return element("em", inline(found["star"] or found["line"]))
