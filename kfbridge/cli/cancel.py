"""``kfbridge cancel``."""

from __future__ import annotations

import time

import click

from kfbridge.cli.options import all_settings, target_options

PATIENCE = 15.0  # seconds; a step has a few to end by itself


@click.command("cancel")
@click.argument("run")
@target_options
def command(run: str, target: str | None, config: str | None, settings: tuple[str, ...], as_json: bool) -> None:
    """Ask RUN to stop, and wait a little for its end.

    RUN is a run's id, a unique beginning of one, or `latest`. Running steps are ended; `kfbridge resume` continues
    the run.
    """
    from kfbridge import api
    from kfbridge.cli.document import run_document, write_document

    found = api.find(run, target=target, config=config, settings=all_settings(settings))
    found.cancel()
    until = time.monotonic() + PATIENCE
    while (status := found.status()).state in ("pending", "running") and time.monotonic() < until:
        time.sleep(0.1)
    if as_json:
        write_document(run_document(status))
    else:
        click.echo(f"{status.run_id} {'is stopping' if status.state == 'running' else status.state}")
