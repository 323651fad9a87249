"""``kfbridge runs``."""

from __future__ import annotations

import time
from typing import Any

import click

from kfbridge.cli.options import all_settings, target_options
from kfbridge.cli.runs_compare import command as compare_command
from kfbridge.cli.runs_show import command as show_command

_STATES = ("running", "succeeded", "failed", "cancelled")


@click.group("runs", invoke_without_command=True, subcommand_metavar="[COMMAND] ...")
@click.option("--state", type=click.Choice(_STATES), help="Runs in this state alone.")
@click.option("--pipeline", metavar="NAME", help="Runs of the pipeline of this name alone.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The newest N at most.")
@target_options
@click.pass_context
def command(
    context: click.Context,
    state: str | None,
    pipeline: str | None,
    limit: int | None,
    target: str | None,
    config: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """List the runs of a target, newest first; show one; compare two."""
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    from kfbridge import api
    from kfbridge.cli.document import runs_document, write_document

    where: dict[str, Any] = {"target": target, "config": config, "settings": all_settings(settings)}
    runs = api.runs(state=state, pipeline=pipeline, limit=limit, **where)
    if as_json:
        write_document(runs_document(runs))
    elif runs:
        _list(runs)
    elif state or pipeline:
        click.echo("There is no such run.", err=True)
    else:
        click.echo("There are no runs yet. Start one with: kfbridge run PIPELINE", err=True)


command.add_command(show_command)
command.add_command(compare_command)


def _list(runs: list[Any]) -> None:
    from kfbridge.cli.display_text import duration, table_lines

    rows = [("RUN", "PIPELINE", "STATE", "STARTED", "TOOK")]
    for run in runs:
        started = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.created))
        took = duration(run.ended - run.created) if run.ended and run.created else ""
        rows.append((run.run_id, run.pipeline, run.state, started, took))
    for line in table_lines(rows):
        click.echo(line)


def _refuse_options(context: click.Context) -> None:
    """What stands before ``show`` or ``compare`` would be lost in silence."""
    given = [name for name, value in context.params.items() if value not in (None, (), False)]
    if given:
        raise click.UsageError(
            f"Options come after {context.invoked_subcommand!r}: kfbridge runs {context.invoked_subcommand} ...",
            context,
        )
