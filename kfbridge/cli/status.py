"""``kfbridge status``."""

from __future__ import annotations

import shutil
import sys
import time

import click

from kfbridge.cli.options import all_settings, target_options

_WIDE, _HIGH = 120, 100_000  # where the output is no terminal


@click.command("status")
@click.argument("run", default="latest")
@target_options
def command(run: str, target: str | None, config: str | None, settings: tuple[str, ...], as_json: bool) -> None:
    """Show how RUN and its tasks stand.

    RUN is a run's id, a unique beginning of one, or `latest`, the default.
    """
    from kfbridge import api
    from kfbridge.cli.display import style_for
    from kfbridge.cli.display_tree import tree_lines
    from kfbridge.cli.document import run_document, write_document
    from kfbridge.cli.watch import conclude

    status = api.status(run, target=target, config=config, settings=all_settings(settings))
    if as_json:
        write_document(run_document(status))
        return
    columns = shutil.get_terminal_size((_WIDE, 0)).columns - 1
    for line in tree_lines(status, time.time(), _HIGH, columns, style_for(sys.stdout)):
        click.echo(line)
    conclude(status, sys.stdout)
