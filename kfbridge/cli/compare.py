"""``kfbridge compare``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from kfbridge.cli.options import all_settings, common_options, file_arguments, text_arguments

if TYPE_CHECKING:
    from kfbridge.findings import Level
    from kfbridge.plan.compare import Comparison, Row
    from kfbridge.plan.model import Plan


@click.command("compare")
@click.argument("pipeline")
@click.option("-t", "--target", "targets", metavar="NAME", multiple=True, help="A target to compare; at least two.")
@click.option("--all", "every", is_flag=True, help="Every target of the configuration.")
@click.option("-p", "pairs", metavar="NAME=VALUE", multiple=True, help="An argument of the pipeline; may be repeated.")
@click.option("--params-file", metavar="FILE", help="Arguments of the pipeline from a YAML or JSON file.")
@click.option("--config", metavar="FILE", help="The configuration file, instead of the nearest kfbridge.toml.")
@click.option("--set", "settings", metavar="TARGET.KEY=VALUE", multiple=True, help="A setting of a target, this once.")
@common_options
def command(
    pipeline: str,
    targets: tuple[str, ...],
    every: bool,
    pairs: tuple[str, ...],
    params_file: str | None,
    config: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Put targets side by side: what each would do with PIPELINE, on which machines, at what price.

    Nothing is sent. Prices are those of the machine table, per hour, as if all steps ran at once.
    """
    from kfbridge import api
    from kfbridge.cli.document import write_document
    from kfbridge.plan.compare import comparison_document

    found = api.compare(
        pipeline,
        file_arguments(params_file),
        text_arguments=text_arguments(pairs),
        targets=None if every else targets,
        config=config,
        settings=all_settings(settings),
    )
    if as_json:
        write_document(comparison_document(found))
    else:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        sys.stdout.writelines(f"{line}\n" for line in _lines(found, colour))


def _lines(found: Comparison, colour: bool) -> Iterator[str]:
    from kfbridge.cli.display_text import paint, table_lines

    differing = [row for row in found.rows if row.differs]
    same = [row for row in found.rows if not row.differs]
    rows = [
        (found.plans[0].pipeline, *(plan.target.name for plan in found.plans)),
        ("  backend", *(plan.target.config.backend for plan in found.plans)),
        ("  can run", *(_verdict(plan) for plan in found.plans)),
        *_feature_rows("differs", differing),
        *_feature_rows("the same", same),
        *_machine_rows(found),
    ]
    for line in table_lines(rows):
        heading = line and not line.startswith("    ") and line.strip() in ("differs", "the same", "machines")
        yield paint(line, "bold", colour) if heading else line


def _verdict(plan: Plan) -> str:
    from kfbridge.plan.compare import count_levels

    refused = count_levels(plan).get("refused", 0)
    return "yes" if plan.ok else f"no: {refused} refused"


def _feature_rows(title: str, rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    """A row for each feature and the tasks that the targets treat alike."""
    if not rows:
        return
    from kfbridge.cli.findings import task_names

    groups: dict[tuple[str, tuple[Level | None, ...]], list[str]] = {}
    for row in rows:
        groups.setdefault((row.feature, row.levels), []).append(row.task)
    wide = len(rows[0].levels)
    yield (f"  {title}", *[""] * wide)
    for (feature, levels), tasks in groups.items():
        yield (f"    {feature} ({task_names(tasks)})", *(level.value if level else "-" for level in levels))


def _machine_rows(found: Comparison) -> Iterator[tuple[str, ...]]:
    from kfbridge.plan.compare import price_per_hour

    tasks = sorted({task for plan in found.plans for task in plan.machines})
    if not tasks:
        return
    yield ("  machines", *[""] * len(found.plans))
    for task in tasks:
        yield (f"    {task}", *(str(plan.machines.get(task, {}).get("machine", "-")) for plan in found.plans))
    prices = [price_per_hour(plan) for plan in found.plans]
    said = ("-" if price is None else "unknown" if price.unpriced else f"{price.amount:.2f} USD" for price in prices)
    yield ("    all of them, per hour", *said)
