"""``kfbridge runs``."""

from __future__ import annotations

import time

import click

from kfbridge.cli.options import all_settings, target_options


@click.command("runs")
@target_options
def command(target: str | None, config: str | None, settings: tuple[str, ...], as_json: bool) -> None:
    """List the runs of a target, newest first."""
    from kfbridge import api
    from kfbridge.cli.display_text import duration
    from kfbridge.cli.document import runs_document, write_document

    runs = api.runs(target=target, config=config, settings=all_settings(settings))
    if as_json:
        write_document(runs_document(runs))
        return
    if not runs:
        click.echo("There are no runs yet. Start one with: kfbridge run PIPELINE", err=True)
        return
    rows = [("RUN", "PIPELINE", "STATE", "STARTED", "TOOK")]
    for run in runs:
        started = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.created))
        took = duration(run.ended - run.created) if run.ended and run.created else ""
        rows.append((run.run_id, run.pipeline, run.state, started, took))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip())
