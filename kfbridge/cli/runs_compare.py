"""``kfbridge runs compare``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from kfbridge.cli.options import all_settings, target_options

if TYPE_CHECKING:
    from kfbridge.runs.comparison import Row, RunComparison

_WIDEST = 48  # columns of one value
_MOST = 40  # rows of one section


@click.command("compare")
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.option("--all", "every", is_flag=True, help="What is the same as well, and every row.")
@target_options
def command(
    one: str,
    other: str,
    every: bool,
    target: str | None,
    config: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Put the runs A and B side by side: arguments, states, times, outputs, metrics.

    What differs is shown; --all shows the rest too, and --json all, with what differs first. Times count as equal
    that are less than a fifth or a second apart.
    """
    from kfbridge import api
    from kfbridge.cli.document import write_document

    found = api.compare_runs(one, other, target=target, config=config, settings=all_settings(settings))
    if as_json:
        write_document(found.document())
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(found, every))


def _lines(found: RunComparison, every: bool) -> Iterator[str]:
    from kfbridge.cli.display_text import table_lines

    rows = [row for row in found.rows if every or not row.same]
    heads: list[tuple[str, ...]] = [("", *found.runs)]
    for same, part in groupby(rows, key=lambda row: row.same):
        for section, group in groupby(part, key=lambda row: row.section):
            entries = list(group)
            shown = entries if every else entries[:_MOST]
            heads.append((f"{section}{' (the same)' if same else ''}:", "", ""))
            heads += [(f"  {row.name}", *(_text(row, value) for value in row.values)) for row in shown]
            if len(entries) > len(shown):
                heads.append((f"  ... and {len(entries) - len(shown)} more (--all)", "", ""))
    yield from table_lines(heads)
    same = sum(row.same for row in found.rows)
    yield f"{len(found.rows) - same} differ, {same} are the same."


def _text(row: Row, value: Any) -> str:
    from kfbridge.cli.display_summary import value_text
    from kfbridge.cli.display_text import clip, duration

    if value is None:
        return "-"
    if row.section == "times":
        return duration(value)
    return clip(value_text(value), _WIDEST)
