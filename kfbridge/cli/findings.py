"""Findings as a person reads them: refusals first, one entry for all tasks that share a reason."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace

from kfbridge.cli.display_text import paint
from kfbridge.findings import Finding, Level
from kfbridge.plan.check import feature_names

LEVEL_COLOURS = {Level.REFUSED: "red", Level.REWRITTEN: "yellow", Level.DRIVEN: "blue", Level.NATIVE: "green"}
_ORDER = list(LEVEL_COLOURS)
_TASKS = 3  # named in an entry before it says "and 4 more"


def finding_lines(findings: Iterable[Finding], *, columns: int = 100, colour: bool = False) -> list[str]:
    """The lines that show findings: each with something to say, then the others by level in a line."""
    groups: dict[tuple[Level, str, str, str], list[str]] = {}
    plain: dict[Level, dict[str, int]] = {}
    for finding in findings:
        if finding.reason:
            key = (finding.level, finding.feature, finding.reason, finding.remedy)
            groups.setdefault(key, []).append(finding.task_and_line)
        else:
            counts = plain.setdefault(finding.level, {})
            counts[finding.feature] = counts.get(finding.feature, 0) + 1
    wide = max((len(key[1]) for key in groups), default=0)
    lines: list[str] = []
    for key in sorted(groups, key=lambda key: _ORDER.index(key[0])):
        lines += _entry(*key, groups[key], wide=wide, columns=columns, colour=colour)
    for level in _ORDER:
        if level in plain:
            lines += _sum(level, plain[level], columns, colour)
    return lines


def brief(finding: Finding) -> Finding:
    """What the platform simply has needs no words; a limit that is near does."""
    plain = finding.level is Level.NATIVE and finding.feature in feature_names()
    return replace(finding, reason="") if plain else finding


def task_names(tasks: Sequence[str]) -> str:
    """Task paths on one line, the first few by name; the empty path is the pipeline itself."""
    names = list(dict.fromkeys(task or "the pipeline" for task in tasks))
    more = f" and {len(names) - _TASKS} more" if len(names) > _TASKS else ""
    return ", ".join(names[:_TASKS]) + more


def _entry(
    level: Level, feature: str, reason: str, remedy: str, tasks: list[str], *, wide: int, columns: int, colour: bool
) -> list[str]:
    word = paint(f"{level.value:<9}", LEVEL_COLOURS[level], colour)
    indent = " " * 13
    text = [*_wrapped(f"{task_names(tasks)}: {reason}", indent, columns)]
    if remedy and level is Level.REFUSED:
        text += _wrapped(remedy, indent + "  ", columns)
    return [f"  {word}  {paint(f'{feature:<{wide}}', 'bold', colour).rstrip()}", *text]


def _sum(level: Level, counts: dict[str, int], columns: int, colour: bool) -> list[str]:
    said = ", ".join(f"{feature} ({count})" if count > 1 else feature for feature, count in counts.items())
    first, *rest = _wrapped(said, " " * 13, columns)
    return [f"  {paint(f'{level.value:<9}', LEVEL_COLOURS[level], colour)}  {first.lstrip()}", *rest]


def _wrapped(text: str, indent: str, columns: int) -> list[str]:
    lines = textwrap.wrap(
        text, max(columns, 40), initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )
    return lines or [indent]
